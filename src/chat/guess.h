/* Slows those who guess passwords: per name, and per address or IPv6 /64, with the same answer whether the
 * name exists.
 *
 * Layer: chat. Threads: the chat thread's alone. Bounded: the oldest marks are forgotten first. */
#ifndef BRUSIO_CHAT_GUESS_H
#define BRUSIO_CHAT_GUESS_H

#include <stdbool.h>
#include <stdint.h>

struct guesses;

/* `per_second`: proofs that one address may ask for, right or wrong; twice as many at once. */
struct guesses *guesses_new(int64_t per_second);
void guesses_free(struct guesses *guesses);

/* Seconds that this name and this address still have to wait; 0: one proof is allowed, and was counted. */
int64_t guesses_wait(struct guesses *guesses, const char *folded, const char *address, int64_t mono_ms);
void guesses_failed(struct guesses *guesses, const char *folded, const char *address, int64_t mono_ms);
/* The name's marks go; the address keeps its own, since it may have tried many names. */
void guesses_succeeded(struct guesses *guesses, const char *folded);

#endif
