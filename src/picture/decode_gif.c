#include "picture/decode.h"

#include "base/limits.h"
#include "base/memory.h"

#include <string.h>

/* A GIF is so little that it needs no library. */

#define CODES 4096

enum { EXTENSION = 0x21, PICTURE = 0x2c, CONTROL = 0xf9 };

struct gif {
	const unsigned char *at, *end;
	const unsigned char *table; /* of colours, 3 bytes each */
	unsigned colours;
	int transparent; /* of the colours; -1: none */
	int32_t width, height;
	int32_t left, top, across, down; /* of the first picture in the whole */
	bool is_interlaced;
	unsigned char *pixels; /* of the first picture */
	size_t count, wanted;
	/* The data comes in blocks of up to 255 bytes. */
	unsigned block;
	uint32_t bits;
	int bits_count;
};

static const unsigned char *gif_take(struct gif *gif, size_t bytes)
{
	const unsigned char *here = gif->at;
	if ((size_t)(gif->end - here) < bytes)
		decode_give_up();
	gif->at += bytes;
	return here;
}

static int32_t gif_number(const unsigned char *bytes)
{
	return bytes[0] | bytes[1] << 8;
}

static void take_table(struct gif *gif, unsigned char packed)
{
	if (!(packed & 0x80))
		return;
	gif->colours = 2u << (packed & 7);
	gif->table = gif_take(gif, (size_t)gif->colours * 3);
}

static void pass_blocks(struct gif *gif)
{
	for (unsigned length; (length = *gif_take(gif, 1)) != 0;)
		gif_take(gif, length);
}

static void take_extension(struct gif *gif)
{
	unsigned char label = *gif_take(gif, 1);
	if (label == CONTROL && gif->end - gif->at >= 6 && *gif->at == 4)
		gif->transparent = gif->at[1] & 1 ? gif->at[4] : -1;
	pass_blocks(gif);
}

/* --- the data --- */

/* -1: there is no more. What is cut off keeps what came of it. */
static int next_byte(struct gif *gif)
{
	if (!gif->block && (gif->at == gif->end || !(gif->block = *gif->at++)))
		return -1;
	if (gif->at == gif->end)
		return -1;
	gif->block--;
	return *gif->at++;
}

static int next_code(struct gif *gif, int size)
{
	while (gif->bits_count < size) {
		int byte = next_byte(gif);
		if (byte < 0)
			return -1;
		gif->bits |= (uint32_t)byte << gif->bits_count;
		gif->bits_count += 8;
	}
	int code = (int)(gif->bits & ((1u << size) - 1));
	gif->bits >>= size;
	gif->bits_count -= size;
	return code;
}

static void add_index(struct gif *gif, unsigned char index)
{
	if (gif->count < gif->wanted)
		gif->pixels[gif->count++] = index;
}

struct words {
	uint16_t before[CODES];
	unsigned char last[CODES], first[CODES];
	int count, clear, size;
};

static void forget_words(struct words *words, int width)
{
	words->clear = 1 << width;
	words->count = words->clear + 2;
	words->size = width + 1;
	for (int i = 0; i < words->clear; i++)
		words->last[i] = words->first[i] = (unsigned char)i;
}

static void gif_add_word(struct gif *gif, const struct words *words, int code)
{
	unsigned char turned[CODES];
	size_t length = 0;
	for (; code >= words->clear && length < sizeof turned - 1; code = words->before[code])
		turned[length++] = words->last[code];
	add_index(gif, words->last[code]);
	while (length)
		add_index(gif, turned[--length]);
}

static void learn_word(struct words *words, int before, unsigned char last)
{
	if (words->count == CODES)
		return;
	words->before[words->count] = (uint16_t)before;
	words->last[words->count] = last;
	words->first[words->count] = words->first[before];
	words->count++;
	if (words->count == 1 << words->size && words->size < 12)
		words->size++;
}

static void read_pixels(struct gif *gif)
{
	int width = *gif_take(gif, 1), before = -1, code;
	if (width < 2 || width > 8)
		decode_give_up();
	struct words *words = mem_zero(sizeof *words);
	forget_words(words, width);
	while (gif->count < gif->wanted && (code = next_code(gif, words->size)) >= 0) {
		if (code == words->clear) {
			forget_words(words, width);
			before = -1;
			continue;
		}
		if (code == words->clear + 1 || code > words->count || (code == words->count && before < 0))
			return;
		/* The word that is about to be learnt ends as it begins. */
		if (before >= 0)
			learn_word(words, before, words->first[code == words->count ? before : code]);
		if (code >= words->count)
			return;
		gif_add_word(gif, words, code);
		before = code;
	}
}

/* --- the picture --- */

/* The place of a row in the data: those of an interlaced one come in four turns. */
static int32_t stored_row(const struct gif *gif, int32_t row)
{
	static const struct {
		int first, step;
	} turns[] = {{0, 8}, {4, 8}, {2, 4}, {1, 2}};
	int32_t before = 0;
	for (size_t i = 0; gif->is_interlaced && i < sizeof turns / sizeof *turns; i++) {
		if (row >= turns[i].first && !((row - turns[i].first) % turns[i].step))
			return before + (row - turns[i].first) / turns[i].step;
		if (gif->down > turns[i].first)
			before += (gif->down - turns[i].first - 1) / turns[i].step + 1;
	}
	return row;
}

static void fill_row(const struct gif *gif, int32_t y, unsigned char *rgba)
{
	int32_t inside = y - gif->top;
	memset(rgba, 0, (size_t)gif->width * 4);
	if (inside < 0 || inside >= gif->down)
		return;
	size_t at = (size_t)stored_row(gif, inside) * (size_t)gif->across;
	for (int32_t x = 0; x < gif->across && gif->left + x < gif->width && at + (size_t)x < gif->count;
	     x++) {
		unsigned index = gif->pixels[at + (size_t)x];
		unsigned char *to = rgba + (size_t)(gif->left + x) * 4;
		if ((int)index == gif->transparent || index >= gif->colours)
			continue;
		memcpy(to, gif->table + (size_t)index * 3, 3);
		to[3] = 255;
	}
}

static void take_picture(struct gif *gif, struct shrink *to)
{
	const unsigned char *head = gif_take(gif, 9);
	gif->left = gif_number(head);
	gif->top = gif_number(head + 2);
	gif->across = gif_number(head + 4);
	gif->down = gif_number(head + 6);
	gif->is_interlaced = head[8] & 0x40;
	take_table(gif, head[8]);
	gif->wanted = (size_t)gif->across * (size_t)gif->down;
	if (!gif->wanted || gif->wanted > LIMIT_PREVIEW_PIXELS || !shrink_begin(to, gif->width, gif->height))
		decode_give_up();
	gif->pixels = mem_zero(gif->wanted);
	read_pixels(gif);
	unsigned char *row = mem_zero((size_t)gif->width * 4);
	for (int32_t y = 0; y < gif->height; y++) {
		fill_row(gif, y, row);
		shrink_add(to, row);
	}
}

void decode_gif(const unsigned char *bytes, size_t length, struct shrink *to, struct colours *profile)
{
	(void)profile;
	struct gif gif = {.at = bytes, .end = bytes + length, .transparent = -1};
	const unsigned char *head = gif_take(&gif, 13);
	gif.width = gif_number(head + 6);
	gif.height = gif_number(head + 8);
	take_table(&gif, head[10]);
	for (unsigned char block; (block = *gif_take(&gif, 1)) != PICTURE;) {
		if (block != EXTENSION)
			decode_give_up();
		take_extension(&gif);
	}
	take_picture(&gif, to);
}
