#include "gateway/web/transfer.h"

#include "base/file.h"
#include "base/logging.h"
#include "base/memory.h"
#include "gateway/web/file_link.h"
#include "gateway/web/web.h"
#include "gateway/web/web_state.h"
#include "gateway/wording.h"
#include "store/blobs/blob.h"
#include "wire/file_type.h"
#include "wire/json_out.h"
#include "wire/upload_body.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* Nothing in it runs, and nothing of the chat's origin is touched, wherever a browser shows it. */
#define FILE_POLICY "sandbox; default-src 'none'"
#define JSON_POLICY "default-src 'none'"

#define RANGE_BYTES  64
#define SECRET_BYTES 129

enum transfer_step { ASKING, RECEIVING, KEEPING, SENDING, DONE };

struct transfer {
	enum transfer_step step;
	bool is_upload, is_head, keeps_alive;
	bool awaits_go_on;  /* the body comes behind a "100 Continue" */
	bool is_known;      /* the client has it: 304 */
	bool is_to_be_kept; /* as a file of its own, not shown in a page */
	bool is_body_read;
	bool is_named; /* by the target, whatever a form says */
	struct file file;
	struct upload_body body;
	struct blob_part *part; /* NULL: none, or it is the chat's */
	int64_t bytes_max;
	char range[RANGE_BYTES];
	int fd; /* to read from, or -1 */
	int64_t offset, left;
	int64_t shown_left; /* when the reader was last looked after */
};

static struct transfer *transfer_of(const struct connection *connection)
{
	const struct web_state *state = (const struct web_state *)(const void *)connection->dialect_state;
	return state->has_transfer ? state->transfer : NULL;
}

static const struct blobs *blobs_of(const struct connection *connection)
{
	return connection->gateway->web->blobs;
}

void transfer_close(struct connection *connection)
{
	struct web_state *state = web_state_of(connection);
	struct transfer *transfer = transfer_of(connection);
	if (!transfer)
		return;
	if (transfer->part) {
		blob_part_end(transfer->part, NULL);
		blob_drop(blobs_of(connection), transfer->file.id);
	}
	if (transfer->fd >= 0)
		close(transfer->fd);
	upload_body_release(&transfer->body);
	free(transfer);
	state->has_transfer = false;
	state->transfer = NULL;
}

bool transfer_is_waiting(const struct connection *connection)
{
	const struct transfer *transfer = transfer_of(connection);
	return transfer && (transfer->step == ASKING || transfer->step == KEEPING);
}

bool transfer_is_receiving(struct connection *connection)
{
	const struct transfer *transfer = transfer_of(connection);
	return transfer && transfer->step == RECEIVING;
}

/* --- answers --- */

/* Drops what came of an upload, so that the next one may come. */
static void abandon_upload(struct connection *connection)
{
	struct transfer *transfer = transfer_of(connection);
	if (transfer->step != RECEIVING)
		return;
	if (transfer->part) {
		blob_part_end(transfer->part, NULL);
		transfer->part = NULL;
		blob_drop(blobs_of(connection), transfer->file.id);
	}
	transfer->step = DONE;
	connection_ask(connection, request_new(REQUEST_ABANDON, 0));
}

/* The answer is written but for its body: what comes next on the connection is another request, if anything. */
static void finish_transfer(struct connection *connection)
{
	struct transfer *transfer = transfer_of(connection);
	bool is_last = !transfer->keeps_alive || (transfer->is_upload && !transfer->is_body_read);
	if (transfer->step != SENDING) {
		transfer_close(connection);
		if (!is_last)
			web_rest(connection);
	}
	if (is_last)
		connection_end(connection, TEXT_NONE);
}

static void add_connection_field(struct connection *connection)
{
	const struct transfer *transfer = transfer_of(connection);
	if (!transfer->keeps_alive || (transfer->is_upload && !transfer->is_body_read))
		buffer_add_string(&connection->out, "Connection: close\r\n");
}

static void write_json(struct connection *connection, int status, const char *fields, struct buffer *json)
{
	const struct transfer *transfer = transfer_of(connection);
	web_begin_head(connection, status, JSON_POLICY);
	buffer_printf(
	    &connection->out,
	    "Content-Type: application/json\r\nContent-Length: %zu\r\nCache-Control: no-store\r\n%s",
	    buffer_length(json), fields);
	add_connection_field(connection);
	buffer_add_string(&connection->out, "\r\n");
	if (!transfer->is_head)
		buffer_add(&connection->out, buffer_bytes(json), buffer_length(json));
	buffer_release(json);
	finish_transfer(connection);
}

