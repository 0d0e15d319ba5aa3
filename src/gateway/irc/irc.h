/* The IRC dialect: a connection's state, and what its files share. Contract: doc/protocol.md, "IRC".
 *
 *   irc.c           lines in, answers to them, signs of life
 *   irc_alive.c     PING and PONG
 *   irc_write.c     numerics and other lines out
 *   irc_websocket.c lines in the messages of a WebSocket
 *   irc_label.c     what a line with a label is answered with
 *   irc_cap.c       capabilities and what 005 says
 *   irc_greet.c     from the first line to 001: NICK, USER, PASS, CAP, AUTHENTICATE
 *   irc_event.c     what others do, as lines for this connection
 *   irc_say.c       messages and what is about them
 *   irc_batch.c     texts of several lines
 *   irc_room.c      rooms: JOIN, PART, TOPIC, NAMES, LIST, KICK, INVITE
 *   irc_mode.c      MODE
 *   irc_replay.c    what was said while a client was away
 *   irc_recent.c    CHATHISTORY of what the worker's log holds
 *   irc_play.c      the past as ZNC gives it
 *   irc_past.c      CHATHISTORY, SEARCH, MARKREAD
 *   irc_monitor.c   MONITOR
 *   irc_metadata.c  METADATA
 *   irc_people.c    WHO, WHOIS, AWAY and the like
 *   irc_service.c   accounts: REGISTER, NickServ
 *   irc_filehost.c  files
 *   irc_server.c    questions about the server
 *
 * Layer: gateway; private to these files. Threads: the connection's worker's.
 *
 *  1. Lines are taken one after the other: the next waits until all that the last one asked is answered. Messages
 *     alone do not wait for each other.
 *  2. A line that names several targets becomes several, which wait in the turn's `lines`: a handler has one target. Lines
 *     that nobody asked for wait in `unasked`, until that line is done with.
 *  3. What a line with a label is answered with, and nothing else, is kept in the turn's `held` until it is complete, or
 *     until it is much: then it goes out as a batch that stays open. */
#ifndef BRUSIO_GATEWAY_IRC_H
#define BRUSIO_GATEWAY_IRC_H

#include "base/memory.h"
#include "gateway/connection.h"
#include "gateway/irc/irc_encode.h"
#include "wire/irc.h"

enum irc_cap {
	IRC_CAP_ACCOUNT_TAG = 1u << 1,
	IRC_CAP_AWAY_NOTIFY = 1u << 2,
	IRC_CAP_BATCH = 1u << 3,
	IRC_CAP_CAP_NOTIFY = 1u << 4,
	IRC_CAP_ECHO = 1u << 6,
	IRC_CAP_EXTENDED_JOIN = 1u << 7,
	IRC_CAP_LABELS = 1u << 10,
	IRC_CAP_TAGS = 1u << 11,
	IRC_CAP_MULTI_PREFIX = 1u << 12,
	IRC_CAP_SASL = 1u << 13,
	IRC_CAP_TIME = 1u << 14,
	IRC_CAP_SETNAME = 1u << 15,
	IRC_CAP_STANDARD_REPLIES = 1u << 16,
	IRC_CAP_USERHOST = 1u << 17,
	IRC_CAP_REGISTER = 1u << 18,
	IRC_CAP_REDACT = 1u << 21,
	IRC_CAP_MULTILINE = 1u << 22,
	IRC_CAP_PLAYBACK = 1u << 23,
	IRC_CAP_NO_NAMES = 1u << 24,
	IRC_CAP_SELF_MESSAGE = 1u << 26,
	IRC_CAP_HISTORY = 1u << 27,
	IRC_CAP_EVENTS = 1u << 28,
	IRC_CAP_READ_MARKER = 1u << 29,
	IRC_CAP_SEARCH = 1u << 30,
	IRC_CAP_ACCOUNT_NOTIFY = 1u << 0,
	IRC_CAP_EXTENDED_MONITOR = 1u << 5,
	IRC_CAP_CHGHOST = 1u << 8,
	IRC_CAP_INVITE_NOTIFY = 1u << 9,
	IRC_CAP_PRE_AWAY = 1u << 19,
	IRC_CAP_EXTENDED_ISUPPORT = 1u << 20,
	IRC_CAP_METADATA = 1u << 25,
};

