#include "chat/configure.h"

#include "base/arena.h"
#include "base/limits.h"
#include "chat/people/admin.h"
#include "chat/answer.h"
#include "chat/talk/listing.h"
#include "chat/need.h"
#include "chat/state.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VALUE_BYTES 24 /* of any of them as text */

/* --- which there are --- */

/* A word of one of these, or one of the limits, between its bounds. They are called as in the configuration file. */
struct configure_key {
	const char *name;
	const char *const *choices; /* NULL-ended; the value is the word's place. NULL: a limit */
	size_t offset;              /* in struct chat_config */
	size_t bytes;               /* of the value there: a bool, an enum, an int64_t */
};

static const char *const configure_no_yes[] = {"no", "yes", NULL};
static const char *const configure_yes_no[] = {"yes", "no", NULL};
static const char *const configure_registration[] = {"closed", "open", NULL};
static const char *const configure_links[] = {
    [CHAT_LINKS_OF_ADMINS] = "admins", [CHAT_LINKS_OF_ACCOUNTS] = "accounts", [CHAT_LINKS_OFF] = "no", NULL};

#define PLACE(field) offsetof(struct chat_config, field), sizeof((struct chat_config *)0)->field
#define LIMIT(name)                             \
	{                                       \
#name, NULL, PLACE(limits.name) \
	}
static const struct configure_key configure_keys[] = {
    {"guests", configure_no_yes, PLACE(allow_guests)},
    {"registration", configure_registration, PLACE(allow_registration)},
    {"guest_files", configure_yes_no, PLACE(refuses_guest_files)},
    {"links", configure_links, PLACE(links)},
    LIMIT(account_rate),
    LIMIT(token_rate),
    LIMIT(told_per_second),
    LIMIT(guests_made_per_hour),
    LIMIT(rooms_made_per_hour),
    LIMIT(directs_per_hour),
};
#undef LIMIT
#undef PLACE
#define KEYS_COUNT (sizeof configure_keys / sizeof *configure_keys)

static_assert(KEYS_COUNT == CHAT_LIVE_KEYS, "each has a place in struct chat");

/* The bound of a limit in one of limits_lowest, limits_highest. */
static int64_t configure_bound(const struct limits *bounds, const struct configure_key *key)
{
	int64_t bound;
	assert(!key->choices);
	memcpy(&bound, (const char *)bounds + (key->offset - offsetof(struct chat_config, limits)),
	       sizeof bound);
	return bound;
}

static int64_t configure_get(const struct chat *chat, const struct configure_key *key)
{
	const char *at = (const char *)&chat->config + key->offset;
	int64_t number = 0;
	if (key->bytes == sizeof(bool))
		number = *(const bool *)at;
	else if (key->bytes == sizeof(enum chat_links))
		number = *(const enum chat_links *)(const void *)at;
	else
		memcpy(&number, at, sizeof number);
	return number;
}

static void configure_set(struct chat *chat, const struct configure_key *key, int64_t number)
{
	char *at = (char *)&chat->config + key->offset;
	if (key->bytes == sizeof(bool))
		*(bool *)at = number;
	else if (key->bytes == sizeof(enum chat_links))
		*(enum chat_links *)(void *)at = (enum chat_links)number;
	else
		memcpy(at, &number, sizeof number);
}

void configure_begin(struct chat *chat)
{
	for (size_t i = 0; i < KEYS_COUNT; i++)
		chat->configured[i] = configure_get(chat, &configure_keys[i]);
	if (chat->config.configured)
		chat->config.configured(&chat->config);
}

/* --- what they are --- */

static const char *configure_text(const struct configure_key *key, int64_t number, char text[VALUE_BYTES])
{
	if (key->choices)
		return key->choices[number];
	snprintf(text, VALUE_BYTES, "%lld", (long long)number);
	return text;
}

