/* The interface between the chat and a database: commands in batches, questions, pages.
 *
 *   chat --submit(batch of commands)--> store --done(OK or FAILED)--> chat: chat_apply() each command
 *   chat --ask(query)-----------------> store --done()--------------> chat
 *   store --watch(): what other processes changed, as commands------> chat
 *
 * Layer: store. A backend is a file that fills in these operations (sqlite.c); tests have their own.
 * Threads: a store belongs to the chat thread; each reader to the thread that opened it. Readers see
 * everything whose batch was done before their call.
 *
 *  1. A batch is stored whole or not at all: done(STORE_OK) means that it is on stable storage,
 * done(STORE_FAILED) that nothing of it is stored, and there is nothing in between.
 *  2. A group of commands stands or falls together: where one of them is refused, none of the group is
 * carried out, the one has the reason as its result and the others have STORE_SKIPPED. Other groups are not
 * touched.
 *  3. Commands are carried out in the order of the array.
 *  4. `op` says which member of the union holds a command's contents; no other member is read. */
#ifndef BRUSIO_STORE_STORE_H
#define BRUSIO_STORE_STORE_H

#include "base/entry.h"
#include "base/file.h"
#include "store/store_reach.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum store_error {
	STORE_OK = 0,
	STORE_REPEAT = 1,     /* this very send is stored already; the rest of its group is skipped */
	STORE_FAILED = -1,    /* the disk or the database refused */
	STORE_ID_REUSED = -2, /* this sender used this id for something else */
	STORE_NONE = -3,      /* the object of the command does not exist */
	STORE_EXISTS = -4,    /* the name or the label is taken */
	STORE_FORBIDDEN = -5, /* the target is somebody else's, who does not let them */
	STORE_LIMIT = -6,     /* a bound that the command names was reached */
	STORE_NO_FILE = -8,   /* a file is not there, somebody else's, or sent already */
	STORE_SKIPPED = -7,   /* another command of the group was refused */
	STORE_STALE = -9      /* another node has changed the rules of the room: to be decided anew */
};

/* --- what is kept --- */

/* Values of the enums below are in databases: never renumber them. */

/* A person has a number that never changes and is never given again: a guest who registers keeps it. */
enum person_kind {
	PERSON_GUEST = 0,
	PERSON_ACCOUNT = 1,
	PERSON_GONE = 2 /* somebody whose direct conversations are still there */
};

/* Strings of these structs are borrowed for the duration of the call that shows them. */
struct store_person {
	int64_t id, made_ms; /* 0 in STORE_ADD_PERSON: filled in; wall clock, where shown */
	enum person_kind kind;
	const char *name;
	const char *folded;            /* unique among guests and accounts */
	const char *password;          /* hash; NULL: unchanged, or none */
	bool is_admin, is_disabled;    /* the latter: nothing lets them in */
	bool has_factor, is_elsewhere; /* by load() and watch(): store_factor; a guest of another node */
};

#define STORE_SESSION_BYTES 16 /* BLAKE2b of the secret */

/* Lets one device of a person in without a password. */
struct store_session {
	unsigned char hash[STORE_SESSION_BYTES];
	int64_t person;
	const char *device, *client, *address;
	unsigned char token[32];      /* hash of the token that it came in with; zeros: none */
	bool has_token, is_elsewhere; /* the latter: it was used at another node last */
	int64_t since_ms;             /* wall clock */
	int64_t seen_ms;              /* wall clock: when its last connection ended; 0: it has one */
};

#define STORE_TOKEN_BYTES 32

struct store_token {
	int64_t person;
	const char *label;
	unsigned char hash[STORE_TOKEN_BYTES];
	int64_t most; /* in STORE_PUT_TOKEN: more labels than these are STORE_LIMIT */
};

#define STORE_FACTOR_CHARS   32
#define STORE_RECOVERY_BYTES 16

/* The proof that an account gives besides its password: a code of an authenticator app, or one of the recovery codes, each
 * once. */
struct store_factor {
	int64_t person;
	char secret[STORE_FACTOR_CHARS + 1];                   /* in base32: base/totp.h */
	int64_t step;                                          /* of the last code that was taken */
	const unsigned char (*recovery)[STORE_RECOVERY_BYTES]; /* STORE_PUT_FACTOR: hashes of the codes */
	size_t recovery_count;                                 /* of them */
	unsigned char used[STORE_RECOVERY_BYTES]; /* STORE_USE_RECOVERY: the hash of the one shown */
};

