/* Text into the words that a search knows: one rule for what is stored and for what is asked.
 *
 * Layer: base (utf8proc). Threads: any; pure.
 *
 *  1. Case, width, ligatures, accents and the points of Arabic and Hebrew make no difference: "Straße" is
 *     "strasse", "Łódź" is "lodz", "１２３" is "123". The vowel signs of Indic scripts are letters.
 *  2. Scripts without spaces between words, and Korean, give a word for each letter with its marks, so that a
 * phrase of them finds any part of a sentence.
 *  3. An emoji is a word, without its skin tone.
 *  4. A name with "+" or "#" behind it, as in "C++", is two words at one place, "c" and "c++". Who asks for
 * "C++" asks for the latter alone.
 *  5. The words of a text and of a query come of the same function: a change of it changes WORDS_VERSION, and
 * with it each index that was made before. */
#ifndef BRUSIO_BASE_WORDS_H
#define BRUSIO_BASE_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#define WORDS_VERSION 2

#define WORDS_BYTES_MAX 128 /* a word; what is longer is cut, in the text and in the query alike */

enum words_mode { WORDS_OF_TEXT, WORDS_OF_QUERY };

/* Sees one word, valid during the call. `is_same_place`: it stands where the one before it stands. Returns 0
 * to go on, or anything else to end. */
typedef int words_visit(void *context, const char *word, size_t bytes, bool is_same_place);

/* Shows the words in their order; returns what `visit` ended it with, or 0. Bytes that are not UTF-8 part
 * words. */
int words_split(const char *text, size_t bytes, enum words_mode mode, words_visit *visit, void *context);

/* True where the text ends with a letter of a script that writes vowels and tones as marks on it, and does
 * not part words: the text may go on with such a mark, so the last word should be looked for as a prefix. */
bool words_may_go_on(const char *text, size_t bytes);

#endif
