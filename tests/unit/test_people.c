/* Users, rooms and what binds them, without the thread around them. */
#include "chat/chat.h"
#include "chat/rooms/permission.h"
#include "chat/rooms/room.h"

#include "unit.h"

#include <stdio.h>
#include <string.h>

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

static struct user *make_guest(const char *name)
{
	static int64_t id;
	return users_add(&users, &(struct store_person){.id = ++id, .kind = PERSON_GUEST, .name = name});
}

static struct user *make_account(const char *name)
{
	struct user *user = make_guest(name);
	users_make_account(&users, user, 0);
	return user;
}

/* A session of the device; its secret is `digit` all over. */
static struct session *put_session(struct user *user, const char *device, char digit)
{
	char text[SESSION_TEXT_BYTES] = {0};
	memset(text, digit, sizeof text - 1);
	struct store_session stored = {.person = user->id, .device = device};
	assert_true(session_hash(text, stored.hash));
	return users_put_session(&users, user, &stored);
}

TEST(users_are_found_by_any_spelling)
{
	struct user *mario = make_guest("Mariò");
	assert_ptr_equal(users_find(&users, "MARIÒ"), mario);
	assert_ptr_equal(users_find(&users, "mario\xcc\x80"), mario);
	assert_ptr_equal(users_find_id(&users, mario->id), mario);
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
		made[i] = make_guest(name);
	}
	for (int i = 0; i < 3000; i += 2)
		users_remove(&users, made[i]);
	for (int i = 0; i < 3000; i++) {
		snprintf(name, sizeof name, "USER%d", i);
		assert_ptr_equal(users_find(&users, name), i % 2 ? made[i] : NULL);
	}
}

/* Invariant 3 of user.h. */
TEST(sessions_expire_in_their_order)
{
	struct user *user[3];
	struct session *session[3];
	static const char *const names[] = {"a", "b", "c"};
	for (int i = 0; i < 3; i++) {
		user[i] = make_guest(names[i]);
		session[i] = put_session(user[i], "default", (char)('1' + i));
		users_expire_at(&users, user[i], session[i], 100 * (i + 1), "10.0.0.1");
	}
	assert_null(users_expired(&users, 99));
	assert_ptr_equal(users_expired(&users, 100)->session, session[0]);
	assert_ptr_equal(users_expired(&users, 100)->user, user[0]);
	users_expire_never(&users, session[0]);
	users_expire_never(&users, session[0]);
	assert_null(users_expired(&users, 199));
	users_expire_never(&users, session[2]);
	assert_ptr_equal(users_expired(&users, 1000)->session, session[1]);
	users_remove(&users, user[1]);
	assert_null(users_expired(&users, 1000));
	users_expire_at(&users, user[0], session[0], 2000, "10.0.0.1");
	assert_ptr_equal(users_expired(&users, 2000)->session, session[0]);
	/* One that a restart found has waited longer already. */
	users_expire_at(&users, user[2], session[2], 1500, "10.0.0.1");
	assert_ptr_equal(users_expired(&users, 2000)->session, session[2]);
	users_drop_session(&users, user[2], session[2]);
	assert_ptr_equal(users_expired(&users, 2000)->session, session[0]);
	/* Later again is another place. */
	users_expire_at(&users, user[0], session[0], 3000, "10.0.0.1");
	assert_null(users_expired(&users, 2999));
	assert_ptr_equal(users_expired(&users, 3000)->session, session[0]);
}

static bool has_session(const struct user *user, const char *text)
{
	unsigned char hash[STORE_SESSION_BYTES];
	return session_hash(text, hash) && user_find_session(user, hash);
}