/* A passkey: the proof that a device gives in place of a password (base/webauthn.h). */
#define STORE_PASSKEY_BYTES 32 /* BLAKE2b of its number */

struct store_passkey {
	int64_t person;
	unsigned char hash[STORE_PASSKEY_BYTES];
	const char *label, *host, *key; /* its name for people; the page's host; the public key */
	int64_t counter, challenge_ms;  /* of the last proof that was taken */
	int64_t made_ms, used_ms;       /* wall clock; 0: never used */
	int64_t most;                   /* in STORE_PUT_PASSKEY: more than these are STORE_LIMIT */
};

#define STORE_PUSH_BYTES 32

/* A browser that is told while nobody looks at a page in it: where its push service is, and what seals what it is told
 * (push/seal.h). It lasts as long as the token of that label, by which the browser stays signed in. */
struct store_push {
	int64_t person;
	unsigned char hash[STORE_PUSH_BYTES]; /* BLAKE2b of the endpoint, which has one subscription */
	const char *label, *endpoint, *point, *auth, *lang;
	unsigned char token[STORE_TOKEN_BYTES]; /* filled in by STORE_LIST_PUSHES: its hash */
	bool shows_text;
	int64_t made_ms, most; /* the latter in STORE_PUT_PUSH: more labels than these are STORE_LIMIT */
};

/* One of an account's settings, which mean something to its clients alone. */
struct store_setting {
	int64_t person;
	const char *key, *value;  /* in STORE_PUT_SETTING a value of "" removes it */
	int64_t most, bytes_most; /* there: more than these, or longer together, are STORE_LIMIT */
};

/* The account of a person as others see it, whole. Texts are "" where there is nothing. */
struct store_profile {
	int64_t person;
	const char *display, *about;
	const char *picture; /* the id of a file of theirs, which is kept as long as it is their picture */
	char picture_key[FILE_ID_BYTES]; /* filled in */
	int64_t picture_bytes_most;      /* in STORE_PUT_PROFILE: a larger file is STORE_NO_FILE */
	bool hides_reading;              /* others do not see what they have read */
};

struct store_room {
	int64_t id;       /* 0 in STORE_ADD_ROOM: filled in */
	const char *name; /* "#lobby"; of a direct conversation "direct:7:12" */
	bool is_direct;
	bool is_private;
	bool is_read_only;
	bool is_topic_locked;
	bool keeps_edits; /* what an edit replaces; STORE_UPDATE_ROOM with false drops what was kept */
	const char *topic;
	int64_t retention_days; /* 0: for ever */
	int64_t sides[2];       /* persons of a direct conversation, the lower number first */
	/* The network of the guest who makes it; NULL or "": nobody's. It is forgotten when a member of the room
	 * has an account. */
	const char *maker;
	int64_t created_ms;
	uint64_t end_seq;    /* of the newest entry; 0 where there is none */
	uint64_t purged_seq; /* entries up to here are gone by retention */
	unsigned fields;     /* of STORE_UPDATE_ROOM: which of the fields change */
	int64_t rules; /* the version of what decides who may do what here; shown by a node's store alone */
};

#define STORE_ROOM_PRIVATE      ROOM_RULE_PRIVATE
#define STORE_ROOM_TOPIC        2u
#define STORE_ROOM_RETENTION    4u
#define STORE_ROOM_READ_ONLY    ROOM_RULE_READ_ONLY
#define STORE_ROOM_TOPIC_LOCKED ROOM_RULE_TOPIC_LOCKED
#define STORE_ROOM_KEEP_EDITS   ROOM_RULE_KEEP_EDITS

enum role { ROLE_NONE, ROLE_MEMBER, ROLE_SPEAKER, ROLE_MODERATOR, ROLE_OWNER };

struct store_member {
	int64_t person, room_id;
	enum role role;
	uint64_t read_seq;
	bool goes_back; /* STORE_SET_READ: also to an earlier seq */
};

/* Lets a person into a private room, once. */
struct store_invitation {
	int64_t room_id, person;
	const char *by;            /* the inviter's name then */
	int64_t by_person;         /* 0: nobody knows any more */
	enum role role;            /* ROLE_MEMBER; ROLE_OWNER: an owner who left and may come back as one */
	int64_t time_ms, until_ms; /* the latter 0: without end */
};

