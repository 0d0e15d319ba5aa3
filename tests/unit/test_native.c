/* Native requests: every operation with right, wrong, missing and huge fields. */
#include "wire/json_in.h"
#include "wire/native.h"

#include "unit.h"

#include <jansson.h>
#include <stdio.h>

/* A field as the protocol has it: 't' a text, 'n' a number, 'b' a boolean; upper case where it must be there.
 */
struct field {
	char kind;
	const char *name;
};

static const struct operation {
	const char *op;
	enum request_op number;
	struct field fields[10];
} operations[] = {
    {"hello",
     REQUEST_HELLO,
     {{'t', "name"},
      {'t', "password"},
      {'t', "token"},
      {'t', "session"},
      {'t', "device"},
      {'t', "client"},
      {'t', "credential"},
      {'t', "lang"}}},
    {"register", REQUEST_REGISTER, {{'T', "password"}}},
    {"join", REQUEST_JOIN, {{'T', "room"}, {'n', "after"}, {'t', "epoch"}}},
    {"leave", REQUEST_LEAVE, {{'T', "room"}}},
    {"send", REQUEST_SEND, {{'T', "room"}, {'t', "message"}, {'n', "reply_to"}, {'b', "action"}}},
    {"edit", REQUEST_EDIT, {{'T', "room"}, {'N', "target"}, {'T', "message"}}},
    {"delete", REQUEST_DELETE, {{'T', "room"}, {'N', "target"}}},
    {"react", REQUEST_REACT, {{'T', "room"}, {'N', "target"}, {'T', "emoji"}, {'B', "on"}}},
    {"history",
     REQUEST_HISTORY,
     {{'T', "room"}, {'n', "before"}, {'n', "after"}, {'n', "around"}, {'n', "limit"}}},
    {"search",
     REQUEST_SEARCH,
     {{'T', "query"}, {'t', "room"}, {'t', "from"}, {'n', "before"}, {'n', "limit"}}},
    {"rooms", REQUEST_ROOMS, {{0}}},
    {"who", REQUEST_WHO, {{'T', "room"}}},
    {"nick", REQUEST_NICK, {{'T', "name"}}},
    {"topic", REQUEST_TOPIC, {{'T', "room"}, {'T', "topic"}}},
    {"read", REQUEST_READ, {{'T', "room"}, {'N', "seq"}}},
    {"away", REQUEST_AWAY, {{'t', "message"}}},
    {"kick", REQUEST_KICK, {{'T', "room"}, {'T', "name"}, {'t', "reason"}}},
    {"ban", REQUEST_BAN, {{'T', "room"}, {'T', "name"}, {'t', "reason"}, {'n', "seconds"}}},
    {"unban", REQUEST_UNBAN, {{'T', "room"}, {'T', "name"}}},
    {"mute", REQUEST_MUTE, {{'T', "room"}, {'T', "name"}, {'t', "reason"}, {'n', "seconds"}}},
    {"unmute", REQUEST_UNMUTE, {{'T', "room"}, {'T', "name"}}},
    {"role", REQUEST_ROLE, {{'T', "room"}, {'T', "name"}, {'T', "role"}}},
    {"invite", REQUEST_INVITE, {{'T', "room"}, {'T', "name"}}},
    {"set", REQUEST_SET, {{'T', "room"}, {'b', "private"}, {'n', "retention_days"}}},
    {"passwd", REQUEST_PASSWD, {{'T', "old"}, {'T', "new"}}},
    {"token", REQUEST_TOKEN, {{'T', "label"}, {'b', "revoke"}}},
    {"typing", REQUEST_TYPING, {{'T', "room"}, {'B', "on"}}},
    {"ping", REQUEST_PING, {{0}}},
    {"quit", REQUEST_QUIT, {{0}}},
};

#define OPERATIONS_COUNT (sizeof operations / sizeof *operations)

static struct request *request;
static struct native_fault fault;

static int parse(const char *text)
{
	request = NULL;
	return native_parse(text, strlen(text), &request, &fault);
}

static int parse_object(json_t *object)
{
	char *text = json_dumps(object, JSON_COMPACT);
	int result = parse(text);
	free(text);
	return result;
}

