/*
 * bare_sqlite: how many messages per second does SQLite itself store durably,
 * with the same rows, the same indexes, WAL and synchronous=FULL, when nobody
 * else is served? brusiod's acknowledged messages are measured against this.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include "rows.h"
#include "stamp.h"

int main(int argc, char **argv)
{
	if (argc != 7) {
		fputs("usage: bare_sqlite FILE ROOM MESSAGES_PER_COMMIT SENDERS TEXT_BYTES SECONDS\n"
		      "FILE is the database of a stopped brusiod with at least one message in ROOM.\n",
		      stderr);
		return 2;
	}
	unsigned batch = (unsigned)atoi(argv[3]), senders = (unsigned)atoi(argv[4]),
		 text_bytes = (unsigned)atoi(argv[5]);
	double seconds = atof(argv[6]);
	if (batch == 0 || senders == 0 || text_bytes < STAMP_TEXT_BYTES_MIN || text_bytes > 4096 ||
	    seconds <= 0)
		return 2;
	struct rows rows;
	char text[4097] = {0};
	rows_open(&rows, argv[1], argv[2]);
	rows_exec(&rows, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-8192;"
			 "PRAGMA wal_autocheckpoint=2000;");
	stamp_init(text, text_bytes, 0);

	uint64_t start_ns = stamp_now_ns(), end_ns = start_ns + (uint64_t)(seconds * 1e9), now_ns,
		 commits = 0;
	for (uint32_t seq = 0;;) {
		rows_exec(&rows, "BEGIN IMMEDIATE");
		for (unsigned i = 0; i < batch; i++, seq++) {
			stamp_set(text, seq, seq);
			rows_add(&rows, text, rows.last_time_ms + 1, (int)(seq % senders));
		}
		rows_exec(&rows, "COMMIT");
		commits++;
		now_ns = stamp_now_ns();
		if (now_ns >= end_ns)
			break;
	}
	double took = (double)(now_ns - start_ns) / 1e9;
	printf("{\"messages_per_s\":%.1f,\"commits_per_s\":%.1f,\"batch\":%u}\n",
	       (double)commits * batch / took, (double)commits / took, batch);
	rows_close(&rows);
	return 0;
}