enum sanction_kind { SANCTION_BAN = 1, SANCTION_MUTE = 2 };

struct store_sanction {
	int64_t room_id;
	enum sanction_kind kind;
	const char *target; /* "person:7", or an address mask "10.0.0.0/8" in its canonical form */
	const char *folded; /* the name that a guest had: it holds for the name, too; else "" */
	const char *name, *by, *reason;
	enum role by_role; /* what the one who set it was: nobody below lifts it */
	int64_t time_ms;
	int64_t until_ms; /* 0: without end */
};

/* One line of the record of moderation. */
struct store_deed {
	int64_t id, room_id;
	const char *op, *by, *target, *reason;
	int64_t time_ms, until_ms, person; /* the person: whom other nodes put out, too; 0: nobody */
};

/* A message that moderators of its room point to. One that was deleted or purged is pinned no more. */
struct store_pin {
	int64_t room_id;
	uint64_t seq;
	const char *by; /* who pinned it, as they were called */
	int64_t time_ms;
	int64_t most;            /* in STORE_PUT_PIN: more of one room are STORE_LIMIT; 0: any */
	const char *name, *text; /* shown by STORE_LIST_PINS alone: whose it is, how it begins now */
	int64_t said_ms;
};

#define STORE_LINK_BYTES     32
#define STORE_LINK_KEY_CHARS 12

/* An invitation that whoever has its secret may take, until `uses` people have: a link. */
struct store_link {
	unsigned char hash[STORE_LINK_BYTES]; /* BLAKE2b of the secret */
	const char *key;                      /* names it where the secret must not be said */
	int64_t maker;                        /* person; 0: the administration */
	int64_t room_id;                      /* where it leads; 0: nowhere but onto the server */
	int64_t uses, used;                   /* how many people it lets in, and has let in */
	int64_t made_ms, until_ms;            /* wall clock */
	int64_t most;   /* in STORE_PUT_LINK: more of one maker are STORE_LIMIT; 0: any */
	int64_t person; /* in STORE_USE_LINK: who comes in by it */
};

struct store_block {
	int64_t person, blocked;
	bool on;
};

/* --- commands --- */

/* Names a send for its deduplication: protocol promise 4. */
struct store_send_id {
	int64_t person;
	const char *device;
	const char *id; /* NULL: it has none, and is never a repeat */
};

/* An entry for the end of its room's log. `entry` is the caller's and is read and written until done():
 * seq and id are filled in; of a repeat, seq and time_ms as they were then.
 *  1. The send id is looked at first: STORE_REPEAT, STORE_ID_REUSED.
 *  2. An edit, a deletion or a reaction needs its target: a message of the room that is not deleted, else
 *     STORE_NONE; an answer needs a message, deleted or not.
 *  3. STORE_FORBIDDEN: it changes a message of another without may_change_others, or its author blocks who gives a reaction.
 *  4. A message may have at most `reactions_most` different reactions: STORE_LIMIT.
 *     An edit takes the text that it replaces out of the store, unless it has ENTRY_KEEPS.
 *  5. The files that `entry->file_ids` names become the message's: they are its person's, and no other message's;
 *     else STORE_NO_FILE. `entry->files`, room for all of them, is filled in. */
struct store_append {
	struct entry *entry;
	struct store_send_id send_id;
	bool may_change_others;
	bool is_unchecked; /* an import: the target may be gone, and what it is about changes all the same */
	size_t reactions_most; /* 0: any */
	const int64_t
	    *mentioned; /* persons whom a message names (0: all of the room); borrowed until done() */
	size_t mentioned_count;
	int64_t target_author; /* filled in: who said what the entry is about, or answers; 0: nobody */
	bool moves_read;       /* the sender's read marker goes to the new entry */
};

struct store_purge {
	int64_t room_id;
	int64_t before_ms;   /* older entries go */
	size_t limit;        /* at most so many in one go */
	uint64_t purged_seq; /* filled in: the last one gone; 0: none */
};

/* Files whose rows are gone, for their bytes to be dropped; the notes of those that `dropped` names are removed. Rows
 * of files that no message took before `unsent_before_ms` go first, and those that `removed` names, whoever has them. */
#define STORE_DROPS_MAX 64
struct store_file_sweep {
	int64_t unsent_before_ms;
	const char *dropped; /* "ID ID"; or NULL */
	const char *removed; /* the same */
};