static bool is_needed(const struct field *field)
{
	return field->kind >= 'A' && field->kind <= 'Z';
}

/* A value of the right type. */
static json_t *good_value(const struct field *field)
{
	switch (field->kind | 0x20) {
	case 't':
		return json_string(field->name);
	case 'n':
		return json_integer(strcmp(field->name, "limit") ? 12345 : 50);
	default:
		return json_true();
	}
}

/* A request with all fields that `take` says, and a field that nobody knows. */
static json_t *make(const struct operation *operation, bool with_optional)
{
	json_t *object = json_pack("{ss ss ss}", "op", operation->op, "id", "7", "unknown", "ignored");
	for (const struct field *field = operation->fields; field->kind; field++)
		if (with_optional || is_needed(field))
			json_object_set_new(object, field->name, good_value(field));
	return object;
}

static enum request_text text_field(const char *name)
{
	int field = 0;
	while (field < REQUEST_TEXT_COUNT && strcmp(request_text_name((enum request_text)field), name))
		field++;
	assert_true(field < REQUEST_TEXT_COUNT);
	return (enum request_text)field;
}

static int texts_given(void)
{
	int given = 0;
	for (int field = 0; field < REQUEST_TEXT_COUNT; field++)
		given += request->text[field] != NULL;
	return given;
}

static void is_taken(const struct operation *operation, bool with_optional)
{
	json_t *object = make(operation, with_optional);
	int texts = 1, numbers = 0;
	if (parse_object(object))
		fail_msg("%s was refused for its %s", operation->op, fault.field);
	json_decref(object);
	assert_int_equal(request->op, operation->number);
	assert_string_equal(request->text[REQUEST_TEXT_ID], "7");
	for (const struct field *field = operation->fields; field->kind; field++) {
		if (!with_optional && !is_needed(field))
			continue;
		if ((field->kind | 0x20) == 't') {
			assert_string_equal(request->text[text_field(field->name)], field->name);
			texts++;
		} else {
			numbers++;
		}
	}
	assert_int_equal(texts_given(), texts);
	assert_int_equal(__builtin_popcountll(request->present), numbers);
	request_free(request);
}

TEST(every_operation_takes_its_fields)
{
	for (size_t i = 0; i < OPERATIONS_COUNT; i++) {
		is_taken(&operations[i], true);
		is_taken(&operations[i], false);
	}
}

TEST(a_missing_or_null_field_is_named)
{
	for (size_t i = 0; i < OPERATIONS_COUNT; i++)
		for (const struct field *field = operations[i].fields; field->kind; field++) {
			json_t *object = make(&operations[i], true);
			json_object_set_new(object, field->name, json_null());
			int with_null = parse_object(object);
			json_object_del(object, field->name);
			if (with_null == 0)
				request_free(request);
			int without = parse_object(object);
			if (without == 0)
				request_free(request);
			json_decref(object);
			assert_int_equal(with_null, without);
			assert_int_equal(without, is_needed(field) ? -ERROR_BAD_FIELD : 0);
			if (is_needed(field)) {
				assert_string_equal(fault.field, field->name);
				assert_string_equal(fault.id, "7");
			}
		}
}

#define ONE "0123456789abcdef0123456789abcdef"
#define TWO "fedcba9876543210fedcba9876543210"

TEST(files_are_a_list_of_ids)
{
	static const struct {
		const char *written, *taken; /* NULL: bad_field */
	} cases[] = {{"[]", ""},
		     {"null", ""},
		     {"[ \"" ONE "\" , \"" TWO "\" ]", ONE " " TWO},
		     {"[\"" ONE "\"]", ONE},
		     {"\"" ONE "\"", NULL},
		     {"[[\"" ONE "\"]]", NULL},
		     {"[\"" ONE "1\"]", NULL},
		     {"[1]", NULL},
		     {"[null]", NULL},
		     {"7", NULL}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char text[256];
		snprintf(text, sizeof text, "{\"op\":\"send\",\"room\":\"#a\",\"files\":%s}",
			 cases[i].written);
		int result = native_parse(text, strlen(text), &request, &fault);
		assert_int_equal(result, cases[i].taken ? 0 : -ERROR_BAD_FIELD);
		if (result) {
			assert_string_equal(fault.field, "files");
			continue;
		}
		const char *taken = request->text[REQUEST_TEXT_FILES];
		assert_string_equal(taken ? taken : "", cases[i].taken);
		request_free(request);
	}
}

