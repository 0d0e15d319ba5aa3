/* The helper process that makes previews: whatever a picture does to a decoder, it does it there.
 *
 *   server --kind, 3 descriptors--> brusiod painter --fork()--> one process for this picture --> the previews' files
 *          <------- done or not ---                 <--exit--
 *
 * The server starts it before its own sandbox, as a program of its own (net/helper.h): it shares no memory with the server,
 * and has no descriptor but the socket. It opens nothing, and reads no byte of a picture. The process of one picture may
 * read and write what it has open, take LIMIT_PAINT_MEMORY and LIMIT_PAINT_CPU_SECONDS, and end: seccomp kills it for
 * anything else. One process a picture, since then a limit is each picture's own, and what one picture has done to a decoder
 * does nothing to the next one. A helper that died is started anew by its keeper.
 *
 * Layer: picture. Threads: any may ask; they take turns. */
#ifndef BRUSIO_PICTURE_PAINTER_H
#define BRUSIO_PICTURE_PAINTER_H

#include "picture/paint.h"

#include <stdbool.h>
#include <stdint.h>

/* The word by which the server calls itself as the helper. */
#define PAINTER_WORD "painter"

struct painter;

struct painter_counts {
	uint64_t painted, failed; /* since the start */
	bool is_there;            /* it answers */
};

/* Starts the helper; `is_bare`: without a sandbox, to debug. 0 or -errno; -ENOSYS: built without the libraries. */
int painter_start(bool is_bare, struct painter **made);
/* Stops painting, so that nobody waits for the pictures still in line. */
void painter_end(struct painter *painter);
/* The helper ends; nobody asks any more. */
void painter_stop(struct painter *painter);

/* True once both previews are whole. Waits for its turn, and LIMIT_PAINT_SECONDS at most for the answer. */
bool painter_paint(struct painter *painter, enum paint_kind kind, int in, int small, int large);

/* Waits for nothing. */
void painter_count(const struct painter *painter, struct painter_counts *counts);

/* The helper itself, which `brusiod painter` is; its exit status. */
int painter_run(int argc, char **argv);

#endif
