/* The entries of a room's log, and the events that only pass through it.
 *
 * Layer: base. Plain data; strings are borrowed from whoever filled it in, for as long as that one says. */
#ifndef BRUSIO_BASE_ENTRY_H
#define BRUSIO_BASE_ENTRY_H

#include "base/text_args.h"
#include "texts.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Values of the stored kinds are in databases: never renumber them. */
enum entry_kind {
	ENTRY_MESSAGE = 1,
	ENTRY_EDIT = 2,
	ENTRY_DELETE = 3,
	ENTRY_REACT = 4,
	ENTRY_TOPIC = 5,
	/* Ephemeral: shown to those who are there, never stored, without a seq. */
	ENTRY_ENTER = 32,
	ENTRY_EXIT,
	ENTRY_NICK,
	ENTRY_TYPING,
	ENTRY_AWAY,
	ENTRY_KICK,
	ENTRY_BAN,
	ENTRY_UNBAN,
	ENTRY_MUTE,
	ENTRY_UNMUTE,
	ENTRY_ROLE,
	ENTRY_SET,
	ENTRY_READ,
	ENTRY_GAP,
	ENTRY_NOTICE,
	/* The others are only shown by IRC: another real name, a guest who has an account now, somebody else who was invited,
	 * somebody watched who comes or goes. */
	ENTRY_REALNAME,
	ENTRY_ACCOUNT,
	ENTRY_INVITED,
	ENTRY_PROPERTY, /* text: the key, args.text: its value or NULL; code: "room" where it is the room's */
	ENTRY_ONLINE,
	ENTRY_OFFLINE,
	ENTRY_TAGGED /* text: tags of a TAGMSG, escaped */
};

/* Flags are in databases too. */
#define ENTRY_ACTION   1u    /* "/me waves" */
#define ENTRY_ON       2u    /* a reaction that is given, not taken back */
#define ENTRY_DELETED  4u    /* its text is gone; what is left is the tombstone */
#define ENTRY_REACTED  8u    /* somebody reacted to it */
#define ENTRY_EDITED   16u   /* a later entry replaced its text */
#define ENTRY_QUIET    32u   /* programs must not answer it */
#define ENTRY_BOT      64u   /* a program said it */
#define ENTRY_GUEST    128u  /* a guest said it */
#define ENTRY_FILES    1024u /* it came with files */
#define ENTRY_KEEPS    2048u /* an edit: what it replaced is kept, since its room allows that */
#define ENTRY_REPLACED 4096u /* its own text is gone: a later edit replaced it, and it reads as that one */
#define ENTRY_UNNAMED \
	256u /* a deletion whose text for people names nobody: of one's own, or by somebody muted */
/* ENTRY_ENTER and ENTRY_EXIT with it: somebody has become a member, or is no longer one. Without it only their
 * presence has changed: a member came or went with their first or last connection. */
#define ENTRY_MEMBERSHIP 512u

/* Rules of a room that are on: values of entry.room_rules, and of the fields of store.h. */
#define ROOM_RULE_PRIVATE      1u
#define ROOM_RULE_READ_ONLY    8u
#define ROOM_RULE_TOPIC_LOCKED 16u
#define ROOM_RULE_KEEP_EDITS   32u /* what an edit replaces stays readable */

/* A file that a message came with. */
struct entry_file {
	const char *id, *key, *name, *type; /* see base/file.h */
	int64_t bytes;
	int32_t width, height;
	int64_t preview_bytes; /* 0: it has no preview */
};

struct entry {
	enum entry_kind kind;
	uint32_t flags;
	int64_t id;       /* order of storing over all rooms; 0 where ephemeral */
	int64_t room_id;  /* the store's number of the room */
	const char *room; /* the room's name as this reader sees it */
	uint64_t seq;     /* place in the room; 0 where ephemeral */
	int64_t time_ms;  /* wall clock of the server when it was taken */
	uint64_t author;  /* who said it from which device, as peer.h computes it; 0 for the server */
	int64_t person;   /* who said it: the store's number of them; 0: the server, or nobody known */
	const char
	    *send_id;     /* the id that its sender gave it, which is shown to them alone; NULL or "": none */
	const char *name; /* the author's name at that time; NULL for the server */
	const char *ip;   /* as it may be shown */
	const char *text; /* message, new text, emoji or topic; "" where there is none */
	const char
	    *pieces; /* a message's text with CR where its sender broke a line that goes on; NULL: unknown */
	const char *file_ids;     /* what its sender named, "ID ID"; NULL: none */
	struct entry_file *files; /* those of a message that has ENTRY_FILES and is not deleted */
	size_t files_count;
	uint64_t edited_seq; /* of the entry that gave a message the text it has here; 0: its own text */
	uint64_t ref;        /* reply_to of a message, target of an edit, deletion or reaction; else 0 */
	const char *reader;  /* of a direct conversation: the side that reads this; else NULL */
	/* Only events have these. */
	enum text key;    /* what people read */
	const char *code; /* of a notice that programs must understand; a literal, or NULL */
	/* One event that is told in several rooms has the same number in each; 0: told in one room only. */
	uint64_t wide;
	unsigned room_rules;   /* of ENTRY_SET: ROOM_RULE_… that are on now */
	unsigned role_before;  /* of ENTRY_ROLE: enum role */
	unsigned rules_told;   /* of ENTRY_SET: ROOM_RULE_… that were set by it, also to what they were */
	struct text_args args; /* what goes into it */
	/* People who are not told: they have blocked who it is of. The others are not, where it is for these alone. */
	const int64_t *untold;
	size_t untold_count;
	bool is_for_untold;
};

static inline bool entry_is_stored(enum entry_kind kind)
{
	return kind < ENTRY_ENTER;
}

#endif
