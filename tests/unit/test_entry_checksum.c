/* The checksum of an entry: which changes it sees, and which it must not. */
#include "store/entry_checksum.h"

#include "unit.h"

#include <string.h>

static struct entry said(void)
{
	return (struct entry){.kind = ENTRY_MESSAGE,
			      .room_id = 3,
			      .seq = 17,
			      .time_ms = 1764460800123,
			      .name = "mario",
			      .ip = "192.168.1.20",
			      .text = "Ciao a tutti"};
}

/* Databases hold it: another value would make all of them look damaged. */
TEST(it_stays_what_it_is)
{
	struct entry entry = said();
	assert_int_equal(entry_checksum(&entry), INT64_C(69828564));
}

TEST(every_bit_of_the_text_counts)
{
	struct entry entry = said();
	char text[] = "Ciao a tutti";
	int64_t before = entry_checksum(&entry);
	entry.text = text;
	for (size_t bit = 0; bit < (sizeof text - 1) * 8; bit++) {
		text[bit / 8] = (char)(text[bit / 8] ^ (1 << bit % 8));
		assert_int_not_equal(entry_checksum(&entry), before);
		text[bit / 8] = (char)(text[bit / 8] ^ (1 << bit % 8));
	}
	assert_int_equal(entry_checksum(&entry), before);
}

TEST(parts_are_kept_apart)
{
	struct entry one = said(), other = said();
	one.name = "mario1";
	one.ip = "92.168.1.20";
	other.ip = "192.168.1.20";
	assert_int_not_equal(entry_checksum(&one), entry_checksum(&other));
	one = said();
	one.seq++;
	assert_int_not_equal(entry_checksum(&one), entry_checksum(&other));
	one = said();
	one.flags = ENTRY_ACTION;
	assert_int_not_equal(entry_checksum(&one), entry_checksum(&other));
}

TEST(what_comes_later_does_not_count)
{
	struct entry entry = said();
	int64_t before = entry_checksum(&entry);
	entry.flags = ENTRY_REACTED | ENTRY_EDITED;
	entry.edited_seq = 20;
	entry.person = 4;
	assert_int_equal(entry_checksum(&entry), before);
}

TEST(the_database_computes_the_same)
{
	struct entry entry = said();
	sqlite3 *db;
	sqlite3_stmt *row;
	assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
	assert_int_equal(entry_checksum_register(db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db,
					    "SELECT entry_checksum(3, 17, 1764460800123, 1, 24, 0, 'mario',"
					    " '192.168.1.20', 'Ciao a tutti')",
					    -1, &row, NULL),
			 SQLITE_OK);
	assert_int_equal(sqlite3_step(row), SQLITE_ROW);
	assert_int_equal(sqlite3_column_int64(row, 0), entry_checksum(&entry));
	sqlite3_finalize(row);
	sqlite3_close(db);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(it_stays_what_it_is),
	    cmocka_unit_test(every_bit_of_the_text_counts),
	    cmocka_unit_test(parts_are_kept_apart),
	    cmocka_unit_test(what_comes_later_does_not_count),
	    cmocka_unit_test(the_database_computes_the_same),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
