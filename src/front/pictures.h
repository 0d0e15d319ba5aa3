/* The pictures of messages, or their previews where the server has those, for a terminal that said that it can show them: which are wanted, fetched one after the
 * other from the server by a line beside the chat's, made pixels of, and kept while there is room.
 *
 *   PICTURE_KNOWN --drawn--> fetched --> decoded --> pixels --pushed out by others--> PICTURE_KNOWN
 *                                 any failure --> is_failed: its name and link have to do
 *
 *  1. Nothing is fetched, and nothing is drawn, before the terminal's answers are complete (pictures_can()).
 *  2. The pixels that are kept are PICTURES_BYTES_MAX at most, and those of the frame that is drawn.
 *
 * Layer: front. Threads: one. */
#ifndef BRUSIO_FRONT_PICTURES_H
#define BRUSIO_FRONT_PICTURES_H

#include "front/grid.h"
#include "front/picture_decode.h"

#include <jansson.h>
#include <poll.h>

#define PICTURES_MAX        256
#define PICTURES_PLACES_MAX 64
#define PICTURES_BYTES_MAX  (32u << 20)

struct client;
struct exchange;

enum picture_protocol { PICTURES_NONE, PICTURES_SIXEL, PICTURES_KITTY };

struct picture {
	char file[40];   /* its id at the server */
	char type[16];   /* of what is fetched */
	int64_t bytes;   /* of the file, or of its preview at most */
	bool is_preview; /* the server's preview of it is fetched */
	unsigned number; /* as the cells of the grid know it; never 0 */
	struct picture_size size;
	unsigned char *pixels; /* NULL: not there (yet) */
	uint64_t used;         /* the frame that it was last drawn in */
	unsigned tries;
	bool is_failed;
	bool is_sent; /* kitty has the pixels */
};

/* Rows of a picture that the terminal shows, one below the other. */
struct picture_place {
	unsigned number;
	size_t row, column;
	size_t from, rows; /* of the picture's */
};

struct picture_places {
	struct picture_place places[PICTURES_PLACES_MAX];
	size_t count;
};

struct pictures {
	struct client *client; /* borrowed; NULL before it is attached */
	enum picture_protocol protocol;
	unsigned cell_width, cell_height; /* 0: not known */
	unsigned colours;                 /* of sixels */
	uint64_t frame;
	struct picture *all[PICTURES_MAX];
	size_t count, kept_bytes;
	unsigned next_number;
	struct picture_places places; /* what the terminal shows */
	struct exchange *exchange;
	struct picture_decode decode;
	struct picture *current; /* being fetched or decoded */
	int fd;                  /* of what is fetched; -1: none */
	int64_t not_before_ms;
};

void pictures_init(struct pictures *pictures);
void pictures_attach(struct pictures *pictures, struct client *client);
void pictures_release(struct pictures *pictures);

/* Whether the terminal has said all that is needed to draw. */
bool pictures_can(const struct pictures *pictures);
/* The terminal's cells have another size: nothing that was made fits. */
void pictures_set_cell(struct pictures *pictures, unsigned width, unsigned height);

/* The picture of a message's file {"file","type","bytes","width","height"}; NULL where it is none that can be shown.
 * It counts as drawn in this frame. Valid until the next frame. */
struct picture *pictures_take(struct pictures *pictures, const json_t *file);
struct picture *pictures_find(const struct pictures *pictures, unsigned number);
/* A frame begins. */
void pictures_begin_frame(struct pictures *pictures);

/* Adds what turns the pictures of `shown`, NULL for none, into those of `wanted`, behind grid_write(). */
void pictures_write(struct pictures *pictures, struct buffer *to, const struct grid *shown,
		    const struct grid *wanted);
/* Adds what takes all away and lets the terminal forget them. */
void pictures_write_end(struct pictures *pictures, struct buffer *to);

/* The same as line_poll(), line_deadline() and line_ready(). True where something can be drawn that could not before. */
size_t pictures_poll(const struct pictures *pictures, struct pollfd *to);
int64_t pictures_deadline(const struct pictures *pictures);
bool pictures_ready(struct pictures *pictures, const struct pollfd *polled, size_t count, int64_t now_ms);

#endif
