/* Files: who may send one, who may read it, and what becomes of its bytes.
 *
 *   gateway --upload--> may they? --REPLY_FILE--> gateway writes the part --uploaded--> filer keeps the blob
 *           --STORE_ADD_FILE--> REPLY_FILE; a send then names it (say.c)
 *   gateway --fetch--> may they? --REPLY_FILE--> gateway reads the blob
 *   file_bucket.h brings the blob here before, where a bucket has it
 *   half.h has the uploads that may be resumed
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
struct half;
struct peer;
struct question;
struct upload;
struct user;

struct files {
	struct jobs *filers;    /* made when the first is needed */
	struct jobs *painters;  /* for those that take longer */
	struct jobs *fetchers;  /* for those that are brought from a bucket */
	struct upload *uploads; /* under way */
	struct half *halves;    /* that may be resumed */
	struct file_drops *drops;
	struct file_bucket *bucket;
	_Atomic uint64_t going; /* that are gone from the database, and are to be dropped */
	_Atomic uint64_t stored, refused[UPLOAD_REFUSED_COUNT]; /* since the start */
	_Atomic uint64_t bytes;                                 /* of all of them */
};

/* The bytes that one file of theirs may have; 0: they may send none. */
int64_t file_bytes_for(const struct chat *chat, const struct user *user);

void file_free(struct chat *chat);

/* Finds out who asks, by a token or a session, and goes on with `then`. `context` is freed where there is neither. */
void file_ask_person(struct chat *chat, struct request *request,
		     void (*then)(struct chat *chat, struct question *question), void *context);
/* In that `then`: who it is. NULL: the request was answered. */
struct user *file_asker_of(struct chat *chat, const struct question *question);
void file_answer(struct chat *chat, const struct request *request, const struct file *file);
/* Only those who may read a file learn that it is there. */
void file_answer_none(struct chat *chat, const struct request *request);
/* True where they may send no file, or none of so many bytes: the request was answered. */
bool file_refuse_size(struct chat *chat, const struct request *request, const struct user *user,
		      int64_t wanted);
/* True where the person, their address or all together send too many at once: the request was answered. */
bool file_refuse_crowd(struct chat *chat, const struct request *request, int64_t person);
/* True where there is no room for so many more bytes beside `kept` and what comes: the request was answered. */
bool file_refuse_lack(struct chat *chat, const struct request *request, int64_t wanted, int64_t kept);
struct jobs *file_filers(struct chat *chat);

/* Has the bytes dropped of one that has no row. */
void file_drop_later(struct chat *chat, const char *id);

/* Another node has dropped these ("ID ID") from the bucket: what is here of them goes, too. */
void file_dropped_elsewhere(struct chat *chat, const char *ids);

/* The peer's upload, if there is one, is over. */
void file_forget_upload(struct chat *chat, const struct peer *peer);

/* Has the bytes of files dropped whose rows are gone; called once a second. */
void file_chores(struct chat *chat, int64_t wall_ms);

#endif
