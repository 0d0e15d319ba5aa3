#include "picture/paint.h"

#include "base/limits.h"
#include "picture/decode.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <webp/encode.h>

#define QUALITY            78.0f
#define PROFILE_HEAD_BYTES 128
#define CHUNK_HEAD_BYTES   8
#define EXTENDED_BYTES     10
#define HAS_PROFILE        0x20

bool paint_is_possible(void)
{
	return true;
}

void decode_give_up(void)
{
	_exit(1);
}

void colours_take(struct colours *profile, const unsigned char *bytes, size_t length)
{
	bool is_small = length >= PROFILE_HEAD_BYTES && length < sizeof profile->bytes;
	if (!is_small || memcmp(bytes + 16, "RGB ", 4) != 0)
		return;
	memcpy(profile->bytes, bytes, length);
	profile->length = length;
}

static void write_whole(int fd, const unsigned char *bytes, size_t length)
{
	while (length) {
		ssize_t written = write(fd, bytes, length);
		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			decode_give_up();
		bytes += written;
		length -= (size_t)written;
	}
}

static void put_number(unsigned char *to, uint32_t number, int bytes)
{
	for (int i = 0; i < bytes; i++)
		to[i] = (unsigned char)(number >> 8 * i);
}

/* The chunk that says what comes, as RIFF wants it in front of a profile. `first`: the chunk that is there; flags of it. */
static void write_extended(const struct shrink *picture, const unsigned char *first, int fd)
{
	unsigned char chunk[CHUNK_HEAD_BYTES + EXTENDED_BYTES] = "VP8X";
	put_number(chunk + 4, EXTENDED_BYTES, 4);
	chunk[8] = HAS_PROFILE;
	put_number(chunk + 12, (uint32_t)picture->width - 1, 3);
	put_number(chunk + 15, (uint32_t)picture->height - 1, 3);
	if (!memcmp(first, "VP8X", 4))
		chunk[8] |= first[8];
	write_whole(fd, chunk, sizeof chunk);
}

/* A picture with its profile: what WebPEncodeRGBA() makes has none. */
static void write_with_profile(const struct shrink *picture, const struct colours *profile,
			       const unsigned char *bytes, size_t length, int fd)
{
	unsigned char head[12] = "RIFF\0\0\0\0WEBP", chunk[CHUNK_HEAD_BYTES] = "ICCP";
	const unsigned char *rest = bytes + sizeof head;
	bool is_extended = !memcmp(rest, "VP8X", 4);
	size_t skipped = sizeof head + (is_extended ? CHUNK_HEAD_BYTES + EXTENDED_BYTES : 0);
	size_t padded = profile->length + profile->length % 2;
	if (length < skipped || length < sizeof head + CHUNK_HEAD_BYTES + EXTENDED_BYTES)
		decode_give_up();
	put_number(head + 4,
		   (uint32_t)(4 + 2 * CHUNK_HEAD_BYTES + EXTENDED_BYTES + padded + length - skipped), 4);
	put_number(chunk + 4, (uint32_t)profile->length, 4);
	write_whole(fd, head, sizeof head);
	write_extended(picture, rest, fd);
	write_whole(fd, chunk, sizeof chunk);
	write_whole(fd, profile->bytes, padded);
	write_whole(fd, bytes + skipped, length - skipped);
}

static void write_webp(const struct shrink *picture, const struct colours *profile, int fd)
{
	uint8_t *bytes;
	size_t length = WebPEncodeRGBA(picture->rgba, picture->width, picture->height, picture->width * 4,
				       QUALITY, &bytes);
	if (!length || length > LIMIT_PREVIEW_BYTES - LIMIT_PREVIEW_PROFILE_BYTES - 64)
		decode_give_up();
	if (profile->length)
		write_with_profile(picture, profile, bytes, length, fd);
	else
		write_whole(fd, bytes, length);
	WebPFree(bytes);
}

static void shrink_again(const struct shrink *from, struct shrink *to)
{
	if (!shrink_begin(to, from->width, from->height))
		decode_give_up();
	for (int32_t row = 0; row < from->height; row++)
		shrink_add(to, from->rgba + (size_t)row * (size_t)from->width * 4);
}

void paint(enum paint_kind kind, int in, int small, int large)
{
	static struct colours profile;
	static void (*const decoders[PAINT_KINDS])(const unsigned char *, size_t, struct shrink *,
						   struct colours *) = {[PAINT_JPEG] = decode_jpeg,
									[PAINT_PNG] = decode_png,
									[PAINT_GIF] = decode_gif,
									[PAINT_WEBP] = decode_webp};
	struct shrink picture = {.side_max = LIMIT_PREVIEW_SIDE},
		      little = {.side_max = LIMIT_PREVIEW_SMALL_SIDE};
	struct stat about;
	if (fstat(in, &about) || about.st_size <= 0 || about.st_size > LIMIT_PREVIEW_FILE_BYTES)
		decode_give_up();
	size_t length = (size_t)about.st_size;
	const unsigned char *bytes = mmap(NULL, length, PROT_READ, MAP_PRIVATE, in, 0);
	if (bytes == MAP_FAILED)
		decode_give_up();
	decoders[kind](bytes, length, &picture, &profile);
	if (!shrink_is_done(&picture))
		decode_give_up();
	shrink_again(&picture, &little);
	write_webp(&picture, &profile, large);
	write_webp(&little, &profile, small);
	shrink_release(&little);
	shrink_release(&picture);
}
