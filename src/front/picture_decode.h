/* Makes pixels of a picture that somebody sent, in a process of its own: it can read the one file and write the
 * pixels, and nothing else; it ends after some seconds of work, and where it dies there is no picture.
 *
 *   picture_decode_begin() --> PICTURE_RUNNING --> PICTURE_DONE
 *                                    any failure --> PICTURE_FAILED
 *
 * Layer: front. Threads: one. Never blocks. */
#ifndef BRUSIO_FRONT_PICTURE_DECODE_H
#define BRUSIO_FRONT_PICTURE_DECODE_H

#include "front/picture.h"

#include <sys/types.h>

enum picture_state { PICTURE_RUNNING, PICTURE_DONE, PICTURE_FAILED };

/* Zeroed, nothing runs. */
struct picture_decode {
	pid_t pid;
	int fd;
	unsigned char *pixels; /* of PICTURE_DONE, and then the caller's to take: set to NULL */
	size_t bytes, got;
};

/* The formats that are known, by the file's type. */
bool picture_decode_knows(const char *type);

/* `file` holds the picture, from its beginning; borrowed. It is made as large as `size` says. */
bool picture_decode_begin(struct picture_decode *decode, int file, const char *type,
			  const struct picture_size *size);
/* The pipe has something, or its end. */
enum picture_state picture_decode_ready(struct picture_decode *decode);
/* Ends it, wherever it is. */
void picture_decode_stop(struct picture_decode *decode);

/* Does the work of that process, for tests: exactly width * height pixels. False where the bytes are not a picture of
 * these formats. */
bool picture_decode_pixels(const unsigned char *bytes, size_t length, const char *type, unsigned width,
			   unsigned height, unsigned char *pixels);

#endif
