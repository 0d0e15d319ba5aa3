#include "wire/native.h"

#include "base/file.h"
#include "base/limits.h"
#include "base/operation.h"
#include "base/text/utf8.h"
#include "wire/json_in.h"

#include <stdio.h>
#include <string.h>

/* Fields by number: texts, numbers, and the operation. */
#define FIELD_OF_NUMBER(number) (OPERATION_NUMBER_BIT + (number))
#define FIELD_OP                63
#define FIELDS_COUNT            64

_Static_assert(FIELD_OF_NUMBER((int)REQUEST_NUMBER_COUNT) <= FIELD_OP, "a bit for each number");

#define BIT(field) (UINT64_C(1) << (field))

static int native_fail(struct native_fault *fault, const char *field, enum error_code code)
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

/* The fields of an object that any operation knows. */
struct native_object {
	uint64_t given, twice;
	struct json_in_value values[FIELDS_COUNT]; /* of those alone */
};

/* The number of the field with this name; -1: no operation knows it. */
static int native_find_field(const struct json_in_value *name)
{
	static const struct {
		const char *name;
		uint8_t length, field;
	} fields[] = {{"op", 2, FIELD_OP},
#define X(upper, wire, most) {wire, sizeof(wire) - 1, REQUEST_TEXT_##upper},
		      REQUEST_TEXTS(X)
#undef X
#define X(upper, wire, low, high) {wire, sizeof(wire) - 1, FIELD_OF_NUMBER(REQUEST_NUMBER_##upper)},
			  REQUEST_NUMBERS(X)
#undef X
#define X(upper, wire) {wire, sizeof(wire) - 1, FIELD_OF_NUMBER(REQUEST_NUMBER_##upper)},
			      REQUEST_BOOLS(X)
#undef X
	};
	char meant[6 * 16];
	const char *bytes = name->bytes;
	size_t length = name->length;
	if (name->is_escaped && length > sizeof meant)
		return -1;
	if (name->is_escaped) {
		length = json_in_text(name, meant);
		bytes = meant;
	}
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
		if (fields[i].length == length && !memcmp(fields[i].name, bytes, length))
			return fields[i].field;
	return -1;
}

/* Returns 0, or the negative error code. */
static int native_read_object(struct native_object *object, const char *bytes, size_t length,
			      struct native_fault *fault)
{
	struct json_in in;
	struct json_in_value name, value;
	object->given = object->twice = 0;
	json_in_open(&in, bytes, length);
	while (json_in_next(&in, &name, &value)) {
		int field = native_find_field(&name);
		if (field < 0)
			continue;
		object->twice |= object->given & BIT(field);
		object->given |= BIT(field);
		object->values[field] = value;
	}
	if (in.is_deep)
		fault->key = TEXT_error_too_deep;
	return in.is_wrong ? -ERROR_BAD_JSON : 0;
}

/* A null counts as absent. */
static const struct json_in_value *native_field_of(const struct native_object *object, int field)
{
	bool is_given = object->given & BIT(field) && object->values[field].kind != JSON_IN_NULL;
	return is_given ? &object->values[field] : NULL;
}

/* `register` makes a password, `hello` gives one. */
static size_t native_text_max(enum request_op op, enum request_text field)
{
	bool is_new = op == REQUEST_REGISTER && field == REQUEST_TEXT_PASSWORD;
	return is_new ? LIMIT_NEW_PASSWORD_BYTES : request_text_max(field);
}

static int native_take_text(struct request *request, enum request_text field,
			    const struct json_in_value *value, struct native_fault *fault)
{
	const char *name = request_text_name(field);
	if (value->kind != JSON_IN_TEXT)
		return native_fail(fault, name, ERROR_BAD_FIELD);
	if (value->is_broken) {
		fault->key = TEXT_error_half_a_pair;
		return native_fail(fault, name, ERROR_BAD_FIELD);
	}
	char *text = request_text_room(request, value->length);
	size_t length = json_in_text(value, text);
	if (value->is_escaped && memchr(text, '\0', length))
		return native_fail(fault, name, ERROR_BAD_FIELD);
	/* A session that is none is like one that the server does not know: it is ignored. */
	if (field == REQUEST_TEXT_SESSION && length > request_text_max(field))
		return 0;
	fault->bytes_max = native_text_max(request->op, field);
	if (length > fault->bytes_max)
		return native_fail(fault, name, too_long(field));
	request_add_text(request, field, length);
	return 0;
}

