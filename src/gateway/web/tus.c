#include "gateway/web/tus.h"

#include "base/limits.h"
#include "base/memory.h"
#include "gateway/web/origin.h"
#include "gateway/web/transfer_state.h"
#include "store/blobs/blob.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define HOUR_MS INT64_C(3600000)

#define REQUEST_FIELDS                                                                       \
	"Authorization, Content-Type, Content-Disposition, Accept-Language, Tus-Resumable, " \
	"Upload-Length, Upload-Offset, Upload-Metadata, Upload-Checksum, Upload-Concat, "    \
	"Upload-Defer-Length, X-HTTP-Method-Override, X-Requested-With, X-Request-ID"
#define ANSWER_FIELDS                                                                                 \
	"Location, Tus-Resumable, Tus-Version, Tus-Extension, Tus-Max-Size, Tus-Checksum-Algorithm, " \
	"Upload-Offset, Upload-Length, Upload-Metadata, Upload-Expires, Retry-After"

bool tus_is_target(struct http_text path)
{
	return http_text_is(path, "/files") || (path.bytes >= 7 && !memcmp(path.at, "/files/", 7));
}

bool tus_is_coming(const struct transfer *transfer)
{
	return (transfer->tus == TUS_CREATE || transfer->tus == TUS_PATCH) &&
	       (transfer->step == ASKING || transfer->step == RECEIVING);
}

void tus_release(struct transfer *transfer)
{
	tus_checksum_release(&transfer->checksum);
	free(transfer->origin);
}

/* Keeps the bytes that came, except those whose checksum was not confirmed. */
void tus_abandon(struct connection *connection)
{
	struct transfer *transfer = transfer_of(connection);
	if (transfer->checksum.state)
		transfer->file.bytes = transfer->from;
	transfer_ask(connection, REQUEST_ABANDON, NULL);
}

/* --- answers --- */

void tus_add_fields(struct connection *connection)
{
	const struct transfer *transfer = transfer_of(connection);
	struct buffer *out = &connection->out;
	if (transfer->tus)
		buffer_add_string(out, "Tus-Resumable: " TUS_VERSION "\r\n");
	if (transfer->origin)
		buffer_printf(out,
			      "Access-Control-Allow-Origin: %s\r\n"
			      "Access-Control-Allow-Credentials: true\r\n"
			      "Access-Control-Expose-Headers: " ANSWER_FIELDS "\r\nVary: Origin\r\n",
			      transfer->origin);
}

/* When the half will be gone. */
static void add_expires(struct connection *connection, const struct file *file)
{
	char text[64];
	int64_t kept_ms = connection->gateway->limits->upload_hours * HOUR_MS;
	if (!file->bytes && kept_ms > LIMIT_HALF_EMPTY_MS)
		kept_ms = LIMIT_HALF_EMPTY_MS;
	int64_t until_ms = file->made_ms + kept_ms;
	time_t until = (time_t)(until_ms / 1000);
	struct tm utc;
	if (gmtime_r(&until, &utc) &&
	    strftime(text, sizeof text, "Upload-Expires: %a, %d %b %Y %H:%M:%S GMT\r\n", &utc))
		buffer_add_string(&connection->out, text);
}

static void begin_tus_answer(struct connection *connection, int status)
{
	web_begin_head(connection, status, TRANSFER_POLICY);
	tus_add_fields(connection);
	buffer_add_string(&connection->out, status == 204
						? "Cache-Control: no-store\r\n"
						: "Cache-Control: no-store\r\nContent-Length: 0\r\n");
}

static void end_tus_answer(struct connection *connection)
{
	transfer_add_connection_field(connection);
	buffer_add_string(&connection->out, "\r\n");
	transfer_finish(connection);
}

/* Answers with the upload's offset. */
static void tus_write_place(struct connection *connection, int status, const struct file *file)
{
	const struct transfer *transfer = transfer_of(connection);
	struct buffer *out = &connection->out;
	int64_t whole = file->is_half ? file->whole : file->bytes;
	/* The file that was made of it may be shorter than the bytes that came. */
	int64_t here = transfer->is_complete ? whole : file->bytes;
	begin_tus_answer(connection, status);
	buffer_printf(out, "Upload-Offset: %" PRId64 "\r\n", here);
	if (transfer->tus == TUS_CREATE)
		buffer_printf(out, "Location: /files/%s\r\n", file->id);
	if (transfer->tus == TUS_LOOK)
		buffer_printf(out, "Upload-Length: %" PRId64 "\r\n", whole);
	if (transfer->tus == TUS_LOOK && file->metadata && *file->metadata)
		buffer_printf(out, "Upload-Metadata: %s\r\n", file->metadata);
	if (here < whole)
		add_expires(connection, file);
	end_tus_answer(connection);
}

static void tus_refuse(struct connection *connection, int status, enum text key)
{
	transfer_write_error(connection, status, ERROR_BAD_FIELD, key, &(struct text_args){0});
}

