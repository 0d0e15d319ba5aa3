/* Users, rooms and what binds them, without the thread around them. */
#include "chat/chat.h"
#include "chat/permission.h"
#include "chat/room.h"

#include "unit.h"

#include <stdio.h>

static struct users users;
static struct rooms rooms;

static int setup(void **state)
{
	(void)state;
	users_init(&users);
	rooms_init(&rooms, 2, 2);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	rooms_release(&rooms);
	users_release(&users);
	return 0;
}

static struct room *make_room(const char *name)
{
	static int64_t id;
	return rooms_add(&rooms, &(struct store_room){.id = ++id, .name = name, .topic = ""});
}

TEST(users_are_found_by_any_spelling)
{
	struct user *mario = users_add(&users, "Mariò");
	assert_ptr_equal(users_find(&users, "MARIÒ"), mario);
	assert_ptr_equal(users_find(&users, "mario\xcc\x80"), mario);
	assert_null(users_find(&users, "mario"));
	assert_null(users_find(&users, "\xff"));
	users_rename(&users, mario, "Luigi");
	assert_null(users_find(&users, "Mariò"));
	assert_ptr_equal(users_find(&users, "luigi"), mario);
	users_remove(&users, mario);
	assert_null(users_find(&users, "luigi"));
}

TEST(many_users)
{
	char name[16];
	struct user *made[3000];
	for (int i = 0; i < 3000; i++) {
		snprintf(name, sizeof name, "user%d", i);
		made[i] = users_add(&users, name);
	}
	for (int i = 0; i < 3000; i += 2)
		users_remove(&users, made[i]);
	for (int i = 0; i < 3000; i++) {
		snprintf(name, sizeof name, "USER%d", i);
		assert_ptr_equal(users_find(&users, name), i % 2 ? made[i] : NULL);
	}
}

TEST(users_expire_in_their_order)
{
	struct user *one = users_add(&users, "a"), *two = users_add(&users, "b"),
		    *three = users_add(&users, "c");
	users_expire_at(&users, one, 100);
	users_expire_at(&users, two, 200);
	users_expire_at(&users, three, 300);
	assert_null(users_expired(&users, 99));
	assert_ptr_equal(users_expired(&users, 100), one);
	users_expire_never(&users, one);
	users_expire_never(&users, one);
	assert_null(users_expired(&users, 199));
	users_expire_never(&users, three);
	assert_ptr_equal(users_expired(&users, 1000), two);
	users_remove(&users, two);
	assert_null(users_expired(&users, 1000));
	users_expire_at(&users, one, 2000);
	assert_ptr_equal(users_expired(&users, 2000), one);
}

TEST(a_session_is_known_by_all_of_it)
{
	struct user *mario = users_add(&users, "mario"), *anna = users_add(&users, "anna");
	char session[SESSION_TEXT_BYTES];
	user_session_text(mario, session);
	assert_int_equal(strlen(session), 32);
	assert_true(user_has_session(mario, session));
	assert_false(user_has_session(anna, session));
	session[31] ^= 1;
	assert_false(user_has_session(mario, session));
	session[31] ^= 1;
	session[30] = '\0';
	assert_false(user_has_session(mario, session));
	assert_false(user_has_session(mario, ""));
	assert_false(user_has_session(mario, "no hexadecimal digits here, but 32"));
	user_renew_session(mario);
	user_session_text(anna, session);
	assert_false(user_has_session(mario, session));
}

TEST(rooms_and_their_members)
{
	struct room *room = make_room("#Ops");
	struct user *made[20];
	char name[16];
	assert_ptr_equal(rooms_find(&rooms, "#OPS"), room);
	assert_ptr_equal(rooms_find_by_id(&rooms, room->id), room);
	assert_null(rooms_find(&rooms, "#other"));
	for (int i = 0; i < 20; i++) {
		snprintf(name, sizeof name, "user%d", i);
		made[i] = users_add(&users, name);
		room_add_member(room, made[i]);
	}
	for (int i = 0; i < 20; i += 3)
		room_remove_member(room_find_member(room, made[i]));
	assert_int_equal(room->members_count, 13);
	for (int i = 0; i < 20; i++) {
		struct member *member = room_find_member(room, made[i]);
		assert_int_equal(member != NULL, i % 3 != 0);
		assert_int_equal(made[i]->rooms, i % 3 != 0);
		if (member)
			assert_ptr_equal(room->members[member->index], member);
	}
}

