/* Emoji: whether a text is one of them, and which ones are the same.
 *
 * Layer: base (utf8proc). Threads: any; all functions are pure. */
#ifndef BRUSIO_BASE_EMOJI_H
#define BRUSIO_BASE_EMOJI_H

#include <stdbool.h>
#include <stdint.h>

/* True where the text is exactly one emoji as Unicode TS 51 writes them: a symbol with or without a skin
 * tone, a flag, a keycap, or several that are joined to one. A digit alone is none. The text may be anything.
 */
bool emoji_is_one(const char *text);

/* Removes the variation selectors of a text in UTF-8: two emoji are the same where both read the same then.
 */
void emoji_fold(char *text);

/* True for one of the five skin tones, which may follow an emoji. */
bool emoji_is_skin_tone(uint32_t code_point);
/* True for a code point with the property Emoji that is not a digit, "#" or "*". */
bool emoji_is_symbol(uint32_t code_point);

#endif
