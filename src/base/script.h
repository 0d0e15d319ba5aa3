/* Writing systems: whether a text keeps to one of them, as Unicode TS 39 has it.
 *
 * Layer: base. Threads: any. */
#ifndef BRUSIO_BASE_SCRIPT_H
#define BRUSIO_BASE_SCRIPT_H

#include <stdbool.h>

/* True where the scripts of the text are "single script" or "highly restrictive" (TS 39, 5.2): one script, or
 * Latin beside Japanese, Korean, or Chinese with Bopomofo. Digits and signs that all scripts share count for
 * none. `text` is valid UTF-8 that ends with NUL. */
bool script_is_highly_restrictive(const char *text);

#endif
