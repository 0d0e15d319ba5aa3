/* Marks on many keys in bounded memory: those that were touched last are kept. A mark counts, holds a bucket,
 * and can give out turns: one each step, and a burst of them at once.
 *
 * Layer: chat. Threads: one owner at a time. */
#ifndef BRUSIO_CHAT_MARKS_H
#define BRUSIO_CHAT_MARKS_H

#include "base/table.h"
#include "base/token_bucket.h"

#include <arpa/inet.h>
#include <stdint.h>

struct mark {
	struct table_link link;
	struct mark *newer, *older;
	int64_t touched_ms;
	int64_t next_ms; /* when the next turn is, were there no burst */
	int count;
	struct token_bucket bucket; /* full where nobody took of it */
	char key[];
};

/* Zeroed but for `most`: nothing is remembered. */
struct marks {
	struct table by_key;
	struct mark *newest, *oldest;
	size_t most;
};

void marks_release(struct marks *marks);

/* NULL: nothing is known of it. */
struct mark *marks_find(const struct marks *marks, const char *key);
/* Finds or makes it, as the newest. */
struct mark *marks_touch(struct marks *marks, const char *key, int64_t mono_ms);
void marks_drop(struct marks *marks, struct mark *mark);
/* Drops those that were last touched before. */
void marks_drop_old(struct marks *marks, int64_t before_ms);

/* Whole seconds, rounded up; 0 for what is past. */
int64_t mark_in_seconds(int64_t ms);
/* Seconds until a turn is free; `mark` may be NULL. */
int64_t mark_wait_s(const struct mark *mark, int64_t step_ms, int64_t burst, int64_t mono_ms);
void mark_take_turn(struct mark *mark, int64_t step_ms, int64_t mono_ms);

/* An address, as one key: somebody who has one address of an IPv6 /64 has them all. */
void mark_network(const char *address, char network[INET6_ADDRSTRLEN]);

#endif
