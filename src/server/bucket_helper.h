/* The helper processes that speak to the bucket: the server itself opens no connection (server/sandbox.h).
 *
 *   filer --question, file--> brusiod bucket --HTTP--> the bucket
 *         <---- answer -----
 *
 * A few of them, one question each; one that died is started anew by its keeper (net/helper.h). They are told the key in
 * their first packet, which no other process can read. Each may connect to the port of the bucket, ask for names, and read
 * certificates and what its user may in /etc; the files it moves are given to it open.
 *
 * Layer: server. Threads: any may ask; who finds all of them asked waits. */
#ifndef BRUSIO_SERVER_BUCKET_HELPER_H
#define BRUSIO_SERVER_BUCKET_HELPER_H

#include "server/config.h"
#include "store/blobs/bucket.h"

/* The word by which the server calls itself as such a helper. */
#define BUCKET_WORD "bucket"

struct bucket_helpers;

/* The place and the key, which is read. -1 with `problem` filled in. made->name is "" where the configuration has none. */
int bucket_helper_place(const struct config *config, struct bucket_config *made,
			char problem[CONFIG_PROBLEM_BYTES]);
/* Starts them; what they do is bucket->ask() then. -1 with `problem` filled in. */
int bucket_helpers_start(const struct bucket_config *config, bool is_bare, struct bucket_helpers **made,
			 struct bucket *bucket, char problem[CONFIG_PROBLEM_BYTES]);
/* From now on no caller waits for an answer, or gets one. */
void bucket_helpers_end(struct bucket_helpers *helpers);
/* They end. */
void bucket_helpers_stop(struct bucket_helpers *helpers);

/* The helper itself, which `brusiod bucket` is; its exit status. */
int bucket_helper_run(int argc, char **argv);

#endif
