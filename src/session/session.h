/* The state that client and server share, whatever happens to the line between them: who we are,
 * the rooms and our place in each, what we said and was not acknowledged, what we asked.
 *
 *   OFFLINE --session_line_up--> GREETING --welcome--> READY --session_quit--> LEAVING
 *                                 ^    |
 *                                 |    `--name refused--> NAMELESS
 *                                 `-----session_greet--------'      any --session_line_down--> OFFLINE
 *
 *  1. An item of the outbox leaves it by its ack or its refusal alone, and keeps its id until then.
 *  2. The entries of a room are shown in their order and each once (place.h).
 *  3. While the messages of before we came are being loaded, what comes live waits.
 *
 * Bytes go out by a buffer and come in line by line, so all of this runs without a network.
 *
 * Layer: session (jansson), pure. */
#ifndef BRUSIO_SESSION_SESSION_H
#define BRUSIO_SESSION_SESSION_H

#include "base/buffer.h"
#include "session/interest.h"
#include "session/outbox.h"
#include "session/rooms.h"

enum session_state { SESSION_OFFLINE, SESSION_GREETING, SESSION_NAMELESS, SESSION_READY, SESSION_LEAVING };

enum session_join {
	SESSION_JOIN_FIRST,
	SESSION_JOIN_AGAIN, /* resumed: what was said meanwhile follows */
	SESSION_JOIN_RESET, /* the server has an older log than we had: nothing can be resumed */
};

/* A request that waits for its answer. */
struct session_question {
	struct session_question *next;
	char id[24];
	enum {
		QUESTION_USER, /* somebody typed a command */
		QUESTION_HELLO,
		QUESTION_JOIN,
		QUESTION_HISTORY, /* messages of before we came */
		QUESTION_PAGE,    /* a page for the room's log */
		QUESTION_SINCE,   /* ... from a time on: looking for it, then page after page */
		QUESTION_SEEK,    /* looking for a time, for a page of the room's log */
		QUESTION_FILL,    /* entries that did not come */
		QUESTION_MEMBERS,
		QUESTION_ROOMS,      /* for completion */
		QUESTION_INVITATION, /* where the invitation link leads */
		QUESTION_QUIET,      /* whose answer nobody waits for */
	} purpose;
	const char *op;  /* a literal */
	char *room;      /* or NULL */
	char *argument;  /* the first text that it has beside the room, or NULL; never a secret */
	int64_t fill_to; /* the last seq that is missing */
	bool is_upward;  /* of a page: it stands before the window */
	int64_t before;  /* of a page: the message that it ends before; 0 for the room's end */
	unsigned line;   /* session_set_line() */
};

#define SESSION_WANTS_CODE "code"

/* All are called from within session_receive(), session_line_down() and session_tick(), and must not call
 * session_line_up() or session_line_down() themselves. */
struct session_hooks {
	void *owner;
	void (*welcomed)(void *owner, bool again);
	/* The name, or what should prove it, was refused. The line stays open, NAMELESS, for session_greet().
	 * `code` is SESSION_WANTS_CODE where the password was right: it is kept for the hello with
	 * session_set_code(). */
	void (*name_refused)(void *owner, const char *code, const char *message);
	void (*hello_refused)(void *owner, const char *code, const char *message);
	void (*joined)(void *owner, const struct session_room *room, enum session_join how);
	/* Once for each room: what was said before we came has been shown. */
	void (*entered)(void *owner, const struct session_room *room);
	void (*join_refused)(void *owner, const char *room, const char *message);
	/* The invitation link leads to this room, which we enter; or `problem` says why it does not let us in. May be
	 * NULL where there is no link. */
	void (*led)(void *owner, const char *room, const char *problem);
	void (*entry)(void *owner, const json_t *object, bool is_history);
	void (*pushed)(void *owner, const json_t *object);
	/* `object` is NULL where the line broke before the answer came. */
	void (*answered)(void *owner, const struct session_question *question, const json_t *object);
	/* We are not in this room any more, and did not ask for it: `object` tells why, or that another device left.
	 * The room is freed afterwards, and its log with it. */
	void (*expelled)(void *owner, const struct session_room *room, const json_t *object);
	/* The room is called otherwise now. */
	void (*room_renamed)(void *owner, const char *old_name, const char *name);
	/* Somebody asked us to come into a private room. */
	void (*invited)(void *owner, const char *room, const char *by);
	/* Somebody else said something now, which is not ignored; `is_meant` for us. */
	void (*noticed)(void *owner, const struct session_room *room, const json_t *object, bool is_meant);
	/* On a welcome: so much of others was said in a room since we were last on the line. */
	void (*missed)(void *owner, const char *room, int64_t unread, int64_t mentions);
	/* A page of the room's log came. */
	void (*paged)(void *owner, const struct session_room *room);
	/* We are called so now, and were not before. */
	void (*renamed)(void *owner, const char *old_name);
	/* Acknowledged where `error` is NULL, otherwise refused for good. The item is freed afterwards. */
	void (*settled)(void *owner, const struct outbox_item *item, const json_t *error);
};

struct session_settings {
	const char *name;
	const char *client; /* "brusio/0.1.0" */
	const char *lang;   /* "it" */
	const char *link;   /* the secret of an invitation link that is taken; or NULL */
	const char *device; /* or NULL: one of its own for this run */
	unsigned history;   /* messages shown on entering a room */
	int64_t since_ms;   /* all that was said from this time on is shown instead; 0 for not */
	int64_t since_seq;  /* ... or from this message on */
	bool wants_members; /* ask who is in a room on entering it, and what rooms there are */
	bool wants_rooms;   /* enter also the rooms that the account is in already */
	const struct interest
	    *interest; /* borrowed; NULL where nobody is ignored and our name alone means us */
	struct session_hooks hooks;
};

