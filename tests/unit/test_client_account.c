/* The session of an account: what proves it, the rooms that it is in, what it has read and changed. */
#include "played_server.h"

#define WELCOME(ROOMS)                                                                                      \
	"{\"op\":\"welcome\",\"id\":\"$\",\"user\":{\"name\":\"anna\",\"account\":true},\"session\":\"s\"," \
	"\"epoch\":\"e1\",\"rooms\":[" ROOMS "]}"

static void begin_account(void)
{
	struct session_settings settings = {.name = "anna",
					    .client = "test",
					    .lang = "en",
					    .device = "laptop",
					    .wants_rooms = true,
					    .hooks = hooks};
	session = session_new(&settings);
	now_ms = 1000;
	session_set_token(session, "token");
	session_line_up(session, &out, now_ms);
	expect_request("{\"op\":\"hello\",\"device\":\"laptop\",\"token\":\"token\"}");
}

static void is_absent(const char *key)
{
	json_t *request = next_request();
	assert_non_null(request);
	assert_null(json_object_get(request, key));
	const char *id = json_string_value(json_object_get(request, "id"));
	snprintf(last_id, sizeof last_id, "%s", id ? id : "");
	json_decref(request);
}

static void a_refused_token_can_be_replaced_by_a_password(void **state)
{
	(void)state;
	begin_account();
	serve("{\"op\":\"error\",\"id\":\"$\",\"code\":\"auth_failed\",\"message\":\"no\"}");
	expect_told("refused:auth_failed");
	session_set_token(session, NULL);
	session_set_password(session, "secret");
	session_greet(session);
	expect_request("{\"op\":\"hello\",\"password\":\"secret\"}");
	serve(WELCOME(""));
	assert_true(session_is_account(session));
	/* It was for one hello alone. */
	assert_false(session_has_password(session));
	session_line_down(session);
	session_line_up(session, &out, now_ms);
	is_absent("password");
}

static void rooms_are_resumed_where_the_account_has_read(void **state)
{
	(void)state;
	begin_account();
	serve(WELCOME(
	    "{\"room\":\"#ops\",\"seq\":12,\"read\":10},{\"room\":\"#busy\",\"seq\":9000,\"read\":1}"));
	expect_request("{\"op\":\"join\",\"room\":\"#ops\",\"after\":10,\"epoch\":\"e1\"}");
	serve("{\"op\":\"joined\",\"id\":\"$\",\"room\":\"#ops\",\"seq\":12,\"topic\":\"\",\"count\":1}");
	json_t *join = next_request();
	assert_null(json_object_get(join, "after"));
	json_decref(join);
	serve("{\"op\":\"message\",\"room\":\"#ops\",\"seq\":11,\"from\":{\"name\":\"ugo\"},\"message\":"
	      "\"x\"}");
	serve("{\"op\":\"message\",\"room\":\"#ops\",\"seq\":12,\"from\":{\"name\":\"anna\"},\"message\":"
	      "\"y\"}");
	assert_int_equal(session_find_room(session, "#ops")->unread, 1);
	assert_int_equal(session_find_room(session, "#busy")->unread, 8999);
	expect_told("welcome rejoined:#ops entered:#ops m11 m12");
}

static void enter_ops(void)
{
	begin_account();
	serve(WELCOME("{\"room\":\"#ops\",\"seq\":0,\"read\":0}"));
	expect_request("{\"op\":\"join\",\"room\":\"#ops\"}");
	serve("{\"op\":\"joined\",\"id\":\"$\",\"room\":\"#ops\",\"seq\":0,\"topic\":\"\",\"count\":1}");
	buffer_clear(&told);
}

static void ops(int seq, const char *name)
{
	serve(
	    "{\"op\":\"message\",\"room\":\"#ops\",\"seq\":%d,\"from\":{\"name\":\"%s\"},\"message\":\"x\"}",
	    seq, name);
}

static void what_is_seen_is_told_once(void **state)
{
	(void)state;
	enter_ops();
	assert_false(session_has_news(session, "#ops"));
	ops(1, "ugo");
	assert_true(session_has_news(session, "#ops"));
	session_mark_read(session, "#OPS");
	expect_request("{\"op\":\"read\",\"room\":\"#ops\",\"seq\":1}");
	serve("{\"op\":\"ok\",\"id\":\"$\"}");
	session_mark_read(session, "#ops");
	expect_silence();
	assert_int_equal(session_find_room(session, "#ops")->unread, 0);
}

static void another_device_reads_too(void **state)
{
	(void)state;
	enter_ops();
	ops(1, "ugo");
	ops(2, "ugo");
	serve("{\"op\":\"read\",\"room\":\"#ops\",\"seq\":1}");
	assert_int_equal(session_find_room(session, "#ops")->unread, 1);
	serve("{\"op\":\"read\",\"room\":\"#ops\",\"seq\":2}");
	assert_int_equal(session_find_room(session, "#ops")->unread, 0);
	assert_false(session_has_news(session, "#ops"));
	expect_told("m1 m2");
}

