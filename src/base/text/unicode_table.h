/* Properties of code points from the Unicode Character Database and TS 39, as far as names and emoji need them.
 *
 * Layer: base. Threads: any; nothing of it changes. script/unicode-tables makes the definitions at build time
 * from Debian's packages. Only script.c, confusable.c and emoji.c read these tables. */
#ifndef BRUSIO_BASE_UNICODE_TABLE_H
#define BRUSIO_BASE_UNICODE_TABLE_H

#include <stddef.h>
#include <stdint.h>

#define SCRIPT_SET_WORDS 3

/* A bit for each script, and for the combinations Jpan, Kore and Hanb of TS 39, 5.1. */
struct script_set {
	uint64_t bits[SCRIPT_SET_WORDS];
};

struct script_range {
	uint32_t first, last;
	uint32_t set; /* index into script_sets[]; 0: every script */
};

/* Sorted; a code point in none of them has no script. */
extern const struct script_range script_ranges[];
extern const size_t script_ranges_count;
extern const struct script_set script_sets[];
extern const struct script_set script_latin;
/* Jpan, Kore and Hanb: each may have Latin letters among its own. */
extern const struct script_set script_beside_latin;

struct confusable {
	uint32_t code_point;
	uint16_t prototype; /* offset of a string in confusable_prototypes[] */
};

/* Sorted; a code point that is not there stands for itself. */
extern const struct confusable confusables[];
extern const size_t confusables_count;
extern const char confusable_prototypes[];

struct emoji_range {
	uint32_t first, last;
};

/* Sorted; the code points with the property Emoji. */
extern const struct emoji_range emoji_ranges[];
extern const size_t emoji_ranges_count;

#endif