TEST(more_files_than_a_message_has_are_refused)
{
	char text[1024] = "{\"op\":\"send\",\"room\":\"#a\",\"files\":[";
	for (int i = 0; i < 11; i++)
		strcat(text,
		       i ? ",\"0123456789abcdef0123456789abcdef\"" : "\"0123456789abcdef0123456789abcdef\"");
	strcat(text, "]}");
	assert_int_equal(native_parse(text, strlen(text), &request, &fault), -ERROR_BAD_FIELD);
}

TEST(settings_are_an_object_of_texts)
{
	static const struct {
		const char *written, *taken; /* NULL: bad_field */
	} cases[] = {{"{}", ""},
		     {"null", NULL},
		     {"{\"a\":\"b\"}", "a\nb\n"},
		     {"{ \"a\" : null , \"\\u00e8\" : \"x\\\"y\" }", "a\n\n\303\250\nx\"y\n"},
		     {"{\"\":\"b\"}", NULL},
		     {"{\"a\":1}", NULL},
		     {"{\"a\":[\"b\"]}", NULL},
		     {"{\"a\":\"b\\n\"}", NULL},
		     {"{\"a\\u0001\":\"b\"}", NULL},
		     {"{\"a\\u007f\":\"b\"}", NULL},
		     {"{\"a\":\"\\ud83d\"}", NULL},
		     {"[\"a\"]", NULL},
		     {"\"a\"", NULL}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char text[256];
		snprintf(text, sizeof text, "{\"op\":\"settings\",\"set\":%s}", cases[i].written);
		bool is_absent = !strcmp(cases[i].written, "null");
		int result = native_parse(text, strlen(text), &request, &fault);
		assert_int_equal(result, cases[i].taken || is_absent ? 0 : -ERROR_BAD_FIELD);
		if (result) {
			assert_string_equal(fault.field, "set");
			continue;
		}
		if (is_absent)
			assert_null(request->text[REQUEST_TEXT_SET]);
		else
			assert_string_equal(request->text[REQUEST_TEXT_SET], cases[i].taken);
		request_free(request);
	}
}

TEST(a_field_of_another_type_is_named)
{
	for (size_t i = 0; i < OPERATIONS_COUNT; i++)
		for (const struct field *field = operations[i].fields; field->kind; field++) {
			int kind = field->kind | 0x20;
			json_t *wrong[] = {kind == 't' ? json_integer(1) : json_string("1"), json_real(1.5),
					   json_object(), json_array(),
					   kind == 'b' ? json_integer(1) : json_true()};
			for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++) {
				json_t *object = make(&operations[i], true);
				json_object_set_new(object, field->name, wrong[k]);
				assert_int_equal(parse_object(object), -ERROR_BAD_FIELD);
				assert_string_equal(fault.field, field->name);
				json_decref(object);
			}
		}
}

static int refusal_of(const char *name)
{
	static const char *const stored[] = {"message", "topic", "reason", "query"};
	for (size_t i = 0; i < sizeof stored / sizeof *stored; i++)
		if (!strcmp(name, stored[i]))
			return -ERROR_TOO_LARGE;
	/* A session that is none is one that the server does not know. */
	if (!strcmp(name, "session"))
		return 0;
	return strcmp(name, "name") ? -ERROR_BAD_FIELD : -ERROR_BAD_NAME;
}

