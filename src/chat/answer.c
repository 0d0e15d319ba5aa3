#include "chat/answer.h"

#include "chat/batch.h"
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
	struct reply *reply = answer_new(request, REPLY_ERROR);
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
	batch_reply(chat, peer, reply);
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

void tell_room_of(struct chat *chat, struct room *room, const struct user *user, struct entry *event)
{
	const struct peer *peer = user->peers;
	event->name = user->name;
	event->flags |= user_is_account(user) ? 0 : ENTRY_GUEST;
	event->ip = peer ? peer_shown_ip(peer) : NULL;
	event->wide = chat->wide;
	if (!event->args.name)
		event->args.name = user->name;
	if (!event->args.room)
		event->args.room = room->name;
	batch_event(chat, room, event);
}

void tell_room(struct chat *chat, struct room *room, enum entry_kind kind, const struct user *user,
	       uint64_t author, enum text key, const struct text_args *args)
{
	struct entry event = {.kind = kind, .author = author, .key = key};
	if (args)
		event.args = *args;
	tell_room_of(chat, room, user, &event);
}
