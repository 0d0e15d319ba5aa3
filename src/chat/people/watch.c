#include "chat/people/watch.h"

#include "base/memory.h"
#include "base/text/utf8.h"
#include "chat/answer.h"
#include "chat/people/block.h"
#include "chat/rooms/list.h"
#include "chat/need.h"
#include "chat/state.h"

#include <stdlib.h>
#include <string.h>

struct watch {
	struct table_link by_name; /* hashed by the folded name */
	struct watch *next;        /* of the same peer */
	struct peer *peer;
	char folded[];
};

static struct watch *next_of(struct table_link *link, uint64_t hash, const char *folded)
{
	while (link && strcmp(TABLE_OF(link, struct watch, by_name)->folded, folded) != 0)
		link = table_next(link, hash);
	return link ? TABLE_OF(link, struct watch, by_name) : NULL;
}

/* Those who have blocked `user` are told that they come and go, and nothing else. */
static void tell(struct chat *chat, const char *folded, const struct user *user, const struct entry *event)
{
	bool is_presence = event->kind == ENTRY_ONLINE || event->kind == ENTRY_OFFLINE;
	uint64_t hash = table_hash_string(folded);
	struct watch *watch = next_of(table_first(&chat->watches, hash), hash, folded);
	for (; watch; watch = next_of(table_next(&watch->by_name, hash), hash, folded))
		if (is_presence || !user_has_blocked(watch->peer->user, user))
			tell_event(chat, watch->peer, event);
}

void watch_tell(struct chat *chat, const struct user *user, const struct entry *event)
{
	const struct distant_looks *looks = distant_find_looks(chat, user);
	struct entry told = *event;
	told.name = user->name;
	told.ip = user->peers ? peer_shown_ip(user->peers) : looks ? looks->ip : NULL;
	told.flags |= user_is_account(user) ? 0 : ENTRY_GUEST;
	told.wide = chat->wide;
	if (chat->watches.count)
		tell(chat, user_folded(user), user, &told);
}

void watch_tell_presence(struct chat *chat, const struct user *user, bool is_online)
{
	watch_tell(chat, user, &(struct entry){.kind = is_online ? ENTRY_ONLINE : ENTRY_OFFLINE});
}

void watch_tell_renamed(struct chat *chat, const struct user *user, const char *before)
{
	char *folded = utf8_fold(before);
	if (chat->watches.count && strcmp(folded, user_folded(user)) != 0) {
		tell(chat, folded, user, &(struct entry){.kind = ENTRY_OFFLINE, .name = before});
		watch_tell_presence(chat, user, true);
	}
	free(folded);
}

/* --- who watches whom --- */

static void watch_drop(struct chat *chat, struct watch **at)
{
	struct watch *watch = *at;
	*at = watch->next;
	table_remove(&chat->watches, &watch->by_name);
	free(watch);
}

void watch_forget(struct chat *chat, struct peer *peer)
{
	while (peer->watches)
		watch_drop(chat, &peer->watches);
}

static size_t count_watches(const struct peer *peer)
{
	size_t count = 0;
	for (const struct watch *watch = peer->watches; watch; watch = watch->next)
		count++;
	return count;
}

static void add(struct chat *chat, struct peer *peer, const char *folded)
{
	struct watch *watch = mem_zero(sizeof *watch + strlen(folded) + 1);
	strcpy(watch->folded, folded);
	watch->peer = peer;
	watch->next = peer->watches;
	peer->watches = watch;
	table_insert(&chat->watches, &watch->by_name, table_hash_string(folded));
}

/* Answers with who they are, where they are here. */
static void answer_presence(struct chat *chat, const struct request *request, struct user *user)
{
	struct reply *reply = answer_new(request, REPLY_LOOK);
	if (user && user_is_online(user))
		list_show_person(chat, reply, user, request->peer->user);
	batch_reply(chat, request->peer, reply);
}

void do_watch(struct chat *chat, struct request *request)
{
	struct peer *peer = request->peer;
	const char *name = request->text[REQUEST_TEXT_NAME];
	if (!need_user(chat, request))
		return;
	if (!name) {
		watch_forget(chat, peer);
		answer_ok(chat, request);
		return;
	}
	char *folded = utf8_fold(name);
	struct watch **at = &peer->watches;
	while (*at && strcmp((*at)->folded, folded) != 0)
		at = &(*at)->next;
	bool is_on = request->number[REQUEST_NUMBER_ON];
	bool is_full = is_on && !*at && count_watches(peer) >= LIMIT_WATCHES;
	if (is_on && !*at && !is_full)
		add(chat, peer, folded);
	if (!is_on && *at)
		watch_drop(chat, at);
	free(folded);
	if (is_full)
		answer_error(chat, request, ERROR_LIMIT, TEXT_NONE,
			     &(struct text_args){.number = LIMIT_WATCHES});
	else if (is_on)
		answer_presence(chat, request, users_find(&chat->users, name));
	else
		answer_ok(chat, request);
}
