#include "wire/native.h"

#include "base/limits.h"
#include "base/memory.h"
#include "base/utf8.h"

#include <ctype.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define T(field) (UINT64_C(1) << REQUEST_TEXT_##field)
#define N(field) (UINT64_C(1) << (32 + REQUEST_NUMBER_##field))

/* The fields that each operation knows; all others are ignored. `id` belongs to all. */
struct op_fields {
	uint64_t required, optional;
};

static const char *const op_names[] = {
#define X(upper, wire) wire,
    REQUEST_OPS(X)
#undef X
};

static const struct op_fields op_fields[] = {
    [REQUEST_HELLO] = {T(NAME), T(PASSWORD) | T(TOKEN) | T(SESSION) | T(DEVICE) | T(CLIENT) | T(LANG)},
    [REQUEST_REGISTER] = {T(PASSWORD), 0},
    [REQUEST_JOIN] = {T(ROOM), N(AFTER) | T(EPOCH)},
    [REQUEST_LEAVE] = {T(ROOM), 0},
    [REQUEST_SEND] = {T(ROOM) | T(MESSAGE), N(REPLY_TO) | N(ACTION)},
    [REQUEST_EDIT] = {T(ROOM) | N(TARGET) | T(MESSAGE), 0},
    [REQUEST_DELETE] = {T(ROOM) | N(TARGET), 0},
    [REQUEST_REACT] = {T(ROOM) | N(TARGET) | T(EMOJI) | N(ON), 0},
    [REQUEST_HISTORY] = {T(ROOM), N(BEFORE) | N(AFTER) | N(AROUND) | N(LIMIT)},
    [REQUEST_SEARCH] = {T(QUERY), T(ROOM) | T(FROM) | N(BEFORE) | N(LIMIT)},
    [REQUEST_ROOMS] = {0, 0},
    [REQUEST_WHO] = {T(ROOM), 0},
    [REQUEST_NICK] = {T(NAME), 0},
    [REQUEST_TOPIC] = {T(ROOM) | T(TOPIC), 0},
    [REQUEST_READ] = {T(ROOM) | N(SEQ), 0},
    [REQUEST_AWAY] = {0, T(MESSAGE)},
    [REQUEST_KICK] = {T(ROOM) | T(NAME), T(REASON) | N(SECONDS)},
    [REQUEST_BAN] = {T(ROOM) | T(NAME), T(REASON) | N(SECONDS)},
    [REQUEST_UNBAN] = {T(ROOM) | T(NAME), T(REASON) | N(SECONDS)},
    [REQUEST_MUTE] = {T(ROOM) | T(NAME), T(REASON) | N(SECONDS)},
    [REQUEST_UNMUTE] = {T(ROOM) | T(NAME), T(REASON) | N(SECONDS)},
    [REQUEST_ROLE] = {T(ROOM) | T(NAME) | T(ROLE), 0},
    [REQUEST_INVITE] = {T(ROOM) | T(NAME), 0},
    [REQUEST_SET] = {T(ROOM), N(PRIVATE) | N(RETENTION_DAYS)},
    [REQUEST_PASSWD] = {T(OLD) | T(NEW), 0},
    [REQUEST_TOKEN] = {T(LABEL), N(REVOKE)},
    [REQUEST_BLOCK] = {T(NAME), 0},
    [REQUEST_UNBLOCK] = {T(NAME), 0},
    [REQUEST_TYPING] = {T(ROOM) | N(ON), 0},
    [REQUEST_PING] = {0, 0},
    [REQUEST_QUIT] = {0, 0},
};

static const struct {
	const char *name;
	int64_t low, high;
	bool is_bool;
} number_fields[] = {
#define X(upper, wire, low, high) {wire, low, high, false},
    REQUEST_NUMBERS(X)
#undef X
#define X(upper, wire) {wire, 0, 1, true},
	REQUEST_BOOLS(X)
#undef X
};

static int fail(struct native_fault *fault, const char *field, enum error_code code)
{
	snprintf(fault->field, sizeof fault->field, "%s", field);
	return -(int)code;
}

/* Texts that must not be too long to store are too_large; the rest are just wrong. */
static enum error_code too_long(enum request_text field)
{
	switch (field) {
	case REQUEST_TEXT_MESSAGE:
	case REQUEST_TEXT_TOPIC:
	case REQUEST_TEXT_REASON:
	case REQUEST_TEXT_QUERY:
		return ERROR_TOO_LARGE;
	case REQUEST_TEXT_NAME:
		return ERROR_BAD_NAME;
	default:
		return ERROR_BAD_FIELD;
	}
}

static int take_text(struct request *request, enum request_text field, const json_t *value,
		     struct native_fault *fault)
{
	const char *name = request_text_name(field);
	if (!json_is_string(value))
		return fail(fault, name, ERROR_BAD_FIELD);
	size_t length = json_string_length(value);
	const char *text = json_string_value(value);
	if (memchr(text, '\0', length))
		return fail(fault, name, ERROR_BAD_FIELD);
	/* A session that is none is like one that the server does not know: it is ignored. */
	if (field == REQUEST_TEXT_SESSION && length > request_text_max(field))
		return 0;
	fault->bytes_max = request_text_max(field);
	if (length > fault->bytes_max)
		return fail(fault, name, too_long(field));
	request_set_text(request, field, text, length);
	return 0;
}

static int take_number(struct request *request, enum request_number field, const json_t *value,
		       struct native_fault *fault)
{
	int64_t number = number_fields[field].is_bool ? json_is_true(value) : json_integer_value(value);
	bool fits = number_fields[field].is_bool ? json_is_boolean(value) : json_is_integer(value);
	if (!fits || number < number_fields[field].low || number > number_fields[field].high)
		return fail(fault, number_fields[field].name, ERROR_BAD_FIELD);
	request_set_number(request, field, number);
	return 0;
}

