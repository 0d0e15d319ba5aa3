#include "store/postgres/postgres_told.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/logging.h"
#include "base/memory.h"
#include "store/store_node.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define PAYLOAD_BYTES 7900 /* PostgreSQL takes less than 8,000 */
#define HEAD_BYTES    (PAYLOAD_BYTES - STORE_TOLD_LINE_BYTES)
#define PACE_MS       50
#define ASK_MS        1000  /* before a node is asked again */
#define FAILED_MS     60000 /* before it is said again that telling fails */
#define ROUND         64    /* notifications in one go; the lease is renewed in between */

struct postgres_teller {
	int64_t node, incarnation, n;
	int64_t asked_ms;
	bool has_told; /* something that the chat has heard */
	bool is_known; /* all that it has told by n was heard */
};

void postgres_told_init(struct postgres_told *told, const struct postgres_node *node)
{
	*told = (struct postgres_told){.node = node, .fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
	if (told->fd < 0)
		mem_fail(0);
	pthread_mutex_init(&told->mutex, NULL);
}

void postgres_told_release(struct postgres_told *told)
{
	close(told->fd);
	pthread_mutex_destroy(&told->mutex);
	buffer_release(&told->lines);
	buffer_release(&told->sending);
	free(told->tellers);
}

static void drop_waiting(struct postgres_told *told)
{
	buffer_clear(&told->lines);
	told->whole_bytes = 0;
	told->is_cut = true;
}

/* A telling of everything is not cut, however large it is: it would be asked for again, and cut again. */
static bool add_waiting(struct postgres_told *told, const char *line, size_t length)
{
	size_t cut = buffer_length(&told->lines) - told->whole_bytes + length;
	told->is_whole |= !strcmp(line, STORE_TOLD_WHOLE);
	if (!told->has_others || (!told->is_whole && cut > LIMIT_TOLD_BYTES)) {
		drop_waiting(told);
	} else {
		buffer_add(&told->lines, line, length);
		buffer_add_char(&told->lines, '\n');
		told->whole_bytes += told->is_whole ? length + 1 : 0;
	}
	told->is_whole &= strcmp(line, STORE_TOLD_END) != 0;
	return told->has_others;
}

void postgres_told_add(struct postgres_told *told, const char *line, bool may_drop)
{
	static const uint64_t one = 1;
	size_t length = strlen(line);
	pthread_mutex_lock(&told->mutex);
	size_t waiting = buffer_length(&told->lines);
	bool is_left_out =
	    length > STORE_TOLD_LINE_BYTES ||
	    (may_drop && (waiting + told->sending_bytes > LIMIT_TOLD_IDLE_BYTES || !told->has_others));
	bool is_new = !is_left_out && add_waiting(told, line, length) && !waiting;
	pthread_mutex_unlock(&told->mutex);
	/* A full counter is readable, too. */
	if (is_new && write(told->fd, &one, sizeof one) < 0)
		return;
}

void postgres_told_look(struct postgres_told *told, size_t *others, size_t *bytes)
{
	pthread_mutex_lock(&told->mutex);
	*others = told->others;
	*bytes = buffer_length(&told->lines) + told->sending_bytes;
	pthread_mutex_unlock(&told->mutex);
}

/* --- telling --- */

static void notify(struct postgres_told *told, struct postgres_link *link, const char *payload)
{
	PGresult *row = postgres_query(link, "SELECT pg_notify('brusio_told', $1)", "t", payload);
	int64_t now_ms = clock_mono_ms();
	if (row) {
		libpq.clear(row);
	} else if (!told->failed_ms || now_ms - told->failed_ms >= FAILED_MS) {
		told->failed_ms = now_ms;
		LOG_WARN("node.untold", "error=\"%s\" effect=\"other nodes may not see who is here\"",
			 link->error);
	}
}

/* 'l': lines; 'w': lines that begin everything; 'b': only how far it has told; 'a': an asking. */
static void told_write_head(const struct postgres_told *told, char head[HEAD_BYTES], char kind)
{
	snprintf(head, HEAD_BYTES, "%" PRId64 " %" PRId64 " %" PRId64 " %c\n", told->node->id,
		 told->node->incarnation, told->n, kind);
}

static void told_ask_for(struct postgres_told *told, struct postgres_link *link, int64_t node)
{
	char payload[HEAD_BYTES * 2], head[HEAD_BYTES];
	told_write_head(told, head, 'a');
	snprintf(payload, sizeof payload, "%s%" PRId64, head, node);
	notify(told, link, payload);
}

/* As many whole lines as one notification takes; those that begin everything begin one. */
static size_t cut_lines(const char *lines, size_t length)
{
	static const char whole[] = "\n" STORE_TOLD_WHOLE "\n";
	size_t most = STORE_TOLD_LINE_BYTES + 1, end = 0;
	for (size_t i = 0; i < length && i < most; i++) {
		if (lines[i] != '\n')
			continue;
		end = i + 1;
		if (length - i >= sizeof whole - 1 && !memcmp(lines + i, whole, sizeof whole - 1))
			break;
	}
	return end;
}

static void tell_some(struct postgres_told *told, struct postgres_link *link)
{
	static const char whole[] = STORE_TOLD_WHOLE "\n";
	char payload[PAYLOAD_BYTES + HEAD_BYTES];
	size_t length = cut_lines(buffer_bytes(&told->sending), buffer_length(&told->sending));
	const char *lines = buffer_bytes(&told->sending);
	bool is_whole = length >= sizeof whole - 1 && !memcmp(lines, whole, sizeof whole - 1);
	told->n++;
	told_write_head(told, payload, is_whole ? 'w' : 'l');
	size_t head = strlen(payload);
	memcpy(payload + head, lines, length);
	payload[head + length] = '\0';
	buffer_take(&told->sending, length);
	/* One that fails is missed by the others. */
	notify(told, link, payload);
}

/* Only where next to nothing is on its way: what waits behind it is counted, and cut. */
static void take_waiting(struct postgres_told *told)
{
	uint64_t count;
	if (buffer_length(&told->sending) >= PAYLOAD_BYTES)
		return;
	if (read(told->fd, &count, sizeof count) < 0)
		count = 0;
	pthread_mutex_lock(&told->mutex);
	if (told->is_cut)
		told->n++;
	told->is_cut = false;
	buffer_add(&told->sending, buffer_bytes(&told->lines), buffer_length(&told->lines));
	buffer_clear(&told->lines);
	told->whole_bytes = 0;
	told->sending_bytes = buffer_length(&told->sending);
	pthread_mutex_unlock(&told->mutex);
}

static void count_sending(struct postgres_told *told)
{
	pthread_mutex_lock(&told->mutex);
	told->sending_bytes = buffer_length(&told->sending);
	pthread_mutex_unlock(&told->mutex);
}

int postgres_told_run(struct postgres_told *told, struct postgres_link *link)
{
	int64_t rest_ms = told->told_ms + PACE_MS - clock_mono_ms();
	if (!link->conn)
		return -1;
	take_waiting(told);
	if (!buffer_length(&told->sending))
		return -1;
	if (rest_ms > 0 && buffer_length(&told->sending) < PAYLOAD_BYTES)
		return (int)rest_ms;
	for (int i = 0; i < ROUND && buffer_length(&told->sending) && link->conn; i++)
		tell_some(told, link);
	count_sending(told);
	told->told_ms = clock_mono_ms();
	return buffer_length(&told->sending) ? 0 : -1;
}

/* --- hearing --- */

static struct postgres_teller *teller_of(struct postgres_told *told, int64_t node)
{
	for (size_t i = 0; i < told->count; i++)
		if (told->tellers[i].node == node)
			return &told->tellers[i];
	told->tellers = mem_grow(told->tellers, &told->capacity, told->count + 1, sizeof *told->tellers);
	told->tellers[told->count] = (struct postgres_teller){.node = node, .asked_ms = -ASK_MS};
	return &told->tellers[told->count++];
}

static void set_others(struct postgres_told *told, bool has_others)
{
	size_t known = 0;
	for (size_t i = 0; i < told->count; i++)
		known += told->tellers[i].is_known;
	pthread_mutex_lock(&told->mutex);
	told->has_others = has_others;
	told->others = known;
	pthread_mutex_unlock(&told->mutex);
}

static void set_gone(struct postgres_told *told, struct postgres_teller *teller, int64_t incarnation)
{
	if (teller->has_told)
		told->hear(told->context, POSTGRES_TOLD_GONE, teller->node, "");
	*teller =
	    (struct postgres_teller){.node = teller->node, .incarnation = incarnation, .asked_ms = -ASK_MS};
}

static void miss(struct postgres_told *told, struct postgres_link *link, struct postgres_teller *teller)
{
	int64_t now_ms = clock_mono_ms();
	teller->is_known = false;
	if (now_ms - teller->asked_ms < ASK_MS)
		return;
	teller->asked_ms = now_ms;
	told_ask_for(told, link, teller->node);
}

static void told_take_lines(struct postgres_told *told, struct postgres_link *link,
			    struct postgres_teller *teller, int64_t n, const char *lines, bool is_whole)
{
	bool is_next = is_whole || (teller->is_known && n == teller->n + 1);
	if (!is_next || !told->hear(told->context, POSTGRES_TOLD_LINES, teller->node, lines)) {
		miss(told, link, teller);
		return;
	}
	teller->n = n;
	teller->has_told = teller->is_known = true;
}

void postgres_told_take(struct postgres_told *told, struct postgres_link *link, const char *payload)
{
	long long node, incarnation, n;
	char kind;
	const char *lines = strchr(payload, '\n');
	if (!lines || sscanf(payload, "%lld %lld %lld %c", &node, &incarnation, &n, &kind) != 4 ||
	    node == told->node->id)
		return;
	lines++;
	struct postgres_teller *teller = teller_of(told, node);
	/* An earlier start of it had something on its way. */
	if (incarnation < teller->incarnation)
		return;
	if (incarnation > teller->incarnation)
		set_gone(told, teller, incarnation);
	if (kind == 'l' || kind == 'w')
		told_take_lines(told, link, teller, n, lines, kind == 'w');
	else if (!teller->is_known || n != teller->n)
		miss(told, link, teller);
	set_others(told, true);
	int64_t asked = kind == 'a' ? strtoll(lines, NULL, 10) : -1;
	if (!asked || asked == told->node->id)
		told->hear(told->context, POSTGRES_TOLD_ASKED, node, "");
}

void postgres_told_begin(struct postgres_told *told, struct postgres_link *link)
{
	told_ask_for(told, link, 0);
}

static bool has_lease(const struct postgres_teller *teller, const char *leases)
{
	long long node, incarnation;
	int length;
	while (sscanf(leases, "%lld %lld%n", &node, &incarnation, &length) == 2) {
		if (node == teller->node && incarnation == teller->incarnation)
			return true;
		leases += length;
	}
	return false;
}

void postgres_told_beat(struct postgres_told *told, struct postgres_link *link, const char *leases)
{
	char head[HEAD_BYTES];
	long long node, incarnation;
	int length = 0;
	bool has_others = sscanf(leases, "%lld %lld%n", &node, &incarnation, &length) == 2 &&
			  (node != told->node->id || leases[length]);
	for (size_t i = 0; i < told->count; i++)
		if (told->tellers[i].has_told && !has_lease(&told->tellers[i], leases))
			set_gone(told, &told->tellers[i], told->tellers[i].incarnation);
	set_others(told, has_others);
	if (!has_others)
		return;
	told_write_head(told, head, 'b');
	notify(told, link, head);
}