void tus_refuse_longer(struct connection *connection)
{
	struct transfer *transfer = transfer_of(connection);
	struct text_args args = {.number = transfer->bytes_max};
	transfer->file.bytes = transfer->from;
	transfer_write_error(connection, 413, ERROR_TOO_LARGE, TEXT_error_upload_longer, &args);
}

static void write_options(struct connection *connection, const struct http_request *request)
{
	struct buffer *out = &connection->out;
	bool is_preflight = http_count(request, "access-control-request-method");
	begin_tus_answer(connection, 204);
	buffer_printf(out,
		      "Tus-Version: " TUS_VERSION "\r\nTus-Max-Size: %" PRId64 "\r\n"
		      "Tus-Extension: creation,creation-with-upload,termination,expiration,checksum\r\n"
		      "Tus-Checksum-Algorithm: " TUS_ALGORITHMS "\r\n"
		      "Allow: OPTIONS, POST, HEAD, PATCH, DELETE, GET\r\n",
		      connection->gateway->limits->file_bytes_max);
	if (is_preflight)
		buffer_add_string(out,
				  "Access-Control-Allow-Methods: OPTIONS, POST, HEAD, PATCH, DELETE, GET\r\n"
				  "Access-Control-Allow-Headers: " REQUEST_FIELDS "\r\n"
				  "Access-Control-Max-Age: 86400\r\n");
	end_tus_answer(connection);
}

/* --- what is asked --- */

static void ask_create(struct connection *connection, const struct http_request *http, const char *secret)
{
	struct transfer *transfer = transfer_of(connection);
	struct http_text metadata = http_value(http, "upload-metadata");
	char name[3 * LIMIT_FILE_NAME_BYTES + 1];
	bool is_read =
	    metadata.bytes <= LIMIT_UPLOAD_METADATA_BYTES && tus_read_metadata(metadata, name, sizeof name);
	transfer->file.whole = tus_number(http, "upload-length");
	transfer->has_bytes = !transfer->is_body_read || !transfer->file.whole;
	if (!is_read || transfer->file.whole < 0 || http->body_bytes > transfer->file.whole) {
		tus_refuse(connection, 400, TEXT_error_tus);
		return;
	}
	file_clean_name(name, transfer->file.name);
	struct request *request = request_new(REQUEST_UPLOAD, metadata.bytes + (secret ? strlen(secret) : 0));
	request_set_text(request, REQUEST_TEXT_MESSAGE, metadata.at, metadata.bytes);
	if (secret)
		request_set_text(request, REQUEST_TEXT_TOKEN, secret, strlen(secret));
	request_set_number(request, REQUEST_NUMBER_ON, transfer->has_bytes);
	request_set_number(request, REQUEST_NUMBER_BACK, transfer->checksum.state != NULL);
	transfer_post(connection, request);
}

static void ask_resume(struct connection *connection, const struct http_request *http, const char *secret)
{
	struct transfer *transfer = transfer_of(connection);
	transfer->file.bytes = transfer->from = tus_number(http, "upload-offset");
	transfer->file.whole = http->body_bytes;
	transfer->has_bytes = true;
	if (transfer->from < 0) {
		tus_refuse(connection, 400, TEXT_error_tus);
		return;
	}
	struct request *request = request_new(REQUEST_RESUME, secret ? strlen(secret) : 0);
	if (secret)
		request_set_text(request, REQUEST_TEXT_TOKEN, secret, strlen(secret));
	request_set_number(request, REQUEST_NUMBER_ON, 1);
	request_set_number(request, REQUEST_NUMBER_BACK, transfer->checksum.state != NULL);
	transfer_post(connection, request);
}

/* Is what comes with it what may? If not, it was answered. */
static bool take_piece_body(struct connection *connection, const struct http_request *http)
{
	struct transfer *transfer = transfer_of(connection);
	static const char type[] = "application/offset+octet-stream";
	bool brings_piece = transfer->tus == TUS_CREATE || transfer->tus == TUS_PATCH;
	transfer->is_body_read = !http->is_chunked && !http->body_bytes;
	if (!brings_piece)
		return true;
	upload_body_begin(&transfer->body, http);
	bool is_typed = http_text_is_nocase(http_value(http, "content-type"), type);
	if (!is_typed && (transfer->tus == TUS_PATCH || !transfer->is_body_read)) {
		tus_refuse(connection, 415, TEXT_error_tus);
		return false;
	}
	if (!tus_checksum_begin(&transfer->checksum, http)) {
		tus_refuse(connection, 400, TEXT_error_tus);
		return false;
	}
	if (transfer->tus == TUS_PATCH && !http->is_chunked && !http->has_length) {
		tus_refuse(connection, 411, TEXT_error_file_length);
		return false;
	}
	return true;
}

static void ask_step(struct connection *connection, const struct http_request *http)
{
	struct transfer *transfer = transfer_of(connection);
	char bytes[TRANSFER_SECRET_BYTES];
	const char *secret = transfer_secret(http, bytes);
	if (transfer->tus == TUS_CREATE)
		ask_create(connection, http, secret);
	else if (transfer->tus == TUS_PATCH)
		ask_resume(connection, http, secret);
	else
		transfer_ask(connection, transfer->tus == TUS_LOOK ? REQUEST_HALF : REQUEST_DISCARD, secret);
	mem_wipe(bytes, sizeof bytes);
}

