/* Cleans up files that an earlier process left without a row in the database.
 *
 * Layer: chat, private to it. Threads: whoever starts the chat, before its thread runs. */
#ifndef BRUSIO_CHAT_FILE_SWEEP_H
#define BRUSIO_CHAT_FILE_SWEEP_H

struct chat;

/* Takes up the uploads that may be resumed, and drops the rest. */
void file_sweep(struct chat *chat);

#endif
