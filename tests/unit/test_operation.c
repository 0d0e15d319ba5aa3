/* The rows of base/operations.h: sound in themselves, and kept by the chat. */
#include "base/operation.h"

#include "chat_kit.h"

#include <stdio.h>

static uint64_t field_of(const struct operation_argument *argument)
{
	switch (argument->kind) {
	case ARGUMENT_COUNT:
	case ARGUMENT_TARGET:
	case ARGUMENT_SECONDS:
	case ARGUMENT_DAYS:
	case ARGUMENT_SWITCH:
		return OPERATION_NUMBER_FIELD(argument->field);
	default:
		return OPERATION_TEXT_FIELD(argument->field);
	}
}

/* A typed line gives its operation all that it needs, but for the room, which is the one that one talks in.
 */
TEST(commands_fit_their_operations)
{
	for (size_t i = 0; i < operation_commands_count; i++) {
		const struct operation_command *command = &operation_commands[i];
		const struct operation *operation = operation_of(command->op);
		uint64_t given = OPERATION_TEXT_FIELD(REQUEST_TEXT_ROOM);
		if (command->preset >= 0)
			given |= OPERATION_NUMBER_FIELD(command->preset);
		for (int k = 0; k < OPERATION_ARGUMENTS_MAX && command->arguments[k].kind; k++) {
			const struct operation_argument *argument = &command->arguments[k];
			assert_true((operation->needs | operation->may) & field_of(argument));
			given |= field_of(argument);
			if (k && argument->is_needed)
				assert_true(argument[-1].is_needed);
			/* A text takes the rest of the line. */
			if (k)
				assert_int_not_equal(argument[-1].kind, ARGUMENT_TEXT);
		}
		if (operation->needs & ~given)
			fail_msg("/%s does not give all that is needed", command->name);
	}
}

TEST(commands_are_told_apart)
{
	for (size_t i = 0; i < operation_commands_count; i++) {
		const char *name = operation_commands[i].name;
		assert_int_not_equal(operation_commands[i].help, TEXT_NONE);
		assert_ptr_equal(operation_find_command(name, strlen(name)), &operation_commands[i]);
	}
	assert_null(operation_find_command("kic", 3));
	assert_null(operation_find_command("", 0));
}

TEST(operations_are_found_by_name)
{
	for (int op = 0; op < REQUEST_OPS_COUNT; op++) {
		const char *name = operation_of((enum request_op)op)->name;
		if (name)
			assert_int_equal(operation_find(name, strlen(name)), op);
	}
	assert_int_equal(operation_find("simple", 6), -1);
	assert_int_equal(operation_find("sen", 3), -1);
	assert_int_equal(operation_find("", 0), -1);
}

/* Every field that the operation may have, with a value that is none of its business. */
static void ask_full(struct client *client, enum request_op op, const char *room)
{
	struct request *request = request_new(op, 4096);
	/* A send needs a message or files. */
	uint64_t needs =
	    operation_of(op)->needs | (op == REQUEST_SEND ? OPERATION_TEXT_FIELD(REQUEST_TEXT_MESSAGE) : 0);
	request->peer = client->peer;
	for (int field = 0; field < REQUEST_TEXT_COUNT; field++)
		if (needs & OPERATION_TEXT_FIELD(field))
			set_text(request, (enum request_text)field,
				 field == REQUEST_TEXT_ROOM   ? room
				 : field == REQUEST_TEXT_ROLE ? "member"
							      : "x");
	for (int field = 0; field < REQUEST_NUMBER_COUNT; field++)
		if (operation_of(op)->needs & OPERATION_NUMBER_FIELD(field))
			request_set_number(request, (enum request_number)field, 1);
	if (!operation_is(op, OPERATION_UNANSWERED))
		client->in_flight++;
	mail_chain_add(&asked_chain, &request->mail);
	post();
}

TEST(only_greetings_are_taken_from_strangers)
{
	struct client *stranger = new_client(0);
	for (int op = 0; op < REQUEST_OPS_COUNT; op++) {
		if (operation_is((enum request_op)op, OPERATION_GREETS))
			continue;
		ask_full(stranger, (enum request_op)op, "#lobby");
		if (!operation_is((enum request_op)op, OPERATION_UNANSWERED))
			expect_error(stranger, ERROR_NEED_HELLO);
	}
	settle_chat(stranger);
}

TEST(what_is_done_in_a_room_is_for_those_in_it)
{
	struct client *mario = new_client(0), *anna = new_client(1);
	hello(mario, "mario");
	hello(anna, "anna");
	ASK(anna, .op = REQUEST_JOIN, .room = "#ops");
	post();
	expect(anna, REPLY_JOINED);
	for (int op = 0; op < REQUEST_OPS_COUNT; op++) {
		if (!operation_is((enum request_op)op, OPERATION_IN_ROOM))
			continue;
		ask_full(mario, (enum request_op)op, "#ops");
		if (!operation_is((enum request_op)op, OPERATION_UNANSWERED))
			expect_error(mario, ERROR_NOT_MEMBER);
	}
	settle_chat(mario);
	assert_true(is_silent(1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(commands_fit_their_operations),
	    cmocka_unit_test(commands_are_told_apart),
	    cmocka_unit_test(operations_are_found_by_name),
	    CHAT_TEST(only_greetings_are_taken_from_strangers),
	    CHAT_TEST(what_is_done_in_a_room_is_for_those_in_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
