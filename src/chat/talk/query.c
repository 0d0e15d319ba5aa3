#include "chat/talk/query.h"

#include "base/clock.h"
#include "base/text/utf8.h"
#include "base/text/words.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

#define DAY_BYTES 10 /* "2026-11-01" */

static bool query_fail(struct query *query, enum text problem, const char *piece)
{
	query->problem = problem;
	query->piece = piece;
	return false;
}

static const char *copy(struct query *query, const char *text, size_t length)
{
	char *made = arena_zero(&query->arena, length + 1);
	memcpy(made, text, length);
	return made;
}

/* --- words --- */

static int stop_at_word(void *context, const char *word, size_t bytes, bool is_same_place)
{
	(void)context;
	(void)word;
	(void)bytes;
	(void)is_same_place;
	return 1;
}

/* Signs alone are passed over: they are in no index, and stand beside words that are. */
static bool query_add_term(struct query *query, const char *text, size_t length, bool is_prefix,
			   bool is_excluded)
{
	if (!words_split(text, length, WORDS_OF_QUERY, stop_at_word, NULL))
		return true;
	if (query->terms_count == LIMIT_QUERY_TERMS)
		return query_fail(query, TEXT_error_query_long, NULL);
	query->terms[query->terms_count++] = (struct store_term){
	    .text = copy(query, text, length),
	    .is_prefix = is_prefix || words_may_go_on(text, length),
	    .is_excluded = is_excluded,
	};
	return true;
}

/* --- KEY:VALUE --- */

static bool take_from(struct query *query, const char *value)
{
	const char *name = value + (*value == '@');
	if (!utf8_is_user_name(name))
		return query_fail(query, TEXT_error_query_from, value);
	if (query->from)
		return query_fail(query, TEXT_error_query_twice, "from:");
	query->from = name;
	return true;
}

static bool take_in(struct query *query, const char *value)
{
	bool has_sigil = *value == '#' || *value == '@';
	char *room = arena_zero(&query->arena, strlen(value) + 2);
	*room = '#';
	strcpy(room + !has_sigil, value);
	/* The name of somebody who is gone has a number: "@luca!7". */
	if (*room == '@' ? !room[1] : !utf8_is_room_name(room))
		return query_fail(query, TEXT_error_query_in, value);
	if (query->room)
		return query_fail(query, TEXT_error_query_twice, "in:");
	query->room = room;
	return true;
}

static bool take_has(struct query *query, const char *value)
{
	if (!strcasecmp(value, "link"))
		query->has_link = true;
	else if (!strcasecmp(value, "file"))
		query->has_file = true;
	else if (!strcasecmp(value, "reaction"))
		query->has_reaction = true;
	else
		return query_fail(query, TEXT_error_query_has, value);
	return true;
}

/* A message that was said before 1970 is not there. */
static void bound_until(struct query *query, int64_t until_ms)
{
	until_ms = until_ms > 1 ? until_ms : 1;
	if (!query->until_ms || until_ms < query->until_ms)
		query->until_ms = until_ms;
}

static void bound_since(struct query *query, int64_t since_ms)
{
	if (since_ms > query->since_ms)
		query->since_ms = since_ms;
}

/* The first instant of the day or the time, and the first one behind it. */
static bool read_span(struct query *query, const char *value, int64_t *first_ms, int64_t *end_ms)
{
	if (!clock_parse(value, first_ms))
		return query_fail(query, TEXT_error_query_day, value);
	*end_ms = *first_ms + (strlen(value) == DAY_BYTES ? CLOCK_DAY_MS : 1);
	return true;
}

static bool take_before(struct query *query, const char *value)
{
	int64_t first_ms, end_ms;
	if (!read_span(query, value, &first_ms, &end_ms))
		return false;
	bound_until(query, first_ms);
	return true;
}

static bool take_after(struct query *query, const char *value)
{
	int64_t first_ms, end_ms;
	if (!read_span(query, value, &first_ms, &end_ms))
		return false;
	bound_since(query, end_ms);
	return true;
}

/* The day of a time, in UTC. */
static bool take_on(struct query *query, const char *value)
{
	int64_t first_ms, end_ms;
	if (!read_span(query, value, &first_ms, &end_ms))
		return false;
	int64_t behind_ms = first_ms % CLOCK_DAY_MS;
	first_ms -= behind_ms < 0 ? behind_ms + CLOCK_DAY_MS : behind_ms;
	bound_since(query, first_ms);
	bound_until(query, first_ms + CLOCK_DAY_MS);
	return true;
}

static const struct key {
	const char *name;
	bool (*take)(struct query *query, const char *value);
} keys[] = {
    {"from:", take_from}, {"in:", take_in},         {"has:", take_has},
    {"on:", take_on},     {"before:", take_before}, {"after:", take_after},
};

static const struct key *key_at(const char *text)
{
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		if (!strncasecmp(text, keys[i].name, strlen(keys[i].name)))
			return &keys[i];
	return NULL;
}

/* --- pieces --- */

static bool take_value(struct query *query, const struct key *key, const char **at, bool is_excluded)
{
	*at += strlen(key->name);
	size_t length = strcspn(*at, " \t\r\n\"");
	const char *value = copy(query, *at, length);
	*at += length;
	if (is_excluded)
		return query_fail(query, TEXT_error_query_excluded, key->name);
	if (!*value)
		return query_fail(query, TEXT_error_query_value, key->name);
	return key->take(query, value);
}

/* Behind the opening quote. */
static bool take_phrase(struct query *query, const char **at, bool is_excluded)
{
	const char *text = *at, *end = strchr(text, '"');
	if (!end)
		return query_fail(query, TEXT_error_query_quote, copy(query, text - 1, strlen(text - 1)));
	*at = end + 1;
	bool is_prefix = **at == '*';
	*at += is_prefix;
	return query_add_term(query, text, (size_t)(end - text), is_prefix, is_excluded);
}

static bool query_take_word(struct query *query, const char **at, bool is_excluded)
{
	size_t length = strcspn(*at, " \t\r\n\"");
	const char *text = *at;
	*at += length;
	bool is_prefix = text[length - 1] == '*';
	while (length && text[length - 1] == '*')
		length--;
	return query_add_term(query, text, length, is_prefix, is_excluded);
}

static bool take_piece(struct query *query, const char **at)
{
	bool is_excluded = **at == '-' && !strchr(" \t\r\n", (*at)[1]);
	*at += is_excluded;
	const struct key *key = key_at(*at);
	if (key)
		return take_value(query, key, at, is_excluded);
	if (**at != '"')
		return query_take_word(query, at, is_excluded);
	++*at;
	return take_phrase(query, at, is_excluded);
}

bool query_wants_something(const struct query *query)
{
	for (size_t i = 0; i < query->terms_count; i++)
		if (!query->terms[i].is_excluded)
			return true;
	return query->from || query->room || query->has_link || query->has_file || query->has_reaction ||
	       query->since_ms || query->until_ms;
}

bool query_read(struct query *query, const char *text)
{
	*query = (struct query){.terms_count = 0};
	while (*text) {
		if (strchr(" \t\r\n", *text))
			text++;
		else if (!take_piece(query, &text))
			return false;
	}
	assert(query->terms_count <= LIMIT_QUERY_TERMS);
	return true;
}

void query_release(struct query *query)
{
	arena_release(&query->arena);
}
