#include "wire/strip.h"

#include "base/memory.h"
#include "wire/strip_state.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct strip *strip_new(const char *type)
{
	static const struct {
		const char *type;
		void (*begin)(struct strip *strip);
	} formats[] = {{"image/jpeg", strip_jpeg_begin},
		       {"image/png", strip_png_begin},
		       {"image/gif", strip_gif_begin},
		       {"image/webp", strip_webp_begin}};
	for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
		if (strcmp(formats[i].type, type) != 0)
			continue;
		struct strip *strip = mem_zero(sizeof *strip);
		formats[i].begin(strip);
		return strip;
	}
	return NULL;
}

void strip_free(struct strip *strip)
{
	if (!strip)
		return;
	buffer_release(&strip->head);
	free(strip);
}

bool strip_has_changed(const struct strip *strip)
{
	return strip->is_altered || strip->in != strip->out;
}

void strip_add(struct strip *strip, const void *bytes, size_t length)
{
	buffer_add(strip->to, bytes, length);
	strip->out += (int64_t)length;
}

void strip_gather(struct strip *strip, int step, size_t wanted)
{
	strip->step = step;
	strip->wanted = wanted;
}

void strip_pass(struct strip *strip, uint64_t left, enum strip_fate fate)
{
	strip->left = left;
	strip->fate = fate;
}

static void add_zeros(struct strip *strip, const unsigned char *instead_of, size_t length)
{
	static const unsigned char zeros[4096];
	for (size_t done = 0; done < length;) {
		size_t piece = length - done < sizeof zeros ? length - done : sizeof zeros;
		strip->is_altered |= memcmp(instead_of + done, zeros, piece) != 0;
		strip_add(strip, zeros, piece);
		done += piece;
	}
}

static size_t let_pass(struct strip *strip, const unsigned char *bytes, size_t length)
{
	size_t here = strip->left < length ? (size_t)strip->left : length;
	if (strip->fate == STRIP_KEEP)
		strip_add(strip, bytes, here);
	else if (strip->fate == STRIP_BLANK)
		add_zeros(strip, bytes, here);
	strip->left -= here;
	return here;
}

static size_t strip_fill(struct strip *strip, const unsigned char *bytes, size_t length)
{
	size_t missing = strip->wanted - buffer_length(&strip->head);
	size_t here = missing < length ? missing : length;
	buffer_add(&strip->head, bytes, here);
	return here;
}

/* True where next() has something to decide on. */
static bool is_gathered(const struct strip *strip)
{
	return !strip->is_over && !strip->left && !strip->is_scanning &&
	       buffer_length(&strip->head) == strip->wanted;
}

static size_t take_step(struct strip *strip, const unsigned char *bytes, size_t length)
{
	if (strip->is_over)
		return length;
	if (strip->left)
		return let_pass(strip, bytes, length);
	if (strip->is_scanning)
		return strip_jpeg_scan(strip, bytes, length);
	return strip_fill(strip, bytes, length);
}

void strip_take(struct strip *strip, const void *bytes, size_t length, struct buffer *to)
{
	const unsigned char *at = bytes;
	strip->to = to;
	strip->in += (int64_t)length;
	while (length || is_gathered(strip)) {
		if (is_gathered(strip)) {
			strip->next(strip);
			buffer_clear(&strip->head);
			continue;
		}
		size_t used = take_step(strip, at, length);
		assert(used <= length && (used || is_gathered(strip)));
		at += used;
		length -= used;
	}
	strip->to = NULL;
}
