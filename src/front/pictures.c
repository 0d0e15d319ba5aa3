#include "front/pictures.h"

#include "base/limits.h"
#include "base/memory.h"
#include "client/client.h"
#include "client/exchange.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PREVIEW_TYPE "image/webp"
#define TRIES_MAX    3
#define WAIT_MS      2000
#define COLOURS_MAX  256 /* of a terminal that does not say */

void pictures_init(struct pictures *pictures)
{
	*pictures = (struct pictures){.fd = -1, .colours = COLOURS_MAX};
}

void pictures_attach(struct pictures *pictures, struct client *client)
{
	struct line_security security = {
	    .is_plain = client->options->is_plain, .owner = client, .trusts = client_trusts};
	assert(!pictures->client);
	pictures->client = client;
	pictures->exchange = exchange_new(&security);
}

/* Stops what is under way. */
static void drop_current(struct pictures *pictures)
{
	if (pictures->exchange)
		exchange_stop(pictures->exchange);
	picture_decode_stop(&pictures->decode);
	if (pictures->fd >= 0)
		close(pictures->fd);
	pictures->fd = -1;
	pictures->current = NULL;
}

static size_t pixel_bytes(const struct picture *picture)
{
	return (size_t)picture->size.width * picture->size.height * PICTURE_PIXEL_BYTES;
}

static void drop_pixels(struct pictures *pictures, struct picture *picture)
{
	if (picture->pixels)
		pictures->kept_bytes -= pixel_bytes(picture);
	free(picture->pixels);
	picture->pixels = NULL;
}

static void forget_all(struct pictures *pictures)
{
	drop_current(pictures);
	while (pictures->count) {
		struct picture *last = pictures->all[--pictures->count];
		drop_pixels(pictures, last);
		free(last);
	}
	assert(!pictures->kept_bytes);
}

void pictures_release(struct pictures *pictures)
{
	forget_all(pictures);
	exchange_free(pictures->exchange);
	pictures_init(pictures);
}

bool pictures_can(const struct pictures *pictures)
{
	return pictures->protocol != PICTURES_NONE && pictures->cell_width && pictures->cell_height &&
	       pictures->client;
}

void pictures_set_cell(struct pictures *pictures, unsigned width, unsigned height)
{
	bool is_same = width == pictures->cell_width && height == pictures->cell_height;
	if (is_same || !width || !height || width > PICTURE_CELL_MAX || height > PICTURE_CELL_MAX)
		return;
	forget_all(pictures);
	pictures->cell_width = width;
	pictures->cell_height = height;
}

/* --- which there are ------------------------------------------------------------------- */

struct picture *pictures_find(const struct pictures *pictures, unsigned number)
{
	for (size_t i = 0; i < pictures->count; i++)
		if (pictures->all[i]->number == number)
			return pictures->all[i];
	return NULL;
}

static struct picture *find_file(const struct pictures *pictures, const char *file)
{
	for (size_t i = 0; i < pictures->count; i++)
		if (!strcmp(pictures->all[i]->file, file))
			return pictures->all[i];
	return NULL;
}

/* The one that was not drawn for longest, and is not on the screen; NULL where there is none. */
static struct picture *find_oldest(const struct pictures *pictures, bool has_pixels)
{
	struct picture *oldest = NULL;
	for (size_t i = 0; i < pictures->count; i++) {
		struct picture *one = pictures->all[i];
		bool is_free = one != pictures->current && one->used + 1 < pictures->frame &&
			       (one->pixels || !has_pixels);
		if (is_free && (!oldest || one->used < oldest->used))
			oldest = one;
	}
	return oldest;
}

/* Cells of the screen that is shown may still have the number of one that is gone, so numbers are not used again
 * before all others were. */
static unsigned next_number_of(struct pictures *pictures)
{
	do {
		pictures->next_number = pictures->next_number % UINT16_MAX + 1;
	} while (pictures_find(pictures, pictures->next_number));
	return pictures->next_number;
}

