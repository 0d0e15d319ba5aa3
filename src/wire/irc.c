#include "wire/irc.h"

#include "base/text/utf8.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

static char *skip_spaces(char *at)
{
	while (*at == ' ')
		at++;
	return at;
}

/* Ends the word at the front and returns what is behind it. */
static char *end_word(char *at)
{
	at += strcspn(at, " ");
	if (*at)
		*at++ = '\0';
	return skip_spaces(at);
}

bool irc_parse(char *text, struct irc_line *line)
{
	*line = (struct irc_line){0};
	char *at = skip_spaces(text);
	if (*at == '@') {
		line->tags = at + 1;
		at = end_word(at);
	}
	if (*at == ':') {
		line->source = at + 1;
		at = end_word(at);
	}
	line->command = at;
	at = end_word(at);
	while (*at && line->count < IRC_PARAMS_MAX) {
		bool is_last = *at == ':' || line->count == IRC_PARAMS_MAX - 1;
		line->params[line->count++] = at + (*at == ':');
		if (is_last)
			break;
		at = end_word(at);
	}
	return *line->command;
}

bool irc_is_clean(const char *text, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		if (!text[i] || text[i] == '\r' || text[i] == '\n')
			return false;
	return true;
}

/* --- tags --- */

static char unescape(char sign)
{
	switch (sign) {
	case ':':
		return ';';
	case 's':
		return ' ';
	case 'r':
		return '\r';
	case 'n':
		return '\n';
	default:
		return sign;
	}
}

static void add_unescaped(struct buffer *to, const char *value, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		if (value[i] != '\\')
			buffer_add_char(to, value[i]);
		else if (++i < bytes)
			buffer_add_char(to, unescape(value[i]));
}

/* The tag as it was written, "key=value" or "key". */
static bool is_tag(const char *tag, size_t bytes, const char *name)
{
	size_t name_bytes = strlen(name);
	return bytes >= name_bytes && !memcmp(tag, name, name_bytes) &&
	       (bytes == name_bytes || tag[name_bytes] == '=');
}

bool irc_tag(const struct irc_line *line, const char *name, struct buffer *value)
{
	size_t name_bytes = strlen(name);
	bool is_found = false;
	for (const char *at = line->tags; at && *at;) {
		size_t bytes = strcspn(at, ";");
		if (is_tag(at, bytes, name)) {
			is_found = true;
			buffer_clear(value);
			if (bytes > name_bytes)
				add_unescaped(value, at + name_bytes + 1, bytes - name_bytes - 1);
		}
		at += bytes + (at[bytes] == ';');
	}
	return is_found;
}

void irc_add_tag_value(struct buffer *to, const char *value)
{
	static const char plain[] = "; \r\n\\", letters[] = ":srn\\";
	for (; *value; value++) {
		const char *found = strchr(plain, *value);
		if (found)
			buffer_add_char(to, '\\');
		buffer_add_char(to, found ? letters[found - plain] : *value);
	}
}

/* --- texts --- */

void irc_add_text(struct buffer *to, const char *text)
{
	for (; *text; text++)
		buffer_add_char(to, *text == '\r' || *text == '\n' ? ' ' : *text);
}

size_t irc_piece(const char *text, size_t bytes, size_t bytes_max, size_t *skip, bool *is_broken)
{
	assert(bytes && bytes_max);
	size_t line = 0;
	while (line < bytes && text[line] != '\n' && text[line] != '\r')
		line++;
	*is_broken = line > bytes_max;
	if (!*is_broken) {
		bool is_pair = line + 1 < bytes && text[line] == '\r' && text[line + 1] == '\n';
		*skip = line == bytes ? 0 : is_pair ? 2 : 1;
		return line;
	}
	*skip = 0;
	size_t most = utf8_prefix(text, line, bytes_max), at = most;
	/* Behind a space, if one stands in the last quarter. */
	while (at > most - most / 4 && text[at - 1] != ' ')
		at--;
	return at > most - most / 4 ? at : most;
}

bool irc_is_same(const char *one, const char *other)
{
	return !strcasecmp(one, other);
}

/* --- numbers --- */

void irc_add_base36(struct buffer *to, uint64_t number)
{
	char digits[16];
	size_t count = 0;
	do
		digits[count++] = "0123456789abcdefghijklmnopqrstuvwxyz"[number % 36];
	while (number /= 36);
	while (count)
		buffer_add_char(to, digits[--count]);
}

static int digit_of(char sign)
{
	if (sign >= '0' && sign <= '9')
		return sign - '0';
	return sign >= 'a' && sign <= 'z' ? sign - 'a' + 10 : -1;
}

bool irc_read_base36(const char **at, char end, uint64_t *number)
{
	const char *digits = *at;
	*number = 0;
	for (; digit_of(*digits) >= 0; digits++) {
		if (digits - *at == 12)
			return false;
		*number = *number * 36 + (unsigned)digit_of(*digits);
	}
	if (digits == *at || *digits != end)
		return false;
	*at = end ? digits + 1 : digits;
	return true;
}

static int sextet_of(char sign)
{
	static const char signs[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *found = sign ? strchr(signs, sign) : NULL;
	return found ? (int)(found - signs) : -1;
}

bool irc_read_base64(const char *text, struct buffer *to)
{
	size_t length = strlen(text), padding = 0;
	if (length % 4)
		return false;
	while (padding < 2 && padding < length && text[length - 1 - padding] == '=')
		padding++;
	uint32_t bits = 0;
	unsigned held = 0;
	for (size_t i = 0; i < length - padding; i++) {
		int sextet = sextet_of(text[i]);
		if (sextet < 0)
			return false;
		bits = bits << 6 | (unsigned)sextet;
		held += 6;
		if (held >= 8) {
			held -= 8;
			buffer_add_char(to, (char)(bits >> held));
		}
	}
	return true;
}
