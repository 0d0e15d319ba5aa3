#include "wire/lang.h"

#include "base/clock.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

static const char *const tags[LANG_COUNT] = {"en", "it"};

enum lang lang_from_tag(const char *tag, enum lang otherwise)
{
	for (int i = 0; tag && i < LANG_COUNT; i++) {
		size_t length = strlen(tags[i]);
		if (!strncasecmp(tag, tags[i], length) && (!tag[length] || strchr("-_.@", tag[length])))
			return (enum lang)i;
	}
	return otherwise;
}

const char *lang_text(enum lang lang, enum text key)
{
	assert(lang < LANG_COUNT && key < TEXT_COUNT);
	assert(key > TEXT_NONE && key < TEXT_COUNT && (unsigned)lang < LANG_COUNT);
	return lang_texts[key][lang];
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

void lang_fill(struct buffer *to, enum lang lang, const char *text, const struct text_args *args)
{
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

void lang_write(struct buffer *to, enum lang lang, enum text key, const struct text_args *args)
{
	lang_fill(to, lang, lang_text(lang, key), args);
}
