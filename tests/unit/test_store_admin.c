/* The administration through store/store_admin.h, beside a server's store. */
#include "store_kit.h"

#include "store/store_admin.h"

static struct store_admin *admin;
static char *said;
static size_t said_bytes;
static FILE *to;

static int setup_admin(void **state)
{
	setup_store(state);
	if (store_admin_open(directory.path, NULL, false, &admin, problem))
		fail_msg("%s", problem);
	to = open_memstream(&said, &said_bytes);
	return 0;
}

static int teardown_admin(void **state)
{
	fclose(to);
	free(said);
	admin->ops->close(admin);
	return teardown_store(state);
}

static void says(const char *expected)
{
	fflush(to);
	assert_string_equal(said, expected);
}

TEST(data_of_another_kind_are_refused)
{
	struct store_admin *other;
	char kept[STORE_KEPT_BYTES];
	assert_int_equal(store_admin_open(directory.path, "oracle://db/brusio", true, &other, problem), -1);
	assert_non_null(strstr(problem, "\"oracle\""));
	assert_int_equal(
	    store_restore(directory.path, "oracle://db/brusio", "backup", false, to, kept, problem), -1);
	assert_non_null(strstr(problem, "\"oracle\""));
}

TEST(people_are_found_by_what_they_are)
{
	int64_t anna = make_person("anna", PERSON_ACCOUNT), luca = make_person("luca", PERSON_GUEST), id;
	assert_int_equal(admin->ops->find_person(admin, "anna", PERSON_ACCOUNT, &id, problem), 0);
	assert_int_equal(id, anna);
	assert_int_equal(admin->ops->find_person(admin, "anna", PERSON_GUEST, &id, problem), 0);
	assert_int_equal(id, 0);
	assert_int_equal(admin->ops->find_person(admin, "luca", PERSON_GUEST, &id, problem), 0);
	assert_int_equal(id, luca);
}

static int write_account(void *context, const struct store_admin_account *account)
{
	fprintf(context, "%s%s%s;", account->name, account->is_admin ? " admin" : "",
		account->created_ms ? "" : " never");
	return 0;
}

TEST(accounts_are_shown_by_name)
{
	make_person("bruno", PERSON_ACCOUNT);
	int64_t anna = make_person("anna", PERSON_ACCOUNT);
	make_person("luca", PERSON_GUEST);
	CARRY_OUT(.op = STORE_SET_ADMIN, .person = {.id = anna, .is_admin = true});
	assert_int_equal(admin->ops->each_account(admin, write_account, to, problem), 0);
	says("anna admin;bruno;");
}

static int write_session(void *context, const struct store_admin_session *session)
{
	fprintf(context, "%s %s %s %s %lld;", session->is_token ? "token" : "session", session->device,
		session->client, session->address, (long long)session->seen_ms);
	return 0;
}

TEST(sessions_are_shown_before_tokens)
{
	int64_t anna = make_person("anna", PERSON_ACCOUNT);
	struct store_command commands[] = {
	    {.op = STORE_PUT_TOKEN, .token = {.person = anna, .label = "bot", .hash = {1}}},
	    {.op = STORE_PUT_SESSION,
	     .session = {.hash = {1},
			 .person = anna,
			 .device = "phone",
			 .client = "c",
			 .address = "::1",
			 .since_ms = 5,
			 .seen_ms = 9}},
	};
	assert_int_equal(submit(commands, 2), STORE_OK);
	assert_int_equal(admin->ops->each_session(admin, anna, write_session, to, problem), 0);
	says("session phone c ::1 9;token bot   0;");
}

static int write_room(void *context, const struct store_admin_room *shown)
{
	fprintf(context, "%s%s %lld members, %llu to %llu, %lld;", shown->room.name,
		shown->room.is_private ? " private" : "", (long long)shown->members,
		(unsigned long long)shown->room.purged_seq, (unsigned long long)shown->room.end_seq,
		(long long)shown->said_ms);
	return 0;
}