/* Some clients and proxies know no PATCH and no DELETE. */
static enum tus_step tus_step_of(const struct http_request *http)
{
	struct http_text other = http_value(http, "x-http-method-override");
	if (http->is_patch || (http->is_post && http_text_is(other, "PATCH")))
		return TUS_PATCH;
	if (http->is_delete || (http->is_post && http_text_is(other, "DELETE")))
		return TUS_DISCARD;
	if (http->is_post)
		return TUS_CREATE;
	return http->is_head ? TUS_LOOK : TUS_NONE;
}

bool tus_take_origin(struct connection *connection, const struct http_request *http)
{
	struct transfer *transfer = transfer_of(connection);
	struct http_text origin = http_value(http, "origin");
	if (!origin_is_allowed(connection->gateway->web, connection->gateway->transport->tls, http))
		return false;
	if (origin.bytes)
		transfer->origin = mem_string_n(origin.at, origin.bytes);
	return true;
}

bool tus_begin(struct connection *connection, const struct http_request *http)
{
	enum tus_step step = tus_step_of(http);
	bool is_tus = http_count(http, "tus-resumable");
	struct http_text path = {http->path.at + 6, http->path.bytes - 6};
	if (!http->is_options && (step == TUS_NONE || (!is_tus && !http->is_patch && !http->is_delete)))
		return false;
	struct transfer *transfer = transfer_new(connection, http);
	transfer->tus = http->is_options ? TUS_LOOK : step;
	transfer->file.is_half = true;
	if (!tus_take_origin(connection, http)) {
		transfer_write_error(connection, 403, ERROR_FORBIDDEN, TEXT_error_web_origin,
				     &(struct text_args){0});
		return true;
	}
	if (http->is_options) {
		write_options(connection, http);
		return true;
	}
	if (!http_text_is(http_value(http, "tus-resumable"), TUS_VERSION)) {
		tus_refuse(connection, 412, TEXT_error_tus);
		return true;
	}
	if (path.bytes) {
		path.at++;
		path.bytes--;
	}
	if ((step == TUS_CREATE) != !path.bytes ||
	    (path.bytes && (!transfer_cut_id(&path, transfer->file.id) || path.bytes)))
		transfer_write_error(connection, 404, ERROR_NO_FILE, TEXT_NONE, &(struct text_args){0});
	else if (take_piece_body(connection, http))
		ask_step(connection, http);
	return true;
}

/* --- it comes --- */

static void receive_piece(struct connection *connection, const struct file *file)
{
	struct transfer *transfer = transfer_of(connection);
	transfer->file = *file;
	transfer->file.metadata = NULL;
	transfer->from = file->bytes;
	transfer->bytes_max = file->whole;
	transfer->step = RECEIVING;
	int error = blob_part_resume(transfer_blobs(connection), file->id, transfer->from, &transfer->part);
	if (transfer_has_body(connection, error))
		tus_end_body(connection);
}

void tus_end_body(struct connection *connection)
{
	struct transfer *transfer = transfer_of(connection);
	struct file *file = &transfer->file;
	transfer->is_refused = !tus_checksum_fits(&transfer->checksum);
	if (transfer->is_refused)
		file->bytes = transfer->from;
	transfer->is_complete = file->bytes == file->whole && !transfer->is_refused;
	if (transfer->is_complete)
		transfer_find_type(transfer);
	blob_part_end(transfer->part);
	transfer->part = NULL;
	transfer->step = KEEPING;
	transfer_ask(connection, transfer->is_complete ? REQUEST_UPLOADED : REQUEST_PAUSE, NULL);
}

/* --- what the chat says --- */

static int status_of_error(const struct reply_note *note)
{
	switch (note->key) {
	case TEXT_error_upload_offset:
		return 409;
	case TEXT_error_upload_locked:
		return 423;
	default:
		return transfer_status(note->error);
	}
}

static void answer_step(struct connection *connection, const struct file *file)
{
	const struct transfer *transfer = transfer_of(connection);
	switch (transfer->tus) {
	case TUS_CREATE:
		tus_write_place(connection, 201, file);
		break;
	case TUS_PATCH:
		tus_write_place(connection, 204, file);
		break;
	case TUS_LOOK:
		tus_write_place(connection, 200, file);
		break;
	default:
		begin_tus_answer(connection, 204);
		end_tus_answer(connection);
	}
}

void tus_reply(struct connection *connection, const struct reply *reply)
{
	const struct transfer *transfer = transfer_of(connection);
	if (reply->kind == REPLY_ERROR)
		transfer_write_error(connection, status_of_error(&reply->note), reply->note.error,
				     reply->note.key, &reply->note.args);
	else if (reply->kind != REPLY_FILE)
		return;
	else if (transfer->step == ASKING && transfer->has_bytes)
		receive_piece(connection, reply->file);
	else if (transfer->is_refused)
		tus_refuse(connection, 460, TEXT_error_upload_checksum);
	else
		answer_step(connection, reply->file);
}
