/* Completes the name of a file, as it is typed in a command (client/file_words.h).
 *
 * Layer: front. It looks into the folder. */
#ifndef BRUSIO_FRONT_COMPLETE_PATH_H
#define BRUSIO_FRONT_COMPLETE_PATH_H

#include "front/complete.h"

/* `word`: what is typed of it, up to the cursor. */
void complete_path(const char *word, struct completion *completion);

#endif
