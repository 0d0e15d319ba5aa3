/* The secret of an invitation link, of which only the hash is stored.
 *
 * Layer: chat. Threads: any. */
#ifndef BRUSIO_CHAT_LINK_SECRET_H
#define BRUSIO_CHAT_LINK_SECRET_H

#include "store/store.h"

#define LINK_SECRET_BYTES 24
#define LINK_SECRET_CHARS (LINK_SECRET_BYTES / 3 * 4)

struct link_secret {
	char text[LINK_SECRET_CHARS + 1];
	char key[STORE_LINK_KEY_CHARS + 1]; /* names the link, and opens nothing */
};

/* Draws one, whose owner wipes it. */
void link_secret_draw(struct link_secret *drawn, unsigned char hash[STORE_LINK_BYTES]);

#endif
