#include "server/admission.h"

#include "base/clock.h"
#include "base/ip.h"
#include "base/memory.h"
#include "base/rate.h"
#include "base/table.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct place {
	struct table_link link;
	unsigned char key[9]; /* family, then 4 or 8 bytes */
	int64_t count;
};

struct admission {
	pthread_mutex_t lock;
	const struct limits *limits;
	const struct ranges *exempt;
	struct rate handshakes;
	int64_t count;       /* under lock, as all below */
	struct table places; /* those with a count above 0 */
};

struct admission *admission_new(const struct limits *limits, const struct ranges *exempt)
{
	struct admission *admission = mem_zero(sizeof *admission);
	pthread_mutex_init(&admission->lock, NULL);
	admission->limits = limits;
	admission->exempt = exempt;
	return admission;
}

void admission_free(struct admission *admission)
{
	size_t bucket = 0;
	struct table_link *link;
	while ((link = table_walk(&admission->places, &bucket, NULL))) {
		table_remove(&admission->places, link);
		free(TABLE_OF(link, struct place, link));
	}
	table_release(&admission->places);
	pthread_mutex_destroy(&admission->lock);
	free(admission);
}

static void admission_key(const char *host, unsigned char key[9])
{
	struct ip ip;
	memset(key, 0, 9);
	if (!ip_read(&ip, host))
		return;
	bool is_v4 = ip_is_v4(&ip);
	key[0] = is_v4 ? 4 : 6;
	memcpy(key + 1, ip.bytes + (is_v4 ? IP_V4_FIRST_BYTE : 0), is_v4 ? 4 : 8);
}

static struct place *find_place(const struct admission *admission, const unsigned char key[9], uint64_t hash)
{
	struct table_link *link = table_first(&admission->places, hash);
	while (link && memcmp(TABLE_OF(link, struct place, link)->key, key, 9))
		link = table_next(link, hash);
	return link ? TABLE_OF(link, struct place, link) : NULL;
}

/* The last tenth of all connections is for places that have few: else two places could have all of them. */
#define RESERVE_PART 10
#define FEW_PART     100
#define FEW_MIN      8 /* a browser and a client or two */

static bool is_kept_for_few(const struct admission *admission, int64_t others, int64_t count_of_place)
{
	int64_t most = admission->limits->connections_max, few = most / FEW_PART;
	return others >= most - most / RESERVE_PART && count_of_place >= (few > FEW_MIN ? few : FEW_MIN);
}

/* Besides `others` in all. The caller holds the lock. */
static bool enter_place(struct admission *admission, const char *host, int64_t others)
{
	unsigned char key[9];
	if (ranges_contain(admission->exempt, host))
		return true;
	admission_key(host, key);
	uint64_t hash = table_hash(key, sizeof key);
	struct place *place = find_place(admission, key, hash);
	int64_t count = place ? place->count : 0;
	if (count >= admission->limits->connections_per_address || is_kept_for_few(admission, others, count))
		return false;
	if (!place) {
		place = mem_zero(sizeof *place);
		memcpy(place->key, key, sizeof key);
		table_insert(&admission->places, &place->link, hash);
	}
	place->count++;
	return true;
}

static void leave_place(struct admission *admission, const char *host)
{
	unsigned char key[9];
	if (ranges_contain(admission->exempt, host))
		return;
	admission_key(host, key);
	struct place *place = find_place(admission, key, table_hash(key, sizeof key));
	assert(place && place->count > 0);
	if (!--place->count) {
		table_remove(&admission->places, &place->link);
		free(place);
	}
}

bool admission_enter(struct admission *admission, const char *host)
{
	pthread_mutex_lock(&admission->lock);
	bool is_allowed = admission->count < admission->limits->connections_max &&
			  enter_place(admission, host, admission->count);
	if (is_allowed)
		admission->count++;
	pthread_mutex_unlock(&admission->lock);
	return is_allowed;
}

void admission_leave(struct admission *admission, const char *host)
{
	pthread_mutex_lock(&admission->lock);
	assert(admission->count > 0);
	admission->count--;
	leave_place(admission, host);
	pthread_mutex_unlock(&admission->lock);
}

bool admission_move(struct admission *admission, const char *from, const char *to)
{
	pthread_mutex_lock(&admission->lock);
	bool is_allowed = enter_place(admission, to, admission->count - 1);
	if (is_allowed)
		leave_place(admission, from);
	pthread_mutex_unlock(&admission->lock);
	return is_allowed;
}

int64_t admission_handshake_wait_ms(struct admission *admission, const char *host)
{
	unsigned char key[9];
	int64_t per_second = admission->limits->handshakes_per_second;
	admission_key(host, key);
	return rate_take(&admission->handshakes, table_hash(key, sizeof key), clock_mono_ms(), per_second,
			 2 * per_second, admission->limits->greet_seconds * 1000);
}