static void write_error(struct connection *connection, int status, enum error_code code, enum text key,
			const struct text_args *args)
{
	struct buffer json = BUFFER_EMPTY, text = BUFFER_EMPTY;
	struct json_out out;
	const char *fields = status == 401   ? "WWW-Authenticate: Bearer\r\n"
			     : status == 429 ? "Retry-After: 30\r\n"
					     : "";
	abandon_upload(connection);
	wording_error(&text, (enum lang)connection->lang, code, key, args);
	json_open(&out, &json);
	json_text(&out, "op", "error");
	json_text(&out, "code", error_wire_name(code));
	json_text(&out, "message", buffer_string(&text));
	json_close(&out);
	buffer_add_char(&json, '\n');
	buffer_release(&text);
	write_json(connection, status, fields, &json);
}

static int status_of(enum error_code code)
{
	static const struct {
		enum error_code code;
		int status;
	} statuses[] = {{ERROR_AUTH_REQUIRED, 401}, {ERROR_AUTH_FAILED, 401}, {ERROR_INSECURE, 403},
			{ERROR_FORBIDDEN, 403},     {ERROR_NO_FILE, 404},     {ERROR_TOO_LARGE, 413},
			{ERROR_RATE_LIMITED, 429},  {ERROR_LIMIT, 507},       {ERROR_BUSY, 503},
			{ERROR_BAD_FIELD, 400}};
	for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
		if (statuses[i].code == code)
			return statuses[i].status;
	return 500;
}

static void fail_transfer(struct connection *connection, int error)
{
	bool is_full = error == -ENOSPC || error == -EDQUOT || error == -EFBIG;
	LOG_ERROR("file.write", "id=%s error=\"%s\"", transfer_of(connection)->file.id, strerror(-error));
	write_error(connection, is_full ? 507 : 500, is_full ? ERROR_LIMIT : ERROR_STORE_FAILED,
		    is_full ? TEXT_error_disk_full : TEXT_NONE, &(struct text_args){0});
}

/* --- what is asked --- */

static void ask_chat(struct connection *connection, enum request_op op, const char *secret)
{
	struct transfer *transfer = transfer_of(connection);
	struct request *request = request_new(op, secret ? strlen(secret) : 0);
	if (secret)
		request_set_text(request, REQUEST_TEXT_TOKEN, secret, strlen(secret));
	request->file = mem_zero(sizeof *request->file);
	*request->file = transfer->file;
	timer_clear(&connection->timer);
	connection_ask(connection, request);
}

static struct transfer *new_transfer(struct connection *connection, const struct http_request *request)
{
	struct web_state *state = web_state_of(connection);
	struct transfer *transfer = mem_zero(sizeof *transfer);
	transfer->is_upload = request->is_post;
	transfer->is_head = request->is_head;
	transfer->keeps_alive = request->keeps_alive;
	transfer->awaits_go_on = request->awaits_go_on;
	transfer->fd = -1;
	state->transfer = transfer;
	state->has_transfer = true;
	return transfer;
}

/* "Bearer SECRET"; NULL where there is none that could be one. */
static const char *secret_of(const struct http_request *request, char secret[SECRET_BYTES])
{
	struct http_text value = http_bearer(request);
	if (!value.bytes || value.bytes >= SECRET_BYTES)
		return NULL;
	memcpy(secret, value.at, value.bytes);
	secret[value.bytes] = '\0';
	return secret;
}

/* Texts for people come in the language that the client asks for. */
static void take_language(struct connection *connection, const struct http_request *request)
{
	char tag[36];
	struct http_text value = http_value(request, "accept-language");
	size_t bytes = 0;
	while (bytes < value.bytes && bytes < sizeof tag - 1 && !strchr(",;", value.at[bytes]))
		bytes++;
	memcpy(tag, value.at, bytes);
	tag[bytes] = '\0';
	if (bytes)
		connection->lang = (uint8_t)lang_from_tag(tag, connection->gateway->lang);
}