/* Called with the answer; `target` is what irc_ask() was given. For a second word there is irc_detail(). */
typedef void irc_then(struct connection *connection, const struct reply *reply, const char *target);

/* A request under way. */
struct irc_asked {
	struct irc_asked *next;
	irc_then *then;
	char *detail; /* behind the target, in the same memory */
	size_t bytes; /* of both */
	char target[];
};

/* A multiline batch that comes in. */
struct irc_batch;
/* The keys that a client wants to hear of by METADATA, and those it set before it was greeted. */
struct irc_metadata;

/* State that only a connection that has not finished its greeting needs. */
struct irc_greeting {
	char *nick, *user, *real_name;
	char *password;      /* of PASS */
	char *away;          /* of AWAY */
	struct buffer sasl;  /* of AUTHENTICATE so far */
	bool is_in_sasl;     /* the mechanism was named */
	bool is_negotiating; /* CAP LS or REQ came, and no CAP END yet */
	bool is_asked;       /* the hello is under way */
};

/* State that a connection holds only while something is under way. */
struct irc_turn {
	struct irc_asked *asked, **asked_last;
	struct buffer lines;   /* the server's own, each with its NUL */
	struct buffer unasked; /* the same, of those that the client did not ask for */
	struct buffer held;    /* the answer so far */
	char *label;           /* of the line that is handled; NULL: none */
	const char *detail;    /* of the answer that is handled */
};

/* State that few connections need. It is made with the first part of it, and stays. */
struct irc_extra {
	struct irc_batch *batch;
	struct buffer *monitored;        /* names, each with its NUL; NULL: none yet */
	struct irc_seen *seen;           /* what a PING that is under way confirms */
	struct irc_metadata *metadata;   /* NULL: nothing */
	struct irc_websocket *websocket; /* NULL: lines as they are */
};

struct irc {
	uint32_t caps;    /* enum irc_cap */
	uint16_t batches; /* of its own so far: each has another name */
	bool is_registered : 1;
	bool is_account : 1;  /* its nick is that of an account */
	bool is_skipping : 1; /* until the end of an oversized line */
	bool has_302 : 1;     /* its CAP LS knew values */
	bool has_heard : 1, is_pinged : 1;
	bool was_put_out : 1; /* of a room, and has been told */
	bool is_internal : 1; /* the line that is handled is the server's own */
	bool is_unasked : 1;  /* what is written answers nothing */
	bool is_paused : 1;   /* the next line waits for answers */
	bool is_current : 1;  /* all that the logs had is in the output, see irc_begin() */
	bool is_batch : 1;    /* the answer with the label has begun to go out as a batch */
	bool is_bot : 1, has_quit : 1;
	struct irc_greeting *greeting; /* NULL from 001 on */
	struct irc_turn *turn;         /* NULL: nothing is under way */
	struct irc_extra *extra;       /* NULL: nothing of it */
	char nick[];                   /* as the server spells it, from 001 on; "": not yet */
};

/* An idle connection costs this much with its nick: see doc/memory.md. */
_Static_assert(sizeof(struct irc) <= 32, "with a nick of up to 23 bytes it fits a block of 64 bytes");

/* The part that lies in the connection itself. */
struct irc_state {
	struct irc *irc;
	uint64_t wide; /* the last event that was told in several rooms */
};
_Static_assert(sizeof(struct irc_state) <= DIALECT_STATE_BYTES, "it fits the connection");

static inline struct irc_state *irc_state_of(struct connection *connection)
{
	return (struct irc_state *)(void *)connection->dialect_state;
}

static inline struct irc *irc_of(const struct connection *connection)
{
	return ((const struct irc_state *)(const void *)connection->dialect_state)->irc;
}

/* The state moves: what pointed to it does no longer. */
void irc_set_nick(struct connection *connection, const char *nick);

