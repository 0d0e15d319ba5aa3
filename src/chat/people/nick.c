/* Another name for the same person: all that is theirs stays theirs. */
#include "base/clock.h"
#include "base/text/utf8.h"
#include "chat/answer.h"
#include "chat/apply.h"
#include "chat/people/names.h"
#include "chat/need.h"
#include "chat/state.h"
#include "chat/people/watch.h"

#include <stdlib.h>

/* A name that is banned or muted in a room where they are would shut them up there. */
static bool check_new_name(struct chat *chat, const struct request *request, const char *folded)
{
	const struct sanction *sanction = NULL;
	for (const struct member *member = request->peer->user->memberships; member && !sanction;
	     member = member->next) {
		sanction = sanctions_find_name(&member->room->sanctions, folded, clock_wall_ms());
		struct text_args args = {.name = request->text[REQUEST_TEXT_NAME],
					 .room = member->room->name};
		if (sanction)
			answer_error(chat, request,
				     sanction->kind == SANCTION_BAN ? ERROR_BANNED : ERROR_MUTED,
				     TEXT_error_name_banned, &args);
	}
	return !sanction;
}

/* Somebody who is banned or muted somewhere keeps the name under which others know it. */
static bool may_rename(struct chat *chat, const struct request *request)
{
	size_t bucket = 0;
	for (struct table_link *link = NULL; (link = table_walk(&chat->rooms.by_name, &bucket, link));) {
		const struct room *room = TABLE_OF(link, struct room, by_name);
		const struct sanction *sanction =
		    room_meets(room, 0, request->peer->user, NULL, clock_wall_ms());
		if (!sanction)
			continue;
		struct text_args args = {.room = room->name, .time_ms = sanction->until_ms};
		answer_error(chat, request, sanction->kind == SANCTION_BAN ? ERROR_BANNED : ERROR_MUTED,
			     sanction->kind == SANCTION_BAN ? TEXT_error_banned_rename
							    : TEXT_error_muted_rename,
			     &args);
		return false;
	}
	return true;
}

static void tell_renamed(struct chat *chat, const struct request *request, const char *before)
{
	const struct user *user = request->peer->user;
	chat_begin_wide(chat);
	struct entry event = {.kind = ENTRY_NICK,
			      .author = request->peer->author,
			      .name = before,
			      .ip = peer_shown_ip(request->peer),
			      .wide = chat->wide,
			      .key = TEXT_event_nick,
			      .args = {.name = user->name, .by = before}};
	for (struct member *member = user->memberships; member; member = member->next) {
		event.args.room = member->room->name;
		tell_everybody(chat, member->room, &event);
	}
	chat_end_wide(chat);
}

static void then_nick_stored(struct chat *chat, struct change *change)
{
	const struct request *request = change->request;
	struct text_args args = {.name = request->text[REQUEST_TEXT_NAME]};
	if (change->result != STORE_OK) {
		apply_watch(chat);
		answer_error(chat, request, ERROR_NAME_TAKEN, TEXT_NONE, &args);
		return;
	}
	tell_renamed(chat, request, change->context);
	gone_note(&chat->gone, change->context, request->peer);
	watch_tell_renamed(chat, request->peer->user, change->context);
	answer_notice(chat, request, TEXT_notice_nick, &args);
}

void do_nick(struct chat *chat, struct request *request)
{
	struct user *user = need_user(chat, request);
	const char *name = request->text[REQUEST_TEXT_NAME];
	if (!user || !names_check(chat, request, name))
		return;
	struct user *holder = users_find(&chat->users, name);
	if (need_wait_for_user(chat, request, holder))
		return;
	if (names_is_taken(chat, name, user)) {
		names_refuse_taken(chat, request, name);
		return;
	}
	char *folded = utf8_fold(name);
	if (may_rename(chat, request) && check_new_name(chat, request, folded)) {
		struct change *change = batch_change(chat, request, then_nick_stored);
		struct arena *arena = batch_arena(chat);
		change->context = (void *)(uintptr_t)arena_string(arena, user->name);
		batch_add(chat, change, STORE_RENAME_PERSON)->person = (struct store_person){
		    .id = user->id, .name = name, .folded = arena_string(arena, folded)};
		names_reserve(chat, folded);
		user->changing = batch_mark_now(chat);
	}
	free(folded);
}
