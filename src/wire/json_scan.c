#include "wire/json_scan.h"

#include "wire/json_plain.h"

static bool json_is_space(char c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* Goes over the inside of a string; returns the index after its closing quote, or `length`. */
static size_t pass_string(struct json_scan *scan, const char *bytes, size_t at, size_t length)
{
	for (; at < length; at++) {
		if (!scan->escaped)
			at += json_plain(bytes + at, length - at);
		if (at == length)
			break;
		if (scan->escaped) {
			scan->escaped = false;
		} else if (bytes[at] == '\\') {
			scan->escaped = true;
		} else if (bytes[at] == '"') {
			scan->in_string = false;
			return at + 1;
		}
	}
	return at;
}

enum json_scan_result json_scan(struct json_scan *scan, const char *bytes, size_t length, size_t *skipped,
				size_t *used)
{
	size_t at = 0;
	*skipped = 0;
	if (!scan->depth) {
		scan->bytes = 0;
		while (at < length && json_is_space(bytes[at]))
			at++;
		*skipped = *used = at;
		if (at == length)
			return JSON_SCAN_MORE;
		if (bytes[at] != '{')
			return JSON_SCAN_GARBAGE;
		*scan = (struct json_scan){.depth = 1};
		at++;
	}
	while (at < length && scan->depth) {
		if (scan->in_string) {
			at = pass_string(scan, bytes, at, length);
			continue;
		}
		char c = bytes[at++];
		if (c == '"')
			scan->in_string = true;
		else if (c == '{')
			scan->depth++;
		else if (c == '}')
			scan->depth--;
	}
	size_t more = at - *skipped;
	scan->bytes = more < JSON_SCAN_BYTES_MAX - scan->bytes
			  ? (uint32_t)(scan->bytes + more) & JSON_SCAN_BYTES_MAX
			  : JSON_SCAN_BYTES_MAX;
	*used = at;
	return scan->depth ? JSON_SCAN_MORE : JSON_SCAN_OBJECT;
}
