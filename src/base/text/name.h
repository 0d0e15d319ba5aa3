/* Names of users: which ones may be taken, and which ones look alike.
 *
 * Layer: base (utf8proc). Threads: any; all functions are pure.
 *
 * A name goes through these in order, and doc/protocol.md "Names" says so to people:
 *
 *   name_check()         its shape: letters, one script, marks, reserved; NAME_OK or why not
 *   the exact name       utf8_fold(), as before: two spellings of one name are the same person
 *   name_look()          two names with a look in common cannot be told apart: the newer one is name_taken
 *
 * A new name (of a guest, an account, a change of nick) goes through name_check(). A name that somebody comes
 * back to (an account, a session) does not: it may be older than the rules. */
#ifndef BRUSIO_BASE_NAME_H
#define BRUSIO_BASE_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum name_verdict {
	NAME_OK,
	NAME_BAD,      /* bad_name: not letters, digits and the allowed signs, or too long */
	NAME_MIXED,    /* bad_name: letters of several scripts */
	NAME_MARKS,    /* bad_name: more than NAME_MARKS_MAX marks on a letter */
	NAME_RESERVED, /* name_taken: the server's own, a service of IRC, or like one of them */
};

/* Combining marks that one letter may carry, whether above and below it or beside it: each counts apart, and
 * an accent that is part of the letter's code point counts as one. */
#define NAME_MARKS_MAX 3

/* Whether somebody may take this name. The text may be anything that ends with NUL. */
enum name_verdict name_check(const char *name);

/* The name that stands beside somebody's name: letters, digits, single blanks inside and a few signs, at most
 * LIMIT_DISPLAY_CODE_POINTS; with the same rules about scripts, marks and reserved names. */
enum name_verdict name_check_display(const char *display);
/* Writes what is compared of it: all that neither is a letter nor a digit left out. */
#define NAME_PLAIN_BYTES (48 * 4 + 1)
void name_plain(const char *display, char plain[NAME_PLAIN_BYTES]);

/* True where each letter carries at most NAME_MARKS_MAX marks; names of rooms keep to that, too. */
bool name_has_few_marks(const char *text);

#define NAME_SKELETON_BYTES 512

/* The skeleton of TS 39, 4: two names with the same one look the same. Writes a string of less than
 * NAME_SKELETON_BYTES (a longer one is cut, which can only make more names look alike) and returns its
 * length; 0 where `name` is not valid UTF-8. Case is kept: see name_look(). */
size_t name_skeleton(const char *name, char skeleton[NAME_SKELETON_BYTES]);

/* How a name looks, in two numbers: the hash of the skeleton as it is written and of the one in small
 * letters. Often both are the same. They are hashes under the key of this process (table_hash()), so that
 * equal looks need no comparison of texts; keep them in a table, never in a file. */
struct name_look {
	uint64_t written, folded;
};

/* `name` is valid UTF-8. */
struct name_look name_look(const char *name);
/* name_look().folded of any name that utf8_fold() folds to this: what is called the same looks the same. */
uint64_t name_look_folded(const char *folded);

/* True where both names cannot be told apart. The kind of look counts: "lan" is like "Ian", not like "ian".
 */
static inline bool name_look_is_like(struct name_look one, struct name_look other)
{
	return one.written == other.written || one.folded == other.folded;
}

#endif
