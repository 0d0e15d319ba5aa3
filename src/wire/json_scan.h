/* Finds where each JSON object of a byte stream ends: by its braces, outside strings.
 *
 * Layer: wire, pure. It keeps its place between calls, so bytes may come in any pieces, and looks at
 * each byte once. It does not check what is inside: that is native_parse()'s work.
 *
 *   BETWEEN --'{'--> INSIDE --matching '}'--> BETWEEN;  BETWEEN --other than white space--> garbage */
#ifndef BRUSIO_WIRE_JSON_SCAN_H
#define BRUSIO_WIRE_JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json_scan {
	uint32_t depth;         /* open braces */
	uint32_t bytes : 30;    /* of the object so far, for the caller to compare with its limit */
	uint32_t in_string : 1; /* the rest says where in the object we are */
	uint32_t escaped : 1;   /* the last byte was a backslash inside a string */
};

/* Counting stops here, beyond anybody's limit. */
#define JSON_SCAN_BYTES_MAX ((1u << 30) - 1)

enum json_scan_result {
	JSON_SCAN_MORE,   /* all bytes were looked at, the object (if any) goes on */
	JSON_SCAN_OBJECT, /* the last byte used ends an object */
	JSON_SCAN_GARBAGE /* the byte after those used can begin no object */
};

/* `*skipped` of the bytes used are white space before the object. A zeroed json_scan is ready. */
enum json_scan_result json_scan(struct json_scan *scan, const char *bytes, size_t length, size_t *skipped,
				size_t *used);

#endif
