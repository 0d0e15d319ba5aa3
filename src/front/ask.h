/* Questions before the chat begins: who, and where.
 *
 * Layer: front. */
#ifndef BRUSIO_FRONT_ASK_H
#define BRUSIO_FRONT_ASK_H

#include "client/options.h"
#include "wire/lang.h"

/* Asks on the terminal for what `options` lacks. False where the user leaves instead. */
bool ask_what_is_missing(struct options *options, enum lang lang);

/* Takes what `options` lacks from the environment: $USER on localhost. */
void ask_nobody(struct options *options);

#endif
