/* How handlers answer.
 *
 * Layer: chat, private to it. Threads: the chat thread's alone. Every request has one answer. */
#ifndef BRUSIO_CHAT_ANSWER_H
#define BRUSIO_CHAT_ANSWER_H

#include "base/entry.h"
#include "base/error.h"
#include "base/request.h"
#include "chat/reply.h"
#include "chat/rooms/room.h"

struct chat;

/* An empty answer of this kind, to be filled in and sent by batch_reply(). */
struct reply *answer_new(const struct request *request, enum reply_kind kind);

void answer_ok(struct chat *chat, const struct request *request);
/* An answer to a command that is a text for people. */
void answer_notice(struct chat *chat, const struct request *request, enum text key,
		   const struct text_args *args);
/* `key` is the text for people; TEXT_NONE: "error.CODE". */
void answer_error(struct chat *chat, const struct request *request, enum error_code code, enum text key,
		  const struct text_args *args);
/* Says which field was wrong. */
void answer_bad_field(struct chat *chat, const struct request *request, const char *field);
/* Says which bound was reached: `key` tells which, `number` is where it stands. */
void answer_limit(struct chat *chat, const struct request *request, enum text key, int64_t number);
/* The store could not be read. */
void answer_read_failed(struct chat *chat, const struct request *request);
/* The entry is stored. */
void answer_ack(struct chat *chat, const struct request *request, const struct room *room,
		const struct entry *entry);

/* --- to connections that did not ask --- */

/* A reply to a connection, already on its way. */
struct reply *tell_peer(struct chat *chat, const struct peer *peer, enum reply_kind kind);
/* An event for one connection alone. */
void tell_event(struct chat *chat, const struct peer *peer, const struct entry *event);
/* The same to all connections of the user but one, which may be NULL; simple forms are not told. */
void tell_user(struct chat *chat, const struct user *user, const struct peer *except,
	       const struct entry *event);
/* An event about this user for their room: fills in name, args.name and args.room. */
void tell_room(struct chat *chat, struct room *room, enum entry_kind kind, const struct user *user,
	       uint64_t author, enum text key, const struct text_args *args);
/* The same for an event that has its kind and whatever else is its own: fills in all that is the user's. */
void tell_room_of(struct chat *chat, struct room *room, const struct user *user, struct entry *event);
/* An event that is filled in, for all in the room. */
void tell_everybody(struct chat *chat, struct room *room, const struct entry *event);
/* The same for the room but those in it who have blocked the user: none of the user's own words, such
 * as an away text, reaches them. */
void tell_room_but_blockers(struct chat *chat, struct room *room, const struct user *user,
			    struct entry *event);

#endif