static struct picture *add_picture(struct pictures *pictures, const char *file,
				   const struct picture_size *size)
{
	struct picture *picture;
	if (pictures->count < PICTURES_MAX)
		picture = pictures->all[pictures->count++] = mem_zero(sizeof *picture);
	else
		picture = find_oldest(pictures, false);
	if (!picture)
		return NULL;
	drop_pixels(pictures, picture);
	*picture = (struct picture){.size = *size};
	picture->number = next_number_of(pictures);
	snprintf(picture->file, sizeof picture->file, "%s", file);
	return picture;
}

/* A preview is small, of a kind that is decoded here, and there for pictures that are too large to be fetched. */
static bool picture_has_preview(const json_t *file)
{
	return json_string_length(json_object_get(file, "preview")) > 0;
}

static bool can_take(const json_t *file)
{
	const char *type = json_string_value(json_object_get(file, "type"));
	int64_t bytes = json_integer_value(json_object_get(file, "bytes"));
	return picture_has_preview(file) ||
	       (type && picture_decode_knows(type) && bytes > 0 && bytes <= PICTURE_SOURCE_BYTES);
}

/* The size in cells, of the picture or of its preview. */
static bool fit_file(const struct pictures *pictures, const json_t *file, struct picture_size *size)
{
	int64_t width = json_integer_value(json_object_get(file, "width"));
	int64_t height = json_integer_value(json_object_get(file, "height"));
	int64_t longer = width > height ? width : height;
	if (width <= 0 || height <= 0 || longer > INT32_MAX)
		return false;
	if (picture_has_preview(file) && longer > LIMIT_PREVIEW_SIDE) {
		width = width * LIMIT_PREVIEW_SIDE / longer;
		height = height * LIMIT_PREVIEW_SIDE / longer;
	}
	return picture_fit(width > 0 ? width : 1, height > 0 ? height : 1, pictures->cell_width,
			   pictures->cell_height, size);
}

struct picture *pictures_take(struct pictures *pictures, const json_t *file)
{
	const char *id = json_string_value(json_object_get(file, "file"));
	struct picture_size size;
	if (!pictures_can(pictures) || !id || !*id || strlen(id) >= sizeof((struct picture *)0)->file ||
	    !can_take(file))
		return NULL;
	struct picture *picture = find_file(pictures, id);
	if (!picture && fit_file(pictures, file, &size) && (picture = add_picture(pictures, id, &size))) {
		const char *type = json_string_value(json_object_get(file, "type"));
		picture->is_preview = picture_has_preview(file);
		picture->bytes = picture->is_preview ? PICTURE_SOURCE_BYTES
						     : json_integer_value(json_object_get(file, "bytes"));
		snprintf(picture->type, sizeof picture->type, "%s",
			 picture->is_preview ? PREVIEW_TYPE : type);
	}
	if (!picture || picture->is_failed)
		return NULL;
	picture->used = pictures->frame;
	return picture;
}

void pictures_begin_frame(struct pictures *pictures)
{
	pictures->frame++;
	while (pictures->kept_bytes > PICTURES_BYTES_MAX) {
		struct picture *oldest = find_oldest(pictures, true);
		if (!oldest)
			break;
		drop_pixels(pictures, oldest);
	}
	assert(pictures->kept_bytes <= PICTURES_BYTES_MAX || !find_oldest(pictures, true)); /* 2 */
}

/* --- fetching ----------------------------------------------------------------------------- */

static void fail_current(struct pictures *pictures, int64_t now_ms, bool is_for_good)
{
	assert(pictures->current);
	struct picture *picture = pictures->current;
	picture->is_failed = is_for_good || ++picture->tries >= TRIES_MAX;
	pictures->not_before_ms = now_ms + WAIT_MS;
	drop_current(pictures);
}

static bool fetch_may_begin(const struct pictures *pictures, int64_t now_ms)
{
	const struct session *session = pictures->client ? pictures->client->session : NULL;
	return pictures_can(pictures) && session_state(session) == SESSION_READY && session_secret(session) &&
	       session_is_settled(session) && now_ms >= pictures->not_before_ms;
}

