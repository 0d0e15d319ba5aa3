/* The inside of a session, for the files of this folder alone.
 *
 * Layer: session, pure. */
#ifndef BRUSIO_SESSION_SESSION_STATE_H
#define BRUSIO_SESSION_SESSION_STATE_H

#include "base/limits.h"
#include "session/session.h"

#include <jansson.h>
#include <string.h>

struct session {
	enum session_state state;
	struct session_hooks hooks;
	char *name, *client, *lang;
	char *secret; /* of the last welcome: with it we are the same guest on the next line */
	char *password, *token;
	char *proof_code; /* goes with the password in the next hello */
	char *link;       /* the secret of an invitation link that is taken; or NULL */
	char *link_room;  /* where it leads; NULL: nowhere, or not known yet */
	bool is_proving;  /* the last hello had one of them */
	bool is_account;
	char *epoch;
	char device[LIMIT_DEVICE_BYTES + 1];
	unsigned history;
	int64_t since_ms, since_seq;
	bool wants_members, wants_rooms;
	const struct interest *interest;
	bool was_welcome, said_bye;
	size_t message_bytes;
	int64_t file_bytes;

	struct session_room **rooms;
	size_t room_count, room_capacity;
	struct names known_rooms;
	struct outbox outbox;
	struct session_question *questions;
	uint64_t question_number;
	unsigned input_line;

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

void session_send_join(struct session *session, struct session_room *room);
void session_ask_members(struct session *session, struct session_room *room);
void session_ask_before(struct session *session, struct session_room *room);
void session_ask_missing(struct session *session, struct session_room *room, int64_t from, int64_t to);

/* entries.c: what comes with a place in a room's log. */
void session_entry_came(struct session *session, json_t *object);
void session_gap_came(struct session *session, json_t *object);
void session_fill_came(struct session *session, struct session_room *room, const json_t *object, int64_t to);
/* The messages of before we came. */
void session_history_came(struct session *session, struct session_room *room, const json_t *object);
void session_page_came(struct session *session, struct session_room *room,
		       const struct session_question *question, const json_t *object);
/* The messages of before we came, from a time on. */
void session_ask_since(struct session *session, struct session_room *room);
/* ... or one that stands at that time. */
void session_sought_came(struct session *session, struct session_room *room,
			 const struct session_question *question, const json_t *object);
/* Something happened in the room that is not stored. */
void session_note_push(struct session_room *room, const json_t *object);
/* The user was shown these: what was unseen before them still is. */
void session_saw_page(struct session_room *room, int64_t before, const json_t *object);
/* An entry of ours is stored as `seq`. */
void session_item_stored(struct session *session, struct outbox_item *item, int64_t seq,
			 const char *room_name);

/* Sends what the outbox holds and the line takes. */
void session_pump(struct session *session);

/* Shows what has become due in a room, and sees whether something is missing. */
void session_drain(struct session *session, struct session_room *room);

/* rooms.c: the rooms that we know. */
struct session_room *session_own_room(const struct session *session, const char *name);
/* A direct conversation that goes on behind `seq`, without our having joined it; the one that is there, if any. */
struct session_room *session_follow_direct(struct session *session, const char *name, int64_t seq);
/* Takes the rooms of a welcome. */
void session_take_rooms(struct session *session, const json_t *rooms);
/* Another device of ours entered or left a room. */
void session_membership_came(struct session *session, json_t *object);
void session_rename_room(struct session *session, struct session_room *room, const char *name);
void session_wipe_password(struct session *session);
void session_forget_room(struct session *session, struct session_room *room);
void session_free_question(struct session_question *question);

/* A field of what came; "" and 0 where it is not there. */
static inline const char *session_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text ? text : "";
}

/* 'o'wner, 'm'oderator, 's'peaker; 0 for a member like all. */
static inline char session_rank(const char *role)
{
	return *role && strchr("oms", *role) && strcmp(role, "member") != 0 ? *role : 0;
}

static inline int64_t session_number(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

#endif
