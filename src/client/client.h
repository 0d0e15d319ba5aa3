/* The client: a session over a line, renewed when it breaks, and a front that people or programs
 * see. client.c runs it, client_hooks.c puts into words what the session reports.
 *
 * Layer: client. Threads: one. */
#ifndef BRUSIO_CLIENT_CLIENT_H
#define BRUSIO_CLIENT_CLIENT_H

#include "base/text_args.h"
#include "client/account.h"
#include "client/attention.h"
#include "client/chatlog.h"
#include "client/line.h"
#include "client/options.h"
#include "session/session.h"
#include "client/show.h"
#include "client/transfer.h"
#include "client/when.h"

#define CLIENT_FRONT_POLL_MAX (LINE_POLL_MAX + 1)
#define CLIENT_WAITING_MAX    1000 /* texts that wait for their ack; further ones are not taken */

/* The exit status, as --help says. */
enum client_status { CLIENT_DONE = 0, CLIENT_FAILED = 1, CLIENT_UNSENT = 2 };

enum client_stream {
	CLIENT_TALK,   /* what people say, what the server tells, what a command answers */
	CLIENT_STATUS, /* how the line is doing, what went wrong */
};

/* The side that people or programs see: a terminal or the filter. */
struct client_front {
	void *owner;
	bool is_interactive;
	bool wants_objects; /* JSON instead of lines, for CLIENT_TALK */
	/* Adds at most CLIENT_FRONT_POLL_MAX descriptors to wait for. */
	size_t (*poll)(void *owner, struct pollfd *to);
	int64_t (*deadline)(void *owner);
	/* Every turn, with what poll(2) found. */
	void (*ready)(void *owner, const struct pollfd *polled, size_t count, int64_t now_ms);
	/* One line, or several that belong together, without a newline at the end. */
	void (*write)(void *owner, enum client_stream stream, const char *text);
	/* The user talks in another room now, or in none: a draft stays with the room that it was written in.
	 * Either name may be NULL. */
	void (*moved)(void *owner, const char *from, const char *to);
	/* The room is called otherwise. */
	void (*room_renamed)(void *owner, const char *old_name, const char *name);
	/* The log of a room has changed (roomlog.h): for a front that shows it instead of lines. May be NULL.
	 */
	void (*log_changed)(void *owner, const struct session_room *room);
	/* With `log_changed`: what was pushed and has no place in a log, or is a message that came now; and what a search
	 * found. */
	void (*pushed)(void *owner, const json_t *object);
	void (*found)(void *owner, const json_t *results);
	/* Whether the newest of the room where the user is can be seen, and all that is unread was. */
	bool (*sees_end)(void *owner);
	/* True while the user looks at the terminal, as far as it tells; NULL where none tells. */
	bool (*is_watched)(void *owner);
	/* Something was said that the user wants to hear of. NULL where nobody can be called. */
	void (*alert)(void *owner, const struct attention_note *note);
	/* Shows this place of the current room's history; NULL where nothing can be scrolled. */
	void (*look_at)(void *owner, const struct when *when);
	/* Shows the commands as a list to choose from; NULL where they are lines like others. */
	void (*list_commands)(void *owner);
	/* The prompt or the status may have changed. */
	void (*changed)(void *owner);
	/* Takes no more for now: the server has to wait. */
	bool (*is_full)(void *owner);
	/* True where the signal was the front's alone. */
	bool (*signal)(void *owner, int number);
};

struct client {
	const struct options *options;
	enum lang lang;
	struct client_front front;
	struct show show;
	struct line *line;
	struct session *session;
	struct account account;
	struct attention attention;
	struct chatlog chatlog;
	struct transfers transfers;
	struct buffer missed; /* "#ops 12 (2), #lobby 3": since the user was last here, to be told */
	char *choices;        /* the file of what /notify and /ignore said; NULL where nothing is kept */
	struct names hidden;  /* by /ignore: those of the configuration are not among them */
	size_t scanned;       /* bytes of the line's input without a newline */

