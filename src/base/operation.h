/* The properties of each operation, as data: the rows of base/operations.h.
 *
 * Layer: base, pure. */
#ifndef BRUSIO_BASE_OPERATION_H
#define BRUSIO_BASE_OPERATION_H

#include "base/request.h"
#include "texts.h"

enum operation_flag {
	OPERATION_PLAIN = 0,
	OPERATION_GREETS = 1,      /* taken from those who have not said who they are */
	OPERATION_IN_ROOM = 2,     /* only for those who are in the room that it names */
	OPERATION_SAYS = 4,        /* others may read of it: its asker becomes an author */
	OPERATION_LISTS = 8,       /* expensive for the chat thread */
	OPERATION_PAGES = 16,      /* expensive for the jobs */
	OPERATION_UNANSWERED = 32, /* nothing comes back, and so it is never in flight */
	OPERATION_HERE =
	    64 /* its `room` may be left out: a line that presets nothing means the one where it is typed */
};

/* Fields as bits of a set: texts, then numbers. */
#define OPERATION_NUMBER_BIT         36
#define OPERATION_TEXT_FIELD(text)   (UINT64_C(1) << (text))
#define OPERATION_NUMBER_FIELD(text) (UINT64_C(1) << (OPERATION_NUMBER_BIT + (text)))

struct operation {
	const char *name;    /* on the wire; NULL: it is not asked for there */
	uint64_t needs, may; /* sets of fields */
	unsigned flags;      /* enum operation_flag */
	const char *answer;  /* "op" of the answer, or NULL */
};

const struct operation *operation_of(enum request_op op);
/* The operation of this name on the wire; -1: there is none. */
int operation_find(const char *name, size_t length);

static inline bool operation_is(enum request_op op, unsigned flags)
{
	return operation_of(op)->flags & flags;
}

/* --- what people type --- */

enum operation_argument_kind {
	ARGUMENT_NONE,
	ARGUMENT_NAME,    /* a user */
	ARGUMENT_ROOM,    /* "#room"; its '#' may be left out */
	ARGUMENT_COUNT,   /* how many */
	ARGUMENT_TARGET,  /* the number of a message */
	ARGUMENT_SECONDS, /* optional: what is not a number is the next argument */
	ARGUMENT_DAYS,
	ARGUMENT_SWITCH, /* on or off: base/switch_word.h */
	ARGUMENT_WORD,   /* a role, an emoji */
	ARGUMENT_TEXT    /* the rest of the line */
};

struct operation_argument {
	enum operation_argument_kind kind;
	bool is_needed;
	const char *shown; /* in the usage */
	int field;         /* of enum request_text or request_number, as the kind says */
};

#define OPERATION_ARGUMENTS_MAX 3

struct operation_command {
	const char *name;
	enum text help;
	enum request_op op;
	/* The number field that the command's name alone sets, and its value; -1: no field. */
	int preset, preset_value;
	struct operation_argument arguments[OPERATION_ARGUMENTS_MAX];
};

extern const struct operation_command operation_commands[];
extern const size_t operation_commands_count;

/* NULL: there is none of this name. */
const struct operation_command *operation_find_command(const char *name, size_t length);

/* "/kick NAME [REASON]". */
#define OPERATION_USAGE_BYTES 128
void operation_usage(const struct operation_command *command, char usage[OPERATION_USAGE_BYTES]);

#endif
