/* Requests that are much work: few at a time, everybody in turn, and nobody is forgotten. */
#include "gateway_kit.h"

#define CROWD 8
#define EACH  10

static const struct {
	const char *request, *answer;
} sorts[] = {{"\"op\":\"who\",\"room\":\"#lobby\"", "who"},
	     {"\"op\":\"history\",\"room\":\"#lobby\"", "history"},
	     {"\"op\":\"rooms\"", "rooms"}};

#define SORTS (sizeof sorts / sizeof *sorts)

/* Writes requests of all sorts, with the numbers from 0 as ids, and does not let the server turn. */
static void ask(struct remote *remote, size_t count)
{
	struct buffer text = BUFFER_EMPTY;
	for (size_t i = 0; i < count; i++)
		buffer_printf(&text, "{\"id\":\"%zu\",%s}\n", i, sorts[i % SORTS].request);
	assert_int_equal(write_some(remote, buffer_bytes(&text), buffer_length(&text)), buffer_length(&text));
	buffer_release(&text);
}

static void is_answered(struct remote *remote, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		json_t *object = next_object(remote, sorts[i % SORTS].answer);
		assert_int_equal(atoi(text_of(object, "id")), i);
		json_decref(object);
	}
}

static struct remote *crowd_of(size_t count)
{
	struct remote *first = NULL;
	for (size_t i = 0; i < count; i++) {
		char name[32];
		snprintf(name, sizeof name, "n%zu", i);
		struct remote *remote = full_remote(name);
		first = first ? first : remote;
	}
	for (size_t i = 0; i < count; i++) {
		hear_all(&first[i]);
		buffer_release(&first[i].in);
	}
	return first;
}

static void is_at_rest(const struct expensive *expensive)
{
	assert_null(expensive->first);
	assert_int_equal(expensive->under_way, 0);
}

TEST(all_are_answered_in_order)
{
	struct remote *mario = full_remote("mario");
	ask(mario, 60);
	settle();
	is_answered(mario, 60);
	nothing_is_said(mario);
	is_at_rest(&server->gateway.lists);
	is_at_rest(&server->gateway.pages);
}

TEST(few_are_under_way_at_once)
{
	struct remote *crowd = crowd_of(CROWD);
	for (size_t i = 0; i < CROWD; i++)
		ask(&crowd[i], EACH);
	while (small_server_turn(server), small_server_is_waiting(server)) {
		assert_in_range(server->gateway.lists.under_way, 0, server->limits.jobs + 2);
		assert_in_range(server->gateway.pages.under_way, 0, server->limits.jobs + 2);
	}
	for (size_t i = 0; i < CROWD; i++)
		is_answered(&crowd[i], EACH);
}

/* A connection that asks for one thing waits for one request of each other connection, not for all of theirs. */
TEST(everybody_has_a_turn)
{
	struct remote *crowd = crowd_of(CROWD);
	for (size_t i = 0; i < CROWD - 1; i++)
		ask(&crowd[i], 100 * SORTS);
	small_server_turn(server);
	ask(&crowd[CROWD - 1], 1);
	struct remote *last = &crowd[CROWD - 1];
	while (!buffer_length(&last->in)) {
		small_server_turn(server);
		hear_some(last, SIZE_MAX);
	}
	is_answered(last, 1);
	size_t answers = 0;
	for (size_t i = 0; i < CROWD - 1; i++) {
		hear_some(&crowd[i], SIZE_MAX);
		for (size_t at = 0; at < buffer_length(&crowd[i].in); at++)
			answers += buffer_bytes(&crowd[i].in)[at] == '\n';
	}
	assert_in_range(answers, 0, 100 * (CROWD - 1));
}

TEST(those_who_go_while_they_wait_hold_up_nobody)
{
	struct remote *crowd = crowd_of(CROWD);
	struct remote *stays = &crowd[CROWD - 1];
	for (size_t turns = 1; turns < CROWD; turns++) {
		for (size_t i = turns - 1; i < CROWD; i++)
			ask(&crowd[i], EACH);
		for (size_t i = 0; i < turns; i++)
			small_server_turn(server);
		close(crowd[turns - 1].fd);
		crowd[turns - 1].fd = -1;
		settle();
		is_at_rest(&server->gateway.lists);
		is_at_rest(&server->gateway.pages);
		/* The notice that somebody left may stand between the answers. */
		for (size_t answers = 0; answers < EACH;)
			answers += strstr(next_line(stays), "\"id\":") != NULL;
		hear_all(stays);
		buffer_release(&stays->in);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    GATEWAY_TEST(all_are_answered_in_order),
	    GATEWAY_TEST(few_are_under_way_at_once),
	    GATEWAY_TEST(everybody_has_a_turn),
	    GATEWAY_TEST(those_who_go_while_they_wait_hold_up_nobody),
	};
	alarm(120);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
