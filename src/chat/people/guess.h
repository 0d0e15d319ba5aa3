/* Slows those who guess passwords, and nobody else. A try is the question whether a password is right.
 *
 *   (name, address)   a few wrong tries, then a wait that doubles, up to 5 minutes
 *   address           `per_minute` wrong tries over all names, as many again at once
 *   name              a bound far above: against many addresses that guess at one account
 *   proofs            `per_second` of one address, right or wrong: what the processor is asked for
 *
 * An address (or IPv6 /64) that an account came in from is known to it: there only the first holds for its
 * name, with a wait of some seconds at most, so that others cannot keep anybody out. Tokens and sessions do not count
 * as tries, since they cannot be guessed. The answers are the same whether the name exists.
 *
 * Layer: chat. Threads: the chat thread's alone. Bounded: the oldest marks are forgotten first. */
#ifndef BRUSIO_CHAT_GUESS_H
#define BRUSIO_CHAT_GUESS_H

#include <stdbool.h>
#include <stdint.h>

struct guesses;

struct guess_rates {
	int64_t proofs_per_second;
	int64_t wrong_per_minute;
	int64_t registrations_per_hour; /* 0: any */
};

struct guesses *guesses_new(const struct guess_rates *rates);
void guesses_free(struct guesses *guesses);

/* Seconds that a try for this name from this address still has to wait; 0: it is allowed, and was counted. */
int64_t guesses_wait(struct guesses *guesses, const char *folded, const char *address, int64_t mono_ms);
/* The try was wrong. */
void guesses_failed(struct guesses *guesses, const char *folded, const char *address, int64_t mono_ms);
/* The try was right: it does not count any more, and the address is known to the name. */
void guesses_succeeded(struct guesses *guesses, const char *folded, const char *address, int64_t mono_ms);
/* An account came in from there, by whatever way. */
void guesses_know(struct guesses *guesses, const char *folded, const char *address, int64_t mono_ms);

/* Seconds that a new account from this address has to wait; 0: it is allowed, and was counted. */
int64_t guesses_wait_to_register(struct guesses *guesses, const char *address, int64_t mono_ms);

/* Whether a wrong token is worth a line in the log: a program that tries one for ever is told of now and
 * then. */
bool guesses_is_news(struct guesses *guesses, const char *address, int64_t mono_ms);

/* The owner of the turn that a proof takes: an address has one, and so has a name where its address is known to it. */
uint64_t guesses_lane(const struct guesses *guesses, const char *folded, const char *address);

#endif
