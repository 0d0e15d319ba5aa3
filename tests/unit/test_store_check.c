/* `brusiod check` on a database that is not as it should be: one row each that must not be. */
#include "store_kit.h"

#include "store/store_admin.h"

#include <sqlite3.h>

/* A room with an owner, a member and a guest; a conversation; everything that people have. */
static int setup_people(void **state)
{
	setup_store(state);
	int64_t anna = make_person("anna", PERSON_ACCOUNT), bruno = make_person("bruno", PERSON_ACCOUNT),
		luca = make_person("luca", PERSON_GUEST), ops = make_room("#ops");
	join(anna, ops, ROLE_OWNER);
	join(bruno, ops, ROLE_MEMBER);
	join(luca, ops, ROLE_MEMBER);
	say(make_direct(anna, luca), "ciao");
	struct entry entry = message(ops, "ciao"), reaction = message(ops, "+");
	struct store_command commands[] = {
	    append_command(&entry),
	    append_command(&reaction),
	    {.op = STORE_PUT_TOKEN, .token = {.person = anna, .label = "bot", .hash = {1}}},
	    {.op = STORE_PUT_INVITATION, .invitation = {.room_id = ops, .person = luca, .by = "anna"}},
	    {.op = STORE_PUT_BLOCK, .block = {anna, luca, true}},
	    {.op = STORE_PUT_SESSION, .session = {.person = luca, .device = "", .client = "", .address = ""}},
	    {.op = STORE_PUT_SANCTION,
	     .sanction =
		 {.room_id = ops, .target = "person:9", .folded = "", .name = "", .by = "", .reason = ""}},
	};
	entry.person = bruno;
	commands[0].append.send_id = (struct store_send_id){bruno, "phone", "1"};
	commands[0].append.mentioned = &anna;
	commands[0].append.mentioned_count = 1;
	reaction.kind = ENTRY_REACT;
	reaction.flags = ENTRY_ON;
	reaction.ref = 1;
	reaction.person = luca;
	assert_int_equal(submit(commands, sizeof commands / sizeof *commands), STORE_OK);
	close_store();
	return 0;
}

static void run_sql(const char *sql)
{
	sqlite3 *db;
	char *why = NULL;
	assert_int_equal(sqlite3_open(directory_file(&directory, "brusio.db"), &db), SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK)
		fail_msg("%s", why);
	sqlite3_close(db);
}

/* The output of the check, which the caller frees, and how much it found. */
static char *check(int *found)
{
	struct store_admin *admin;
	char *said = NULL;
	size_t bytes;
	FILE *to = open_memstream(&said, &bytes);
	assert_int_equal(store_admin_open(directory.path, NULL, false, &admin, problem), 0);
	assert_int_equal(admin->ops->check(admin, to, found, problem), 0);
	admin->ops->close(admin);
	fclose(to);
	return said;
}

TEST(what_is_as_it_should_be_is_not_told_of)
{
	int found;
	char *said = check(&found);
	assert_string_equal(said, "");
	assert_int_equal(found, 0);
	free(said);
}

TEST(each_fault_is_told)
{
	static const struct {
		const char *break_it, *says, *mend_it;
	} faults[] = {
	    {"UPDATE members SET role=1 WHERE person=1 AND room=1", "no owner",
	     "UPDATE members SET role=4 WHERE person=1 AND room=1"},
	    {"INSERT INTO members VALUES(99, 1, 1, 0, 0)", "person 99",
	     "DELETE FROM members WHERE person=99"},
	    {"INSERT INTO members VALUES(2, 99, 1, 0, 0)", "room 99", "DELETE FROM members WHERE room=99"},
	    {"UPDATE rooms SET side_high=99 WHERE direct", "conversation",
	     "UPDATE rooms SET side_high=3 WHERE direct"},
	    {"UPDATE people SET kind=2, folded=NULL, password=NULL WHERE id IN (1, 3)", "both are gone",
	     "UPDATE people SET kind=1, folded='anna', password='x' WHERE id=1;"
	     "UPDATE people SET kind=0, folded='luca' WHERE id=3"},
	    {"UPDATE people SET folded=NULL WHERE id=2", "person bruno",
	     "UPDATE people SET folded='bruno' WHERE id=2"},
	    {"UPDATE people SET password='x' WHERE id=3", "person luca",
	     "UPDATE people SET password=NULL WHERE id=3"},
	    {"INSERT INTO people VALUES(50, 2, 'ghost', NULL, NULL, 0, 0, 0)", "without a conversation",
	     "DELETE FROM people WHERE id=50"},
	    {"UPDATE sessions SET person=99", "session of person 99", "UPDATE sessions SET person=3"},
	    {"UPDATE invitations SET person=99", "invitation of person 99",
	     "UPDATE invitations SET person=3"},
	    {"UPDATE invitations SET room=99", "room 99", "UPDATE invitations SET room=1"},
	    {"UPDATE tokens SET person=3", "token of person 3", "UPDATE tokens SET person=1"},
	    {"UPDATE blocks SET blocked=99", "block of person 99", "UPDATE blocks SET blocked=3"},
	    {"UPDATE sanctions SET room=99", "sanction", "UPDATE sanctions SET room=1"},
	    {"UPDATE sends SET person=99", "send 1 of person 99", "UPDATE sends SET person=2"},
	    {"UPDATE sends SET seq=99", "its entry 99", "UPDATE sends SET seq=1"},
	    {"UPDATE reactions SET person=99", "person 99 never was", "UPDATE reactions SET person=3"},
	    {"UPDATE reactions SET entry=99", "entry 99", "UPDATE reactions SET entry=2"},
	    {"UPDATE mentions SET person=99", "mention of person 99", "UPDATE mentions SET person=1"},
	    {"UPDATE mentions SET seq=99", "message 99", "UPDATE mentions SET seq=1"},
	    {"INSERT INTO rooms(name, removed, created_ms) VALUES('x', 1, 0)", "removed",
	     "DELETE FROM rooms WHERE removed"},
	};
	for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
		int found;
		run_sql(faults[i].break_it);
		char *said = check(&found);
		if (!found || !strstr(said, faults[i].says))
			fail_msg("%s: %s", faults[i].break_it, said);
		free(said);
		run_sql(faults[i].mend_it);
		said = check(&found);
		if (found)
			fail_msg("behind %s: %s", faults[i].mend_it, said);
		free(said);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(what_is_as_it_should_be_is_not_told_of, setup_people,
					    teardown_store),
	    cmocka_unit_test_setup_teardown(each_fault_is_told, setup_people, teardown_store),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