/* A null counts as absent. */
static const json_t *field_of(const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);
	return json_is_null(value) ? NULL : value;
}

static int take_fields(struct request *request, const json_t *object, const struct op_fields *fields,
		       struct native_fault *fault)
{
	uint64_t wanted = fields->required | fields->optional;
	for (int i = 0; i < REQUEST_TEXT_COUNT + REQUEST_NUMBER_COUNT; i++) {
		bool is_text = i < REQUEST_TEXT_COUNT;
		int field = is_text ? i : i - REQUEST_TEXT_COUNT;
		uint64_t bit = UINT64_C(1) << (is_text ? field : 32 + field);
		if (!(wanted & bit))
			continue;
		const char *name =
		    is_text ? request_text_name((enum request_text)field) : number_fields[field].name;
		const json_t *value = field_of(object, name);
		int error = 0;
		if (!value && fields->required & bit)
			error = fail(fault, name, ERROR_BAD_FIELD);
		else if (value && is_text)
			error = take_text(request, (enum request_text)field, value, fault);
		else if (value)
			error = take_number(request, (enum request_number)field, value, fault);
		if (error)
			return error;
	}
	return 0;
}

/* {"from": {"name": …}, "message": …}. A name that cannot be one counts as absent: only a first object needs
 * it, and of later ones `from` is ignored whatever it is. */
static int take_simple(struct request *request, const json_t *object, struct native_fault *fault)
{
	const json_t *name = field_of(field_of(object, "from"), "name");
	const json_t *message = field_of(object, "message");
	struct native_fault ignored;
	if (json_is_string(name) && json_string_length(name) > LIMIT_NAME_BYTES)
		/* As much of it as shows that it is none. */
		request_set_text(
		    request, REQUEST_TEXT_NAME, json_string_value(name),
		    utf8_prefix(json_string_value(name), json_string_length(name), LIMIT_NAME_BYTES));
	else if (name)
		take_text(request, REQUEST_TEXT_NAME, name, &ignored);
	return message ? take_text(request, REQUEST_TEXT_MESSAGE, message, fault) : 0;
}

static int take_id(struct request *request, const json_t *object, struct native_fault *fault)
{
	const json_t *id = field_of(object, "id");
	if (!id)
		return 0;
	int error = take_text(request, REQUEST_TEXT_ID, id, fault);
	if (error)
		return error;
	if (!json_string_length(id))
		return fail(fault, "id", ERROR_BAD_FIELD);
	strcpy(fault->id, request->text[REQUEST_TEXT_ID]);
	return 0;
}

static int find_op(const char *name)
{
	for (size_t i = 0; i < sizeof op_names / sizeof *op_names; i++)
		if (!strcmp(op_names[i], name))
			return (int)i;
	return -1;
}

static int fill(struct request *request, const json_t *object, struct native_fault *fault)
{
	const json_t *op = json_object_get(object, "op");
	int error = op ? take_id(request, object, fault) : 0;
	if (error)
		return error;
	if (!op)
		return take_simple(request, object, fault);
	if (!json_is_string(op))
		return fail(fault, "op", ERROR_BAD_FIELD);
	int found = find_op(json_string_value(op));
	if (found < 0)
		return fail(fault, "op", ERROR_UNKNOWN_OP);
	request->op = (enum request_op)found;
	return take_fields(request, object, &op_fields[found], fault);
}

/* A number that is too big for jansson is good JSON, and as good as none in any field: it becomes an array,
 * which every field refuses by its name and which nobody misses where the field is not known. */
static bool hide_number(char *bytes, size_t length, const json_error_t *problem)
{
	static const char parts[] = "0123456789+-.eE";
	size_t end = problem->position > 0 ? (size_t)problem->position : 0;
	if (end > length)
		end = length;
	while (end && !isdigit((unsigned char)bytes[end - 1]))
		end--;
	while (end < length && strchr(parts, bytes[end]) && bytes[end])
		end++;
	size_t begin = end;
	while (begin && strchr(parts, bytes[begin - 1]) && bytes[begin - 1])
		begin--;
	if (end - begin < 2)
		return false;
	memset(bytes + begin, ' ', end - begin);
	memcpy(bytes + begin, "[]", 2);
	return true;
}

static json_t *load(const char *bytes, size_t length, json_error_t *problem)
{
	json_t *object = json_loadb(bytes, length, JSON_ALLOW_NUL, problem);
	if (object || json_error_code(problem) != json_error_numeric_overflow)
		return object;
	char *copy = mem_string_n(bytes, length);
	for (int i = 0; i < LIMIT_HUGE_NUMBERS && !object; i++) {
		if (json_error_code(problem) != json_error_numeric_overflow ||
		    !hide_number(copy, length, problem))
			break;
		object = json_loadb(copy, length, JSON_ALLOW_NUL, problem);
	}
	free(copy);
	return object;
}

int native_parse(const char *bytes, size_t length, struct request **request, struct native_fault *fault)
{
	*fault = (struct native_fault){0};
	json_error_t problem;
	json_t *object = load(bytes, length, &problem);
	if (!object && json_error_code(&problem) == json_error_numeric_overflow)
		return fail(fault, "number", ERROR_BAD_FIELD);
	if (!json_is_object(object)) {
		json_decref(object);
		return -ERROR_BAD_JSON;
	}
	struct request *made = request_new(REQUEST_SIMPLE, length);
	int error = fill(made, object, fault);
	json_decref(object);
	if (error)
		request_free(made);
	else
		*request = made;
	return error;
}