TEST(a_session_is_known_by_all_of_its_secret)
{
	struct user *mario = make_guest("mario"), *anna = make_guest("anna");
	char secret[SESSION_TEXT_BYTES] = "11111111111111111111111111111111";
	put_session(mario, "default", '1');
	put_session(anna, "default", '2');
	assert_true(has_session(mario, secret));
	assert_false(has_session(anna, secret));
	secret[31] ^= 1;
	assert_false(has_session(mario, secret));
	secret[31] ^= 1;
	secret[30] = '\0';
	assert_false(has_session(mario, secret));
	assert_false(has_session(mario, ""));
	assert_false(has_session(mario, "no hexadecimal digits here, but 32"));
	assert_false(has_session(mario, "1111111111111111111111111111111111"));
}

/* One device has one session; a new one takes its place. */
TEST(a_device_has_one_session)
{
	struct user *mario = make_guest("mario");
	struct session *desk = put_session(mario, "desk", '1'), *phone = put_session(mario, "phone", '2');
	assert_ptr_not_equal(desk, phone);
	assert_ptr_equal(put_session(mario, "desk", '1'), desk);
	put_session(mario, "desk", '3');
	assert_false(has_session(mario, "11111111111111111111111111111111"));
	assert_true(has_session(mario, "22222222222222222222222222222222"));
	assert_true(has_session(mario, "33333333333333333333333333333333"));
}

/* The name is free for somebody else, who is another person. */
TEST(who_is_gone_is_found_by_their_number_alone)
{
	struct user *luca = make_guest("Luca");
	char gone[64];
	snprintf(gone, sizeof gone, "luca!%lld", (long long)luca->id);
	assert_null(users_find_gone(&users, gone));
	put_session(luca, "default", '1');
	users_make_gone(&users, luca);
	assert_null(users_find(&users, "luca"));
	assert_ptr_equal(users_find_gone(&users, gone), luca);
	assert_ptr_equal(users_find_id(&users, luca->id), luca);
	assert_null(luca->sessions);
	struct user *another = make_guest("luca");
	assert_ptr_equal(users_find(&users, "LUCA"), another);
	assert_ptr_equal(users_find_gone(&users, gone), luca);
	snprintf(gone, sizeof gone, "luca!%lld", (long long)another->id);
	assert_null(users_find_gone(&users, gone));
	snprintf(gone, sizeof gone, "anna!%lld", (long long)luca->id);
	assert_null(users_find_gone(&users, gone));
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
		made[i] = make_guest(name);
		room_add_member(room, made[i]);
	}
	for (int i = 0; i < 20; i += 3)
		room_remove_member(room_find_member(room, made[i]));
	assert_int_equal(room->members_count, 13);
	for (int i = 0; i < 20; i++) {
		struct member *member = room_find_member(room, made[i]);
		assert_int_equal(member != NULL, i % 3 != 0);
		assert_int_equal(user_count_rooms(made[i]), i % 3 != 0);
		if (member)
			assert_ptr_equal(room->members[member->index], member);
	}
}

/* The view of an encoding is there while somebody follows in it. */
TEST(views_come_and_go_with_their_followers)
{
	struct room *room = make_room("#ops");
	struct user *mario = make_guest("mario");
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
	peer_remove_following(&rooms, peers[0], followings[0]);
	following_detach(&rooms, peers[1], followings[1]);
	assert_true(following_attach(&rooms, peers[1], followings[1])->id > id);
	peer_remove_following(&rooms, peers[1], followings[1]);
	peer_remove_following(&rooms, peers[2], followings[2]);
	assert_int_equal(member->connections, 0);
	assert_int_equal(chunk_bytes_total(), 0);
	for (int i = 0; i < 3; i++) {
		user_remove_peer(peers[i]);
		free(peers[i]);
	}
}

static bool is_banned(struct room *room, const struct user *user, const char *address, int64_t now)
{
	return sanctions_meet(&room->sanctions, SANCTION_BAN, user, address, false, now) != NULL;
}

