#include "gateway/web/transfer.h"

#include "base/file.h"
#include "base/logging.h"
#include "base/memory.h"
#include "gateway/web/file_link.h"
#include "gateway/web/preview.h"
#include "gateway/web/transfer_state.h"
#include "gateway/web/tus.h"
#include "gateway/web/web.h"
#include "gateway/web/web_state.h"
#include "gateway/wording.h"
#include "store/blobs/blob.h"
#include "wire/file_type.h"
#include "wire/filehost.h"
#include "wire/json_out.h"

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

/* A half stays. */
static void drop_part(struct connection *connection)
{
	struct transfer *transfer = transfer_of(connection);
	if (!transfer->part)
		return;
	blob_part_end(transfer->part);
	transfer->part = NULL;
	if (!transfer->tus)
		blob_drop_here(transfer_blobs(connection), transfer->file.id);
}

void transfer_close(struct connection *connection)
{
	struct web_state *state = web_state_of(connection);
	struct transfer *transfer = transfer_of(connection);
	if (!transfer)
		return;
	drop_part(connection);
	if (transfer->fd >= 0)
		close(transfer->fd);
	upload_body_release(&transfer->body);
	tus_release(transfer);
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

/* Drops what came of an upload, so that the next one may come; of one that may be resumed, it rests. */
static void abandon_upload(struct connection *connection)
{
	struct transfer *transfer = transfer_of(connection);
	if (transfer->step != RECEIVING)
		return;
	drop_part(connection);
	transfer->step = DONE;
	if (transfer->tus)
		tus_abandon(connection);
	else
		connection_ask(connection, request_new(REQUEST_ABANDON, 0));
}

void transfer_leave(struct connection *connection)
{
	struct transfer *transfer = transfer_of(connection);
	if (!transfer || !tus_is_coming(transfer))
		return;
	drop_part(connection);
	transfer->step = DONE;
	tus_abandon(connection);
}

/* The answer is written but for its body: what comes next on the connection is another request, if anything. */
void transfer_finish(struct connection *connection)
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

void transfer_add_connection_field(struct connection *connection)
{
	const struct transfer *transfer = transfer_of(connection);
	if (!transfer->keeps_alive || (transfer->is_upload && !transfer->is_body_read))
		buffer_add_string(&connection->out, "Connection: close\r\n");
}

static void write_json(struct connection *connection, int status, const char *fields, struct buffer *json)
{
	const struct transfer *transfer = transfer_of(connection);
	web_begin_head(connection, status, TRANSFER_POLICY);
	buffer_printf(
	    &connection->out,
	    "Content-Type: application/json\r\nContent-Length: %zu\r\nCache-Control: no-store\r\n%s",
	    buffer_length(json), fields);
	tus_add_fields(connection);
	transfer_add_connection_field(connection);
	buffer_add_string(&connection->out, "\r\n");
	if (!transfer->is_head)
		buffer_add(&connection->out, buffer_bytes(json), buffer_length(json));
	buffer_release(json);
	transfer_finish(connection);
}

void transfer_write_error(struct connection *connection, int status, enum error_code code, enum text key,
			  const struct text_args *args)
{
	struct buffer json = BUFFER_EMPTY, text = BUFFER_EMPTY;
	struct json_out out;
	const char *fields = status == 401 ? "WWW-Authenticate: Bearer\r\n"
			     : key == TEXT_error_files_of_day || key == TEXT_error_files_of_guests
				 ? "Retry-After: 3600\r\n"
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

int transfer_status(enum error_code code)
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

static void transfer_fail_write(struct connection *connection, int error)
{
	bool is_full = error == -ENOSPC || error == -EDQUOT || error == -EFBIG;
	LOG_ERROR("file.write", "id=%s error=\"%s\"", transfer_of(connection)->file.id, strerror(-error));
	transfer_write_error(connection, is_full ? 507 : 500, is_full ? ERROR_LIMIT : ERROR_STORE_FAILED,
			     is_full ? TEXT_error_disk_full : TEXT_NONE, &(struct text_args){0});
}

/* --- what is asked --- */

struct transfer *transfer_new(struct connection *connection, const struct http_request *request)
{
	struct web_state *state = web_state_of(connection);
	struct transfer *transfer = mem_zero(sizeof *transfer);
	transfer->is_upload = request->is_post || request->is_patch;
	transfer->is_head = request->is_head;
	transfer->keeps_alive = request->keeps_alive;
	transfer->awaits_go_on = request->awaits_go_on;
	transfer->fd = -1;
	state->transfer = transfer;
	state->has_transfer = true;
	return transfer;
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
	struct transfer *transfer = transfer_new(connection, request);
	char name[HTTP_TARGET_BYTES_MAX + 1];
	if (http_query_value(request->query, "name", name, sizeof name) < 0 &&
	    filehost_read_name(request, name, sizeof name) < 0)
		*name = '\0';
	file_clean_name(name, transfer->file.name);
	transfer->is_named = *name;
	upload_body_begin(&transfer->body, request);
	transfer->file.bytes = upload_body_bytes(&transfer->body, request);
	transfer->is_body_read = !request->is_chunked && !request->body_bytes;
	if (!tus_take_origin(connection, request))
		transfer_write_error(connection, 403, ERROR_FORBIDDEN, TEXT_error_web_origin,
				     &(struct text_args){0});
	else if (!request->is_chunked && !request->has_length)
		transfer_write_error(connection, 411, ERROR_BAD_FIELD, TEXT_error_file_length,
				     &(struct text_args){0});
	else
		transfer_ask_upload(connection, request);
}

bool transfer_cut_id(struct http_text *path, char id[FILE_ID_BYTES])
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

static void begin_fetch(struct connection *connection, const struct http_request *request,
			struct http_text path, bool has_key)
{
	struct transfer *transfer = transfer_new(connection, request);
	char secret[TRANSFER_SECRET_BYTES];
	bool is_named = transfer_cut_id(&path, transfer->file.id) &&
			(!has_key || transfer_cut_id(&path, transfer->file.key));
	if (!is_named) {
		transfer_write_error(connection, 404, ERROR_NO_FILE, TEXT_NONE, &(struct text_args){0});
		return;
	}
	preview_take_conditions(transfer, request);
	transfer->file.is_preview_wanted = transfer->preview != BLOB_PREVIEWS;
	transfer_ask(connection, REQUEST_FETCH, has_key ? NULL : transfer_secret(request, secret));
	mem_wipe(secret, sizeof secret);
}

bool transfer_begin(struct connection *connection, const struct http_request *request)
{
	struct http_text path = request->path;
	bool has_key = path.bytes > 3 && !memcmp(path.at, "/f/", 3);
	bool is_file = has_key || (path.bytes > 7 && !memcmp(path.at, "/files/", 7));
	bool is_upload = request->is_post && http_text_is(path, "/files");
	if (!transfer_blobs(connection) || (!is_upload && !is_file && !tus_is_target(path)))
		return false;
	take_language(connection, request);
	if (!has_key && tus_begin(connection, request))
		return true;
	if (!is_upload && (!is_file || !http_is_get(request)))
		return false;
	path.at += has_key ? 3 : 7;
	path.bytes -= has_key ? 3 : 7;
	if (is_upload)
		begin_transfer(connection, request);
	else
		begin_fetch(connection, request, path, has_key);
	return true;
}

/* --- it comes --- */

/* Nothing has come for too long. */
static void transfer_on_silent(struct timer *timer)
{
	struct connection *connection = connection_of_timer(timer);
	abandon_upload(connection);
	transfer_close(connection);
	web_refuse(connection, 408);
}

/* By its first bytes, whatever it is called. */
void transfer_find_type(struct transfer *transfer)
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
	transfer_write_error(connection, 400, ERROR_BAD_FIELD, TEXT_error_file_form, &(struct text_args){0});
}

static void hand_over(struct connection *connection)
{
	struct transfer *transfer = transfer_of(connection);
	transfer->step = KEEPING;
	transfer_find_type(transfer);
	blob_part_end(transfer->part);
	transfer->part = NULL;
	transfer_ask(connection, REQUEST_UPLOADED, NULL);
}

/* All of the body is here. */
static void end_body(struct connection *connection, bool has_file)
{
	struct transfer *transfer = transfer_of(connection);
	const char *name = upload_body_name(&transfer->body);
	transfer->is_body_read = true;
	if (transfer->tus) {
		tus_end_body(connection);
		return;
	}
	if (name && !transfer->is_named)
		file_clean_name(name, transfer->file.name);
	if (has_file)
		hand_over(connection);
	else
		refuse_form(connection);
}

bool transfer_has_body(struct connection *connection, int error)
{
	const struct transfer *transfer = transfer_of(connection);
	if (error) {
		transfer_fail_write(connection, error);
		return false;
	}
	if (transfer->awaits_go_on)
		buffer_add_string(&connection->out, "HTTP/1.1 100 Continue\r\n\r\n");
	if (!transfer->is_body_read)
		connection_set_timer(connection, transfer_on_silent, LIMIT_UPLOAD_IDLE_MS);
	return transfer->is_body_read;
}

static void receive_answer(struct connection *connection, const struct reply *reply)
{
	struct transfer *transfer = transfer_of(connection);
	transfer->file = *reply->file;
	transfer->bytes_max = reply->file->bytes;
	transfer->file.bytes = 0;
	/* The chat has reserved it: whatever fails from now on gives it back. */
	transfer->step = RECEIVING;
	int error = blob_part_make_hashed(transfer_blobs(connection), transfer->file.id, &transfer->part);
	if (transfer_has_body(connection, error))
		end_body(connection, !transfer->body.form);
}

/* False where the upload is over. */
static bool take_body_piece(struct connection *connection, struct http_text piece)
{
	assert(transfer_of(connection)->step == RECEIVING && transfer_of(connection)->part); /* 1 */
	struct transfer *transfer = transfer_of(connection);
	struct text_args args = {.number = transfer->bytes_max};
	if ((int64_t)piece.bytes > transfer->bytes_max - transfer->file.bytes) {
		if (transfer->tus)
			tus_refuse_longer(connection);
		else
			transfer_write_error(connection, 413, ERROR_TOO_LARGE, TEXT_error_file_too_large,
					     &args);
		return false;
	}
	int error = blob_part_write(transfer->part, piece.at, piece.bytes);
	if (error) {
		transfer_fail_write(connection, error);
		return false;
	}
	transfer->file.bytes += (int64_t)piece.bytes;
	tus_checksum_add(&transfer->checksum, piece.at, piece.bytes);
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
		connection_set_timer(connection, transfer_on_silent, LIMIT_UPLOAD_IDLE_MS);
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
	struct buffer fields = BUFFER_EMPTY;
	char hash[2 * FILE_HASH_BYTES + 1];
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
	buffer_add_string(&fields, "Location: ");
	if (transfer_of(connection)->is_linked)
		file_link_whole(&fields, file->id, file->key, file->name);
	else
		buffer_printf(&fields, "/files/%s", file->id);
	buffer_add_string(&fields, "\r\n");
	write_json(connection, 201, buffer_string(&fields), &json);
	buffer_release(&fields);
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
	buffer_printf(out, "Content-Type: %s\r\nETag: %s\r\nAccept-Ranges: bytes\r\n", file->type,
		      transfer_of(connection)->tag);
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
	transfer_add_connection_field(connection);
	buffer_add_string(out, "\r\n");
	if (transfer->is_head || status == 304)
		transfer->left = 0;
	transfer->step = transfer->left ? SENDING : DONE;
	transfer->shown_left = transfer->left;
	bool is_sending = transfer->step == SENDING;
	transfer_finish(connection);
	if (is_sending)
		connection_set_timer(connection, on_slow, LIMIT_HTTP_ANSWER_MS);
}

static void give(struct connection *connection, const struct file *file)
{
	struct transfer *transfer = transfer_of(connection);
	struct file shown = *file;
	transfer->fd = preview_open(transfer_blobs(connection), transfer->preview, &shown);
	if (transfer->fd >= 0)
		send_file(connection, &shown);
	else if (transfer->fd == -ENODATA)
		transfer_write_error(connection, 404, ERROR_NO_FILE, TEXT_NONE, &(struct text_args){0});
	else if (transfer->fd == -ENOENT)
		transfer_write_error(connection, 410, ERROR_NO_FILE, TEXT_error_file_gone,
				     &(struct text_args){0});
	else
		transfer_fail_write(connection, transfer->fd);
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
	if (transfer->tus)
		tus_reply(connection, reply);
	else if (reply->kind == REPLY_ERROR)
		transfer_write_error(connection, transfer_status(reply->note.error), reply->note.error,
				     reply->note.key, &reply->note.args);
	else if (reply->kind != REPLY_FILE)
		return;
	else if (transfer->step == KEEPING)
		write_uploaded(connection, reply->file);
	else if (transfer->is_upload)
		receive_answer(connection, reply);
	else
		give(connection, reply->file);
}