TEST(a_text_may_be_as_long_as_its_limit)
{
	for (size_t i = 0; i < OPERATIONS_COUNT; i++)
		for (const struct field *field = operations[i].fields; field->kind; field++) {
			if ((field->kind | 0x20) != 't')
				continue;
			json_t *object = make(&operations[i], true);
			bool is_new =
			    operations[i].number == REQUEST_REGISTER && !strcmp(field->name, "password");
			size_t most =
			    is_new ? LIMIT_NEW_PASSWORD_BYTES : request_text_max(text_field(field->name));
			char *text = malloc(most + 2);
			memset(text, 'x', most + 1);
			json_object_set_new(object, field->name, json_stringn(text, most));
			assert_int_equal(parse_object(object), 0);
			assert_int_equal(strlen(request->text[text_field(field->name)]), most);
			request_free(request);
			json_object_set_new(object, field->name, json_stringn(text, most + 1));
			assert_int_equal(parse_object(object), refusal_of(field->name));
			if (request)
				request_free(request);
			else
				assert_string_equal(fault.field, field->name);
			if (refusal_of(field->name) == -ERROR_TOO_LARGE)
				assert_int_equal(fault.bytes_max, most);
			json_decref(object);
			free(text);
		}
}

TEST(a_text_holds_no_nul)
{
	assert_int_equal(parse("{\"op\":\"nick\",\"id\":\"1\",\"name\":\"a\\u0000b\"}"), -ERROR_BAD_FIELD);
	assert_string_equal(fault.field, "name");
	assert_int_equal(parse("{\"op\":\"ping\",\"id\":\"\\u0000\"}"), -ERROR_BAD_FIELD);
	assert_string_equal(fault.field, "id");
}

TEST(numbers_have_ranges)
{
	static const struct {
		const char *fields;
		int result;
	} cases[] = {
	    {"\"limit\":1", 0},
	    {"\"limit\":200", 0},
	    {"\"limit\":0", -ERROR_BAD_FIELD},
	    {"\"limit\":201", -ERROR_BAD_FIELD},
	    {"\"limit\":-1", -ERROR_BAD_FIELD},
	    {"\"limit\":50.0", 0},
	    {"\"limit\":5e1", 0},
	    {"\"limit\":50.5", -ERROR_BAD_FIELD},
	    {"\"after\":0", 0},
	    {"\"after\":9223372036854775807", 0},
	    {"\"after\":-1", -ERROR_BAD_FIELD},
	    {"\"after\":9223372036854775808", -ERROR_BAD_FIELD},
	    {"\"after\":1e400", -ERROR_BAD_FIELD},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char text[200];
		snprintf(text, sizeof text, "{\"op\":\"history\",\"room\":\"#a\",%s}", cases[i].fields);
		int result = parse(text);
		if (result == 0)
			request_free(request);
		if (result != cases[i].result)
			fail_msg("%s gave %d", cases[i].fields, result);
	}
}

TEST(a_huge_number_is_bad_only_where_it_is_asked_for)
{
	static const char *const huge[] = {"1e999", "-1e999", "18446744073709551616", "-9223372036854775809"};
	char text[4096], digits[500];
	memset(digits, '9', sizeof digits - 1);
	digits[sizeof digits - 1] = '\0';
	for (size_t i = 0; i <= sizeof huge / sizeof *huge; i++) {
		const char *number = i < sizeof huge / sizeof *huge ? huge[i] : digits;
		snprintf(text, sizeof text,
			 "{\"id\":\"1\",\"x\":%s,\"op\":\"read\",\"room\":\"#a\",\"seq\":7,\"y\":[%s]}",
			 number, number);
		assert_int_equal(parse(text), 0);
		assert_int_equal(request->number[REQUEST_NUMBER_SEQ], 7);
		request_free(request);
		snprintf(text, sizeof text, "{\"id\":\"1\",\"op\":\"read\",\"room\":\"#a\",\"seq\":%s}",
			 number);
		assert_int_equal(parse(text), -ERROR_BAD_FIELD);
		assert_string_equal(fault.field, "seq");
		assert_string_equal(fault.id, "1");
	}
	int length = snprintf(text, sizeof text, "{\"op\":\"ping\",\"x\":[0");
	for (int i = 0; i < 200; i++)
		length += snprintf(text + length, sizeof text - (size_t)length, ",1e999");
	strcpy(text + length, "]}");
	assert_int_equal(parse(text), 0);
	request_free(request);
	assert_int_equal(parse("{\"op\":\"ping\",\"x\":1e999,}"), -ERROR_BAD_JSON);
}