/* The newest on the screen that is not there yet. */
static struct picture *next_wanted(const struct pictures *pictures)
{
	struct picture *wanted = NULL;
	for (size_t i = 0; i < pictures->count; i++) {
		struct picture *one = pictures->all[i];
		if (one->used == pictures->frame && !one->pixels && !one->is_failed)
			wanted = one;
	}
	return wanted;
}

static void begin_picture(struct pictures *pictures, struct picture *picture, int64_t now_ms)
{
	const struct client *client = pictures->client;
	char target[64];
	assert(pictures_can(pictures) && !pictures->current); /* 1 */
	pictures->current = picture;
	pictures->fd = memfd_create("picture", MFD_CLOEXEC);
	if (pictures->fd < 0) {
		fail_current(pictures, now_ms, false);
		return;
	}
	int written = snprintf(target, sizeof target, "/files/%s", picture->file);
	if (picture->is_preview)
		snprintf(target + written, sizeof target - (size_t)written, "?size=%d", LIMIT_PREVIEW_SIDE);
	struct exchange_request request = {.host = client->options->host,
					   .port = client->options->port,
					   .target = target,
					   .secret = session_secret(client->session),
					   .fd = pictures->fd,
					   .bytes = picture->bytes,
					   .is_at_most = picture->is_preview};
	exchange_begin(pictures->exchange, &request, now_ms);
}

static void take_fetched(struct pictures *pictures, int64_t now_ms)
{
	assert(pictures->current && !pictures->decode.pid);
	struct picture *picture = pictures->current;
	int status = exchange_status(pictures->exchange);
	exchange_stop(pictures->exchange);
	if (status != 200)
		fail_current(pictures, now_ms, status != 503);
	else if (!picture_decode_begin(&pictures->decode, pictures->fd, picture->type, &picture->size))
		fail_current(pictures, now_ms, false);
}

static void take_decoded(struct pictures *pictures)
{
	assert(pictures->current && pictures->decode.pixels);
	struct picture *picture = pictures->current;
	assert(!picture->pixels);
	picture->pixels = pictures->decode.pixels;
	pictures->decode.pixels = NULL;
	pictures->kept_bytes += pixel_bytes(picture);
	picture->is_sent = false;
	drop_current(pictures);
}

size_t pictures_poll(const struct pictures *pictures, struct pollfd *to)
{
	if (!pictures->current)
		return 0;
	if (!pictures->decode.pid)
		return exchange_poll(pictures->exchange, to);
	to[0] = (struct pollfd){.fd = pictures->decode.fd, .events = POLLIN};
	return 1;
}

int64_t pictures_deadline(const struct pictures *pictures)
{
	if (pictures->current)
		return pictures->decode.pid ? INT64_MAX : exchange_deadline(pictures->exchange);
	return next_wanted(pictures) && fetch_may_begin(pictures, INT64_MAX) ? pictures->not_before_ms
									     : INT64_MAX;
}

bool pictures_ready(struct pictures *pictures, const struct pollfd *polled, size_t count, int64_t now_ms)
{
	struct picture *wanted;
	if (!pictures->current) {
		if (fetch_may_begin(pictures, now_ms) && (wanted = next_wanted(pictures)))
			begin_picture(pictures, wanted, now_ms);
		return false;
	}
	if (pictures->decode.pid) {
		enum picture_state state =
		    count && polled[0].revents ? picture_decode_ready(&pictures->decode) : PICTURE_RUNNING;
		if (state == PICTURE_DONE)
			take_decoded(pictures);
		else if (state == PICTURE_FAILED)
			fail_current(pictures, now_ms, true);
		return state != PICTURE_RUNNING;
	}
	switch (exchange_ready(pictures->exchange, polled, count, now_ms)) {
	case EXCHANGE_DONE:
		take_fetched(pictures, now_ms);
		return true;
	case EXCHANGE_BROKEN:
		fail_current(pictures, now_ms, false);
		return true;
	default:
		return false;
	}
}