TEST(sanctions_meet_whom_they_name)
{
	struct room *room = make_room("#ops");
	struct user *mario = make_guest("Mario"), *anna = make_account("anna");
	char marios[SANCTION_TARGET_BYTES], annas[SANCTION_TARGET_BYTES];
	sanction_target_of_person(mario->id, marios);
	sanction_target_of_person(anna->id, annas);
	const struct store_sanction sanctions[] = {
	    {.kind = SANCTION_BAN, .target = marios, .folded = "mario"},
	    {.kind = SANCTION_BAN, .target = annas},
	    {.kind = SANCTION_BAN, .target = "10.0.0.0/8"},
	    {.kind = SANCTION_BAN, .target = "192.168.1.128/25"},
	    {.kind = SANCTION_BAN, .target = "2001:db8::/33"},
	    {.kind = SANCTION_BAN, .target = "203.0.113.7/32"},
	};
	struct user *luca = make_guest("luca");
	assert_false(is_banned(room, mario, "1.1.1.1", 0));
	for (size_t i = 0; i < sizeof sanctions / sizeof *sanctions; i++)
		sanctions_put(&room->sanctions, &sanctions[i]);
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
	/* Those who keep order are met in person alone. */
	assert_null(sanctions_meet(&room->sanctions, SANCTION_BAN, luca, "10.0.0.1", true, 0));
	assert_non_null(sanctions_meet(&room->sanctions, SANCTION_BAN, anna, "10.0.0.1", true, 0));
	assert_null(sanctions_meet(&room->sanctions, SANCTION_MUTE, mario, "10.0.0.1", false, 0));
	assert_non_null(sanctions_meet(&room->sanctions, 0, mario, "1.1.1.1", false, 0));
	/* By another name it is the same person; by that name anybody. */
	users_rename(&users, mario, "luigi");
	assert_true(is_banned(room, mario, "1.1.1.1", 0));
	assert_false(is_banned(room, luca, "1.1.1.1", 0));
	users_rename(&users, luca, "mario");
	assert_true(is_banned(room, luca, "1.1.1.1", 0));
	assert_true(sanctions_drop(&room->sanctions, SANCTION_BAN, marios));
	assert_false(sanctions_drop(&room->sanctions, SANCTION_BAN, marios));
	assert_false(is_banned(room, mario, "1.1.1.1", 0));
	assert_false(is_banned(room, luca, "1.1.1.1", 0));
}

TEST(sanctions_end_in_time)
{
	struct room *room = make_room("#ops");
	struct user *mario = make_guest("mario");
	char target[SANCTION_TARGET_BYTES];
	sanction_target_of_person(mario->id, target);
	sanctions_put(&room->sanctions,
		      &(struct store_sanction){.kind = SANCTION_BAN, .target = target, .until_ms = 1000});
	assert_true(is_banned(room, mario, "::1", 999));
	assert_false(is_banned(room, mario, "::1", 1000));
	/* It stays, for a clock that is put right again. */
	assert_true(is_banned(room, mario, "::1", 999));
	/* A second one replaces the first. */
	sanctions_put(&room->sanctions,
		      &(struct store_sanction){.kind = SANCTION_BAN, .target = target, .until_ms = 2000});
	sanctions_put(&room->sanctions, &(struct store_sanction){.kind = SANCTION_BAN, .target = target});
	assert_true(is_banned(room, mario, "::1", INT64_MAX));
	assert_int_equal(room->sanctions.count, 1);
}

static void invite(struct room *room, const struct user *user, enum role role, int64_t until_ms)
{
	room_put_invitation(
	    room,
	    &(struct store_invitation){
		.room_id = room->id, .person = user->id, .by = "luca", .role = role, .until_ms = until_ms});
}

TEST(an_invitation_is_for_one_and_for_once)
{
	struct room *room = make_room("#ops");
	struct user *mario = make_guest("mario"), *anna = make_guest("anna");
	invite(room, mario, ROLE_MEMBER, 0);
	assert_non_null(room_find_invitation(room, mario->id, 0));
	assert_null(room_find_invitation(room, anna->id, 0));
	assert_int_equal(room_drop_invitation(room, anna->id), 0);
	assert_int_equal(room_drop_invitation(room, mario->id), 1);
	assert_null(room_find_invitation(room, mario->id, 0));
}