TEST(rooms_are_shown_with_what_is_in_them)
{
	int64_t lobby = make_room("#lobby"), ops = make_room("#ops"), gone = make_room("#gone"),
		anna = make_person("anna", PERSON_ACCOUNT), bruno = make_person("bruno", PERSON_ACCOUNT);
	join(anna, ops, ROLE_OWNER);
	join(bruno, ops, ROLE_MEMBER);
	say(lobby, "ciao");
	say(lobby, "ciao");
	say(make_direct(anna, bruno), "ciao");
	CARRY_OUT(.op = STORE_SKIP_TO, .room = {.id = ops, .end_seq = 7});
	CARRY_OUT(.op = STORE_UPDATE_ROOM,
		  .room = {.id = ops, .is_private = true, .fields = STORE_ROOM_PRIVATE});
	CARRY_OUT(.op = STORE_REMOVE_ROOM, .room.id = gone);
	assert_int_equal(admin->ops->each_room(admin, NULL, write_room, to, problem), 0);
	says("#lobby 0 members, 0 to 2, 1000;#ops private 2 members, 7 to 7, 0;");
}

TEST(one_room_is_shown_by_its_name)
{
	make_room("#lobby");
	make_room("#ops");
	assert_int_equal(admin->ops->each_room(admin, "#ops", write_room, to, problem), 0);
	assert_int_equal(admin->ops->each_room(admin, "#none", write_room, to, problem), 0);
	says("#ops 0 members, 0 to 0, 0;");
}

static int write_member(void *context, const struct store_admin_member *shown)
{
	fprintf(context, "%s %lld %lld %d %llu;", shown->name, (long long)shown->member.person,
		(long long)shown->member.room_id, shown->member.role,
		(unsigned long long)shown->member.read_seq);
	return 0;
}

TEST(members_are_shown_by_their_role)
{
	int64_t anna = make_person("anna", PERSON_ACCOUNT), bruno = make_person("bruno", PERSON_ACCOUNT),
		luca = make_person("luca", PERSON_GUEST), ops = make_room("#ops"),
		other = make_room("#other");
	join(anna, ops, ROLE_SPEAKER);
	join(luca, ops, ROLE_MEMBER);
	join(bruno, ops, ROLE_OWNER);
	join(bruno, other, ROLE_OWNER);
	join(anna, other, ROLE_MEMBER);
	assert_int_equal(admin->ops->each_member(admin, ops, write_member, to, problem), 0);
	assert_int_equal(admin->ops->each_owned(admin, bruno, write_member, to, problem), 0);
	assert_int_equal(admin->ops->each_owned(admin, anna, write_member, to, problem), 0);
	says("bruno 2 1 4 0;anna 1 1 2 0;bruno 2 1 4 0;bruno 2 2 4 0;");
}

static int write_entry(void *context, const struct entry *entry)
{
	fprintf(context, "%s %llu %s;", entry->room, (unsigned long long)entry->seq, entry->text);
	return strcmp(entry->text, "enough") ? 0 : -1;
}

TEST(entries_are_shown_in_the_order_of_storing)
{
	int64_t lobby = make_room("#lobby"), ops = make_room("#ops"),
		anna = make_person("anna", PERSON_ACCOUNT);
	struct entry later = message(ops, "later");
	later.time_ms = 2000;
	say(lobby, "one");
	append(later);
	say(lobby, "two");
	say(make_direct(anna, make_person("bruno", PERSON_ACCOUNT)), "secret");
	assert_int_equal(admin->ops->each_entry(admin, 0, 0, write_entry, to, problem), 0);
	says("#lobby 1 one;#ops 1 later;#lobby 2 two;");
	assert_int_equal(admin->ops->each_entry(admin, lobby, 0, write_entry, to, problem), 0);
	assert_int_equal(admin->ops->each_entry(admin, 0, 1001, write_entry, to, problem), 0);
	says("#lobby 1 one;#ops 1 later;#lobby 2 two;" /* of all */
	     "#lobby 1 one;#lobby 2 two;"              /* of the lobby */
	     "#ops 1 later;");                         /* of what was said later */
}

TEST(a_visitor_ends_the_showing)
{
	int64_t lobby = make_room("#lobby");
	say(lobby, "enough");
	say(lobby, "more");
	assert_int_equal(admin->ops->each_entry(admin, 0, 0, write_entry, to, problem), -1);
	says("#lobby 1 enough;");
}

