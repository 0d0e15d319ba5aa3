#include "wire/file_type.h"
#include "wire/strip_state.h"

#include <string.h>

/* Between segments the next one is looked for as libjpeg does it: what is not a marker is passed over. */
enum { AT_START, AT_MARKER, AT_CODE, AT_LENGTH, AT_BEGINNING, IN_SCAN_CODE };

enum {
	SOI = 0xd8,
	EOI = 0xd9,
	SOS = 0xda,
	APP0 = 0xe0,
	APP1 = 0xe1,
	APP2 = 0xe2,
	APP14 = 0xee,
	APP15 = 0xef
};

#define ICC   "ICC_PROFILE"
#define ADOBE "Adobe"
#define JFIF  "JFIF"

/* Tables and frames; what the standard reserves, and comments, draw nothing. */
static bool draws(unsigned char code)
{
	return code >= 0xc0 && code <= 0xdf && code != 0xc8 && (code < 0xd0 || code > 0xd9);
}

static void add_segment_head(struct strip *strip, size_t length)
{
	unsigned char head[] = {0xff, strip->code, (unsigned char)(length >> 8), (unsigned char)length};
	strip_add(strip, head, sizeof head);
}

/* The orientation is all that stays of Exif, if it turns the picture. */
static void keep_orientation(struct strip *strip, const unsigned char *exif, size_t length)
{
	static const unsigned char before[] = {'E', 'x', 'i', 'f', 0,  0, 'M', 'M', 0, 42, 0, 0, 0,
					       8,   0,   1,   1,   18, 0, 3,   0,   0, 0,  1, 0};
	static const unsigned char behind[] = {0, 0, 0, 0, 0, 0};
	int orientation = file_type_orientation(exif, length);
	unsigned char value = (unsigned char)orientation;
	if (orientation < 2 || orientation > 8 || strip->has_orientation)
		return;
	strip->has_orientation = true;
	size_t whole = sizeof before + 1 + sizeof behind;
	add_segment_head(strip, whole + 2);
	strip_add(strip, before, sizeof before);
	strip_add(strip, &value, 1);
	strip_add(strip, behind, sizeof behind);
	/* It may have had the same length, and another content. */
	strip->is_altered |= length != whole || memcmp(exif, before, sizeof before) != 0 ||
			     memcmp(exif + whole - sizeof behind, behind, sizeof behind) != 0;
}

/* The beginning of a segment of an application is here, or all of it. */
static void decide_on_application(struct strip *strip, size_t body)
{
	const char *head = buffer_bytes(&strip->head);
	size_t length = buffer_length(&strip->head);
	bool stays = (strip->code == APP0 && length >= sizeof JFIF && !memcmp(head, JFIF, sizeof JFIF)) ||
		     (strip->code == APP2 && length >= sizeof ICC && !memcmp(head, ICC, sizeof ICC)) ||
		     (strip->code == APP14 && length >= 5 && !memcmp(head, ADOBE, 5));
	if (strip->code == APP1)
		keep_orientation(strip, (const unsigned char *)head, length);
	if (stays) {
		add_segment_head(strip, body + 2);
		strip_add(strip, head, length);
	}
	strip_pass(strip, body - length, stays ? STRIP_KEEP : STRIP_LEAVE_OUT);
	strip_gather(strip, AT_MARKER, 1);
}

static void jpeg_take_length(struct strip *strip)
{
	const unsigned char *head = (const unsigned char *)buffer_bytes(&strip->head);
	size_t body = (size_t)(head[0] << 8 | head[1]);
	strip_gather(strip, AT_MARKER, 1);
	if (body < 2)
		return;
	body -= 2;
	if (strip->code >= APP0 && strip->code <= APP15) {
		strip->inside = body;
		strip_gather(strip, AT_BEGINNING,
			     strip->code == APP1 || body < sizeof ICC ? body : sizeof ICC);
		return;
	}
	bool stays = draws(strip->code);
	if (stays)
		add_segment_head(strip, body + 2);
	strip_pass(strip, body, stays ? STRIP_KEEP : STRIP_LEAVE_OUT);
	strip->is_scanning = strip->code == SOS;
}

static void jpeg_take_code(struct strip *strip, unsigned char code)
{
	static const unsigned char end[] = {0xff, EOI};
	strip->code = code;
	strip_gather(strip, AT_MARKER, 1);
	if (code == 0xff) {
		strip_gather(strip, AT_CODE, 1);
	} else if (code == EOI) {
		strip_add(strip, end, sizeof end);
		strip->is_over = true;
	} else if (code > 1 && (code < 0xd0 || code > SOI)) {
		strip_gather(strip, AT_LENGTH, 2);
	}
}

static void jpeg_take_scan_code(struct strip *strip, unsigned char code)
{
	unsigned char pair[] = {0xff, code};
	if (code == 0 || (code >= 0xd0 && code <= 0xd7)) {
		strip_add(strip, pair, sizeof pair);
		strip->is_scanning = true;
	} else if (code == 0xff) {
		strip_gather(strip, IN_SCAN_CODE, 1);
	} else {
		jpeg_take_code(strip, code);
	}
}

static void jpeg_next(struct strip *strip)
{
	unsigned char *head = (unsigned char *)buffer_bytes(&strip->head);
	switch (strip->step) {
	case AT_START:
		strip_add(strip, head, 2);
		strip_gather(strip, AT_MARKER, 1);
		break;
	case AT_MARKER:
		strip_gather(strip, *head == 0xff ? AT_CODE : AT_MARKER, 1);
		break;
	case AT_CODE:
		jpeg_take_code(strip, *head);
		break;
	case AT_LENGTH:
		jpeg_take_length(strip);
		break;
	case AT_BEGINNING:
		decide_on_application(strip, (size_t)strip->inside);
		break;
	default:
		jpeg_take_scan_code(strip, *head);
	}
}

size_t strip_jpeg_scan(struct strip *strip, const unsigned char *bytes, size_t length)
{
	const unsigned char *marker = memchr(bytes, 0xff, length);
	size_t plain = marker ? (size_t)(marker - bytes) : length;
	strip_add(strip, bytes, plain);
	if (!marker)
		return length;
	strip->is_scanning = false;
	strip_gather(strip, IN_SCAN_CODE, 1);
	return plain + 1;
}

void strip_jpeg_begin(struct strip *strip)
{
	strip->next = jpeg_next;
	strip_gather(strip, AT_START, 2);
}