static int native_take_number(struct request *request, enum request_number field,
			      const struct json_in_value *value, struct native_fault *fault)
{
	const struct request_number_field *known = request_number_field(field);
	bool fits = value->kind == (known->is_bool ? JSON_IN_BOOL : JSON_IN_INTEGER);
	if (!fits || value->integer < known->low || value->integer > known->high)
		return native_fail(fault, known->name, ERROR_BAD_FIELD);
	request_set_number(request, field, value->integer);
	return 0;
}

/* [ "ID", "ID" ] becomes "ID ID". An empty list is like none. */
static int native_take_ids(struct request *request, enum request_text field,
			   const struct json_in_value *value, struct native_fault *fault)
{
	char *text = request_text_room(request, value->length);
	struct json_in list;
	struct json_in_value id;
	size_t used = 0;
	if (value->kind != JSON_IN_ARRAY)
		return native_fail(fault, request_text_name(field), ERROR_BAD_FIELD);
	json_in_open_array(&list, value->bytes, value->length);
	while (json_in_next_element(&list, &id)) {
		if (id.kind != JSON_IN_TEXT || id.length != FILE_ID_BYTES - 1 ||
		    used + id.length > request_text_max(field))
			return native_fail(fault, request_text_name(field), ERROR_BAD_FIELD);
		if (used)
			text[used++] = ' ';
		memcpy(text + used, id.bytes, id.length);
		used += id.length;
	}
	if (used)
		request_add_text(request, field, used);
	return 0;
}

/* A key or a value of an object of texts, with the newline that ends it. A newline of its own would end it too early, so no
 * control character may be in it. Returns how long both are, or -1. */
static long native_take_member(const struct json_in_value *value, char *to)
{
	if (value->kind != JSON_IN_TEXT || value->is_broken)
		return -1;
	size_t length = json_in_text(value, to);
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)to[i] < 0x20 || to[i] == 0x7f)
			return -1;
	to[length] = '\n';
	return (long)length + 1;
}

/* {"KEY": "VALUE", "KEY": null} becomes "KEY\nVALUE\nKEY\n\n". */
static int native_take_pairs(struct request *request, enum request_text field,
			     const struct json_in_value *value, struct native_fault *fault)
{
	char *text = request_text_room(request, value->length);
	struct json_in object;
	struct json_in_value key, one;
	size_t used = 0;
	if (value->kind != JSON_IN_OBJECT)
		return native_fail(fault, request_text_name(field), ERROR_BAD_FIELD);
	json_in_open(&object, value->bytes, value->length);
	while (json_in_next(&object, &key, &one)) {
		key.kind = JSON_IN_TEXT;
		if (one.kind == JSON_IN_NULL)
			one = (struct json_in_value){.kind = JSON_IN_TEXT, .bytes = ""};
		long key_bytes = native_take_member(&key, text + used);
		long bytes = key_bytes > 1 ? native_take_member(&one, text + used + key_bytes) : -1;
		if (bytes < 0)
			return native_fail(fault, request_text_name(field), ERROR_BAD_FIELD);
		used += (size_t)key_bytes + (size_t)bytes;
	}
	request_add_text(request, field, used);
	return 0;
}

static int native_take_fields(struct request *request, const struct native_object *object,
			      const struct operation *operation, struct native_fault *fault)
{
	int error = 0;
	for (uint64_t wanted = operation->needs | operation->may; wanted && !error; wanted &= wanted - 1) {
		int field = __builtin_ctzll(wanted);
		bool is_text = field < FIELD_OF_NUMBER(0);
		int number = field - FIELD_OF_NUMBER(0);
		const struct json_in_value *value = native_field_of(object, field);
		if (value && field == REQUEST_TEXT_FILES)
			error = native_take_ids(request, REQUEST_TEXT_FILES, value, fault);
		else if (value && field == REQUEST_TEXT_SET)
			error = native_take_pairs(request, REQUEST_TEXT_SET, value, fault);
		else if (value && is_text)
			error = native_take_text(request, (enum request_text)field, value, fault);
		else if (value)
			error = native_take_number(request, (enum request_number)number, value, fault);
		else if (operation->needs & BIT(field))
			error = native_fail(fault,
					    is_text ? request_text_name((enum request_text)field)
						    : request_number_field((enum request_number)number)->name,
					    ERROR_BAD_FIELD);
	}
	return error;
}

