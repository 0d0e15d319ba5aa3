/* Makes the previews of one picture: WebP, the longer side LIMIT_PREVIEW_SIDE and LIMIT_PREVIEW_SMALL_SIDE, never larger
 * than the picture.
 *
 * Layer: picture. Threads: one; it runs in a process of its own, which ends behind it. paint_none.c stands for it where
 * the libraries are missing. */
#ifndef BRUSIO_PICTURE_PAINT_H
#define BRUSIO_PICTURE_PAINT_H

#include <stdbool.h>

/* Kinds of pictures, as one process tells another. */
enum paint_kind { PAINT_JPEG, PAINT_PNG, PAINT_GIF, PAINT_WEBP, PAINT_KINDS };

/* False where the server was built without the libraries. */
bool paint_is_possible(void);

/* Reads the picture from `in`, and writes the previews to `small` and `large`. Returns once both are whole; else it ends
 * the process. */
void paint(enum paint_kind kind, int in, int small, int large);

#endif