static int write_deed(void *context, const struct store_admin_deed *shown)
{
	fprintf(context, "%s %s %s %s;", shown->room ? shown->room : "-", shown->deed.by, shown->deed.op,
		shown->deed.target);
	return 0;
}

TEST(deeds_are_shown_after_their_room_is_gone)
{
	int64_t lobby = make_room("#lobby"), gone = make_room("#gone");
	CARRY_OUT(.op = STORE_ADD_DEED,
		  .deed = {.room_id = gone, .op = "ban", .by = "anna", .target = "luca", .reason = ""});
	CARRY_OUT(.op = STORE_ADD_DEED,
		  .deed = {.room_id = lobby, .op = "kick", .by = "anna", .target = "luca", .reason = ""});
	CARRY_OUT(.op = STORE_REMOVE_ROOM, .room.id = gone);
	assert_int_equal(admin->ops->each_deed(admin, 0, write_deed, to, problem), 0);
	assert_int_equal(admin->ops->each_deed(admin, lobby, write_deed, to, problem), 0);
	says("- anna ban luca;#lobby anna kick luca;#lobby anna kick luca;");
}

TEST(commands_are_carried_out_and_a_server_hears_of_them)
{
	struct store_command commands[] = {
	    {.op = STORE_ADD_ROOM, .room.name = "#a"},
	    {.op = STORE_ADD_ROOM, .begins_group = true, .room.name = "#a"},
	    {.op = STORE_ADD_ROOM, .begins_group = true, .room.name = "#b"},
	};
	assert_int_equal(admin->ops->carry_out(admin, commands, 3, problem), 0);
	assert_int_equal(commands[0].result, STORE_OK);
	assert_int_equal(commands[1].result, STORE_EXISTS);
	assert_int_equal(commands[2].result, STORE_OK);
	const char *shown = shown_by(store->ops->watch);
	assert_non_null(strstr(shown, "#a"));
	assert_non_null(strstr(shown, "#b"));
}

TEST(a_copy_can_be_put_in_place_of_it)
{
	char kept[STORE_KEPT_BYTES], file[200], epoch[sizeof store->epoch];
	int found;
	snprintf(file, sizeof file, "%s", directory_file(&directory, "copy"));
	snprintf(epoch, sizeof epoch, "%s", store->epoch);
	say(make_room("#lobby"), "before");
	assert_int_equal(admin->ops->backup(admin, file, false, true, to, problem), 0);
	assert_int_equal(admin->ops->backup(admin, file, false, true, to, problem), -1);
	assert_int_equal(admin->ops->backup(admin, file, true, true, to, problem), 0);
	make_room("#after");
	assert_int_equal(admin->ops->check(admin, to, &found, problem), 0);
	assert_int_equal(found, 0);
	assert_int_equal(store_restore(directory.path, NULL, file, false, to, kept, problem), -1);
	close_store();
	admin->ops->close(admin);
	assert_int_equal(store_restore(directory.path, NULL, file, false, to, kept, problem), 0);
	assert_true(*kept);
	open_store();
	assert_string_not_equal(store->epoch, epoch);
	assert_null(strstr(shown_by(store->ops->load), "#after"));
	assert_int_equal(store_admin_open(directory.path, NULL, false, &admin, problem), 0);
}

#define WITH_BOTH(name) cmocka_unit_test_setup_teardown(name, setup_admin, teardown_admin)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    WITH_BOTH(data_of_another_kind_are_refused),
	    WITH_BOTH(people_are_found_by_what_they_are),
	    WITH_BOTH(accounts_are_shown_by_name),
	    WITH_BOTH(sessions_are_shown_before_tokens),
	    WITH_BOTH(rooms_are_shown_with_what_is_in_them),
	    WITH_BOTH(one_room_is_shown_by_its_name),
	    WITH_BOTH(members_are_shown_by_their_role),
	    WITH_BOTH(entries_are_shown_in_the_order_of_storing),
	    WITH_BOTH(a_visitor_ends_the_showing),
	    WITH_BOTH(deeds_are_shown_after_their_room_is_gone),
	    WITH_BOTH(commands_are_carried_out_and_a_server_hears_of_them),
	    WITH_BOTH(a_copy_can_be_put_in_place_of_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