/* First removes what is left of removed rooms and persons, then forgets send ids. */
struct store_sweep {
	int64_t before_ms; /* send ids of older entries are forgotten */
	size_t limit;
	bool is_done; /* filled in: after a whole round with nothing left over */
};

/* If room_id or a person is 0, the one that the group has added last is meant; if room_id is -n, the n-th
 * room that the group has added. The number is filled in. */
enum store_op {
	STORE_ADD_PERSON,    /* person. STORE_EXISTS */
	STORE_RENAME_PERSON, /* person: id, name, folded. STORE_EXISTS, STORE_NONE */
	STORE_MAKE_ACCOUNT,  /* person: id, password, is_admin: a guest's account, made now. STORE_NONE */
	STORE_SET_PASSWORD,  /* person: id, password. STORE_NONE */
	STORE_SET_ADMIN,     /* person: id, is_admin. STORE_NONE */
	/* person: id, with all that is theirs. Filled in: kind PERSON_GONE and the name where conversations keep it. STORE_NONE */
	STORE_REMOVE_PERSON,
	STORE_PUT_SESSION, /* session: made, or changed; others of its device go. STORE_NONE: not its token */
	STORE_SEE_SESSION, /* session: hash, seen_ms; it is this server's from now on. STORE_NONE */
	STORE_NEED_SESSION, /* session: hash, person; changes nothing: what is behind it in its group rests on it. STORE_NONE */
	STORE_NEED_PASSWORD, /* person: id, password, as it was proved; changes nothing. STORE_NONE */
	STORE_DROP_SESSION,  /* session: hash, person. STORE_NONE */
	STORE_DROP_SESSIONS, /* session: all of the person's but the one with this hash (zeros: all) */
	STORE_PUT_TOKEN,     /* token: one of the same label is replaced, and its sessions go. STORE_LIMIT */
	STORE_DROP_TOKEN,  /* token: person, label; the hash is filled in. Its sessions go, too. STORE_NONE */
	STORE_DROP_TOKENS, /* token: all of the person's */
	STORE_ADD_ROOM,    /* room. STORE_EXISTS */
	STORE_UPDATE_ROOM, /* room: id, and what `fields` says. STORE_NONE */
	STORE_REMOVE_ROOM, /* room: id; with all that belongs to it. STORE_NONE */
	STORE_SKIP_TO,    /* room: id, end_seq: the first entry of the empty room will be the one behind it */
	STORE_PUT_MEMBER, /* member; joining again keeps who stands longest */
	STORE_DROP_MEMBER, /* member: person, room_id */
	STORE_SET_READ,    /* member: person, room_id, read_seq; goes back where goes_back. STORE_NONE */
	/* member: room_id. Where the room has accounts among its members and no owner, the longest-standing
	 * moderator, else the longest-standing account, becomes the owner and is filled in; person 0: no
	 * need. */
	STORE_PASS_OWNERSHIP,
	STORE_PUT_INVITATION,  /* invitation */
	STORE_DROP_INVITATION, /* invitation: room_id, person */
	STORE_PUT_SANCTION,    /* sanction */
	STORE_DROP_SANCTION,   /* sanction: room_id, kind, target. STORE_NONE */
	STORE_PUT_BLOCK,       /* block */
	STORE_ADD_DEED,        /* deed */
	STORE_APPEND,          /* append */
	STORE_PURGE,           /* purge */
	STORE_FORGET_SENDS,    /* sweep */
	STORE_PUT_FACTOR,      /* factor: in place of the one that there was. STORE_NONE: no such account */
	STORE_DROP_FACTOR,     /* factor: person. STORE_NONE */
	STORE_USE_FACTOR,   /* factor: person, step. STORE_NONE: that step or a later one was taken before */
	STORE_USE_RECOVERY, /* factor: person, used. STORE_NONE */
	STORE_PUT_PASSKEY,  /* passkey. STORE_EXISTS: it, or its label, is there already. STORE_LIMIT */
	STORE_USE_PASSKEY, /* passkey: hash, counter, challenge_ms, used_ms. STORE_NONE: not newer than the last */
	STORE_DROP_PASSKEY, /* passkey: person, label. STORE_NONE. Without a label: all that there are */
	STORE_ADD_FILE,     /* file: not sent yet. STORE_NONE: its owner is gone */
	STORE_SWEEP_FILES,  /* file_sweep */
	STORE_PUT_SETTING,  /* setting. STORE_LIMIT; STORE_NONE: there is no such account */
	STORE_PUT_LINK, /* link; those that are over go. STORE_LIMIT; STORE_NONE: its maker or room is gone */
	/* link: hash, person, made_ms: now. It counts once a person. STORE_NONE: it is over, used up or revoked */
	STORE_USE_LINK,
	STORE_DROP_LINK, /* link: key, maker (0: anybody's), room_id (0: wherever it leads). STORE_NONE */
	/* profile. Other pictures of theirs go. STORE_NO_FILE: it is not a picture, not theirs, or a message's; STORE_NONE */
	STORE_PUT_PROFILE,
	STORE_PUT_PIN,  /* pin. STORE_NONE: there is no such message; STORE_LIMIT */
	STORE_DROP_PIN, /* pin: room_id, seq. STORE_NONE */
	STORE_PUT_PUSH, /* push: in place of those of its label and its endpoint. STORE_NONE: no such token; STORE_LIMIT */
	STORE_DROP_PUSH,    /* push: hash, person. STORE_NONE */
	STORE_SET_DISABLED, /* person: id, is_disabled. STORE_NONE */
	STORE_OPS
};

