#include "wire/file_type.h"
#include "wire/strip_state.h"

#include <string.h>

static const unsigned char *head_of(const struct strip *strip)
{
	return (const unsigned char *)buffer_bytes(&strip->head);
}

static void add_head(struct strip *strip)
{
	strip_add(strip, buffer_bytes(&strip->head), buffer_length(&strip->head));
}

static bool strip_is_one_of(const unsigned char *name, const char *const *names)
{
	for (; *names; names++)
		if (!memcmp(name, *names, 4))
			return true;
	return false;
}

/* --- PNG --- */

enum { PNG_AT_START, PNG_AT_CHUNK, PNG_AT_EXIF };

#define PNG_EXIF_MAX 65535

static uint32_t png_checksum(const unsigned char *bytes, size_t length)
{
	uint32_t sum = UINT32_MAX;
	for (size_t i = 0; i < length; i++) {
		sum ^= bytes[i];
		for (int bit = 0; bit < 8; bit++)
			sum = sum >> 1 ^ (sum & 1 ? 0xedb88320u : 0);
	}
	return ~sum;
}

/* The orientation is all that stays of Exif, if it turns the picture. */
static void png_keep_orientation(struct strip *strip)
{
	unsigned char chunk[] = {0,  0, 0, 26, 'e', 'X', 'I', 'f', 'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1, 1,
				 18, 0, 3, 0,  0,   0,   1,   0,   0,   0,   0, 0,  0, 0, 0, 0, 0, 0, 0};
	enum { BODY = 8, VALUE = 27, CHECKSUM = 34 };
	size_t length = buffer_length(&strip->head);
	int orientation = file_type_tiff_orientation(head_of(strip), length);
	/* Its checksum is made anew. */
	strip_pass(strip, 4, STRIP_LEAVE_OUT);
	strip_gather(strip, PNG_AT_CHUNK, 8);
	if (orientation < 2 || orientation > 8)
		return;
	strip->has_orientation = true;
	chunk[VALUE] = (unsigned char)orientation;
	uint32_t sum = png_checksum(chunk + 4, CHECKSUM - 4);
	for (int i = 0; i < 4; i++)
		chunk[CHECKSUM + i] = (unsigned char)(sum >> (24 - 8 * i));
	strip_add(strip, chunk, sizeof chunk);
	strip->is_altered |= length != CHECKSUM - BODY || memcmp(head_of(strip), chunk + BODY, length) != 0;
}

static void png_next(struct strip *strip)
{
	static const char *const drawing[] = {"IHDR", "PLTE", "IDAT", "IEND", "tRNS", "cHRM", "gAMA",
					      "iCCP", "sBIT", "sRGB", "cICP", "mDCV", "cLLI", "bKGD",
					      "hIST", "pHYs", "sPLT", "acTL", "fcTL", "fdAT", NULL};
	const unsigned char *head = head_of(strip);
	if (strip->step == PNG_AT_START) {
		add_head(strip);
		strip_gather(strip, PNG_AT_CHUNK, 8);
		return;
	}
	if (strip->step == PNG_AT_EXIF) {
		png_keep_orientation(strip);
		return;
	}
	/* The chunk that ends it has passed; its checksum, too. */
	if (strip->code) {
		strip->is_over = true;
		return;
	}
	uint64_t length =
	    (uint64_t)head[0] << 24 | (uint64_t)head[1] << 16 | (uint64_t)head[2] << 8 | head[3];
	bool stays = strip_is_one_of(head + 4, drawing);
	/* Behind the beginning of the picture's data it turns nothing. */
	strip->has_orientation |= !memcmp(head + 4, "IDAT", 4);
	if (!strip->has_orientation && !memcmp(head + 4, "eXIf", 4) && length <= PNG_EXIF_MAX) {
		strip_gather(strip, PNG_AT_EXIF, (size_t)length);
		return;
	}
	if (stays)
		add_head(strip);
	strip_pass(strip, length + 4, stays ? STRIP_KEEP : STRIP_LEAVE_OUT);
	strip->code = !memcmp(head + 4, "IEND", 4);
	strip_gather(strip, PNG_AT_CHUNK, strip->code ? 0 : 8);
}

void strip_png_begin(struct strip *strip)
{
	strip->next = png_next;
	strip_gather(strip, PNG_AT_START, 8);
}

/* --- GIF --- */

enum { GIF_AT_START, GIF_AT_BLOCK, GIF_AT_PICTURE, GIF_AT_LABEL, GIF_AT_APPLICATION, GIF_AT_DATA };

enum { GIF_EXTENSION = 0x21, GIF_PICTURE = 0x2c, GIF_END = 0x3b };

#define GIF_NAME_BYTES 11

static uint64_t gif_table(unsigned char packed)
{
	return packed & 0x80 ? 3u << ((packed & 7) + 1) : 0;
}

static void gif_begin_block(struct strip *strip)
{
	static const unsigned char picture = GIF_PICTURE, end = GIF_END;
	switch (*head_of(strip)) {
	case GIF_PICTURE:
		strip_add(strip, &picture, 1);
		strip_gather(strip, GIF_AT_PICTURE, 9);
		break;
	case GIF_EXTENSION:
		strip_gather(strip, GIF_AT_LABEL, 1);
		break;
	case GIF_END:
		strip_add(strip, &end, 1);
		strip->is_over = true;
		break;
	default:
		strip->is_over = true;
	}
}

