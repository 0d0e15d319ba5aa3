#include "wire/telnet.h"

#include "base/text/code_point.h"

#include <string.h>

enum telnet_code {
	TELNET_SE = 240,
	TELNET_ERASE_CHARACTER = 247,
	TELNET_ERASE_LINE = 248,
	TELNET_SB = 250,
	TELNET_WILL = 251,
	TELNET_WONT = 252,
	TELNET_DO = 253,
	TELNET_DONT = 254,
	TELNET_IAC = 255
};

#define BACKSPACE 0x08
#define DELETE    0x7f

static unsigned code_at(const char *bytes, size_t at)
{
	return (unsigned char)bytes[at];
}

static size_t subnegotiation_bytes(const char *bytes, size_t length)
{
	for (size_t at = 2; at + 1 < length && at + 1 < TELNET_SUBNEGOTIATION_MAX; at++)
		if (code_at(bytes, at) == TELNET_IAC && code_at(bytes, at + 1) == TELNET_SE)
			return at + 2;
		else if (code_at(bytes, at) == TELNET_IAC)
			at++;
	return length < TELNET_SUBNEGOTIATION_MAX ? 0 : TELNET_SUBNEGOTIATION_MAX;
}

/* How many bytes the command at the front has; 0: more than are there. */
static size_t command_bytes(const char *bytes, size_t length)
{
	if (length < 2)
		return 0;
	unsigned code = code_at(bytes, 1);
	if (code == TELNET_SB)
		return subnegotiation_bytes(bytes, length);
	size_t whole = code >= TELNET_WILL && code <= TELNET_DONT ? 3 : 2;
	return length < whole ? 0 : whole;
}

static void refuse_option(const char *command, struct buffer *answer)
{
	unsigned code = code_at(command, 1);
	if (code != TELNET_WILL && code != TELNET_DO)
		return;
	const char refusal[] = {(char)TELNET_IAC, (char)(code == TELNET_WILL ? TELNET_DONT : TELNET_WONT),
				command[2]};
	buffer_add(answer, refusal, sizeof refusal);
}

size_t telnet_find_end(const char *bytes, size_t length, size_t *scanned, struct buffer *answer)
{
	for (size_t at = *scanned; at < length;) {
		*scanned = at;
		if (bytes[at] == '\n')
			return at + 1;
		/* Whether the line ends here is told by the next byte. */
		if (bytes[at] == '\r' && at + 1 == length)
			return 0;
		if (bytes[at] == '\r' && !bytes[at + 1])
			return at + 2;
		size_t used = 1;
		if (code_at(bytes, at) == TELNET_IAC) {
			used = command_bytes(bytes + at, length - at);
			if (!used)
				return 0;
			refuse_option(bytes + at, answer);
		}
		at += used;
	}
	*scanned = length;
	return 0;
}

static size_t without_end(const char *bytes, size_t length)
{
	if (length && bytes[length - 1] == '\n')
		length--;
	else if (length > 1 && !bytes[length - 1] && bytes[length - 2] == '\r')
		length--;
	return length && bytes[length - 1] == '\r' ? length - 1 : length;
}

/* Without the last code point. */
static size_t without_last(const char *line, size_t length)
{
	while (length && code_point_is_inner(line[length - 1]))
		length--;
	return length ? length - 1 : 0;
}

size_t telnet_line(const char *bytes, size_t length, char *to)
{
	size_t written = 0;
	length = without_end(bytes, length);
	for (size_t at = 0, used; at < length; at += used) {
		unsigned code = code_at(bytes, at);
		used = 1;
		if (code == TELNET_IAC) {
			used = command_bytes(bytes + at, length - at);
			if (!used)
				break;
			code = code_at(bytes, at + 1);
			if (code == TELNET_ERASE_CHARACTER)
				written = without_last(to, written);
			else if (code == TELNET_ERASE_LINE)
				written = 0;
			else if (code == TELNET_IAC)
				to[written++] = (char)TELNET_IAC;
		} else if (code == BACKSPACE || code == DELETE) {
			written = without_last(to, written);
		} else {
			to[written++] = bytes[at];
		}
	}
	return written;
}