/* To read from, also where there is none. */
static inline const struct irc_extra *irc_extra(const struct irc *irc)
{
	static const struct irc_extra none;
	return irc->extra ? irc->extra : &none;
}

/* To write to. */
static inline struct irc_extra *irc_make_extra(struct irc *irc)
{
	if (!irc->extra)
		irc->extra = mem_zero(sizeof *irc->extra);
	return irc->extra;
}

static inline bool irc_can(const struct connection *connection, uint32_t caps)
{
	return (irc_of(connection)->caps & caps) == caps;
}

/* Something is under way from now on. */
struct irc_turn *irc_begin_turn(struct connection *connection);
/* Lets go of what nothing needs any more. */
void irc_end_turn(struct connection *connection);

static inline bool irc_is_asking(const struct irc *irc)
{
	return irc->turn && irc->turn->asked;
}

/* The label of the line that is handled; NULL: it has none. */
static inline const char *irc_label(const struct irc *irc)
{
	return irc->turn ? irc->turn->label : NULL;
}

/* The account's name; NULL: a guest. */
static inline const char *irc_account(const struct irc *irc)
{
	return irc->is_account ? irc->nick : NULL;
}

/* --- commands --- */

typedef void irc_run(struct connection *connection, const struct irc_line *line);

struct irc_command {
	const char *name;
	irc_run *run;
	uint8_t least; /* params that it needs */
	bool is_early; /* before 001, too */
};

/* NULL: there is none of this name. */
const struct irc_command *irc_find_command(const char *name);

/* Each file's handlers; the table is in irc.c. */
irc_run irc_run_cap, irc_run_isupport, irc_run_nick, irc_run_user, irc_run_pass, irc_run_authenticate;
irc_run irc_run_ping, irc_run_pong, irc_run_quit, irc_run_nothing;
irc_run irc_run_join, irc_run_follow, irc_run_replay, irc_run_part, irc_run_topic, irc_run_names,
    irc_run_list, irc_run_kick, irc_run_invite;
irc_run irc_run_mode;
irc_run irc_run_privmsg, irc_run_notice, irc_run_tagmsg, irc_run_redact, irc_run_batch;
irc_run irc_run_who, irc_run_whois, irc_run_whowas, irc_run_away, irc_run_userhost, irc_run_ison,
    irc_run_setname;
irc_run irc_run_register;
irc_run irc_run_monitor, irc_run_metadata;
irc_run irc_run_chathistory, irc_run_search, irc_run_markread;
irc_run irc_run_motd, irc_run_lusers, irc_run_version, irc_run_time, irc_run_info, irc_run_admin,
    irc_run_links, irc_run_help, irc_run_refused, irc_run_oper, irc_run_kill, irc_run_wallops, irc_run_stats;