struct session;

/* Copies the texts of `settings`. */
struct session *session_new(const struct session_settings *settings);
void session_free(struct session *session);

/* There is a line: requests go to `out` from now on. */
void session_line_up(struct session *session, struct buffer *out, int64_t now_ms);
void session_line_down(struct session *session);

/* One line from the server, without its newline. False where it is nothing that a brusiod says. */
bool session_receive(struct session *session, const char *line, size_t length, int64_t now_ms);

/* Keeps the line alive, and goes on with what waited for time to pass or for room in `out`. False where
 * the other end has been silent for too long. */
bool session_tick(struct session *session, int64_t now_ms);
/* When session_tick() must be called again. */
int64_t session_deadline(const struct session *session);

/* A name for the next hello; said at once where the server waits for one. */
void session_set_name(struct session *session, const char *name);
/* The proof of the name in the hellos to come; NULL for none. The password is for one hello alone. */
void session_set_password(struct session *session, const char *password);
bool session_has_password(const struct session *session);
/* The code of a second factor, which the server wants besides the password of the last hello. */
void session_set_code(struct session *session, const char *code);
void session_set_token(struct session *session, const char *token);
/* Says hello again, where the server waits for one. */
void session_greet(struct session *session);
/* A session that is OFFLINE becomes somebody else's: what belonged to the old name alone is forgotten. */
void session_change_user(struct session *session, const char *name);

/* Enters a room, now or as soon as possible. */
void session_join(struct session *session, const char *room_name);

/* Says something, now or as soon as possible. */
const struct outbox_item *session_say(struct session *session, const char *room, const char *text,
				      bool is_action);
/* The same with files that the server has: [{"file","name","bytes"}]. */
const struct outbox_item *session_send_files(struct session *session, const char *room, const char *text,
					     json_t *files);
const struct outbox_item *session_reply(struct session *session, const char *room, int64_t target,
					const char *text);
/* The same for a change of the message `target`: `text` is the new text, or the emoji. */
const struct outbox_item *session_change(struct session *session, enum outbox_kind kind, const char *room,
					 int64_t target, const char *text, bool is_on);

/* A field of a request: a text, or where that is NULL a number, or a truth. */
struct session_field {
	const char *key;
	const char *text;
	int64_t number;
	bool is_bool, is_secret;
};

/* Asks; false, and nothing happens, where there is no line. */
bool session_ask_fields(struct session *session, const char *op, const char *room,
			const struct session_field *fields, size_t count);
/* The same with at most one more field. */
bool session_ask(struct session *session, const char *op, const char *room, const char *key,
		 const char *value);
/* The text of the last such request whose answer is still to come; NULL where there is none. */
const char *session_asked(const struct session *session, const char *op, const char *room);
bool session_ask_history(struct session *session, const char *room, unsigned limit);

/* The line of the input that what is said and asked from now on stands in: settled() and answered() get it
 * back. */
void session_set_line(struct session *session, unsigned line);

enum session_page { SESSION_PAGE_BEFORE, SESSION_PAGE_AFTER, SESSION_PAGE_AROUND, SESSION_PAGE_LAST };

/* Asks for messages that stand before or behind the window of the room's log, for those around `seq`, or for
 * the last ones; the latter two empty the window. False where there is no line, or a page is on its way. */
bool session_page(struct session *session, const char *room, enum session_page page, int64_t seq);

/* The same for the messages around the first one from this time on: looks for it first. */
bool session_page_at(struct session *session, const char *room, int64_t wall_ms);

/* The user has seen all that was shown of this room; the server is told where that is news. */
void session_mark_read(struct session *session, const char *room_name);
/* Adds what has no place in the log to it: a note of the client's. */
void session_add_note(struct session *session, const char *room_name, enum roomlog_kind kind,
		      const char *text);
/* The user looks at older messages: while they do, the window of the log keeps its top. */
void session_hold(struct session *session, const char *room_name, bool is_held);
/* Tells the others in the room that we write, or no longer. */
void session_tell_typing(struct session *session, const char *room_name, bool is_on);
/* Messages that were not shown count as seen: the user says so. */
void session_skip_unseen(struct session *session, const char *room_name);
/* There is something to be marked. */
bool session_has_news(const struct session *session, const char *room_name);

void session_quit(struct session *session);

enum session_state session_state(const struct session *session);
const char *session_name(const struct session *session);
bool session_is_account(const struct session *session);
bool session_was_welcome(const struct session *session);
/* The server said that this line is over. */
bool session_said_bye(const struct session *session);
/* The secret that lets us fetch and send files; NULL before the first welcome. */
const char *session_secret(const struct session *session);
int64_t
session_file_bytes(const struct session *session); /* the largest file that the server takes; 0: none */
size_t session_message_bytes(const struct session *session); /* the longest text that the server takes */
const struct outbox *session_outbox(const struct session *session);
/* Nothing is on its way to being shown: every room was entered or refused, and its history is there. */
bool session_is_settled(const struct session *session);

size_t session_room_count(const struct session *session);
const struct session_room *session_room(const struct session *session, size_t index);
const struct session_room *session_find_room(const struct session *session, const char *name);
/* The rooms that anybody may enter, as far as the server told. */
const struct names *session_known_rooms(const struct session *session);

#endif