static void changes_are_sent_again_under_their_ids(void **state)
{
	char id[80];
	(void)state;
	enter_ops();
	session_say(session, "#ops", "frist", false);
	expect_request("{\"op\":\"send\"}");
	serve("{\"op\":\"ack\",\"id\":\"$\",\"room\":\"#ops\",\"seq\":1}");
	session_change(session, OUTBOX_EDIT, "#ops", 1, "first", false);
	expect_request("{\"op\":\"edit\",\"room\":\"#ops\",\"target\":1,\"message\":\"first\"}");
	strcpy(id, last_id);
	session_line_down(session);
	session_line_up(session, &out, now_ms);
	expect_request("{\"op\":\"hello\"}");
	serve(WELCOME("{\"room\":\"#ops\",\"seq\":2,\"read\":0}"));
	expect_request("{\"op\":\"join\",\"after\":1}");
	serve("{\"op\":\"joined\",\"id\":\"$\",\"room\":\"#ops\",\"seq\":2,\"topic\":\"\",\"count\":1}");
	expect_request("{\"op\":\"edit\",\"target\":1,\"message\":\"first\"}");
	assert_string_equal(id, last_id);
	serve("{\"op\":\"ack\",\"id\":\"$\",\"room\":\"#ops\",\"seq\":2}");
	assert_string_equal(roomlog_find(&session_find_room(session, "#ops")->log, 1)->text, "first");
	session_change(session, OUTBOX_REACT, "#ops", 1, "+1", true);
	expect_request("{\"op\":\"react\",\"target\":1,\"emoji\":\"+1\",\"on\":true}");
	serve("{\"op\":\"ack\",\"id\":\"$\",\"room\":\"#ops\",\"seq\":3}");
	session_change(session, OUTBOX_DELETE, "#ops", 1, "", false);
	expect_request("{\"op\":\"delete\",\"target\":1}");
	serve("{\"op\":\"ack\",\"id\":\"$\",\"room\":\"#ops\",\"seq\":4}");
	assert_true(roomlog_find(&session_find_room(session, "#ops")->log, 1)->is_deleted);
	buffer_clear(&told);
	/* None of the four is missing to what others say then. */
	ops(5, "ugo");
	expect_told("m5");
}

static void a_conversation_is_followed_and_resumed(void **state)
{
	(void)state;
	enter_ops();
	serve(
	    "{\"op\":\"message\",\"room\":\"@ugo\",\"seq\":4,\"from\":{\"name\":\"ugo\"},\"message\":\"x\"}");
	expect_told("m4 meant:@ugo");
	session_say(session, "@UGO", "y", false);
	expect_request("{\"op\":\"send\"}");
	serve("{\"op\":\"ack\",\"id\":\"$\",\"room\":\"@ugo\",\"seq\":5}");
	serve("{\"op\":\"nick\",\"room\":\"#ops\",\"name\":\"ugo\",\"new\":\"luigi\",\"message\":\"z\"}");
	assert_null(session_find_room(session, "@ugo"));
	session_line_down(session);
	session_line_up(session, &out, now_ms);
	expect_request("{\"op\":\"hello\"}");
	serve(WELCOME("{\"room\":\"@luigi\",\"seq\":5,\"read\":0}"));
	expect_request("{\"op\":\"join\",\"room\":\"#ops\"}");
	expect_request("{\"op\":\"join\",\"room\":\"@luigi\",\"after\":5}");
}

static void who_is_sent_out_does_not_come_back(void **state)
{
	(void)state;
	enter_ops();
	serve("{\"op\":\"kick\",\"room\":\"#ops\",\"name\":\"ugo\",\"message\":\"x\"}");
	serve("{\"op\":\"kick\",\"room\":\"#ops\",\"name\":\"ANNA\",\"message\":\"x\"}");
	expect_told("pushed:kick pushed:kick expelled:#ops");
	assert_int_equal(session_room_count(session), 0);
}

static void the_name_changes_on_another_device(void **state)
{
	(void)state;
	enter_ops();
	serve("{\"op\":\"nick\",\"room\":\"#ops\",\"name\":\"anna\",\"new\":\"annina\",\"message\":\"x\"}");
	expect_told("pushed:nick was:anna");
	assert_string_equal(session_name(session), "annina");
}

static void another_user_takes_nothing_along(void **state)
{
	(void)state;
	enter_ops();
	serve(
	    "{\"op\":\"message\",\"room\":\"@ugo\",\"seq\":4,\"from\":{\"name\":\"ugo\"},\"message\":\"x\"}");
	session_line_down(session);
	session_change_user(session, "mario");
	assert_null(session_find_room(session, "@ugo"));
	session_line_up(session, &out, now_ms);
	json_t *hello = next_request();
	assert_string_equal(json_string_value(json_object_get(hello, "name")), "mario");
	assert_null(json_object_get(hello, "session"));
	assert_null(json_object_get(hello, "token"));
	json_decref(hello);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_refused_token_can_be_replaced_by_a_password),
	    TEST(rooms_are_resumed_where_the_account_has_read),
	    TEST(what_is_seen_is_told_once),
	    TEST(another_device_reads_too),
	    TEST(changes_are_sent_again_under_their_ids),
	    TEST(a_conversation_is_followed_and_resumed),
	    TEST(who_is_sent_out_does_not_come_back),
	    TEST(the_name_changes_on_another_device),
	    TEST(another_user_takes_nothing_along),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