static void begin_transfer(struct connection *connection, const struct http_request *request)
{
	struct transfer *transfer = new_transfer(connection, request);
	char name[3 * LIMIT_FILE_NAME_BYTES + 1], secret[SECRET_BYTES];
	if (http_query_value(request->query, "name", name, sizeof name) < 0)
		*name = '\0';
	file_clean_name(name, transfer->file.name);
	transfer->is_named = *name;
	upload_body_begin(&transfer->body, request);
	transfer->file.bytes = upload_body_bytes(&transfer->body, request);
	transfer->is_body_read = !request->is_chunked && !request->body_bytes;
	if (!request->is_chunked && !request->has_length)
		write_error(connection, 411, ERROR_BAD_FIELD, TEXT_error_file_length, &(struct text_args){0});
	else
		ask_chat(connection, REQUEST_UPLOAD, secret_of(request, secret));
	mem_wipe(secret, sizeof secret);
}

/* Cuts an id off the path, and the '/' behind it. False where it is none. */
static bool cut_id(struct http_text *path, char id[FILE_ID_BYTES])
{
	if (path->bytes < FILE_ID_BYTES - 1)
		return false;
	memcpy(id, path->at, FILE_ID_BYTES - 1);
	id[FILE_ID_BYTES - 1] = '\0';
	path->at += FILE_ID_BYTES - 1;
	path->bytes -= FILE_ID_BYTES - 1;
	bool is_cut = file_is_id(id) && (!path->bytes || *path->at == '/');
	if (path->bytes) {
		path->at++;
		path->bytes--;
	}
	return is_cut;
}

static void take_conditions(struct transfer *transfer, const struct http_request *request)
{
	char tag[FILE_ID_BYTES + 2];
	struct http_text range = http_value(request, "range");
	snprintf(tag, sizeof tag, "\"%s\"", transfer->file.id);
	transfer->is_known = http_matches(request, tag);
	bool is_same = !http_count(request, "if-range") || http_text_is(http_value(request, "if-range"), tag);
	if (!request->is_head && http_count(request, "range") == 1 && is_same && range.bytes < RANGE_BYTES)
		memcpy(transfer->range, range.at, range.bytes);
	transfer->is_to_be_kept = http_text_is(request->query, "download");
}

static void begin_fetch(struct connection *connection, const struct http_request *request,
			struct http_text path, bool has_key)
{
	struct transfer *transfer = new_transfer(connection, request);
	char secret[SECRET_BYTES];
	bool is_named = cut_id(&path, transfer->file.id) && (!has_key || cut_id(&path, transfer->file.key));
	if (!is_named) {
		write_error(connection, 404, ERROR_NO_FILE, TEXT_NONE, &(struct text_args){0});
		return;
	}
	take_conditions(transfer, request);
	ask_chat(connection, REQUEST_FETCH, has_key ? NULL : secret_of(request, secret));
	mem_wipe(secret, sizeof secret);
}

bool transfer_begin(struct connection *connection, const struct http_request *request)
{
	struct http_text path = request->path;
	bool has_key = path.bytes > 3 && !memcmp(path.at, "/f/", 3);
	bool is_file = has_key || (path.bytes > 7 && !memcmp(path.at, "/files/", 7));
	bool is_upload = request->is_post && http_text_is(path, "/files");
	if (!blobs_of(connection) || (!is_upload && (!is_file || request->is_post)))
		return false;
	take_language(connection, request);
	path.at += has_key ? 3 : 7;
	path.bytes -= has_key ? 3 : 7;
	if (is_upload)
		begin_transfer(connection, request);
	else
		begin_fetch(connection, request, path, has_key);
	return true;
}

/* --- it comes --- */

static void on_silent(struct timer *timer)
{
	struct connection *connection = connection_of_timer(timer);
	abandon_upload(connection);
	transfer_close(connection);
	web_refuse(connection, 408);
}

/* By its first bytes, whatever it is called. */
static void find_type(struct transfer *transfer)
{
	struct file *file = &transfer->file;
	unsigned char *head = mem_alloc(FILE_TYPE_HEAD_BYTES);
	int64_t length = blob_part_head(transfer->part, head, FILE_TYPE_HEAD_BYTES);
	if (length < 0)
		length = 0;
	snprintf(file->type, sizeof file->type, "%s",
		 file_type_of(head, (size_t)length, length == file->bytes));
	if (!file_type_size(file->type, head, (size_t)length, &file->width, &file->height))
		file->width = file->height = 0;
	free(head);
}

static void refuse_form(struct connection *connection)
{
	write_error(connection, 400, ERROR_BAD_FIELD, TEXT_error_file_form, &(struct text_args){0});
}

static void hand_over(struct connection *connection)
{
	struct transfer *transfer = transfer_of(connection);
	transfer->step = KEEPING;
	find_type(transfer);
	blob_part_end(transfer->part, transfer->file.hash);
	transfer->part = NULL;
	ask_chat(connection, REQUEST_UPLOADED, NULL);
}

