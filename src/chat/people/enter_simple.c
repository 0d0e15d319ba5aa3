/* The simple form's first object, which names somebody; what follows it are messages. */
#include "chat/people/enter.h"

#include "base/text/code_point.h"
#include "base/logging.h"
#include "base/memory.h"
#include "base/text/utf8.h"
#include "chat/answer.h"
#include "chat/apply.h"
#include "chat/errand.h"
#include "chat/rooms/membership.h"
#include "chat/people/names.h"
#include "chat/need.h"
#include "chat/pace.h"
#include "chat/state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SUFFIX_MAX 100000

/* White space inside becomes '_', outside it goes. */
static char *simple_name(const char *name)
{
	while (*name == ' ' || *name == '\t')
		name++;
	size_t length = strlen(name);
	while (length && (name[length - 1] == ' ' || name[length - 1] == '\t'))
		length--;
	char *made = mem_string_n(name, length);
	for (char *at = made; *at; at++)
		if (*at == ' ' || *at == '\t')
			*at = '_';
	return made;
}

/* Cuts the name so that "-NUMBER" still fits. */
static void add_suffix(const char *name, int number, char *made, size_t made_bytes)
{
	char suffix[16];
	int suffix_length = snprintf(suffix, sizeof suffix, "-%d", number);
	size_t bytes = 0;
	for (int count = 0; name[bytes] && count < LIMIT_NAME_CODE_POINTS - suffix_length; count++) {
		bytes++;
		while (code_point_is_inner(name[bytes]))
			bytes++;
	}
	snprintf(made, made_bytes, "%.*s%s", (int)bytes, name, suffix);
}

static bool is_number_taken(struct chat *chat, const char *wanted, int number)
{
	char made[LIMIT_NAME_BYTES + 16];
	add_suffix(wanted, number, made, sizeof made);
	return names_is_taken(chat, made, NULL);
}

/* A name that nobody has, made of the one that is wanted; false where there are too many of them. The number is
 * found by doubling and halving, since a crowd of one name must not cost a look each. */
static bool free_name(struct chat *chat, const char *wanted, char *made, size_t made_bytes)
{
	int taken = 1, is_free = 2;
	snprintf(made, made_bytes, "%s", wanted);
	if (!names_is_taken(chat, made, NULL))
		return true;
	for (; is_free < SUFFIX_MAX && is_number_taken(chat, wanted, is_free); is_free = 2 * is_free - 1)
		taken = is_free;
	while (is_free < SUFFIX_MAX && is_free - taken > 1) {
		int middle = taken + (is_free - taken) / 2;
		*(is_number_taken(chat, wanted, middle) ? &taken : &is_free) = middle;
	}
	add_suffix(wanted, is_free, made, made_bytes);
	return is_free < SUFFIX_MAX;
}

/* The name that a simple form asked for, and the one it gets. */
struct naming {
	const char *wanted, *given;
};

static void then_simple_named(struct chat *chat, struct change *change)
{
	struct request *request = change->request;
	struct peer *peer = request->peer;
	const struct naming *naming = change->context;
	struct user *user = change->result == STORE_OK
				? users_find_id(&chat->users, batch_command(change, 0)->person.id)
				: NULL;
	if (!user) {
		apply_watch(chat);
		if (users_find(&chat->users, naming->given))
			hold_retry(chat, change);
		else
			answer_error(chat, request, ERROR_STORE_FAILED, TEXT_NONE, NULL);
		return;
	}
	user->has_suffix = strcmp(naming->wanted, naming->given) != 0;
	peer->is_simple = true;
	enter_attach(chat, request, user, NULL);
	struct reply *entered = answer_new(request, REPLY_ENTERED);
	entered->is_answer = false;
	entered->entered.name = reply_string(entered, user->name);
	entered->entered.asked = reply_string(entered, naming->wanted);
	entered->entered.author = peer->author;
	batch_reply(chat, peer, entered);
	LOG_INFO("user.enter", "connection=%llx name=%s ip=%s", (unsigned long long)peer->connection,
		 user->name, peer->address);
	change->request = NULL;
	request_hand_on(chat, request, membership_join_lobby);
}

static void add_simple_guest(struct chat *chat, struct request *request, const char *name)
{
	char made[LIMIT_NAME_BYTES + 16];
	if (!free_name(chat, name, made, sizeof made)) {
		answer_error(chat, request, ERROR_NAME_TAKEN, TEXT_NONE, &(struct text_args){.name = name});
		return;
	}
	if (!pace_may_come(chat, request))
		return;
	struct change *change = batch_change(chat, request, then_simple_named);
	struct arena *arena = batch_arena(chat);
	struct naming *naming = arena_zero(arena, sizeof *naming);
	*naming = (struct naming){.wanted = arena_string(arena, name), .given = arena_string(arena, made)};
	change->context = naming;
	enter_add_person(chat, change, naming->given)->kind = PERSON_GUEST;
}

static void enter_simple(struct chat *chat, struct request *request)
{
	const char *given = request->text[REQUEST_TEXT_NAME];
	if (!given) {
		answer_bad_field(chat, request, "from.name");
		return;
	}
	char *name = simple_name(given);
	struct text_args args = {.name = name};
	struct user *holder = users_find(&chat->users, name);
	if (!names_check(chat, request, name)) {
		/* It was answered. */
	} else if (!chat->config.allow_guests) {
		answer_error(chat, request, ERROR_AUTH_REQUIRED, TEXT_error_no_guests, &args);
	} else if (need_wait_for_user(chat, request, holder)) {
		/* It may be gone in a moment. */
	} else if (holder && user_is_account(holder)) {
		answer_error(chat, request, ERROR_NAME_TAKEN, TEXT_error_name_of_account, &args);
	} else if (!holder && users_find_like(&chat->users, name, NULL)) {
		/* With a number behind it, it would still be like the other. */
		names_refuse_taken(chat, request, name);
	} else {
		add_simple_guest(chat, request, name);
	}
	free(name);
}

void do_simple(struct chat *chat, struct request *request)
{
	const char *message = request->text[REQUEST_TEXT_MESSAGE];
	/* A first object only names; its message comes as a request of its own behind it. */
	bool is_naming = request->text[REQUEST_TEXT_NAME] != NULL;
	if (!request->peer->user)
		enter_simple(chat, request);
	else if (is_naming || !message || !*message)
		answer_ok(chat, request);
	else
		do_send(chat, request);
}
