/* Files that are kept in a bucket (store/blobs/blob_bucket.h): brought here before they are given, taken from here where there
 * are too many, and looked for there where nobody knows them.
 *
 * Layer: chat, private to it. Threads: the chat thread's alone; what waits for the bucket is done by threads of their own. */
#ifndef BRUSIO_CHAT_FILE_BUCKET_H
#define BRUSIO_CHAT_FILE_BUCKET_H

#include "base/file.h"
#include "base/request.h"

struct chat;

/* Answers with a file that the asker may read, once its bytes are here. */
void file_bucket_give(struct chat *chat, struct request *request, const struct file *file);

/* Called once a second. */
void file_bucket_chores(struct chat *chat);
void file_bucket_free(struct chat *chat);

#endif
