#include "chat/people/guess.h"

#include "base/memory.h"
#include "base/rate.h"
#include "base/table.h"
#include "chat/talk/marks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FREE_TRIES       5      /* wrong ones of a name from an address; each further one doubles the wait */
#define WAIT_MAX_S       300    /* of such a wait */
#define WAIT_KNOWN_MAX_S 15     /* the same where the account came in from that address before */
#define FREE_PER_NAME    300    /* wrong ones of a name from unknown addresses, at once; */
#define NAME_STEP_MS     2000   /* then one in this time */
#define NEWS_STEP_MS     60000  /* between lines of the log about one address's wrong tokens */
#define FORGET_MS        900000 /* wrong tries */
#define DROP_MS          3600000
#define MARKS_MAX        50000
#define KNOWN_MAX        100000
#define KEY_BYTES        512

/* One kind of key each: see make_key(). */
enum kind {
	KIND_PAIR = 'p',     /* name and address: count, touched_ms */
	KIND_NAME = 'n',     /* next_ms */
	KIND_ADDRESS = 'a',  /* next_ms */
	KIND_REGISTER = 'r', /* an address: next_ms */
	KIND_NEWS = 't',     /* an address: next_ms */
	KIND_KNOWN = 'k'     /* name and address */
};

struct guesses {
	struct guess_rates rates;
	struct marks tries, known;
	struct rate proofs;
};

struct guesses *guesses_new(const struct guess_rates *rates)
{
	struct guesses *guesses = mem_zero(sizeof *guesses);
	guesses->rates = *rates;
	guesses->tries.most = MARKS_MAX;
	guesses->known.most = KNOWN_MAX;
	return guesses;
}

void guesses_free(struct guesses *guesses)
{
	marks_release(&guesses->tries);
	marks_release(&guesses->known);
	free(guesses);
}

/* `folded` or `address` is NULL where the kind has none. */
static void make_key(char key[KEY_BYTES], enum kind kind, const char *folded, const char *address)
{
	char network[INET6_ADDRSTRLEN] = "";
	if (address)
		mark_network(address, network);
	snprintf(key, KEY_BYTES, "%c:%s %s", kind, network, folded ? folded : "");
}

static bool is_known(const struct guesses *guesses, const char *folded, const char *address)
{
	char key[KEY_BYTES];
	make_key(key, KIND_KNOWN, folded, address);
	return marks_find(&guesses->known, key) != NULL;
}

/* --- waits --- */

static int64_t wait_of_pair(const struct mark *mark, bool knows_address, int64_t mono_ms)
{
	if (!mark || mark->count < FREE_TRIES || mark->touched_ms + FORGET_MS < mono_ms)
		return 0;
	int doubled = mark->count - FREE_TRIES;
	int64_t wait_s = doubled > 8 ? WAIT_MAX_S : INT64_C(1) << doubled;
	if (knows_address && wait_s > WAIT_KNOWN_MAX_S)
		wait_s = WAIT_KNOWN_MAX_S;
	return mark_in_seconds(mark->touched_ms + wait_s * 1000 - mono_ms);
}

static int64_t address_step_ms(const struct guesses *guesses)
{
	int64_t step_ms = 60000 / guesses->rates.wrong_per_minute;
	return step_ms ? step_ms : 1;
}

/* Counts what others do with this name, or from this address. */
static int64_t wait_for_others(struct guesses *guesses, const char *folded, const char *address,
			       int64_t mono_ms)
{
	char key[KEY_BYTES];
	make_key(key, KIND_NAME, folded, NULL);
	int64_t wait_s = mark_wait_s(marks_find(&guesses->tries, key), NAME_STEP_MS, FREE_PER_NAME, mono_ms);
	if (wait_s)
		return wait_s;
	make_key(key, KIND_ADDRESS, NULL, address);
	return mark_wait_s(marks_find(&guesses->tries, key), address_step_ms(guesses),
			   guesses->rates.wrong_per_minute, mono_ms);
}

/* Many proofs at once would all be let through before the first of them is known to be wrong. */
static bool may_prove(struct guesses *guesses, uint64_t lane, int64_t mono_ms)
{
	int64_t per_second = guesses->rates.proofs_per_second;
	return rate_take(&guesses->proofs, lane, mono_ms, per_second, 2 * per_second, 0) == 0;
}