	struct {
		char *query, *room; /* of the last search; NULL where there was none, or in all rooms */
		int64_t before;     /* where its next page begins; 0: there is none */
	} search;
	char *room;      /* where what is typed goes; NULL in no room */
	char *going_to;  /* the room that becomes `room` once we are inside */
	char *base_name; /* the name that was asked for, where names with a suffix are tried */
	unsigned name_tries;
	bool is_naming;  /* the user is asked for another name */
	bool is_refused; /* the server will not have us; `problem` says why */
	bool may_retry;  /* ... for now */
	char *problem;

	char *trust_file;    /* the servers that we know; NULL: none are remembered */
	unsigned failures;   /* lines lost or not made in a row */
	int64_t retry_ms;    /* when to try again; INT64_MAX for not */
	int64_t welcomed_ms; /* when the line that is up was greeted; INT64_MAX where none is */
	int64_t progress_ms; /* when something last went well */
	int64_t leave_by_ms; /* INT64_MAX until client_leave() */
	int64_t active_ms;   /* when the user last did something */
	int64_t read_due_ms; /* when what is shown of `room` counts as read; INT64_MAX: it does, or nobody
				looks */
	bool is_leaving, is_done;
	enum client_status status;
	unsigned input_line; /* of the input whose consequences are told now; 0 where it does not matter */
	int signal_fd;
};

/* `options` has a host and a name. Starts connecting. */
void client_init(struct client *client, const struct options *options, enum lang lang,
		 const struct client_front *front);
void client_release(struct client *client);

/* Waits for something to happen, and deals with it. Over when `is_done`. */
void client_turn(struct client *client);

/* True where the user does not want to see what this one says. */
bool client_ignores(const struct client *client, const json_t *object);

/* A line that was typed or read: a message, or a command. False where it was not taken: it is still the
 * user's to send. */
bool client_input(struct client *client, const char *text);
/* The same for a line of a script, by its number from 1. */
bool client_input_line(struct client *client, const char *text, unsigned line);
/* Somebody is there, and looks. */
void client_user_acts(struct client *client, int64_t now_ms);
/* Whether a message may be as long as this text; `args` gets the number for TEXT_client_too_long. */
bool client_is_short(const struct client *client, const char *text, struct text_args *args);
/* Says it in the current room, or tells why not. */
bool client_say(struct client *client, const char *text, bool is_action);
bool client_say_to(struct client *client, const char *room, const char *text, bool is_action);
/* The same in answer to the message `target`. */
bool client_reply(struct client *client, int64_t target, const char *text);

/* Says files that the server has. */
bool client_say_files(struct client *client, const char *room, json_t *files);

/* The name that the user was asked for. */
void client_take_name(struct client *client, const char *name);
void client_go_to_room(struct client *client, const char *room);

/* Says what was missed in the room and is not shown. */
void client_tell_unseen(struct client *client, const struct session_room *room);
/* Writes a text of the catalogue. `args` may be NULL. */
void client_note(struct client *client, enum text key, const struct text_args *args);
void client_status(struct client *client, enum text key, const struct text_args *args);
void client_problem(struct client *client, enum text key, const struct text_args *args);
/* Writes a pushed object, as words or as it is. */
void client_show(struct client *client, const json_t *object);

/* How much the room may call the user: as they said with /notify, or in their configuration. */
enum interest_level client_level(const struct client *client, const char *room);
/* True while the user seems to look at the terminal. */
bool client_is_watched(const struct client *client);

/* Sets our name and room for the next text that is shown; `room` is its subject, or NULL. */
void client_aim_show(struct client *client, const char *room);

/* Ends: what was said is still given a moment to be acknowledged, then the server is told. */
void client_leave(struct client *client);
void client_end(struct client *client, enum client_status status);

/* client_hooks.c: what the session reports. */
extern const struct session_hooks client_hooks;
/* ... and what the line asks: as line_security.trusts. */
bool client_trusts(void *owner, const char *fingerprint, bool is_certified);
/* Whether a password or a token may go over the line as it is; says why where it may not. */
bool client_may_tell_secret(struct client *client);

#endif