/* The name of a first object. One that is too long is taken as far as it shows that it is none. */
static void native_take_name(struct request *request, const struct json_in_value *name)
{
	if (name->kind != JSON_IN_TEXT || name->is_broken)
		return;
	char *text = request_text_room(request, name->length);
	size_t length = json_in_text(name, text);
	if (!memchr(text, '\0', length))
		request_add_text(request, REQUEST_TEXT_NAME, utf8_prefix(text, length, LIMIT_NAME_BYTES));
}

/* {"from": {"name": …}, "message": …}. A name that cannot be one counts as absent: only a first object needs
 * it, and of later ones `from` is ignored whatever it is. */
static int native_take_simple(struct request *request, const struct native_object *object,
			      struct native_fault *fault)
{
	const struct json_in_value *from = native_field_of(object, REQUEST_TEXT_FROM);
	const struct json_in_value *message = native_field_of(object, REQUEST_TEXT_MESSAGE);
	struct native_object inner;
	if (from && from->kind == JSON_IN_OBJECT &&
	    !native_read_object(&inner, from->bytes, from->length, fault) &&
	    !(inner.twice & BIT(REQUEST_TEXT_NAME)) && native_field_of(&inner, REQUEST_TEXT_NAME))
		native_take_name(request, native_field_of(&inner, REQUEST_TEXT_NAME));
	return message ? native_take_text(request, REQUEST_TEXT_MESSAGE, message, fault) : 0;
}

static int native_take_id(struct request *request, const struct native_object *object,
			  struct native_fault *fault)
{
	const struct json_in_value *id = native_field_of(object, REQUEST_TEXT_ID);
	if (!id)
		return 0;
	int error = native_take_text(request, REQUEST_TEXT_ID, id, fault);
	if (error)
		return error;
	if (!id->length)
		return native_fail(fault, "id", ERROR_BAD_FIELD);
	strcpy(fault->id, request->text[REQUEST_TEXT_ID]);
	return 0;
}

static int native_find_op(const struct json_in_value *text)
{
	char name[6 * 16];
	if (text->length > sizeof name)
		return -1;
	size_t length = json_in_text(text, name);
	return operation_find(name, length);
}

/* A field that stands there twice could be read in two ways. */
static int refuse_twice(const struct native_object *object, struct native_fault *fault)
{
	int field = __builtin_ctzll(object->twice);
	int number = field - FIELD_OF_NUMBER(0);
	fault->key = TEXT_error_twice;
	return native_fail(fault,
			   field == FIELD_OP ? "op"
			   : number < 0      ? request_text_name((enum request_text)field)
					     : request_number_field((enum request_number)number)->name,
			   ERROR_BAD_FIELD);
}

static int native_fill(struct request *request, const struct native_object *object,
		       struct native_fault *fault)
{
	const struct json_in_value *op = native_field_of(object, FIELD_OP);
	int error = op ? native_take_id(request, object, fault) : 0;
	if (error)
		return error;
	if (object->twice)
		return refuse_twice(object, fault);
	if (!op)
		return native_take_simple(request, object, fault);
	if (op->kind != JSON_IN_TEXT)
		return native_fail(fault, "op", ERROR_BAD_FIELD);
	int found = native_find_op(op);
	if (found < 0)
		return native_fail(fault, "op", ERROR_UNKNOWN_OP);
	request->op = (enum request_op)found;
	return native_take_fields(request, object, operation_of(request->op), fault);
}

void native_find_id(const char *bytes, size_t length, char id[LIMIT_ID_BYTES + 1])
{
	struct json_in_value value;
	char text[6 * LIMIT_ID_BYTES];
	*id = '\0';
	if (!json_in_find(bytes, length, "id", &value) || value.length > sizeof text)
		return;
	size_t bytes_used = json_in_text(&value, text);
	if (bytes_used > LIMIT_ID_BYTES || memchr(text, '\0', bytes_used))
		return;
	memcpy(id, text, bytes_used);
	id[bytes_used] = '\0';
}

int native_parse(const char *bytes, size_t length, struct request **request, struct native_fault *fault)
{
	struct native_object object;
	*fault = (struct native_fault){0};
	int error = native_read_object(&object, bytes, length, fault);
	if (error) {
		native_find_id(bytes, length, fault->id);
		return error;
	}
	struct request *made = request_new(REQUEST_SIMPLE, length);
	error = native_fill(made, &object, fault);
	if (error && !*fault->id)
		native_find_id(bytes, length, fault->id);
	if (error)
		request_free(made);
	else
		*request = made;
	return error;
}