int64_t guesses_wait(struct guesses *guesses, const char *folded, const char *address, int64_t mono_ms)
{
	char key[KEY_BYTES];
	bool knows_address = is_known(guesses, folded, address);
	marks_drop_old(&guesses->tries, mono_ms - DROP_MS);
	make_key(key, KIND_PAIR, folded, address);
	int64_t wait_s = wait_of_pair(marks_find(&guesses->tries, key), knows_address, mono_ms);
	if (!wait_s && !knows_address)
		wait_s = wait_for_others(guesses, folded, address, mono_ms);
	if (!wait_s && !may_prove(guesses, guesses_lane(guesses, folded, address), mono_ms))
		wait_s = 1;
	if (!wait_s && !knows_address) {
		make_key(key, KIND_ADDRESS, NULL, address);
		mark_take_turn(marks_touch(&guesses->tries, key, mono_ms), address_step_ms(guesses), mono_ms);
	}
	return wait_s;
}

void guesses_failed(struct guesses *guesses, const char *folded, const char *address, int64_t mono_ms)
{
	char key[KEY_BYTES];
	make_key(key, KIND_PAIR, folded, address);
	struct mark *pair = marks_find(&guesses->tries, key);
	bool is_old = pair && pair->touched_ms + FORGET_MS < mono_ms;
	pair = marks_touch(&guesses->tries, key, mono_ms);
	pair->count = is_old ? 1 : pair->count + 1;
	if (is_known(guesses, folded, address))
		return;
	make_key(key, KIND_NAME, folded, NULL);
	mark_take_turn(marks_touch(&guesses->tries, key, mono_ms), NAME_STEP_MS, mono_ms);
}

void guesses_know(struct guesses *guesses, const char *folded, const char *address, int64_t mono_ms)
{
	char key[KEY_BYTES];
	make_key(key, KIND_KNOWN, folded, address);
	marks_touch(&guesses->known, key, mono_ms);
}

void guesses_succeeded(struct guesses *guesses, const char *folded, const char *address, int64_t mono_ms)
{
	char key[KEY_BYTES];
	make_key(key, KIND_PAIR, folded, address);
	struct mark *pair = marks_find(&guesses->tries, key);
	if (pair)
		marks_drop(&guesses->tries, pair);
	make_key(key, KIND_ADDRESS, NULL, address);
	struct mark *turn = marks_find(&guesses->tries, key);
	if (turn && !is_known(guesses, folded, address))
		turn->next_ms -= address_step_ms(guesses);
	guesses_know(guesses, folded, address, mono_ms);
}

int64_t guesses_wait_to_register(struct guesses *guesses, const char *address, int64_t mono_ms)
{
	char key[KEY_BYTES];
	int64_t per_hour = guesses->rates.registrations_per_hour;
	int64_t step_ms = per_hour ? 3600000 / per_hour : 0;
	make_key(key, KIND_REGISTER, NULL, address);
	int64_t wait_s = mark_wait_s(marks_find(&guesses->tries, key), step_ms, per_hour, mono_ms);
	if (!wait_s && !may_prove(guesses, guesses_lane(guesses, "", address), mono_ms))
		wait_s = 1;
	if (!wait_s)
		mark_take_turn(marks_touch(&guesses->tries, key, mono_ms), step_ms, mono_ms);
	return wait_s;
}

bool guesses_is_news(struct guesses *guesses, const char *address, int64_t mono_ms)
{
	char key[KEY_BYTES];
	make_key(key, KIND_NEWS, NULL, address);
	bool is_news = !mark_wait_s(marks_find(&guesses->tries, key), NEWS_STEP_MS, FREE_TRIES, mono_ms);
	if (is_news)
		mark_take_turn(marks_touch(&guesses->tries, key, mono_ms), NEWS_STEP_MS, mono_ms);
	return is_news;
}

uint64_t guesses_lane(const struct guesses *guesses, const char *folded, const char *address)
{
	char key[KEY_BYTES];
	if (is_known(guesses, folded, address))
		make_key(key, KIND_PAIR, folded, address);
	else
		make_key(key, KIND_ADDRESS, NULL, address);
	return table_hash_string(key);
}
