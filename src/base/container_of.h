/* From a member to the struct that embeds it.
 *
 * Layer: base, pure. */
#ifndef BRUSIO_BASE_CONTAINER_OF_H
#define BRUSIO_BASE_CONTAINER_OF_H

#include <stddef.h>

#define CONTAINER_OF(pointer, type, member) ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

#endif