struct store_command {
	enum store_op op;
	bool begins_group; /* the first command of a group; the first of a batch begins one in any case */
	int result;        /* filled in before done(): enum store_error */
	union {
		struct store_person person;
		struct store_session session;
		struct store_token token;
		struct store_factor factor;
		struct store_passkey passkey;
		struct store_room room;
		struct store_member member;
		struct store_invitation invitation;
		struct store_sanction sanction;
		struct store_block block;
		struct store_deed deed;
		struct store_append append;
		struct store_purge purge;
		struct store_sweep sweep;
		struct file *file; /* the caller's until done() */
		struct store_file_sweep file_sweep;
		struct store_setting setting;
		struct store_link link;
		struct store_profile profile;
		struct store_pin pin;
		struct store_push push;
	};
};

/* Owned by the caller; the store borrows it, and all that its commands point to, until done() was called. */
struct store_batch {
	struct store_command *commands;
	size_t count;
	/* Called once, on the chat's thread, maybe before submit() returns. STORE_OK or STORE_FAILED. */
	void (*done)(struct store_batch *batch, int result);
};

/* --- questions that a request has to wait for; index seeks --- */

enum store_question {
	STORE_FIND_PASSWORD, /* person -> text: the hash. STORE_NONE */
	STORE_FIND_TOKEN,    /* hash -> person. STORE_NONE */
	STORE_FIND_SEND, /* entry, send_id -> STORE_OK with seq and time_ms, STORE_ID_REUSED, or STORE_NONE */
	STORE_FIND_ENTRY,    /* room_id, seq -> found, without its text; name "". STORE_NONE */
	STORE_FIND_SESSION,  /* hash (its first bytes) -> person, token, has_token. STORE_NONE */
	STORE_LIST_TOKENS,   /* person -> visit with token */
	STORE_LIST_SESSIONS, /* person -> visit with session */
	STORE_FIND_FACTOR,   /* person -> factor: secret, step. STORE_NONE */
	STORE_FIND_PASSKEY,  /* hash -> visit with passkey. STORE_NONE */
	STORE_LIST_PASSKEYS, /* person -> visit with passkey, oldest first */
	STORE_FIND_FILE,     /* text: its id -> file. STORE_NONE */
	STORE_COUNT_FILES,   /* person, since_ms -> count: bytes of theirs since then; total: of all */
	STORE_LIST_FILES,    /* text: how ids begin -> visit with file->id, in their order */
	/* since_ms, text -> visit with file->id: STORE_DROPS_MAX at most, whose rows are gone, in the order of their
	 * ids behind `text`; count: 1 where there are others that no message took before since_ms */
	STORE_LIST_DROPPED,
	STORE_LIST_RECORD,   /* room_id, before (0: newest), limit -> visit with deed, newest first */
	STORE_LIST_SETTINGS, /* person -> visit with setting, by key */
	STORE_FIND_LINK, /* hash, person -> visit with link; count: 1 where that person came in by it. STORE_NONE */
	STORE_LIST_LINKS, /* person: its maker (0: anybody), room_id (0: any), limit -> visit with link, newest first */
	STORE_LIST_USED_LINKS, /* person, since_ms (now) -> visit with link: by which they came in, and not over */
	STORE_LIST_PINS,       /* room_id -> visit with pin, the last pinned first */
	STORE_LIST_PUSHES, /* person -> visit with push, oldest first */
	/* room_id, seq: a message -> visit with append.entry: seq, time_ms, text of it as it was first and of each edit, the
	 * newest first. Where ENTRY_KEEPS does not stand in an edit, the list ends with it. STORE_NONE: there is no such message */
	STORE_LIST_EDITS,
	/* person, limit -> visit with append.entry: room (its name), seq, name, time_ms, text as it reads now: what names or
	 * answers them in rooms that they are in, the newest first */
	STORE_LIST_MENTIONS,
	STORE_CATCH_UP /* of a node: what others had stored when it was asked is told before it is answered */
};

