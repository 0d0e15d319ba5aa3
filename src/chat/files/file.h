/* Files: who may send one, who may read it, and what becomes of its bytes.
 *
 *   gateway --upload--> may they? --REPLY_FILE--> gateway writes the part --uploaded--> filer keeps the blob
 *           --STORE_ADD_FILE--> REPLY_FILE; a send then names it (say.c)
 *   gateway --fetch--> may they? --REPLY_FILE--> gateway reads the blob
 *   a row that went --chores--> STORE_LIST_DROPPED --filer drops the blobs--> STORE_SWEEP_FILES
 *
 * Layer: chat, private to it. Threads: the chat thread's alone; what waits for the disk is done by the filers.
 *
 *  1. Whoever may read a message may read its files, and nobody else but who has their key.
 *  2. Blobs are dropped behind the commit that took their rows away, never before. */
#ifndef BRUSIO_CHAT_FILE_H
#define BRUSIO_CHAT_FILE_H

#include "chat/chat.h"
#include "store/store.h"

#include <stdatomic.h>
#include <stdbool.h>

struct chat;
struct peer;
struct upload;
struct user;

struct files {
	struct jobs *filers;    /* made when the first is needed */
	struct upload *uploads; /* under way */
	struct file_drops *drops;
	_Atomic uint64_t stored, refused[UPLOAD_REFUSED_COUNT]; /* since the start */
	_Atomic uint64_t bytes;                                 /* of all of them */
};

/* The bytes that one file of theirs may have; 0: they may send none. */
int64_t file_bytes_for(const struct chat *chat, const struct user *user);

/* Drops what an earlier process left without a row. */
void file_sweep(struct chat *chat);
void file_free(struct chat *chat);

/* The peer's upload, if there is one, is over. */
void file_forget_upload(struct chat *chat, const struct peer *peer);

/* Has the bytes of files dropped whose rows are gone; called once a second. */
void file_chores(struct chat *chat, int64_t wall_ms);

#endif