/* The view of an encoding is there while somebody follows in it. */
TEST(views_come_and_go_with_their_followers)
{
	struct room *room = make_room("#ops");
	struct user *mario = users_add(&users, "mario");
	struct member *member = room_add_member(room, mario);
	struct peer *peers[3];
	struct following *followings[3];
	for (unsigned i = 0; i < 3; i++) {
		peers[i] = peer_new(&(struct peer_info){.connection = i, .worker = i % 2, .address = "::1"});
		peers[i]->encoding = i == 2;
		user_add_peer(mario, peers[i]);
		followings[i] = peer_add_following(peers[i], member);
		following_attach(&rooms, peers[i], followings[i]);
	}
	assert_int_equal(member->connections, 3);
	assert_ptr_equal(followings[0]->view, followings[1]->view);
	assert_ptr_not_equal(followings[0]->view, followings[2]->view);
	assert_int_equal(followings[0]->view->followers, 2);
	assert_int_equal(followings[0]->view->workers[1].followers, 1);
	/* Attached is attached. */
	assert_ptr_equal(following_attach(&rooms, peers[0], followings[0]), followings[0]->view);
	assert_int_equal(followings[0]->view->followers, 2);
	uint64_t id = followings[0]->view->id;
	peer_remove_following(peers[0], followings[0]);
	following_detach(peers[1], followings[1]);
	assert_true(following_attach(&rooms, peers[1], followings[1])->id > id);
	peer_remove_following(peers[1], followings[1]);
	peer_remove_following(peers[2], followings[2]);
	assert_int_equal(member->connections, 0);
	assert_int_equal(chunk_bytes_total(), 0);
	for (int i = 0; i < 3; i++) {
		user_remove_peer(peers[i]);
		free(peers[i]);
	}
}

static bool is_banned(struct room *room, const struct user *user, const char *address, int64_t now)
{
	return room_find_sanction(room, SANCTION_BAN, user, address, now) != NULL;
}

