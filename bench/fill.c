/*
 * fill: puts millions of messages into the database of a stopped brusiod, in
 * brusiod's own schema, far faster than they could be sent. The texts are
 * words that are as unequally frequent as those of a language, so that a
 * search has common and rare words to look for.
 *
 * It does not write the rows by which repeated sends are recognised:
 * brusiod forgets those after some days, and these messages are old.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rows.h"

enum { COMMIT_EVERY = 100000, WORDS = 20000 };

static char words[WORDS][12];

/* xorshift: the same messages in every run, on every machine. */
static uint64_t draw(void)
{
	static uint64_t state = 0x9e3779b97f4a7c15ull;
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static void make_words(void)
{
	static const char *const syllable[] = {"ba", "ce", "di", "fo", "gu", "la", "me", "ni", "po", "ru",
					       "sa", "te", "vi", "zo", "ca", "de", "fi", "go", "lu", "ma"};
	for (unsigned i = 0; i < WORDS; i++) {
		char *at = words[i];
		for (unsigned rest = i + 20; rest > 0; rest /= 20) {
			memcpy(at, syllable[rest % 20], 2);
			at += 2;
		}
	}
}

/* A word's number; its frequency falls with the number, roughly as Zipf's law has it. */
static unsigned draw_word(void)
{
	double u = (double)(draw() >> 11) / 9007199254740992.0;
	return (unsigned)pow(WORDS, u) % WORDS;
}

static void make_text(char *text, size_t bytes, const unsigned *pool, unsigned pool_size)
{
	size_t len = 0, want = 40 + draw() % 80;
	while (len < want && len + 13 < bytes) {
		const char *word = words[pool[draw() % pool_size]];
		size_t word_len = strlen(word);
		memcpy(text + len, word, word_len);
		len += word_len;
		text[len++] = ' ';
	}
	text[len - 1] = 0;
}

int main(int argc, char **argv)
{
	if (argc != 4) {
		fputs("usage: fill FILE ROOM MESSAGES\n"
		      "FILE is the database of a stopped brusiod with at least one message in ROOM.\n",
		      stderr);
		return 2;
	}
	int64_t messages = atoll(argv[3]);
	/* Drawing by the law costs more than looking up, so it is done once, into a pool. */
	static unsigned pool[1 << 20];
	struct rows rows;
	char text[256];
	make_words();
	for (unsigned i = 0; i < 1 << 20; i++)
		pool[i] = draw_word();
	rows_open(&rows, argv[1], argv[2]);
	rows_exec(&rows, "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-262144;"
			 "PRAGMA locking_mode=EXCLUSIVE; BEGIN");
	/* History lies in the past, so what is there already moves to before it. */
	char sql[128];
	rows.last_time_ms -= messages + 1;
	snprintf(sql, sizeof sql, "UPDATE entries SET time_ms = %lld WHERE room = %lld",
		 (long long)rows.last_time_ms, (long long)rows.room);
	rows_exec(&rows, sql);
	for (int64_t i = 0; i < messages; i++) {
		make_text(text, sizeof text, pool, 1 << 20);
		rows_add(&rows, text, rows.last_time_ms + 1, -1);
		if (i % COMMIT_EVERY == COMMIT_EVERY - 1)
			rows_exec(&rows, "COMMIT; BEGIN");
	}
	rows_exec(&rows, "COMMIT; PRAGMA journal_mode=WAL");
	printf("{\"messages\":%lld,\"last_seq\":%lld}\n", (long long)messages, (long long)rows.last_seq);
	rows_close(&rows);
	return 0;
}