/* An owner who left comes back as one, for a while. */
TEST(a_way_back_ends_in_time)
{
	struct room *room = make_room("#ops");
	struct user *mario = make_guest("mario");
	invite(room, mario, ROLE_OWNER, 1000);
	assert_int_equal(room_find_invitation(room, mario->id, 999)->role, ROLE_OWNER);
	assert_null(room_find_invitation(room, mario->id, 1000));
}

/* ROLE_NONE is no member, RANK_ADMIN an administrator. */
static bool may(enum role rank, struct room room, enum permission permission)
{
	struct user user = {.is_admin = rank == RANK_ADMIN};
	struct member member = {.role = rank};
	bool is_member = rank != ROLE_NONE && rank != RANK_ADMIN;
	return permission_may(&user, is_member ? &member : NULL, &room, permission);
}

TEST(who_may_do_what)
{
	static const struct {
		enum permission permission;
		enum role least;
	} cases[] = {{PERMISSION_TOPIC, ROLE_MEMBER},
		     {PERMISSION_INVITE, ROLE_MEMBER},
		     {PERMISSION_DELETE_OTHERS, ROLE_MODERATOR},
		     {PERMISSION_KICK, ROLE_MODERATOR},
		     {PERMISSION_BAN, ROLE_MODERATOR},
		     {PERMISSION_MUTE, ROLE_MODERATOR},
		     {PERMISSION_ROLE, ROLE_OWNER},
		     {PERMISSION_SET, ROLE_OWNER}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		for (enum role rank = ROLE_NONE; rank <= RANK_ADMIN; rank++) {
			assert_int_equal(may(rank, (struct room){0}, cases[i].permission),
					 rank >= cases[i].least);
			/* The two of a conversation are equals. */
			assert_false(may(rank, (struct room){.is_direct = true}, cases[i].permission));
		}
	assert_false(may(ROLE_SPEAKER, (struct room){.is_private = true}, PERMISSION_INVITE));
	assert_true(may(ROLE_MODERATOR, (struct room){.is_private = true}, PERMISSION_INVITE));
	assert_false(may(ROLE_SPEAKER, (struct room){.is_topic_locked = true}, PERMISSION_TOPIC));
	assert_true(may(ROLE_MODERATOR, (struct room){.is_topic_locked = true}, PERMISSION_TOPIC));
}

TEST(nobody_touches_their_equals)
{
	struct user user = {0}, target = {0};
	struct room room = {0};
	for (int one = ROLE_MEMBER; one <= ROLE_OWNER; one++)
		for (int other = ROLE_MEMBER; other <= ROLE_OWNER; other++) {
			struct member member = {.role = (enum role)one}, theirs = {.role = (enum role)other};
			assert_int_equal(
			    permission_may_over(&user, &member, &room, PERMISSION_KICK, &target, &theirs),
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
	    cmocka_unit_test_setup_teardown(sessions_expire_in_their_order, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_session_is_known_by_all_of_its_secret, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_device_has_one_session, setup, teardown),
	    cmocka_unit_test_setup_teardown(who_is_gone_is_found_by_their_number_alone, setup, teardown),
	    cmocka_unit_test_setup_teardown(rooms_and_their_members, setup, teardown),
	    cmocka_unit_test_setup_teardown(views_come_and_go_with_their_followers, setup, teardown),
	    cmocka_unit_test_setup_teardown(sanctions_meet_whom_they_name, setup, teardown),
	    cmocka_unit_test_setup_teardown(sanctions_end_in_time, setup, teardown),
	    cmocka_unit_test_setup_teardown(an_invitation_is_for_one_and_for_once, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_way_back_ends_in_time, setup, teardown),
	    cmocka_unit_test(who_may_do_what),
	    cmocka_unit_test(nobody_touches_their_equals),
	    cmocka_unit_test(roles_have_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
