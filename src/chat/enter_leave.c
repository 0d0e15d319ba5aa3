/* Leaving: the end of a connection, of a session, of a guest. */
#include "chat/people/enter.h"

#include "base/clock.h"
#include "base/memory.h"
#include "chat/answer.h"
#include "chat/rooms/membership.h"
#include "chat/state.h"
#include "chat/people/watch.h"

#include <assert.h>
#include <string.h>

#define RETRY_MS 5000

/* The store notes when the session was left, so that a restart knows how long it still lives. */
static void note_session_left(struct chat *chat, struct user *user, struct session *session,
			      const char *address)
{
	struct change *change = batch_change(chat, NULL, NULL);
	struct store_command *see = batch_add(chat, change, STORE_SEE_SESSION);
	see->session.person = user->id;
	see->session.seen_ms = clock_wall_ms();
	memcpy(see->session.hash, session->hash, sizeof session->hash);
	users_expire_at(&chat->users, user, session,
			clock_mono_ms() + chat->config.limits.session_seconds * 1000, address);
}

static bool has_session_peer(const struct user *user, const struct session *session)
{
	const struct peer *peer = user->peers;
	while (peer && peer->session != session)
		peer = peer->next;
	return peer != NULL;
}

static void then_removed(struct chat *chat, struct change *change)
{
	assert(batch_command(change, 0)->op == STORE_REMOVE_PERSON);
	struct user *user = users_find_id(&chat->users, batch_command(change, 0)->person.id);
	if (!user || change->result == STORE_OK)
		return;
	user->is_leaving = false;
	chat->has_strays = true;
}

void enter_remove_guest(struct chat *chat, struct user *user)
{
	if (user->is_leaving)
		return;
	struct change *change = batch_change(chat, NULL, then_removed);
	batch_add(chat, change, STORE_REMOVE_PERSON)->person.id = user->id;
	for (const struct member *member = user->memberships; member; member = member->next)
		membership_add_end(chat, change, member);
	user->is_leaving = true;
	user->changing = batch_mark_now(chat);
}

static void then_session_ended(struct chat *chat, struct change *change)
{
	assert(batch_command(change, 0)->op == STORE_DROP_SESSION);
	const struct store_session *stored = &batch_command(change, 0)->session;
	struct user *user = users_find_id(&chat->users, stored->person);
	struct session *session = user ? user_find_session(user, stored->hash) : NULL;
	if (session && change->result != STORE_OK)
		users_expire_at(&chat->users, user, session, clock_mono_ms() + RETRY_MS, "");
}

void enter_add_session_end(struct chat *chat, struct change *change, const struct user *user,
			   const struct session *session)
{
	struct store_command *drop = batch_add(chat, change, STORE_DROP_SESSION);
	drop->session.person = user->id;
	memcpy(drop->session.hash, session->hash, sizeof session->hash);
}

void enter_end_session(struct chat *chat, struct user *user, struct session *session)
{
	users_expire_never(&chat->users, session);
	if (!user_is_account(user) && !user->peers && !session->next && user->sessions == session) {
		enter_remove_guest(chat, user);
		return;
	}
	enter_add_session_end(chat, batch_change(chat, NULL, then_session_ended), user, session);
	user->changing = batch_mark_now(chat);
}

/* Guests are not waited for without a bound. One who is coming back just now is left alone. */
static void end_surplus(struct chat *chat, const char *address)
{
	struct idle *idle;
	while ((idle = users_surplus(&chat->users, address, &chat->config.limits)) &&
	       !batch_is_under_way(chat, idle->user->changing))
		enter_end_session(chat, idle->user, idle->session);
}