/* Whether the blocks of data that follow stay is in `code`. */
static void gif_begin_extension(struct strip *strip)
{
	unsigned char label = *head_of(strip), start[] = {GIF_EXTENSION, label};
	strip->code = label == 0xf9 || label == 0x01;
	if (strip->code)
		strip_add(strip, start, sizeof start);
	if (label == 0xff)
		strip_gather(strip, GIF_AT_APPLICATION, 1 + GIF_NAME_BYTES);
	else
		strip_gather(strip, GIF_AT_DATA, 1);
}

/* Loops and colours; the first block of data is the application's name. */
static void gif_decide_on_application(struct strip *strip)
{
	static const char *const drawing[] = {"NETSCAPE2.0", "ANIMEXTS1.0", "ICCRGBG1012"};
	static const unsigned char start[] = {GIF_EXTENSION, 0xff};
	const unsigned char *head = head_of(strip);
	for (size_t i = 0; i < sizeof drawing / sizeof *drawing && *head == GIF_NAME_BYTES; i++)
		strip->code |= !memcmp(head + 1, drawing[i], GIF_NAME_BYTES);
	if (strip->code) {
		strip_add(strip, start, sizeof start);
		add_head(strip);
	}
	/* A name of another length is a block of data like those behind it. */
	if (!*head || *head < GIF_NAME_BYTES)
		strip->is_over = true;
	strip_pass(strip, *head > GIF_NAME_BYTES ? *head - GIF_NAME_BYTES : 0, STRIP_LEAVE_OUT);
	strip_gather(strip, GIF_AT_DATA, 1);
}

static void gif_next(struct strip *strip)
{
	const unsigned char *head = head_of(strip);
	switch (strip->step) {
	case GIF_AT_START:
		add_head(strip);
		strip_pass(strip, gif_table(head[10]), STRIP_KEEP);
		strip_gather(strip, GIF_AT_BLOCK, 1);
		break;
	case GIF_AT_BLOCK:
		gif_begin_block(strip);
		break;
	case GIF_AT_PICTURE:
		/* Its table, and the width of its codes. */
		add_head(strip);
		strip->code = 1;
		strip_pass(strip, gif_table(head[8]) + 1, STRIP_KEEP);
		strip_gather(strip, GIF_AT_DATA, 1);
		break;
	case GIF_AT_LABEL:
		gif_begin_extension(strip);
		break;
	case GIF_AT_APPLICATION:
		gif_decide_on_application(strip);
		break;
	default:
		if (strip->code)
			add_head(strip);
		strip_pass(strip, *head, strip->code ? STRIP_KEEP : STRIP_LEAVE_OUT);
		strip_gather(strip, *head ? GIF_AT_DATA : GIF_AT_BLOCK, 1);
	}
}

void strip_gif_begin(struct strip *strip)
{
	strip->next = gif_next;
	strip_gather(strip, GIF_AT_START, 13);
}

/* --- WebP --- */

enum { WEBP_AT_START, WEBP_AT_CHUNK, WEBP_AT_FLAGS };

#define WEBP_HAS_EXIF 0x08
#define WEBP_HAS_XMP  0x04

static uint64_t webp_number(const unsigned char *at)
{
	return at[0] | (uint64_t)at[1] << 8 | (uint64_t)at[2] << 16 | (uint64_t)at[3] << 24;
}

static void webp_begin(struct strip *strip)
{
	uint64_t length = webp_number(head_of(strip) + 4);
	strip->inside = length < 4 ? 0 : length - 4 + (length & 1);
	add_head(strip);
	strip_gather(strip, WEBP_AT_CHUNK, 8);
}

static void webp_take_chunk(struct strip *strip)
{
	static const char *const drawing[] = {"VP8 ", "VP8L", "VP8X", "ANIM", "ANMF", "ALPH", "ICCP", NULL};
	const unsigned char *head = head_of(strip);
	uint64_t length = webp_number(head + 4);
	length += length & 1;
	if (strip->inside < 8) {
		strip->is_over = true;
		return;
	}
	strip->inside -= 8;
	if (length > strip->inside)
		length = strip->inside;
	strip->inside -= length;
	strip_gather(strip, WEBP_AT_CHUNK, 8);
	if (!strip_is_one_of(head, drawing)) {
		strip->is_altered |= memcmp(head, "JUNK", 4) != 0;
		strip_add(strip, "JUNK", 4);
		strip_add(strip, head + 4, 4);
		strip_pass(strip, length, STRIP_BLANK);
		return;
	}
	add_head(strip);
	bool has_flags = !memcmp(head, "VP8X", 4) && length;
	strip->behind = length - has_flags;
	if (has_flags)
		strip_gather(strip, WEBP_AT_FLAGS, 1);
	else
		strip_pass(strip, length, STRIP_KEEP);
}

static void webp_take_flags(struct strip *strip)
{
	unsigned char flags = *head_of(strip);
	unsigned char stay = flags & (unsigned char)~(WEBP_HAS_EXIF | WEBP_HAS_XMP);
	strip->is_altered |= stay != flags;
	strip_add(strip, &stay, 1);
	strip_pass(strip, strip->behind, STRIP_KEEP);
	strip_gather(strip, WEBP_AT_CHUNK, 8);
}

static void webp_next(struct strip *strip)
{
	if (strip->step == WEBP_AT_START)
		webp_begin(strip);
	else if (strip->step == WEBP_AT_CHUNK)
		webp_take_chunk(strip);
	else
		webp_take_flags(strip);
}

void strip_webp_begin(struct strip *strip)
{
	strip->next = webp_next;
	strip_gather(strip, WEBP_AT_START, 12);
}
