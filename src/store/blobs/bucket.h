/* A bucket of S3's kind, where files are kept besides the folder of the data directory (store/blobs/blob.h).
 *
 * Layer: store. Threads: as each asker says. */
#ifndef BRUSIO_STORE_BUCKET_H
#define BRUSIO_STORE_BUCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BUCKET_KEYS_MAX   256   /* named in one question */
#define BUCKET_TEXT_BYTES 32768 /* of a question or an answer */

enum bucket_op {
	BUCKET_PUT,  /* all of the descriptor's file, under this name; 0: the bucket has it */
	BUCKET_GET,  /* into the descriptor's file, which is empty; -ENOENT */
	BUCKET_DROP, /* "NAME\nNAME"; 0: none of them is there any more */
	BUCKET_LIST, /* "START\nAFTER": names that begin so, behind AFTER; answered with "NAME SECONDS\n"… of when each came,
			in their order, BUCKET_KEYS_MAX at most */
};

struct bucket_question {
	uint64_t number; /* the asker's own */
	uint32_t op;
	uint32_t length; /* of the text, which ends with 0 besides */
	char text[BUCKET_TEXT_BYTES];
};

struct bucket_answer {
	uint64_t number;
	int32_t error; /* 0 or -errno */
	uint32_t length;
	char text[BUCKET_TEXT_BYTES];
};

/* Whom to ask. `fd` is the caller's; -1: none. */
struct bucket {
	void (*ask)(void *context, const struct bucket_question *question, int fd,
		    struct bucket_answer *answer);
	void *context;
	bool is_direct; /* by this process itself, which may wait for it anywhere */
};

/* The bucket's place, and how to be let in. It has no pointers: a helper is told it in one packet. */
struct bucket_config {
	char host[256], port[8];
	char name[64], prefix[128]; /* "" or ending with '/' */
	char region[64];
	char key[129], secret[257];
	char ca[1024]; /* a PEM file; "": those that the system trusts */
	bool is_tls, is_virtual_host;
	uint32_t wait_seconds;
};

/* `url` is "s3://BUCKET" or "s3://BUCKET/PREFIX", `endpoint` "https://HOST" or with a port; NULL: Amazon's of the region. False:
 * it is not of this form, or too long. */
bool bucket_config_place(struct bucket_config *config, const char *url, const char *endpoint);
/* Reads the file with two lines, the id of the key and its secret. -1 with `problem` filled in. */
int bucket_config_read_key(struct bucket_config *config, const char *path, char *problem,
			   size_t problem_bytes);

/* The one that speaks to the bucket itself. NULL with `problem` filled in: it cannot be made. */
struct bucket_client;
struct bucket_client *bucket_client_new(const struct bucket_config *config, char *problem,
					size_t problem_bytes);
void bucket_client_free(struct bucket_client *client);
/* Asks it, `context` being the client; it takes LIMIT_BUCKET_TRIES tries at most. Threads: one at a time. */
void bucket_client_ask(void *context, const struct bucket_question *question, int fd,
		       struct bucket_answer *answer);

#endif