static void configure_add(struct reply *reply, const struct chat *chat, size_t i)
{
	const struct configure_key *key = &configure_keys[i];
	char value[VALUE_BYTES], configured[VALUE_BYTES], expected[2 * VALUE_BYTES] = "";
	const char *now = configure_text(key, configure_get(chat, key), value);
	for (size_t n = 0; key->choices && key->choices[n]; n++)
		snprintf(expected + strlen(expected), sizeof expected - strlen(expected), "%s%s",
			 n ? "|" : "", key->choices[n]);
	if (!key->choices)
		snprintf(expected, sizeof expected, "%lld-%lld",
			 (long long)configure_bound(&limits_lowest, key),
			 (long long)configure_bound(&limits_highest, key));
	struct text_args args = {.name = key->name, .text = now, .field = expected};
	struct listing_row *row = listing_add(reply, TEXT_answer_config_row, &args);
	listing_add_text(reply, row, "key", key->name);
	listing_add_text(reply, row, "value", now);
	listing_add_text(reply, row, "configured", configure_text(key, chat->configured[i], configured));
	listing_add_text(reply, row, "expected", expected);
}

/* --- what changes --- */

static bool configure_read(const struct configure_key *key, const char *value, int64_t *number)
{
	char *end;
	if (!key->choices) {
		errno = 0;
		*number = strtoll(value, &end, 10);
		return *value >= '0' && *value <= '9' && !*end && !errno &&
		       *number >= configure_bound(&limits_lowest, key) &&
		       *number <= configure_bound(&limits_highest, key);
	}
	for (*number = 0; key->choices[*number]; ++*number)
		if (!strcmp(value, key->choices[*number]))
			return true;
	return false;
}

/* Refuses to open registration where others say who somebody is: they may give the name to another person. */
static bool configure_may(const struct chat *chat, const struct configure_key *key, int64_t number)
{
	return key->choices != configure_registration || !number || chat->config.allow_link_registration;
}

struct configuring {
	size_t i;
	int64_t number;
};

static void configure_then_noted(struct chat *chat, struct change *change)
{
	const struct configuring *wish = change->context;
	if (change->result != STORE_OK) {
		answer_error(chat, change->request, ERROR_STORE_FAILED, TEXT_NONE, NULL);
		return;
	}
	configure_set(chat, &configure_keys[wish->i], wish->number);
	if (chat->config.configured)
		chat->config.configured(&chat->config);
	struct reply *reply = listing_new(change->request, "config", TEXT_answer_config);
	configure_add(reply, chat, wish->i);
	batch_reply(chat, change->request->peer, reply);
}

/* It holds once the record has it. */
static void configure_change(struct chat *chat, struct request *request, struct configuring wish)
{
	const struct configure_key *key = &configure_keys[wish.i];
	char value[VALUE_BYTES], deed[64];
	struct change *change = batch_change(chat, request, configure_then_noted);
	struct configuring *kept = change->context = arena_zero(batch_arena(chat), sizeof *kept);
	*kept = wish;
	snprintf(deed, sizeof deed, "%s = %s", key->name, configure_text(key, wish.number, value));
	admin_add_deed(chat, change, "config", deed);
}

void do_config(struct chat *chat, struct request *request)
{
	const char *name = request->text[REQUEST_TEXT_KEY], *value = request->text[REQUEST_TEXT_VALUE];
	struct configuring wish = {0};
	if (!need_admin(chat, request))
		return;
	while (name && wish.i < KEYS_COUNT && strcmp(name, configure_keys[wish.i].name) != 0)
		wish.i++;
	if (wish.i == KEYS_COUNT || (value && !name)) {
		answer_bad_field(chat, request, "key");
	} else if (value && !configure_read(&configure_keys[wish.i], value, &wish.number)) {
		answer_bad_field(chat, request, "value");
	} else if (value && !configure_may(chat, &configure_keys[wish.i], wish.number)) {
		answer_error(chat, request, ERROR_FORBIDDEN, TEXT_error_registration_elsewhere, NULL);
	} else if (value) {
		configure_change(chat, request, wish);
	} else {
		struct reply *reply = listing_new(request, "config", TEXT_answer_config);
		for (size_t i = name ? wish.i : 0; i < (name ? wish.i + 1 : KEYS_COUNT); i++)
			configure_add(reply, chat, i);
		batch_reply(chat, request->peer, reply);
	}
}