/* The connection no longer belongs to anybody, and reads nothing. `reason` is what it said of that, or NULL. */
static void enter_leave(struct chat *chat, struct peer *peer, const char *reason)
{
	struct user *user = peer->user;
	struct session *session = peer->session;
	chat_begin_wide(chat);
	while (peer->followings)
		membership_unfollow(chat, peer, peer->followings, reason);
	chat_end_wide(chat);
	if (!user)
		return;
	watch_forget(chat, peer);
	if (user->peers == peer && !peer->next)
		gone_note(&chat->gone, user->name, peer);
	user_remove_peer(peer);
	users_set_rights(&chat->users, user, user->is_named_admin, user->has_factor);
	told_went(chat, user->id);
	if (!user->peers && !user->is_distant) {
		chat_count_online(chat, -1);
		watch_tell_presence(chat, user, false);
	}
	peer->session = NULL;
	if (session && session->is_elsewhere)
		; /* it goes on there */
	else if (session && !has_session_peer(user, session) && peer->is_fleeting)
		enter_end_session(chat, user, session);
	else if (session && !has_session_peer(user, session))
		note_session_left(chat, user, session, peer->address);
	end_surplus(chat, peer->address);
	if (!user->peers && !user->sessions && !user_is_account(user) && !user->is_elsewhere)
		enter_remove_guest(chat, user);
}

void enter_expel_peer(struct chat *chat, struct peer *peer, enum text key)
{
	reply_set_text(tell_peer(chat, peer, REPLY_CLOSE), key, NULL);
	enter_leave(chat, peer, NULL);
}

static size_t count_peers(const struct user *user)
{
	size_t count = 0;
	for (const struct peer *peer = user->peers; peer; peer = peer->next)
		count++;
	return count;
}

void enter_kill_user(struct chat *chat, struct user *user, const struct text_args *args)
{
	/* The last of them may take the user along. */
	for (size_t left = count_peers(user); left; left--) {
		struct peer *peer = user->peers;
		reply_set_text(tell_peer(chat, peer, REPLY_NOTICE), TEXT_notice_killed, args);
		enter_expel_peer(chat, peer, TEXT_NONE);
	}
}

void enter_expel_user(struct chat *chat, struct user *user, enum text key)
{
	/* Nothing is left of them to be noted: they go as a whole. */
	user->is_leaving = true;
	while (user->peers)
		enter_expel_peer(chat, user->peers, key);
}

void enter_remove_strays(struct chat *chat)
{
	size_t bucket = 0;
	if (!chat->has_strays)
		return;
	chat->has_strays = false;
	for (struct table_link *link = NULL; (link = table_walk(&chat->users.by_id, &bucket, link));) {
		struct user *user = TABLE_OF(link, struct user, by_id);
		if (!user->peers && !user->sessions && !user_is_account(user) && !user->is_gone &&
		    !user->is_elsewhere)
			enter_remove_guest(chat, user);
	}
}

void enter_expire(struct chat *chat)
{
	struct idle *idle;
	while ((idle = users_expired(&chat->users, clock_mono_ms())))
		enter_end_session(chat, idle->user, idle->session);
}

/* Frees the peer where its gateway has let go and nothing is under way for it. */
static void enter_release_peer(struct peer *peer)
{
	if (peer->is_closed && !peer->waits)
		peer_free(peer);
}

void do_closed(struct chat *chat, struct request *request)
{
	struct peer *peer = request->peer;
	if (peer->is_uploading)
		file_forget_upload(chat, peer);
	if (peer->user && chat->is_going && chat->config.store->node)
		distant_keep(chat, peer);
	enter_leave(chat, peer, NULL);
	peer->is_closed = true;
	enter_release_peer(peer);
}

/* They have left before they hear "bye", so that the next to come can have a simple form's name at once: scripts
 * that say one thing each depend on that. */
void do_quit(struct chat *chat, struct request *request)
{
	struct peer *peer = request->peer;
	struct user *user = peer->user;
	struct session *session = peer->session;
	enter_leave(chat, peer, request->text[REQUEST_TEXT_REASON]);
	if (session && request->number[REQUEST_NUMBER_FORGET] && session->idle)
		enter_end_session(chat, user, session);
	batch_reply(chat, peer, answer_new(request, REPLY_BYE));
}
