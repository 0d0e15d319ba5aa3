/* Messages with links to files in their text, as clients of IRC send them: the files that are their sender's, and that no message has,
 * become the message's. Other links are text.
 *
 * Layer: chat, private to it. Threads: the chat thread's alone. */
#ifndef BRUSIO_CHAT_FILE_LINKS_H
#define BRUSIO_CHAT_FILE_LINKS_H

#include "base/request.h"

struct chat;

/* Finds out which of the files in REQUEST_TEXT_FILES are such, leaves those there, and goes on with `then`. */
void file_links_settle(struct chat *chat, struct request *request,
		       void (*then)(struct chat *chat, struct request *request));

#endif
