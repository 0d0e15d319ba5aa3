/* Uploads that may be resumed: a half of one lies in the folder of blobs (store/blobs/half_blob.h), and comes on by one
 * connection at a time.
 *
 *   half_make() --> RESTING --do_resume()--> COMING by a peer --half_complete()--> a file (file.c)
 *                      ^                         |
 *                      +------ half_pause(): synced
 *
 * Layer: chat, private to it. Threads: the chat thread's alone; what waits for the disk is done by the filers.
 *
 * Of a request that begins one or goes on, REQUEST_NUMBER_ON says that bytes come with it, and REQUEST_NUMBER_BACK that
 * their checksum does too: where it does not fit, all is as it was.
 *
 *  1. What people are told is there is on stable storage.
 *  2. While `is_busy`, an errand has it, and nothing else touches it.
 *  3. `peer` is a peer that the gateway has not let go of. */
#ifndef BRUSIO_CHAT_HALF_H
#define BRUSIO_CHAT_HALF_H

#include "base/file.h"
#include "base/ip.h"

struct chat;
struct peer;
struct request;

struct half {
	struct half *next;
	struct file file;        /* with `bytes` that are here; its metadata is owned */
	const struct peer *peer; /* by which it comes; NULL: by none */
	bool is_busy;
	char network[IP_TEXT_BYTES]; /* of that peer */
};

/* At the start: those that an earlier process left. */
void half_load(struct chat *chat);
bool half_is_known(const struct chat *chat, const char *id);

/* Makes what the request announces, which may be; answers it. */
void half_make(struct chat *chat, struct request *request, const char *network);
/* The one that comes by the request's peer rests from now on, with as many bytes as the request's file. */
void half_pause(struct chat *chat, struct request *request);
/* It is whole, and busy until half_end() or half_rest(). False where there is none: it was answered. */
bool half_complete(struct chat *chat, const struct request *request);
/* It could not be made a file now: it rests again, with so many bytes (-1: as many as before it came on). False where it
 * is none. */
bool half_rest(struct chat *chat, const struct file *file, int64_t bytes);
/* It is a file now, or none any more; whatever else it is, nothing happens. */
void half_end(struct chat *chat, const struct file *file);
void half_forget_peer(struct chat *chat, const struct peer *peer);

/* Removes those whose time is over or whose person is gone; called once a second. */
void half_chores(struct chat *chat, int64_t wall_ms);
void half_free(struct chat *chat);

#endif