/* Owned by the caller; what it points to is borrowed until done() was called. */
struct store_query {
	enum store_question question;
	int64_t person, room_id;
	uint64_t seq, before;
	size_t limit;
	unsigned char hash[STORE_TOKEN_BYTES];
	unsigned char token[STORE_TOKEN_BYTES];
	bool has_token;
	char text[128];
	struct store_factor factor;
	struct entry *entry; /* of STORE_FIND_SEND: in and out */
	struct store_send_id send_id;
	struct entry found;
	struct file *file; /* of STORE_FIND_FILE: the caller's, filled in */
	int64_t since_ms, count, total;
	/* Shows one row, as the command that would make it. */
	void (*visit)(struct store_query *query, const struct store_command *row);
	int result;
	/* Called once, on the chat's thread, maybe before ask() returns. */
	void (*done)(struct store_query *query);
};

/* --- pages --- */

/* The range of a page: entries with after < seq < before (0: no such bound). */
struct store_range {
	int64_t room_id;
	uint64_t after;
	uint64_t before;
	bool newest;  /* the `limit` entries nearest to `before` rather than those nearest to `after` */
	bool current; /* messages alone, each with the text it has now; otherwise the entries as they were */
	size_t limit;
};

/* Counts what somebody has not read of a room: STORE_UNREAD_MOST means at least that. */
#define STORE_UNREAD_MOST 1000

struct store_unread {
	int64_t person, room_id;
	uint64_t read_seq;
	bool is_direct; /* every message is a mention */
	uint32_t unread,
	    mentions; /* filled in: messages of others that are not deleted; those that name the person */
};

/* Sees one row, oldest first; strings are valid during the call. Returns false to end the page early. */
typedef bool store_visit_entry(void *context, const struct entry *entry);
/* Sees a command as it would be if it had just been carried out. */
typedef void store_visit(void *context, const struct store_command *done);

struct store;
struct store_reader;
struct store_indexer;
#define STORE_TROUBLE_BYTES 400
/* No operation may be NULL. */
struct store_ops {
	void (*close)(struct store *store);
	/* Shows all that the chat keeps in memory: persons first, then rooms, then what joins the two
	 * (STORE_ADD_PERSON, PUT_SESSION, ADD_ROOM, PUT_MEMBER, PUT_INVITATION, PUT_SANCTION, PUT_BLOCK, PUT_PROFILE).
	 * Costs an index seek a room, never a scan of the history. 0 or STORE_FAILED. */
	int (*load)(struct store *store, store_visit *visit, void *context);
	void (*submit)(struct store *store, struct store_batch *batch);
	void (*ask)(struct store *store, struct store_query *query);
	/* Shows what other processes have changed since load() or the last call, one by one; cheap where they
	 * have not. 0 or STORE_FAILED: the same is shown again by the next call. */
	int (*watch)(struct store *store, store_visit *visit, void *context);
	/* For what completes later than it was asked: `wake` is called, by any thread, when something has
	 * come back, and collect() then calls its done() on the chat's thread. Not from within submit() or
	 * ask(). It must not call the store. NULL: none is called any more once this returns. */
	void (*on_return)(struct store *store, void (*wake)(void *context), void *context);
	void (*collect)(struct store *store);
	/* Whether something is to be removed that nobody is shown any more (a big room that was removed):
	 * STORE_FORGET_SENDS does some of it, and is wanted soon. */
	bool (*has_leftovers)(struct store *store);
	/* Nothing was asked of it for a while: it gives back what it keeps in memory only to be faster. */
	void (*rest)(struct store *store);
	/* The chat ends: what cannot be stored within seconds may come back as failed, since nobody is told of it. */
	void (*give_up)(struct store *store);
	/* False where it takes no batch now, since what it stored would not be as safe as `replicas` says. */
	bool (*takes)(struct store *store);
	/* Tells why the store cannot store right now; any thread may ask. False: it can. */
	bool (*trouble)(struct store *store, char trouble[STORE_TROUBLE_BYTES]);
	/* Names what a sandboxed server must leave open for it. */
	void (*reach)(const struct store *store, struct store_reach *reach);
	int (*reader_open)(struct store *store, struct store_reader **reader);
	int (*indexer_open)(struct store *store, struct store_indexer **indexer);
};

