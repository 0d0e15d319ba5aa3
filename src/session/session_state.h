/* The inside of a session, only for session.c (what goes out), receive.c (what comes in) and rooms.c.
 *
 * Layer: session, pure. */
#ifndef BRUSIO_SESSION_SESSION_STATE_H
#define BRUSIO_SESSION_SESSION_STATE_H

#include "base/limits.h"
#include "session/session.h"

struct session {
	enum session_state state;
	struct session_hooks hooks;
	char *name, *client, *lang;
	char *secret; /* of the last welcome: with it we are the same guest on the next line */
	char *password, *token;
	bool is_proving; /* the last hello had one of them */
	bool is_account;
	char *epoch;
	char device[LIMIT_DEVICE_BYTES + 1];
	unsigned history;
	bool wants_members, wants_rooms;
	bool was_welcome, said_bye;
	size_t message_bytes;

	struct session_room **rooms;
	size_t room_count, room_capacity;
	struct names known_rooms;
	struct outbox outbox;
	struct session_question *questions;
	uint64_t question_number;

	struct buffer *out; /* borrowed; NULL while OFFLINE */
	int64_t now_ms;     /* of the last call that brought a time */
	int64_t heard_ms;   /* when the other end last gave a sign of life */
	int64_t pinged_ms;  /* when we asked for one; 0 where it is not owed */
};

/* Writes the beginning of a request and remembers what its answer will be for. The caller adds fields and
 * ends it with session_request_end(). */
struct json_out;
struct session_question *session_request(struct session *session, struct json_out *out, int purpose,
					 const char *op, const char *room);
void session_request_end(struct session *session, struct json_out *out);

void session_say_hello(struct session *session);
void session_send_join(struct session *session, struct session_room *room);
void session_ask_members(struct session *session, struct session_room *room);
void session_ask_before(struct session *session, struct session_room *room);
void session_ask_missing(struct session *session, struct session_room *room, int64_t from, int64_t to);

/* Sends what the outbox holds and the line takes. */
void session_pump(struct session *session);

/* Shows what has become due in a room, and sees whether something is missing. */
void session_drain(struct session *session, struct session_room *room);

/* rooms.c: the rooms that we know. */
struct session_room *session_own_room(const struct session *session, const char *name);
struct session_room *session_add_room(struct session *session, const char *name);
/* A direct conversation that goes on behind `seq`, without our having joined it. */
struct session_room *session_follow_direct(struct session *session, const char *name, int64_t seq);
/* Takes the rooms of a welcome. */
void session_take_rooms(struct session *session, const json_t *rooms);
void session_rename_room(struct session *session, struct session_room *room, const char *name);
void session_wipe_password(struct session *session);
void session_forget_room(struct session *session, struct session_room *room);
void session_free_question(struct session_question *question);

#endif
