/* Allocation that ends the process where there is no memory, in one place.
 *
 * Layer: base. Threads: any. An allocation that fails prints one line and
 * aborts: the log on disk is consistent at every instant, so dying is safer
 * than going on with half a structure. */
#ifndef BRUSIO_BASE_MEMORY_H
#define BRUSIO_BASE_MEMORY_H

#include <stddef.h>

/* Ends the process after a failed allocation of another library. */
_Noreturn void mem_fail(size_t bytes);

/* All return memory that the caller owns and gives back with free(3). */
void *mem_alloc(size_t bytes);
void *mem_zero(size_t bytes);
void *mem_resize(void *old, size_t bytes);
char *mem_string(const char *text);
char *mem_string_n(const char *text, size_t bytes);

/* Wipes and frees a text that others must not find in memory. NULL is allowed. */
void mem_free_secret(char *text);

/* Wipes and frees what mem_alloc() gave: for a library whose objects may hold secrets. */
void mem_free_wiped(void *memory);

/* Grows an array to hold at least `need` elements, doubling; `*capacity` is in elements. */
void *mem_grow(void *array, size_t *capacity, size_t need, size_t element_bytes);

/* Overwrites what was secret. */
void mem_wipe(void *bytes, size_t length);

#endif
