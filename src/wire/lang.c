#include "wire/lang.h"

#include "base/clock.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

extern const char lang_en_json[], lang_it_json[];

static const struct {
	const char *tag;
	const char *json;
} sources[LANG_COUNT] = {{"en", lang_en_json}, {"it", lang_it_json}};

static json_t *catalogues[LANG_COUNT];

void lang_init(void)
{
	for (int i = 0; i < LANG_COUNT; i++) {
		json_error_t problem;
		json_decref(catalogues[i]);
		catalogues[i] = json_loads(sources[i].json, 0, &problem);
		if (!json_is_object(catalogues[i])) {
			fprintf(stderr, "brusio: lang/%s.json line %d: %s\n", sources[i].tag, problem.line,
				problem.text);
			abort();
		}
	}
}

enum lang lang_from_tag(const char *tag, enum lang otherwise)
{
	for (int i = 0; tag && i < LANG_COUNT; i++) {
		size_t length = strlen(sources[i].tag);
		if (!strncasecmp(tag, sources[i].tag, length) &&
		    (!tag[length] || strchr("-_.@", tag[length])))
			return (enum lang)i;
	}
	return otherwise;
}

const char *lang_text(enum lang lang, const char *key)
{
	const char *text = json_string_value(json_object_get(catalogues[lang], key));
	return text ? text : key;
}

bool lang_has(enum lang lang, const char *key)
{
	return json_object_get(catalogues[lang], key);
}

/* A stamp is "2026-11-22T10:00:00.123Z"; people read it to the minute and in their own order. */
static void write_time(struct buffer *to, enum lang lang, int64_t time_ms)
{
	char stamp[CLOCK_TEXT_BYTES];
	clock_format(time_ms, stamp);
	if (lang == LANG_IT)
		buffer_printf(to, "%.2s/%.2s/%.4s alle %.5s UTC", stamp + 8, stamp + 5, stamp, stamp + 11);
	else
		buffer_printf(to, "%.10s %.5s UTC", stamp, stamp + 11);
}

static void write_placeholder(struct buffer *to, enum lang lang, const char *name, size_t length,
			      const struct text_args *args)
{
	const struct {
		const char *name, *value;
	} texts[] = {{"name", args->name}, {"room", args->room}, {"text", args->text}, {"by", args->by}};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (strlen(texts[i].name) == length && !memcmp(texts[i].name, name, length)) {
			buffer_add_string(to, texts[i].value ? texts[i].value : "");
			return;
		}
	if (length == 6 && !memcmp(name, "number", 6)) {
		buffer_printf(to, "%lld", (long long)args->number);
	} else if (length == 4 && !memcmp(name, "time", 4)) {
		write_time(to, lang, args->time_ms);
	} else {
		buffer_printf(to, "{%.*s}", (int)length, name);
	}
}

void lang_write(struct buffer *to, enum lang lang, const char *key, const struct text_args *args)
{
	const char *text = lang_text(lang, key);
	for (;;) {
		const char *open = strchr(text, '{');
		const char *close = open ? strchr(open, '}') : NULL;
		if (!close)
			break;
		buffer_add(to, text, (size_t)(open - text));
		write_placeholder(to, lang, open + 1, (size_t)(close - open - 1), args);
		text = close + 1;
	}
	buffer_add_string(to, text);
}
