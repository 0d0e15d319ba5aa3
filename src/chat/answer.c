#include "chat/answer.h"

#include "chat/batch.h"
#include "chat/people/block.h"
#include "chat/node.h"
#include "chat/state.h"

struct reply *answer_new(const struct request *request, enum reply_kind kind)
{
	return reply_to(request, kind, request->peer->connection);
}

void answer_ok(struct chat *chat, const struct request *request)
{
	batch_reply(chat, request->peer, answer_new(request, REPLY_OK));
}

void answer_notice(struct chat *chat, const struct request *request, enum text key,
		   const struct text_args *args)
{
	struct reply *reply = answer_new(request, REPLY_OK);
	reply_set_text(reply, key, args);
	batch_reply(chat, request->peer, reply);
}

void answer_error(struct chat *chat, const struct request *request, enum error_code code, enum text key,
		  const struct text_args *args)
{
	if (node_asks_before(chat, request, code))
		return;
	struct reply *reply = answer_new(request, REPLY_ERROR);
	bool is_refused = code == ERROR_STORE_FAILED && chat->silence.is_refusing;
	if (is_refused)
		code = ERROR_BUSY, key = TEXT_error_store_waits;
	reply->note.error = code;
	reply_set_text(reply, key, args);
	batch_reply(chat, request->peer, reply);
}

void answer_bad_field(struct chat *chat, const struct request *request, const char *field)
{
	struct text_args args = {.text = field, .field = field};
	answer_error(chat, request, ERROR_BAD_FIELD, TEXT_NONE, &args);
}

void answer_limit(struct chat *chat, const struct request *request, enum text key, int64_t number)
{
	struct text_args args = {.number = number};
	answer_error(chat, request, ERROR_LIMIT, key, &args);
}

void answer_read_failed(struct chat *chat, const struct request *request)
{
	answer_error(chat, request, ERROR_STORE_FAILED, TEXT_error_read_failed, NULL);
}

void answer_ack(struct chat *chat, const struct request *request, const struct room *room,
		const struct entry *entry)
{
	struct reply *ack = answer_new(request, REPLY_ACK);
	char shown[ROOM_SHOWN_BYTES];
	ack->room = reply_string(ack, room_name_for(room, request->peer->user, shown));
	ack->ack.seq = entry->seq;
	ack->ack.time_ms = entry->time_ms;
	batch_reply(chat, request->peer, ack);
}

struct reply *tell_peer(struct chat *chat, const struct peer *peer, enum reply_kind kind)
{
	struct reply *reply = reply_new(kind, peer->connection);
	batch_tell(chat, peer, reply);
	return reply;
}

void tell_event(struct chat *chat, const struct peer *peer, const struct entry *event)
{
	struct reply *reply = tell_peer(chat, peer, REPLY_EVENT);
	reply_copy_entry(reply, &reply->event, event);
}

void tell_user(struct chat *chat, const struct user *user, const struct peer *except,
	       const struct entry *event)
{
	for (const struct peer *peer = user->peers; peer; peer = peer->next)
		if (peer != except && !peer->is_simple)
			tell_event(chat, peer, event);
}

/* True for an event that holds somebody's own words, not who they are or what they do. */
static bool is_of_words(const struct entry *event)
{
	return event->kind == ENTRY_AWAY || event->kind == ENTRY_TYPING || event->kind == ENTRY_REALNAME ||
	       event->kind == ENTRY_TAGGED || (event->kind == ENTRY_PROPERTY && !event->code);
}

/* Those who have blocked somebody are told that they come and go, without a word. */
static void tell_bare(struct chat *chat, struct room *room, const struct entry *event)
{
	struct entry bare = *event;
	bare.args.by = bare.args.text = NULL;
	bare.key = event->kind == ENTRY_EXIT ? TEXT_event_exit : event->key;
	bare.is_for_untold = event->untold_count;
	batch_event(chat, room, &bare);
}

void tell_room_but_blockers(struct chat *chat, struct room *room, const struct user *user,
			    struct entry *event)
{
	int64_t people[LIMIT_UNTOLD];
	bool has_words = is_of_words(event) || ((event->kind == ENTRY_ENTER && event->args.by) ||
						(event->kind == ENTRY_EXIT && event->args.text));
	told_event(chat, room, user, event);
	size_t count = has_words ? blocks_in(&chat->users, room, user, people, LIMIT_UNTOLD) : 0;
	bool is_told = count <= LIMIT_UNTOLD;
	event->untold = people;
	event->untold_count = is_told ? count : 0;
	if (is_told)
		batch_event(chat, room, event);
	if (count && !is_of_words(event))
		tell_bare(chat, room, event);
	event->untold = NULL;
	event->untold_count = 0;
}

void tell_everybody(struct chat *chat, struct room *room, const struct entry *event)
{
	told_event(chat, room, NULL, event);
	batch_event(chat, room, event);
}

void tell_room_of(struct chat *chat, struct room *room, const struct user *user, struct entry *event)
{
	const struct peer *peer = user->peers;
	event->name = user->name;
	event->flags |= user_is_account(user) ? 0 : ENTRY_GUEST;
	if (peer)
		event->ip = peer_shown_ip(peer);
	event->wide = chat->wide;
	if (!event->args.name)
		event->args.name = user->name;
	if (!event->args.room)
		event->args.room = room->name;
	tell_room_but_blockers(chat, room, user, event);
}

void tell_room(struct chat *chat, struct room *room, enum entry_kind kind, const struct user *user,
	       uint64_t author, enum text key, const struct text_args *args)
{
	struct entry event = {.kind = kind, .author = author, .key = key};
	if (args)
		event.args = *args;
	tell_room_of(chat, room, user, &event);
}