TEST(an_id_is_a_text_of_1_to_64_bytes)
{
	char text[200], id[66];
	memset(id, 'i', 65);
	id[64] = '\0';
	snprintf(text, sizeof text, "{\"op\":\"ping\",\"id\":\"%s\"}", id);
	assert_int_equal(parse(text), 0);
	assert_string_equal(request->text[REQUEST_TEXT_ID], id);
	request_free(request);
	id[64] = 'i';
	id[65] = '\0';
	snprintf(text, sizeof text, "{\"op\":\"ping\",\"id\":\"%s\"}", id);
	assert_int_equal(parse(text), -ERROR_BAD_FIELD);
	assert_string_equal(fault.field, "id");
	assert_string_equal(fault.id, "");
	assert_int_equal(parse("{\"op\":\"ping\",\"id\":\"\"}"), -ERROR_BAD_FIELD);
	assert_int_equal(parse("{\"op\":\"ping\",\"id\":7}"), -ERROR_BAD_FIELD);
	assert_int_equal(parse("{\"op\":\"ping\"}"), 0);
	assert_null(request->text[REQUEST_TEXT_ID]);
	request_free(request);
}

TEST(an_operation_that_nobody_knows)
{
	static const char *const unknown[] = {"dance", "", "Ping", "ping ", "simple", "opened"};
	for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
		char text[100];
		snprintf(text, sizeof text, "{\"op\":\"%s\",\"id\":\"9\"}", unknown[i]);
		assert_int_equal(parse(text), -ERROR_UNKNOWN_OP);
		assert_string_equal(fault.id, "9");
	}
	assert_int_equal(parse("{\"op\":3,\"id\":\"9\"}"), -ERROR_BAD_FIELD);
	assert_string_equal(fault.field, "op");
	assert_string_equal(fault.id, "9");
}

TEST(the_simple_form)
{
	assert_int_equal(parse("{\"from\":{\"name\":\"Mario\",\"ip\":\"1.2.3.4\"},\"message\":\"ciao\"}"), 0);
	assert_int_equal(request->op, REQUEST_SIMPLE);
	assert_string_equal(request->text[REQUEST_TEXT_NAME], "Mario");
	assert_string_equal(request->text[REQUEST_TEXT_MESSAGE], "ciao");
	assert_int_equal(texts_given(), 2);
	request_free(request);
	static const char *const without[] = {"{}", "{\"from\":{}}", "{\"from\":\"Mario\"}",
					      "{\"from\":null,\"message\":null}",
					      /* A name that cannot be one: only a first object needs it. */
					      "{\"from\":{\"name\":7}}"};
	for (size_t i = 0; i < sizeof without / sizeof *without; i++) {
		assert_int_equal(parse(without[i]), 0);
		assert_int_equal(request->op, REQUEST_SIMPLE);
		assert_int_equal(texts_given(), 0);
		request_free(request);
	}
	assert_int_equal(parse("{\"message\":[]}"), -ERROR_BAD_FIELD);
	assert_string_equal(fault.field, "message");
}

TEST(what_is_no_object_is_bad_json)
{
	static const char *const texts[] = {"",
					    "{",
					    "[]",
					    "3",
					    "null",
					    "\"a\"",
					    "{\"a\"}",
					    "{\"a\":}",
					    "{'a':1}",
					    "{\"a\":1,}",
					    "{}{}",
					    "{\"a\":01}",
					    "{\"a\":\"\xff\"}",
					    "{\"a\":\"\n\"}"};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		int result = parse(texts[i]);
		if (result != -ERROR_BAD_JSON)
			fail_msg("%s gave %d", texts[i], result);
	}
	char deep[10001];
	memset(deep, '[', sizeof deep - 1);
	memcpy(deep, "{\"a\":", 5);
	deep[sizeof deep - 1] = '\0';
	assert_int_equal(parse(deep), -ERROR_BAD_JSON);
}

static void is_refused(const char *text, enum error_code code, const char *field, enum text key)
{
	int result = parse(text);
	if (result != -(int)code)
		fail_msg("%s gave %d", text, result);
	assert_string_equal(fault.id, "7");
	assert_string_equal(fault.field, field);
	assert_int_equal(fault.key, key);
}

