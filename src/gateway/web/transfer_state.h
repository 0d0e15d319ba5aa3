/* The state of a file that comes or goes, and transfer.c's functions for tus.c.
 *
 * Layer: gateway, private to the web dialect. Threads: the connection's worker's. */
#ifndef BRUSIO_GATEWAY_TRANSFER_STATE_H
#define BRUSIO_GATEWAY_TRANSFER_STATE_H

#include "base/file.h"
#include "chat/reply.h"
#include "gateway/web/preview.h"
#include "gateway/web/web.h"
#include "gateway/web/web_state.h"
#include "wire/tus.h"
#include "wire/upload_body.h"

#define TRANSFER_RANGE_BYTES  64
#define TRANSFER_SECRET_BYTES 129
#define TRANSFER_POLICY       "default-src 'none'"

enum transfer_step { ASKING, RECEIVING, KEEPING, SENDING, DONE };

/* The kinds of requests that tus has (tus.h). */
enum tus_step { TUS_NONE, TUS_CREATE, TUS_LOOK, TUS_PATCH, TUS_DISCARD };

struct transfer {
	enum transfer_step step;
	bool is_upload, is_head, keeps_alive;
	bool awaits_go_on;  /* the body comes behind a "100 Continue" */
	bool is_known;      /* the client has it: 304 */
	bool is_to_be_kept; /* as a file of its own, not shown in a page */
	bool is_body_read;
	bool is_named;  /* by its head, whatever a form says */
	bool is_linked; /* its sender wants the link to it that others read it by */
	struct file file;
	struct upload_body body;
	struct blob_part *part; /* NULL: none, or it is the chat's */
	int64_t bytes_max;
	char range[TRANSFER_RANGE_BYTES], tag[PREVIEW_TAG_BYTES];
	enum blob_preview preview; /* of a picture, or BLOB_PREVIEWS: the file itself */
	int fd;                    /* to read from, or -1 */
	int64_t offset, left;
	int64_t shown_left; /* when the reader was last looked after */
	/* tus: */
	enum tus_step tus;
	bool has_bytes;   /* comes with a piece of the file */
	bool is_complete; /* the file, with that piece */
	bool is_refused;  /* that piece, by its checksum */
	int64_t from;     /* where the piece begins */
	char *origin;     /* of the page that asks; NULL: none */
	struct tus_checksum checksum;
};

static inline struct transfer *transfer_of(const struct connection *connection)
{
	const struct web_state *state = (const struct web_state *)(const void *)connection->dialect_state;
	return state->has_transfer ? state->transfer : NULL;
}

static inline const struct blobs *transfer_blobs(const struct connection *connection)
{
	return connection->gateway->web->blobs;
}

struct transfer *transfer_new(struct connection *connection, const struct http_request *request);
/* "Bearer SECRET"; NULL where there is none that could be one. */
const char *transfer_secret(const struct http_request *request, char secret[TRANSFER_SECRET_BYTES]);
/* Cuts an id off the path, and the '/' behind it. False where it is none. */
bool transfer_cut_id(struct http_text *path, char id[FILE_ID_BYTES]);

/* Asks the chat about the transfer's file. */
void transfer_ask(struct connection *connection, enum request_op op, const char *secret);
void transfer_post(struct connection *connection, struct request *request);
/* Asks whether the file may come, by a secret or by the name and secret of a login. */
void transfer_ask_upload(struct connection *connection, const struct http_request *request);

/* The part that its bytes go to was opened, or `error` says why not, which is answered. The client is told to go on
 * where it waits for that. True where there is no body to come: the caller ends it. */
bool transfer_has_body(struct connection *connection, int error);
/* By its first bytes, whatever it is called. */
void transfer_find_type(struct transfer *transfer);

/* Answers. An upload that comes is given up. */
void transfer_write_error(struct connection *connection, int status, enum error_code code, enum text key,
			  const struct text_args *args);
int transfer_status(enum error_code code);
void transfer_add_connection_field(struct connection *connection);
/* The answer is written but for its body: what comes next on the connection is another request, if anything. */
void transfer_finish(struct connection *connection);

#endif
