/* The words that the server and its painter exchange: packets on a helper's socket (net/helper.h).
 *
 * Layer: picture, private to painter*.c. */
#ifndef BRUSIO_PICTURE_PAINTER_SOCKET_H
#define BRUSIO_PICTURE_PAINTER_SOCKET_H

#include "net/helper.h"

#include <stdint.h>

#define PAINTER_FDS 3 /* the picture, the small preview, the large one */

struct painter_question {
	uint64_t number; /* from 1 on */
	uint32_t kind;   /* enum paint_kind */
	uint32_t unused;
};

struct painter_answer {
	uint64_t number; /* of the question; 0: it answers none */
	uint32_t is_painted;
	uint32_t is_there; /* false: the one that answered until now has died */
};

#endif
