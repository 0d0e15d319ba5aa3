/* One thread writes a log while others read it: each reads every item once, whole and in order, and when all
 * have let go nothing is left. Of use under TSan above all. */
#include "base/mailbox.h"
#include "chat/chunk.h"

#include "unit.h"

#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

enum { READERS = 3, JOINS = 12, ENTRIES = 100000 };

/* A reader asks for a place in the log; the writer answers with a reference, as the chat answers a join. */
struct place {
	struct mail mail; /* first */
	struct chunk *chunk;
	uint32_t item;
	uint64_t seq;
};

static struct mailbox asked;           /* to the writer; struct asking */
static struct mailbox places[READERS]; /* to each reader */
static _Atomic uint64_t published;     /* entries; after they are in the log */
static _Atomic bool is_failed;

struct asking {
	struct mail mail; /* first */
	int reader;
};

static void answer(struct log *log, uint64_t seq)
{
	for (struct mail *mail = mailbox_take(&asked), *next; mail; mail = next) {
		next = mail->next;
		struct place *place = calloc(1, sizeof *place);
		place->chunk = chunk_acquire(log->tail);
		place->item = atomic_load_explicit(&log->tail->count, memory_order_relaxed);
		place->seq = seq;
		mailbox_post_one(&places[((struct asking *)mail)->reader], &place->mail);
		free(mail);
	}
}

static void *write_log(void *context)
{
	struct log *log = context;
	uint64_t dice = 99;
	for (uint64_t seq = 1; seq <= ENTRIES; seq++) {
		char text[64];
		int length = snprintf(text, sizeof text, "%llu:%0*d\n", (unsigned long long)seq,
				      1 + (int)dice_below(&dice, 30), 7);
		log_append(log, text, (size_t)length,
			   &(struct chunk_item){.seq = seq, .author = seq % 5, .flags = 0}, NULL);
		if (dice_below(&dice, 10) == 0)
			log_append(log, "event\n", 6,
				   &(struct chunk_item){.seq = seq, .author = 0, .flags = CHUNK_EPHEMERAL},
				   NULL);
		published = seq;
		answer(log, seq);
		if (dice_below(&dice, 200) == 0)
			sched_yield();
	}
	return NULL;
}

struct reading {
	struct cursor cursor;
	uint64_t author, expected; /* the next seq */
	char line[128];            /* of which `length` bytes were read */
	size_t length;
};

/* Takes bytes as a client would, and checks that the lines count up without ours. */
static bool take_bytes(struct reading *reading, const char *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (reading->length == sizeof reading->line - 1)
			return false;
		reading->line[reading->length++] = bytes[i];
		if (bytes[i] != '\n')
			continue;
		reading->line[reading->length] = '\0';
		reading->length = 0;
		if (!strcmp(reading->line, "event\n"))
			continue;
		if (reading->author && reading->expected % 5 == reading->author)
			reading->expected++;
		if (strtoull(reading->line, NULL, 10) != reading->expected++)
			return false;
	}
	return true;
}

static bool read_some(struct reading *reading, uint64_t *dice)
{
	struct iovec iov[4];
	int count =
	    cursor_gather(&reading->cursor, reading->author, iov, 4, 1 + dice_below(dice, 5000), UINT32_MAX);
	size_t left = 0;
	for (int i = 0; i < count; i++)
		left += iov[i].iov_len;
	if (left && dice_below(dice, 4) == 0)
		left = 1 + dice_below(dice, left);
	size_t written = left;
	for (int i = 0; i < count && left; i++) {
		size_t piece = left < iov[i].iov_len ? left : iov[i].iov_len;
		if (!take_bytes(reading, iov[i].iov_base, piece))
			return false;
		left -= piece;
	}
	cursor_advance(&reading->cursor, reading->author, written);
	if (!written)
		sched_yield();
	return true;
}

/* Joins, reads to the end of what was published, leaves, and joins again. */
static bool read_once(int number, uint64_t *dice)
{
	struct reading reading = {.author = (uint64_t)number};
	struct asking *asking = calloc(1, sizeof *asking);
	asking->reader = number;
	mailbox_post_one(&asked, &asking->mail);
	struct place *place;
	while (!(place = (struct place *)mailbox_take(&places[number])))
		mailbox_wait(&places[number], -1);
	reading.cursor.is_author = reading.author != 0;
	reading.cursor.seq = reading.cursor.live_seq = place->seq;
	reading.expected = place->seq + 1;
	cursor_attach_live(&reading.cursor, place->chunk, place->item);
	chunk_release(place->chunk);
	free(place);
	bool is_good = true;
	uint64_t until = published + ENTRIES / JOINS;
	if (until > ENTRIES)
		until = ENTRIES;
	while (is_good && !is_failed && reading.cursor.seq < until)
		is_good = read_some(&reading, dice);
	cursor_detach(&reading.cursor);
	return is_good;
}

static void *read_log(void *context)
{
	int number = *(int *)context;
	uint64_t dice = (uint64_t)number + 1;
	do
		if (!read_once(number, &dice))
			is_failed = true;
	while (!is_failed && published < ENTRIES / 2);
	return NULL;
}

TEST(readers_read_what_the_writer_writes)
{
	struct log log;
	pthread_t writer, readers[READERS];
	int numbers[READERS];
	log_init(&log, 0);
	assert_int_equal(mailbox_init(&asked), 0);
	for (int i = 0; i < READERS; i++)
		assert_int_equal(mailbox_init(&places[i]), 0);
	for (int i = 0; i < READERS; i++) {
		numbers[i] = i;
		assert_int_equal(pthread_create(&readers[i], NULL, read_log, &numbers[i]), 0);
	}
	/* Everybody has asked before the first entry, so that all of them read while it is written. */
	while (mailbox_length(&asked) < READERS)
		mailbox_wait(&asked, -1);
	assert_int_equal(pthread_create(&writer, NULL, write_log, &log), 0);
	pthread_join(writer, NULL);
	for (;;) {
		answer(&log, ENTRIES);
		int running = 0;
		for (int i = 0; i < READERS; i++)
			if (numbers[i] >= 0 && pthread_tryjoin_np(readers[i], NULL) == 0)
				numbers[i] = -1;
			else
				running += numbers[i] >= 0;
		if (!running)
			break;
		sched_yield();
	}
	assert_false(is_failed);
	log_release(&log);
	assert_int_equal(chunk_bytes_total(), 0);
	for (int i = 0; i < READERS; i++)
		mailbox_release(&places[i]);
	mailbox_release(&asked);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(readers_read_what_the_writer_writes),
	};
	alarm(240);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
