/* Random words and numbers, from the kernel.
 *
 * Layer: session. Threads: any. */
#ifndef BRUSIO_SESSION_RANDOM_H
#define BRUSIO_SESSION_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/* Fills all of `word` with lower-case letters and digits, five bits of chance each, and a NUL. */
void random_word(char *word, size_t size);

/* 0 to below - 1. */
uint32_t random_below(uint32_t below);

#endif
