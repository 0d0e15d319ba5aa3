/* The number of who has reacted, as the reactions of a message are kept.
 *
 * Layer: store. Threads: any. In databases: never change it. */
#ifndef BRUSIO_STORE_REACTING_H
#define BRUSIO_STORE_REACTING_H

#include "base/entry.h"

/* The person; an imported reaction has a name and no person: one name is one number, negative so that it is nobody's here. */
int64_t reacting_number(const struct entry *entry);

#endif