/* All of the body is here. */
static void end_body(struct connection *connection, bool has_file)
{
	struct transfer *transfer = transfer_of(connection);
	const char *name = upload_body_name(&transfer->body);
	transfer->is_body_read = true;
	if (name && !transfer->is_named)
		file_clean_name(name, transfer->file.name);
	if (has_file)
		hand_over(connection);
	else
		refuse_form(connection);
}

static void receive_answer(struct connection *connection, const struct reply *reply)
{
	struct transfer *transfer = transfer_of(connection);
	transfer->file = *reply->file;
	transfer->bytes_max = reply->file->bytes;
	transfer->file.bytes = 0;
	/* The chat has reserved it: whatever fails from now on gives it back. */
	transfer->step = RECEIVING;
	int error = blob_part_make(blobs_of(connection), transfer->file.id, &transfer->part);
	if (error) {
		fail_transfer(connection, error);
		return;
	}
	if (transfer->awaits_go_on)
		buffer_add_string(&connection->out, "HTTP/1.1 100 Continue\r\n\r\n");
	if (transfer->is_body_read)
		end_body(connection, !transfer->body.form);
	else
		connection_set_timer(connection, on_silent, LIMIT_UPLOAD_IDLE_MS);
}

/* False where the upload is over. */
static bool take_body_piece(struct connection *connection, struct http_text piece)
{
	struct transfer *transfer = transfer_of(connection);
	struct text_args args = {.number = transfer->bytes_max};
	if ((int64_t)piece.bytes > transfer->bytes_max - transfer->file.bytes) {
		write_error(connection, 413, ERROR_TOO_LARGE, TEXT_error_file_too_large, &args);
		return false;
	}
	int error = blob_part_write(transfer->part, piece.at, piece.bytes);
	if (error) {
		fail_transfer(connection, error);
		return false;
	}
	transfer->file.bytes += (int64_t)piece.bytes;
	return true;
}

size_t transfer_take(struct connection *connection, const char *bytes, size_t length)
{
	struct transfer *transfer = transfer_of(connection);
	struct http_text piece;
	enum upload_body_result result;
	size_t used = 0;
	while ((result = upload_body_next(&transfer->body, bytes, length, &used, &piece)) ==
	       UPLOAD_BODY_PIECE)
		if (!take_body_piece(connection, piece))
			return length;
	switch (result) {
	case UPLOAD_BODY_WRONG:
		abandon_upload(connection);
		transfer_close(connection);
		web_refuse(connection, 400);
		return length;
	case UPLOAD_BODY_BAD_FORM:
		refuse_form(connection);
		return length;
	case UPLOAD_BODY_MORE:
		connection_set_timer(connection, on_silent, LIMIT_UPLOAD_IDLE_MS);
		break;
	default:
		end_body(connection, result == UPLOAD_BODY_END);
	}
	return used;
}

static void write_uploaded(struct connection *connection, const struct file *file)
{
	struct buffer json = BUFFER_EMPTY;
	struct json_out out;
	char fields[80], hash[2 * FILE_HASH_BYTES + 1];
	for (size_t i = 0; i < FILE_HASH_BYTES; i++)
		snprintf(hash + 2 * i, 3, "%02x", file->hash[i]);
	json_open(&out, &json);
	json_text(&out, "file", file->id);
	json_text(&out, "name", file->name);
	json_number(&out, "bytes", file->bytes);
	json_text(&out, "type", file->type);
	if (file->width) {
		json_number(&out, "width", file->width);
		json_number(&out, "height", file->height);
	}
	json_text(&out, "hash", hash);
	json_close(&out);
	buffer_add_char(&json, '\n');
	snprintf(fields, sizeof fields, "Location: /files/%s\r\n", file->id);
	write_json(connection, 201, fields, &json);
}

/* --- it goes --- */

/* The kernel says that there is room again only when there is much of it: a reader is slow, not gone, as long as
 * something of what was sent arrives. */
static void on_slow(struct timer *timer)
{
	struct connection *connection = connection_of_timer(timer);
	struct transfer *transfer = transfer_of(connection);
	uint32_t confirmed = (uint32_t)stream_confirmed(&connection->stream);
	if (!transfer || (transfer->left == transfer->shown_left && confirmed == connection->confirmed)) {
		connection_close(connection, "does not read its file");
		return;
	}
	transfer->shown_left = transfer->left;
	connection->confirmed = confirmed;
	connection_set_timer(connection, on_slow, LIMIT_HTTP_ANSWER_MS);
}