/* A line of the server's own: it is handled behind the one that is handled now. */
void irc_enqueue(struct connection *connection, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The same for one that nobody asked for: it is handled when the line that is handled now is done with. */
void irc_enqueue_unasked(struct connection *connection, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Splits a list of targets: true where there are several, each of which has become a line of its own made from
 * "COMMAND before TARGET behind". */
bool irc_split(struct connection *connection, const char *command, const char *before, const char *targets,
	       const char *behind);
/* Targets of one line that names several; nothing is done for more. */
#define IRC_TARGETS_MAX 20
size_t irc_count_targets(const char *targets);

/* Posts a request; the next line waits for it. `then` may be NULL: only a refusal is told. `target` is copied. */
void irc_ask(struct connection *connection, struct request *request, irc_then *then, const char *target);
/* The same with a second word that comes back by irc_detail(). */
void irc_ask_about(struct connection *connection, struct request *request, irc_then *then, const char *target,
		   const char *detail);
/* The second word of the request whose answer is handled; "" where it had none. */
const char *irc_detail(const struct connection *connection);
/* A new request with one text. */
struct request *irc_request(enum request_op op, enum request_text field, const char *text, size_t more);
/* A request about a room: its answer comes with people. */
struct request *irc_look_at(const char *room);

/* --- output --- */

/* Something new is about to be written: what the logs have by now comes before it. */
void irc_begin(struct connection *connection);
/* The buffer for what is written now, behind all that the logs had when it began. */
struct buffer *irc_out(struct connection *connection);
/* The answer to the line with a label is complete: it goes out. */
void irc_settle_label(struct connection *connection);
/* Sends what is held once it has become large. */
void irc_thin_out(struct connection *connection);
/* ":SERVER NUMERIC NICK " and the rest. */
void irc_numeric(struct connection *connection, const char *numeric, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* ":SERVER " and the rest. */
void irc_say(struct connection *connection, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A NOTICE of the server with a text for people, in as many lines as it takes. */
void irc_say_text(struct connection *connection, const char *text);
/* A line that this connection is the source of. */
void irc_say_own(struct connection *connection, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* FAIL, WARN or NOTE; without standard-replies a NOTICE with its text. */
void irc_standard(struct connection *connection, const char *type, const char *command, const char *code,
		  const char *context, const char *text);
/* A refusal in its own words, as the numeric that fits or `otherwise`. */
void irc_refuse(struct connection *connection, const struct reply *reply, const char *target);
/* Its text. The caller releases the buffer. */
const char *irc_error_text(struct connection *connection, const struct reply *reply, struct buffer *text);

/* The name to be shown: '*' before there is one. */
const char *irc_nick(const struct connection *connection);
/* Adds this connection's own prefix. */
void irc_add_own_prefix(struct connection *connection, struct buffer *to);
/* Adds "@time=… " where the connection reads that; `account` NULL: without one. */
void irc_add_event_tags(struct connection *connection, struct buffer *to, int64_t time_ms,
			const char *account);

/* The same behind other tags, each with a semicolon in front and no space at the end. */
void irc_add_more_tags(struct connection *connection, struct buffer *to, int64_t time_ms,
		       const char *account);

/* Behind a NICK: prefixes have another user for the new name, of which those with chghost are told. */
void irc_write_user_change(struct connection *connection, const char *account, const char *before,
			   const char *now, const char *ip);

/* Where a page ends: an entry, or a time (RFC 3339; NULL: by `seq`). */
struct irc_recent_bound {
	uint64_t seq;
	const char *time;
};

/* A page of a room: entries behind `after` and before `before` (0 and NULL: to the end), the first or the newest `limit` of
 * them. */
struct irc_recent_page {
	struct irc_recent_bound after, before;
	size_t limit;
	bool is_newest;
};
#define IRC_RECENT_PAGES_MAX 2

/* Answers CHATHISTORY with these pages, one behind the other. False: nothing was written, the store must be asked. */
bool irc_write_recent(struct connection *connection, const char *room, const char *target,
		      const struct irc_recent_page *pages, size_t count);
/* A TAGMSG with these tags that this connection is the source of. */
void irc_say_own_tags(struct connection *connection, const char *tags, const char *target);

/* The lines that go out behind all others, which on a WebSocket are not framed yet; and how much waits in all. */
struct buffer *irc_raw(struct connection *connection);
size_t irc_waiting(const struct connection *connection);
/* output_take_log() for lines. */
void irc_take_log(struct connection *connection, struct subscription *subscription, uint64_t end_seq);

/* --- between the files --- */

/* It is quiet: the dialect's timer begins. */
void irc_rest(struct connection *connection);
/* A line without its end. */
void irc_take_line(struct connection *connection, const char *bytes, size_t length);
/* The same as the dialect's functions, for a WebSocket; irc_write_websocket() returns false where it is none. */
size_t irc_take_websocket(struct connection *connection, const char *bytes, size_t length);
bool irc_write_websocket(struct connection *connection);
void irc_end_websocket(struct connection *connection);
void irc_free_websocket(struct irc *irc);

void irc_write_support(struct connection *connection);
/* Adds what 005 says of where files are sent; nothing where this client could send none. */
void irc_add_filehost(struct connection *connection, struct buffer *to);
/* Gives the request the files to which the text has links, and what is left of the text. False: it has none. The request has
 * room for the text twice and FILEHOST_IDS_BYTES. */
bool irc_take_files(struct request *request, const char *text);
/* All that a greeting needs has come: asks the chat, or writes 001. */
void irc_greet(struct connection *connection);
void irc_free_greeting(struct irc *irc);
/* AWAY before 001: they are so from the first moment on. */
void irc_set_greeted_away(struct connection *connection, const char *text);
void irc_write_event(struct connection *connection, const struct entry *event);
/* A room that the account is in, when it has logged in. */
void irc_come_back(struct connection *connection, const struct reply_row *row);
/* Enters the room, and reads from behind `after` on. `missed` is how many older entries it has not read, and behind a
 * newline the lines of what came before `after`. */
void irc_read_on(struct connection *connection, const char *room, uint64_t after, const char *missed);
/* True where the client is shown what it missed, and PONG confirms what it has read. */
bool irc_is_replayed(const struct connection *connection);
/* The next PONG confirms all that was written up to now; or it is confirmed at once. */
void irc_note_seen(struct connection *connection);
void irc_confirm_seen(struct connection *connection);
void irc_forget_seen(struct irc *irc);
/* Somebody watched has come or is gone. */
void irc_write_presence(struct connection *connection, const struct entry *event);
/* Somebody, or a room, says something else of itself. */
void irc_write_property(struct connection *connection, const struct entry *event);
/* Sends the metadata that the client subscribed to, of a room that it has entered. */
void irc_sync_metadata(struct connection *connection, const char *room);
/* Sets the metadata that the client gave before 001, shows it all of its own, and then asks for the counts; false: it knows no
 * metadata, and nothing is done. */
bool irc_greet_metadata(struct connection *connection);
/* Writes somebody's metadata, where the client reads it, and ends a WHOIS. */
void irc_end_whois(struct connection *connection, const char *name, bool is_known);
void irc_free_metadata(struct irc *irc);
void irc_free_monitored(struct irc *irc);
void irc_write_membership(struct connection *connection, const struct reply *reply);
irc_then irc_refuse_outsider;
/* 251 and what comes with it; `with_motd`: then what is behind them in a greeting. */
void irc_ask_counts(struct connection *connection, bool with_motd);
/* 900: it is an account now. */
void irc_write_login(struct connection *connection);
/* 301, if they are away or not here. */
void irc_write_absence(struct connection *connection, const struct reply_row *row);
/* Makes an account of the nick; the second comes in with the nick first. */
void irc_register(struct connection *connection, const char *password);
void irc_greet_to_register(struct connection *connection, const char *password);
/* A message to a service; false: there is none of this name. */
bool irc_is_service(const char *name);
void irc_serve(struct connection *connection, const char *service, const char *text);
/* True where passwords may be sent on this line. */
bool irc_is_line_fit(const struct connection *connection);
/* The subscription of the room; NULL: it is not in it. */
struct subscription *irc_find_room(struct connection *connection, const char *room);
/* The mark of a role by its name: "~", "@", "+" or "". */
const char *irc_mark(const struct connection *connection, const char *role);
/* Ends with this reason. */
void irc_end(struct connection *connection, const char *reason);
void irc_free_batch(struct irc *irc);
/* True where the line belongs to the batch that is open. */
bool irc_add_to_batch(struct connection *connection, const struct irc_line *line, bool is_notice);
/* What is being sent is the text of a batch; its lines as they came, where some went on: see entry.pieces, or NULL. */
bool irc_is_from_batch(const struct connection *connection);
const struct buffer *irc_batch_pieces(const struct connection *connection);
/* A message to "*playback". */
/* Not from a batch: its text is no line. */
void irc_play(struct connection *connection, const char *text);
/* Messages of the past, as a batch for those who know batches; `kind` is its type and what it is about. */
void irc_write_past(struct connection *connection, const struct reply_messages *messages, bool is_reverse,
		    const char *kind);
/* Says a text to one target. */
void irc_say_to(struct connection *connection, const struct irc_line *line, const char *target,
		const char *text, bool is_notice);
/* MARKREAD with what is known, or what becomes known by `until_ms`, which may be 0. */
void irc_ask_mark(struct connection *connection, const char *target, int64_t until_ms);

#endif
