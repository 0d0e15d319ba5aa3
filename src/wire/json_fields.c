#include "wire/json_fields.h"

#include <string.h>

/* NULL where the text holds a NUL, which would end it, or half a surrogate pair. */
static const char *json_fields_copy(struct arena *arena, const struct json_in_value *value)
{
	char *copy = arena_zero(arena, value->length + 1);
	size_t length = json_in_text(value, copy);
	return value->is_broken || memchr(copy, '\0', length) ? NULL : copy;
}

static bool add_json_field(struct json_fields *fields, struct arena *arena, const struct json_in_value *name,
			   const struct json_in_value *value)
{
	struct json_field field = {.name = json_fields_copy(arena, name), .value = *value};
	if (value->kind == JSON_IN_TEXT && !(field.text = json_fields_copy(arena, value)))
		return false;
	if (!field.name || fields->count == JSON_FIELDS_MAX)
		return false;
	for (size_t i = 0; i < fields->count; i++)
		if (!strcmp(fields->fields[i].name, field.name))
			return false;
	fields->fields[fields->count++] = field;
	return true;
}

bool json_fields_read(struct json_fields *fields, struct arena *arena, const char *bytes, size_t length)
{
	struct json_in in;
	struct json_in_value name, value;
	fields->count = 0;
	json_in_open(&in, bytes, length);
	while (json_in_next(&in, &name, &value))
		if (!add_json_field(fields, arena, &name, &value))
			return false;
	return !in.is_wrong;
}

const struct json_field *json_fields_find(const struct json_fields *fields, const char *name)
{
	for (size_t i = 0; i < fields->count; i++)
		if (!strcmp(fields->fields[i].name, name))
			return fields->fields[i].value.kind == JSON_IN_NULL ? NULL : &fields->fields[i];
	return NULL;
}

const char *json_fields_text(const struct json_fields *fields, const char *name)
{
	const struct json_field *field = json_fields_find(fields, name);
	return field ? field->text : NULL;
}
