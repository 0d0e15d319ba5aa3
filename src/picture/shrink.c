#include "picture/shrink.h"

#include "base/limits.h"
#include "base/memory.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define CHANNELS 4

static int32_t scaled(int64_t length, int64_t side, int64_t longest)
{
	int64_t result = (length * side + longest / 2) / longest;
	return result ? (int32_t)result : 1;
}

bool shrink_begin(struct shrink *shrink, int64_t from_width, int64_t from_height)
{
	if (from_width < 1 || from_height < 1 || from_width > LIMIT_PREVIEW_PIXELS / from_height)
		return false;
	int64_t longest = from_width > from_height ? from_width : from_height;
	int64_t side = longest < shrink->side_max ? longest : shrink->side_max;
	shrink->from_width = (int32_t)from_width;
	shrink->from_height = (int32_t)from_height;
	shrink->width = scaled(from_width, side, longest);
	shrink->height = scaled(from_height, side, longest);
	size_t channels = (size_t)shrink->width * CHANNELS;
	shrink->rgba = mem_zero(channels * (size_t)shrink->height);
	shrink->across = mem_zero(channels * sizeof *shrink->across);
	shrink->sum = mem_zero(channels * sizeof *shrink->sum);
	shrink->row = 0;
	return true;
}

/* Colours count by how much of them is seen. */
static void add_pixel(uint64_t *to, const unsigned char *pixel, uint64_t weight)
{
	uint64_t seen = pixel[3] * weight;
	to[0] += pixel[0] * seen;
	to[1] += pixel[1] * seen;
	to[2] += pixel[2] * seen;
	to[3] += seen;
}

/* In units of which a pixel that comes has `width`, and one that is made `from_width`. */
static void add_across(struct shrink *shrink, const unsigned char *rgba)
{
	int64_t width = shrink->width, from = shrink->from_width, at = 0, end = from;
	uint64_t *to = shrink->across;
	memset(to, 0, (size_t)width * CHANNELS * sizeof *to);
	for (int64_t x = 0; x < from; x++, at += width, rgba += CHANNELS) {
		int64_t over = at + width - end;
		add_pixel(to, rgba, (uint64_t)(over > 0 ? width - over : width));
		if (over < 0)
			continue;
		to += CHANNELS;
		end += from;
		if (over > 0)
			add_pixel(to, rgba, (uint64_t)over);
	}
}

static void shrink_add_row(struct shrink *shrink, uint64_t weight)
{
	for (int32_t i = 0; i < shrink->width * CHANNELS; i++)
		shrink->sum[i] += shrink->across[i] * weight;
}

static void finish_row(struct shrink *shrink, int32_t row)
{
	uint64_t area = (uint64_t)shrink->from_width * (uint64_t)shrink->from_height;
	unsigned char *to = shrink->rgba + (size_t)row * (size_t)shrink->width * CHANNELS;
	for (int32_t x = 0; x < shrink->width; x++, to += CHANNELS) {
		uint64_t *sum = shrink->sum + (size_t)x * CHANNELS;
		for (int channel = 0; channel < 3 && sum[3]; channel++)
			to[channel] = (unsigned char)((sum[channel] + sum[3] / 2) / sum[3]);
		to[3] = (unsigned char)((sum[3] + area / 2) / area);
		memset(sum, 0, CHANNELS * sizeof *sum);
	}
}

void shrink_add(struct shrink *shrink, const unsigned char *rgba)
{
	int64_t height = shrink->height, from = shrink->from_height;
	if (shrink_is_done(shrink))
		return;
	int64_t at = shrink->row * height, row = at / from, over = at + height - (row + 1) * from;
	add_across(shrink, rgba);
	shrink_add_row(shrink, (uint64_t)(over > 0 ? height - over : height));
	if (over >= 0)
		finish_row(shrink, (int32_t)row);
	if (over > 0)
		shrink_add_row(shrink, (uint64_t)over);
	shrink->row++;
}

bool shrink_is_done(const struct shrink *shrink)
{
	return shrink->from_height && shrink->row == shrink->from_height;
}

void shrink_turn(struct shrink *shrink, int orientation)
{
	int32_t width = shrink->width, height = shrink->height;
	bool lies = orientation >= 5;
	if (orientation < 2 || orientation > 8)
		return;
	unsigned char *turned = mem_alloc((size_t)width * (size_t)height * CHANNELS);
	bool from_right = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
	bool from_below = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
	for (int32_t y = 0; y < height; y++) {
		for (int32_t x = 0; x < width; x++) {
			int32_t across = from_right ? width - 1 - x : x,
				down = from_below ? height - 1 - y : y;
			int32_t to = lies ? across * height + down : down * width + across;
			memcpy(turned + (size_t)to * CHANNELS,
			       shrink->rgba + ((size_t)y * (size_t)width + (size_t)x) * CHANNELS, CHANNELS);
		}
	}
	free(shrink->rgba);
	shrink->rgba = turned;
	shrink->width = lies ? height : width;
	shrink->height = lies ? width : height;
}

void shrink_release(struct shrink *shrink)
{
	free(shrink->rgba);
	free(shrink->across);
	free(shrink->sum);
	*shrink = (struct shrink){.side_max = shrink->side_max};
}
