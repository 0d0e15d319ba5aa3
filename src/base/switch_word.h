/* The words for on and off that people type, in the languages that the server speaks.
 *
 * Layer: base, pure. */
#ifndef BRUSIO_BASE_SWITCH_WORD_H
#define BRUSIO_BASE_SWITCH_WORD_H

#include <stdbool.h>
#include <stddef.h>

/* False: the word is none of them, and `*is_on` is as it was. */
bool switch_word(const char *word, size_t length, bool *is_on);

#endif