/* One word or phrase of a search. */
struct store_term {
	const char *text; /* has at least one word (base/text/words.h), and no '"' */
	bool is_prefix;   /* its last word may go on */
	bool is_excluded; /* messages with it are not wanted */
};

/* A search, newest first. Everything that is given must hold; with nothing given, all messages match. */
struct store_search {
	const struct store_term *terms;
	size_t terms_count;
	int64_t room_id;      /* 0: all */
	const char *from;     /* folded name, or NULL */
	bool is_from_unknown; /* nobody here is called so: STORE_NONE where nobody in the past was */
	bool has_link, has_file, has_reaction;
	int64_t since_ms, until_ms; /* said at since_ms or later, and before until_ms; 0: no such bound */
	uint64_t before; /* store_search_end.next, or entry.id of the last one shown; 0: from the newest */
	size_t limit;    /* messages shown */
};

/* The end of a search, besides its messages. */
struct store_search_end {
	int64_t lag; /* so many entries are not indexed yet */
	uint64_t
	    next; /* 0, or: a bound of what one search may look at was reached, and it goes on from here */
};

/* Keeps the search index up; belongs to one thread of its own, and never makes the chat thread wait. */
struct store_indexer_ops {
	void (*close)(struct store_indexer *indexer);
	/* Indexes at most `limit` new entries and takes out what was forgotten. *did: how many; 0: none is left. */
	int (*step)(struct store_indexer *indexer, size_t limit, size_t *did);
};

struct store_indexer {
	const struct store_indexer_ops *ops;
};

struct store_reader_ops {
	void (*close)(struct store_reader *reader);
	int (*page)(struct store_reader *reader, const struct store_range *range, store_visit_entry *visit,
		    void *context);
	/* The reactions to an entry, by emoji and then name. */
	int (*reactions)(struct store_reader *reader, int64_t entry_id,
			 void (*visit)(void *context, const char *emoji, const char *name), void *context);
	/* Shows messages that match, as they read now, each with the id of what matched: itself or its newest
	 * edit. LIMIT_SEARCH_LOOKS and LIMIT_SEARCH_MS bound it. STORE_NONE: nobody of the name has said
	 * anything. */
	int (*search)(struct store_reader *reader, const struct store_search *search,
		      store_visit_entry *visit, void *context, struct store_search_end *end);
	/* The last entry of the room that is not later; 0: none. Where the clock was set back, one of those around. */
	uint64_t (*seq_at_time)(struct store_reader *reader, int64_t room_id, int64_t time_ms);
	/* When the entry was said, or the first behind it that is still there; 0: there is none. */
	int64_t (*time_of)(struct store_reader *reader, int64_t room_id, uint64_t seq);
	/* The id of an entry, for paging; 0 where there is none. */
	int64_t (*entry_id)(struct store_reader *reader, int64_t room_id, uint64_t seq);
	/* Fills in each of the array. */
	int (*count_unread)(struct store_reader *reader, struct store_unread *unread, size_t count);
};

struct store {
	const struct store_ops *ops;
	const struct store_node_ops *node; /* store_node.h; NULL: this server has the database alone */
	char epoch[33];                    /* names this line of history; another one after a restore */
	unsigned char author_key[16];      /* for hashing authors; drawn when the database was made */
	/* How many other machines must have an entry before it is acknowledged, 0 or 1; set by the owner before load(). */
	int64_t replicas;
};

struct store_reader {
	const struct store_reader_ops *ops;
};

/* Between two looks at whether something has come back, where there is nothing else to do. */
void store_rest(void);

/* Opens the store that `url` names, with the server's own directory: "postgres://…". NULL: an embedded SQLite database in
 * the directory, which is made where it is not there. On failure `problem` says what, why and what to do. */
int store_open(const char *directory, const char *url, struct store **store, char *problem,
	       size_t problem_bytes);

#endif