/* The answer to a wrong object carries its id, wherever the id stands. */
TEST(what_is_wrong_keeps_its_id)
{
	is_refused("{\"id\":\"7\",\"op\":\"ping\",}", ERROR_BAD_JSON, "", TEXT_NONE);
	is_refused("{\"op\":\"ping\",abc,\"id\":\"7\"}", ERROR_BAD_JSON, "", TEXT_NONE);
	is_refused("{\"op\":\"send\",\"room\":\"#a\",\"message\":\"\\ud83d\",\"id\":\"7\"}", ERROR_BAD_FIELD,
		   "message", TEXT_error_half_a_pair);
	is_refused("{\"op\":\"ping\",\"id\":\"7\",\"op\":\"quit\"}", ERROR_BAD_FIELD, "op", TEXT_error_twice);
	is_refused("{\"op\":\"read\",\"id\":\"7\",\"room\":\"#a\",\"seq\":1,\"seq\":2}", ERROR_BAD_FIELD,
		   "seq", TEXT_error_twice);
	is_refused("{\"op\":\"send\",\"id\":\"7\",\"room\":\"#a\",\"message\":\"b\",\"message\":\"b\"}",
		   ERROR_BAD_FIELD, "message", TEXT_error_twice);
	char deep[1000] = "{\"op\":\"ping\",\"x\":";
	memset(deep + strlen(deep), '[', JSON_IN_DEPTH_MAX);
	memset(deep + strlen(deep), ']', JSON_IN_DEPTH_MAX);
	strcat(deep, ",\"id\":\"7\"}");
	is_refused(deep, ERROR_BAD_JSON, "", TEXT_error_too_deep);
}

TEST(what_nobody_asked_for_may_be_anything)
{
	static const char *const texts[] = {
	    "{\"op\":\"ping\",\"x\":1,\"x\":2}", "{\"op\":\"ping\",\"x\":\"\\ud83d\"}",
	    "{\"op\":\"ping\",\"\\udc00\":1}", "{\"op\":\"ping\",\"x\":[[[[[]]]]]}"};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		assert_int_equal(parse(texts[i]), 0);
		assert_int_equal(request->op, REQUEST_PING);
		request_free(request);
	}
}

TEST(an_op_that_is_null_is_none)
{
	assert_int_equal(parse("{\"op\":null,\"from\":{\"name\":\"Mario\"},\"message\":\"ciao\"}"), 0);
	assert_int_equal(request->op, REQUEST_SIMPLE);
	assert_string_equal(request->text[REQUEST_TEXT_NAME], "Mario");
	assert_string_equal(request->text[REQUEST_TEXT_MESSAGE], "ciao");
	request_free(request);
}

TEST(escapes_are_resolved)
{
	assert_int_equal(parse("{\"op\":\"nick\",\"name\":\"\\u006dari\\u00f2\\n\\ud83d\\udc4d\"}"), 0);
	assert_string_equal(request->text[REQUEST_TEXT_NAME], "mariò\n👍");
	request_free(request);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_operation_takes_its_fields),
	    cmocka_unit_test(a_missing_or_null_field_is_named),
	    cmocka_unit_test(files_are_a_list_of_ids),
	    cmocka_unit_test(more_files_than_a_message_has_are_refused),
	    cmocka_unit_test(settings_are_an_object_of_texts),
	    cmocka_unit_test(a_field_of_another_type_is_named),
	    cmocka_unit_test(a_text_may_be_as_long_as_its_limit),
	    cmocka_unit_test(a_text_holds_no_nul),
	    cmocka_unit_test(numbers_have_ranges),
	    cmocka_unit_test(a_huge_number_is_bad_only_where_it_is_asked_for),
	    cmocka_unit_test(an_id_is_a_text_of_1_to_64_bytes),
	    cmocka_unit_test(an_operation_that_nobody_knows),
	    cmocka_unit_test(the_simple_form),
	    cmocka_unit_test(what_is_no_object_is_bad_json),
	    cmocka_unit_test(what_is_wrong_keeps_its_id),
	    cmocka_unit_test(what_nobody_asked_for_may_be_anything),
	    cmocka_unit_test(an_op_that_is_null_is_none),
	    cmocka_unit_test(escapes_are_resolved),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