static void add_file_fields(struct connection *connection, const struct file *file)
{
	struct buffer *out = &connection->out;
	bool is_shown = file_type_is_shown(file->type) && !transfer_of(connection)->is_to_be_kept;
	buffer_printf(out, "Content-Type: %s\r\nETag: \"%s\"\r\nAccept-Ranges: bytes\r\n", file->type,
		      file->id);
	buffer_add_string(out, "Cache-Control: private, max-age=3600, immutable\r\n"
			       "Cross-Origin-Resource-Policy: same-origin\r\nX-Robots-Tag: noindex\r\n");
	buffer_printf(out, "Content-Disposition: %s; filename*=UTF-8''", is_shown ? "inline" : "attachment");
	http_encode(out, file->name);
	buffer_add_string(out, "\r\n");
}

static int find_range(struct transfer *transfer, const struct file *file)
{
	struct http_text range = {transfer->range, strlen(transfer->range)};
	transfer->offset = 0;
	transfer->left = file->bytes;
	switch (http_range(range, file->bytes, &transfer->offset, &transfer->left)) {
	case HTTP_RANGE_PART:
		return 206;
	case HTTP_RANGE_NONE:
		transfer->left = 0;
		return 416;
	default:
		return 200;
	}
}

static void send_file(struct connection *connection, const struct file *file)
{
	struct transfer *transfer = transfer_of(connection);
	struct buffer *out = &connection->out;
	int status = transfer->is_known ? 304 : find_range(transfer, file);
	web_begin_head(connection, status, FILE_POLICY);
	add_file_fields(connection, file);
	if (status != 304)
		buffer_printf(out, "Content-Length: %" PRId64 "\r\n", transfer->left);
	if (status == 206)
		buffer_printf(out, "Content-Range: bytes %" PRId64 "-%" PRId64 "/%" PRId64 "\r\n",
			      transfer->offset, transfer->offset + transfer->left - 1, file->bytes);
	if (status == 416)
		buffer_printf(out, "Content-Range: bytes */%" PRId64 "\r\n", file->bytes);
	add_connection_field(connection);
	buffer_add_string(out, "\r\n");
	if (transfer->is_head || status == 304)
		transfer->left = 0;
	transfer->step = transfer->left ? SENDING : DONE;
	transfer->shown_left = transfer->left;
	bool is_sending = transfer->step == SENDING;
	finish_transfer(connection);
	if (is_sending)
		connection_set_timer(connection, on_slow, LIMIT_HTTP_ANSWER_MS);
}

static void give(struct connection *connection, const struct file *file)
{
	struct transfer *transfer = transfer_of(connection);
	transfer->fd = blob_open(blobs_of(connection), file->id);
	if (transfer->fd >= 0)
		send_file(connection, file);
	else if (transfer->fd == -ENOENT)
		write_error(connection, 410, ERROR_NO_FILE, TEXT_error_file_gone, &(struct text_args){0});
	else
		fail_transfer(connection, transfer->fd);
}

size_t transfer_file(struct connection *connection, size_t written, struct dialect_file *left)
{
	struct transfer *transfer = transfer_of(connection);
	if (!transfer || transfer->step != SENDING)
		return 0;
	assert((int64_t)written <= transfer->left);
	transfer->offset += (int64_t)written;
	transfer->left -= (int64_t)written;
	/* A file that was deleted meanwhile is not read to its end. */
	if (written && transfer->left && blob_is_gone(transfer->fd)) {
		connection_close(connection, "the file was deleted");
		return 0;
	}
	if (!transfer->left) {
		transfer_close(connection);
		return 0;
	}
	*left = (struct dialect_file){
	    .fd = transfer->fd, .offset = transfer->offset, .length = (size_t)transfer->left};
	return left->length;
}

/* --- what the chat says --- */

void transfer_reply(struct connection *connection, const struct reply *reply)
{
	struct transfer *transfer = transfer_of(connection);
	if (!transfer)
		return;
	if (reply->kind == REPLY_ERROR)
		write_error(connection, status_of(reply->note.error), reply->note.error, reply->note.key,
			    &reply->note.args);
	else if (reply->kind != REPLY_FILE)
		return;
	else if (transfer->step == KEEPING)
		write_uploaded(connection, reply->file);
	else if (transfer->is_upload)
		receive_answer(connection, reply);
	else
		give(connection, reply->file);
}