TEST(sanctions_meet_whom_they_name)
{
	struct room *room = make_room("#ops");
	struct user *mario = users_add(&users, "Mario"), *anna = users_add_account(&users, 7, "anna");
	static const struct store_sanction sanctions[] = {
	    {.kind = SANCTION_BAN, .target = "name:mario"},
	    {.kind = SANCTION_BAN, .target = "account:7"},
	    {.kind = SANCTION_BAN, .target = "10.0.0.0/8"},
	    {.kind = SANCTION_BAN, .target = "192.168.1.128/25"},
	    {.kind = SANCTION_BAN, .target = "2001:db8::/33"},
	    {.kind = SANCTION_BAN, .target = "203.0.113.7/32"},
	};
	struct user *luca = users_add(&users, "luca");
	assert_false(is_banned(room, mario, "1.1.1.1", 0));
	for (size_t i = 0; i < sizeof sanctions / sizeof *sanctions; i++)
		room_put_sanction(room, &sanctions[i]);
	assert_true(is_banned(room, mario, "1.1.1.1", 0));
	assert_true(is_banned(room, anna, "1.1.1.1", 0));
	static const struct {
		const char *address;
		bool is_banned;
	} cases[] = {{"10.255.0.1", true},       {"11.0.0.1", false},         {"192.168.1.200", true},
		     {"192.168.1.127", false},   {"203.0.113.7", true},       {"203.0.113.6", false},
		     {"2001:db8:7fff::1", true}, {"2001:db8:8000::1", false}, {"::1", false},
		     {"::ffff:10.0.0.1", true}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_int_equal(is_banned(room, luca, cases[i].address, 0), cases[i].is_banned);
	assert_false(room_find_sanction(room, SANCTION_MUTE, mario, "10.0.0.1", 0));
	assert_true(room_drop_sanction(room, SANCTION_BAN, "name:mario"));
	assert_false(room_drop_sanction(room, SANCTION_BAN, "name:mario"));
	assert_false(is_banned(room, mario, "1.1.1.1", 0));
}

TEST(sanctions_end_in_time)
{
	struct room *room = make_room("#ops");
	struct user *mario = users_add(&users, "mario");
	room_put_sanction(
	    room, &(struct store_sanction){.kind = SANCTION_BAN, .target = "name:mario", .until_ms = 1000});
	assert_true(is_banned(room, mario, "::1", 999));
	assert_false(is_banned(room, mario, "::1", 1000));
	/* It stays for a while, for a clock that is put right again. */
	assert_true(is_banned(room, mario, "::1", 999));
	assert_false(is_banned(room, mario, "::1", 1000 + 86400001));
	assert_null(room->sanctions);
	/* A second one replaces the first. */
	room_put_sanction(
	    room, &(struct store_sanction){.kind = SANCTION_BAN, .target = "name:mario", .until_ms = 2000});
	room_put_sanction(room, &(struct store_sanction){.kind = SANCTION_BAN, .target = "name:mario"});
	assert_true(is_banned(room, mario, "::1", INT64_MAX));
	assert_null(room->sanctions->next);
}

TEST(an_invitation_is_for_one_and_for_once)
{
	struct room *room = make_room("#ops");
	struct user *mario = users_add(&users, "mario"), *anna = users_add(&users, "anna");
	room_invite(room, mario);
	room_invite(room, mario);
	assert_true(room_is_invited(room, mario));
	assert_false(room_is_invited(room, anna));
	room_use_invitation(room, anna);
	room_use_invitation(room, mario);
	assert_false(room_is_invited(room, mario));
}

/* rank: -1 is no member, 0 to 2 the roles, 3 an administrator. */
static bool may(int rank, bool is_private, enum deed deed)
{
	struct user user = {.is_admin = rank == 3};
	struct member member = {.role = (enum role)(ROLE_MEMBER + rank)};
	struct room room = {.is_private = is_private};
	return permission_may(&user, rank < 0 || rank == 3 ? NULL : &member, &room, deed);
}

TEST(who_may_do_what)
{
	static const struct {
		enum deed deed;
		int least;
	} cases[] = {{DEED_TOPIC, 0}, {DEED_INVITE, 0}, {DEED_DELETE_OTHERS, 1}, {DEED_KICK, 1},
		     {DEED_BAN, 1},   {DEED_MUTE, 1},   {DEED_ROLE, 2},          {DEED_SET, 2}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		for (int rank = -1; rank <= 3; rank++)
			assert_int_equal(may(rank, false, cases[i].deed), rank >= cases[i].least);
	assert_false(may(0, true, DEED_INVITE));
	assert_true(may(1, true, DEED_INVITE));
}

TEST(nobody_touches_his_equals)
{
	struct user user = {0}, target = {0};
	struct room room = {0};
	for (int one = ROLE_MEMBER; one <= ROLE_OWNER; one++)
		for (int other = ROLE_MEMBER; other <= ROLE_OWNER; other++) {
			struct member member = {.role = (enum role)one}, theirs = {.role = (enum role)other};
			assert_int_equal(
			    permission_may_over(&user, &member, &room, DEED_KICK, &target, &theirs),
			    one >= ROLE_MODERATOR && one > other);
		}
}

TEST(roles_have_names)
{
	assert_int_equal(role_from_name("owner"), ROLE_OWNER);
	assert_int_equal(role_from_name("Owner"), ROLE_NONE);
	assert_int_equal(role_from_name(""), ROLE_NONE);
	for (int role = ROLE_MEMBER; role <= ROLE_OWNER; role++)
		assert_int_equal(role_from_name(role_name((enum role)role)), role);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(users_are_found_by_any_spelling, setup, teardown),
	    cmocka_unit_test_setup_teardown(many_users, setup, teardown),
	    cmocka_unit_test_setup_teardown(users_expire_in_their_order, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_session_is_known_by_all_of_it, setup, teardown),
	    cmocka_unit_test_setup_teardown(rooms_and_their_members, setup, teardown),
	    cmocka_unit_test_setup_teardown(views_come_and_go_with_their_followers, setup, teardown),
	    cmocka_unit_test_setup_teardown(sanctions_meet_whom_they_name, setup, teardown),
	    cmocka_unit_test_setup_teardown(sanctions_end_in_time, setup, teardown),
	    cmocka_unit_test_setup_teardown(an_invitation_is_for_one_and_for_once, setup, teardown),
	    cmocka_unit_test(who_may_do_what),
	    cmocka_unit_test(nobody_touches_his_equals),
	    cmocka_unit_test(roles_have_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
