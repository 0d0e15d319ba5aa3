#include "client/clean.h"

#include "base/text/code_point.h"
#include "base/text/utf8.h"

#include <stdbool.h>
#include <string.h>

#define MARKS_MAX 6 /* on one letter; the rest of a tower of them is left out */

/* Format characters that turn text around or hide in it. Joiners stay: letters and emoji need them. */
static bool is_invisible_control(uint32_t c)
{
	static const struct {
		uint32_t first, last;
	} ranges[] = {{0xad, 0xad},     {0x61c, 0x61c},    {0x180e, 0x180e}, {0x200b, 0x200b},
		      {0x200e, 0x200f}, {0x2028, 0x202e},  {0x2060, 0x206f}, {0xfeff, 0xfeff},
		      {0xfff9, 0xfffb}, {0xe0000, 0xe007f}};
	for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
		if (c >= ranges[i].first && c <= ranges[i].last)
			return true;
	return false;
}

static void add_code_point(struct buffer *to, uint32_t c)
{
	char bytes[CODE_POINT_BYTES_MAX];
	buffer_add(to, bytes, code_point_write(bytes, c));
}

static void add_clean(struct buffer *to, const char *text, const char *line_break)
{
	const char *end = text + strlen(text);
	int marks = 0;
	while (text < end) {
		uint32_t c;
		text += code_point_read(text, (size_t)(end - text), &c);
		bool is_mark = c >= 0x300 && !code_point_columns(c) && !is_invisible_control(c);
		marks = is_mark ? marks + 1 : 0;
		if (c == '\n') {
			buffer_add_string(to, line_break);
		} else if (c == '\t') {
			buffer_add_string(to, "    ");
		} else if (c == '\r' && *text == '\n') {
			continue;
		} else if (c < ' ' || c == 0x7f) {
			buffer_add_char(to, '^');
			buffer_add_char(to, (char)(c ^ 0x40));
		} else if (c >= 0x80 && c < 0xa0) {
			buffer_printf(to, "<%02X>", (unsigned)c);
		} else if (!is_invisible_control(c) && marks <= MARKS_MAX) {
			add_code_point(to, c);
		}
	}
}

void clean_text(struct buffer *to, const char *text, const char *indent)
{
	char line_break[32] = "\n";
	strncat(line_break, indent, sizeof line_break - 2);
	add_clean(to, text, line_break);
}

void clean_word(struct buffer *to, const char *text)
{
	add_clean(to, text, " ");
}

void clean_excerpt(struct buffer *to, const char *text, size_t columns)
{
	struct buffer clean = BUFFER_EMPTY;
	clean_word(&clean, text);
	const char *bytes = buffer_string(&clean);
	size_t length = strlen(bytes), kept = utf8_fit(bytes, length, columns);
	buffer_add(to, bytes, kept);
	if (kept < length)
		buffer_add_string(to, "…");
	buffer_release(&clean);
}

void clean_utf8(struct buffer *to, const char *text, size_t length)
{
	const char *end = text + length;
	while (text < end) {
		uint32_t c;
		text += code_point_read(text, (size_t)(end - text), &c);
		add_code_point(to, c ? c : CODE_POINT_REPLACEMENT);
	}
}
