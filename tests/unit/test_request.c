/* Requests, errors and limits: the tables that everything else counts on. */
#include "base/error.h"
#include "base/limits.h"
#include "base/request.h"

#include "unit.h"

#include <ctype.h>

TEST(texts_and_numbers_are_kept)
{
	struct request *request = request_new(REQUEST_SEND, 10);
	request_set_text(request, REQUEST_TEXT_ROOM, "#lobbyXX", 6);
	request_set_text(request, REQUEST_TEXT_MESSAGE, "ciao", 4);
	request_set_number(request, REQUEST_NUMBER_REPLY_TO, 7);
	request_set_number(request, REQUEST_NUMBER_ACTION, 0);
	assert_int_equal(request->op, REQUEST_SEND);
	assert_string_equal(request->text[REQUEST_TEXT_ROOM], "#lobby");
	assert_string_equal(request->text[REQUEST_TEXT_MESSAGE], "ciao");
	assert_null(request->text[REQUEST_TEXT_ID]);
	assert_int_equal(request->number[REQUEST_NUMBER_REPLY_TO], 7);
	assert_true(request_has(request, REQUEST_NUMBER_REPLY_TO));
	/* Given as 0 is given. */
	assert_true(request_has(request, REQUEST_NUMBER_ACTION));
	assert_false(request_has(request, REQUEST_NUMBER_AFTER));
	request_free(request);
}

TEST(there_is_room_for_all_texts_at_once)
{
	struct request *request = request_new(REQUEST_HELLO, REQUEST_TEXT_COUNT * 3);
	for (int field = 0; field < REQUEST_TEXT_COUNT; field++)
		request_set_text(request, (enum request_text)field, "abc", 3);
	for (int field = 0; field < REQUEST_TEXT_COUNT; field++)
		assert_string_equal(request->text[field], "abc");
	assert_true(request->bytes >= sizeof *request + REQUEST_TEXT_COUNT * 4);
	request_free(request);
}

TEST(text_fields_have_names_and_limits)
{
	assert_string_equal(request_text_name(REQUEST_TEXT_ID), "id");
	assert_string_equal(request_text_name(REQUEST_TEXT_LABEL), "label");
	assert_int_equal(request_text_max(REQUEST_TEXT_MESSAGE), LIMIT_MESSAGE_BYTES);
	assert_int_equal(request_text_max(REQUEST_TEXT_ID), LIMIT_ID_BYTES);
	for (int field = 0; field < REQUEST_TEXT_COUNT; field++)
		assert_in_range(request_text_max((enum request_text)field), 1, LIMIT_OBJECT_BYTES);
}

TEST(numbers_fit_in_their_bits)
{
	struct request *request = request_new(REQUEST_JOIN, 0);
	assert_true(REQUEST_NUMBER_COUNT <= 8 * sizeof request->present);
	for (int field = 0; field < REQUEST_NUMBER_COUNT; field++) {
		assert_false(request_has(request, (enum request_number)field));
		request_set_number(request, (enum request_number)field, INT64_MAX);
		assert_true(request_has(request, (enum request_number)field));
	}
	request_free(request);
}

TEST(errors_have_the_names_of_the_protocol)
{
	assert_string_equal(error_wire_name(ERROR_BAD_JSON), "bad_json");
	assert_string_equal(error_wire_name(ERROR_NOT_MEMBER), "not_member");
	assert_string_equal(error_wire_name(ERROR_BUSY), "busy");
	for (int code = ERROR_NONE; code <= ERROR_BUSY; code++)
		for (const char *at = error_wire_name((enum error_code)code); *at; at++)
			assert_true(islower((unsigned char)*at) || *at == '_');
}

TEST(every_limit_lies_in_its_own_range)
{
#define X(name, value, low, high, help)                                  \
	assert_true((low) <= (value) && (value) <= (high) && (help)[0]); \
	assert_int_equal(limits_default.name, value);
	LIMITS(X)
#undef X
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(texts_and_numbers_are_kept),
	    cmocka_unit_test(there_is_room_for_all_texts_at_once),
	    cmocka_unit_test(text_fields_have_names_and_limits),
	    cmocka_unit_test(numbers_fit_in_their_bits),
	    cmocka_unit_test(errors_have_the_names_of_the_protocol),
	    cmocka_unit_test(every_limit_lies_in_its_own_range),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
