/* A checksum of each stored entry, so that `brusiod check` sees a bit that flipped on the disk.
 *
 * It covers what an entry keeps for ever (room, seq, time, kind, ref, name, address, what flags it was said
 * with) and its text. A deletion empties the text, and computes the checksum anew. Whose the entry is and
 * what later entries did to it (account, author, the other flags, the newest edit) is not covered.
 *
 * Layer: store. Threads: any; the functions have no state. */
#ifndef BRUSIO_STORE_ENTRY_CHECKSUM_H
#define BRUSIO_STORE_ENTRY_CHECKSUM_H

#include "base/entry.h"

#include <sqlite3.h>

/* 32 bits, as SQLite's signed number. `entry` has its room_id and seq. */
int64_t entry_checksum(const struct entry *entry);

/* Gives the connection the SQL function entry_checksum(room, seq, time_ms, kind, flags, ref, name, ip, text).
 * Returns an SQLite result code. */
int entry_checksum_register(sqlite3 *db);

#endif
