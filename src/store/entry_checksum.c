#include "store/entry_checksum.h"

#include <endian.h>
#include <string.h>

enum { NUMBERS_COUNT = 6, ARGUMENTS_COUNT = NUMBERS_COUNT + 3 };

/* Stored checksums depend on these functions: never change them. They guard against disks, not against
 * people.
 *
 * Each step is a bijection of the state for a given word, and of the word for a given state: where one word
 * alone is another, the state at the end is another for certain. */
static uint64_t mix(uint64_t state, uint64_t word)
{
	state = (state ^ word) * UINT64_C(0x9e3779b97f4a7c15);
	return state ^ state >> 29;
}

/* The length goes in first, so that "ab", "c" is not "a", "bc". */
static uint64_t mix_text(uint64_t state, const char *text)
{
	size_t length = strlen(text);
	state = mix(state, length);
	for (size_t at = 0; at < length; at += sizeof(uint64_t)) {
		uint64_t word = 0;
		memcpy(&word, text + at, length - at < sizeof word ? length - at : sizeof word);
		state = mix(state, le64toh(word));
	}
	return state;
}

static int64_t checksum(const int64_t numbers[NUMBERS_COUNT], const char *name, const char *ip,
			const char *text)
{
	uint64_t state = 0;
	for (size_t i = 0; i < NUMBERS_COUNT; i++)
		state = mix(state, (uint64_t)numbers[i]);
	state = mix_text(mix_text(mix_text(state, name), ip), text);
	return (int32_t)(mix(state, 0) >> 32);
}

/* The flags that an entry is said with; the others come later. */
static int64_t said_flags(int64_t flags)
{
	return flags & (ENTRY_ACTION | ENTRY_ON);
}

int64_t entry_checksum(const struct entry *entry)
{
	const int64_t numbers[NUMBERS_COUNT] = {entry->room_id,           (int64_t)entry->seq,
						entry->time_ms,           (int64_t)entry->kind,
						said_flags(entry->flags), (int64_t)entry->ref};
	return checksum(numbers, entry->name ? entry->name : "", entry->ip ? entry->ip : "",
			entry->text ? entry->text : "");
}

static const char *checksum_text(sqlite3_value *value)
{
	const char *text = (const char *)sqlite3_value_text(value);
	return text ? text : "";
}

static void sql_checksum(sqlite3_context *context, int count, sqlite3_value **values)
{
	int64_t numbers[NUMBERS_COUNT];
	(void)count;
	for (int i = 0; i < NUMBERS_COUNT; i++)
		numbers[i] = sqlite3_value_int64(values[i]);
	numbers[4] = said_flags(numbers[4]);
	sqlite3_result_int64(context, checksum(numbers, checksum_text(values[6]), checksum_text(values[7]),
					       checksum_text(values[8])));
}

int entry_checksum_register(sqlite3 *db)
{
	return sqlite3_create_function(db, "entry_checksum", ARGUMENTS_COUNT,
				       SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY, NULL,
				       sql_checksum, NULL, NULL);
}
