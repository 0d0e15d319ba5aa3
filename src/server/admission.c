#include "server/admission.h"

#include "base/memory.h"
#include "base/table.h"

#include <arpa/inet.h>
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
	int64_t count;       /* under lock, as all below */
	struct table places; /* those with a count above 0 */
};

struct admission *admission_new(const struct limits *limits)
{
	struct admission *admission = mem_zero(sizeof *admission);
	pthread_mutex_init(&admission->lock, NULL);
	admission->limits = limits;
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

static void key_of(const char *host, unsigned char key[9])
{
	unsigned char bytes[16] = {0};
	memset(key, 0, 9);
	if (inet_pton(AF_INET, host, bytes) == 1) {
		key[0] = 4;
		memcpy(key + 1, bytes, 4);
	} else if (inet_pton(AF_INET6, host, bytes) == 1) {
		key[0] = 6;
		memcpy(key + 1, bytes, 8);
	}
}

static struct place *find(const struct admission *admission, const unsigned char key[9], uint64_t hash)
{
	struct table_link *link = table_first(&admission->places, hash);
	while (link && memcmp(TABLE_OF(link, struct place, link)->key, key, 9))
		link = table_next(link, hash);
	return link ? TABLE_OF(link, struct place, link) : NULL;
}

bool admission_enter(struct admission *admission, const char *host)
{
	unsigned char key[9];
	key_of(host, key);
	uint64_t hash = table_hash(key, sizeof key);
	pthread_mutex_lock(&admission->lock);
	struct place *place = find(admission, key, hash);
	bool is_allowed = admission->count < admission->limits->connections_max &&
			  (place ? place->count : 0) < admission->limits->connections_per_address;
	if (is_allowed && !place) {
		place = mem_zero(sizeof *place);
		memcpy(place->key, key, sizeof key);
		table_insert(&admission->places, &place->link, hash);
	}
	if (is_allowed) {
		place->count++;
		admission->count++;
	}
	pthread_mutex_unlock(&admission->lock);
	return is_allowed;
}

void admission_leave(struct admission *admission, const char *host)
{
	unsigned char key[9];
	key_of(host, key);
	uint64_t hash = table_hash(key, sizeof key);
	pthread_mutex_lock(&admission->lock);
	struct place *place = find(admission, key, hash);
	admission->count--;
	if (!--place->count) {
		table_remove(&admission->places, &place->link);
		free(place);
	}
	pthread_mutex_unlock(&admission->lock);
}
