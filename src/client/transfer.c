#include "client/transfer.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "client/clean.h"
#include "client/client.h"
#include "client/command_line.h"
#include "client/exchange.h"
#include "client/saved_file.h"
#include "client/spool.h"
#include "wire/http.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TRIES_MAX 5
#define WAIT_MS   2000 /* before a try anew; longer with each */

struct transfer {
	struct transfer *next;
	bool is_send, opens;
	bool is_begun; /* the exchange is ours */
	unsigned tries;
	unsigned line; /* of the input that it came of */
	/* For a send: */
	char *room;
	char **paths;
	size_t count, at;
	char *name;
	json_t *sent;  /* what the server has of it */
	bool is_piped; /* `fd` becomes what `from` has, until that ends */
	int from;
	int fd;
	int64_t bytes;
	/* For a save: */
	json_t *file;
	struct saved_file saved;
	char *path;
};

void transfers_init(struct client *client)
{
	struct line_security security = {
	    .is_plain = client->options->is_plain, .owner = client, .trusts = client_trusts};
	client->transfers = (struct transfers){.exchange = exchange_new(&security), .shown = -1};
	client->transfers.end = &client->transfers.first;
}

static void close_source(struct transfer *transfer)
{
	if (transfer->from > STDIN_FILENO)
		close(transfer->from);
	if (transfer->fd >= 0)
		close(transfer->fd);
	transfer->from = transfer->fd = -1;
	transfer->is_piped = false;
}

static void free_transfer(struct transfer *transfer)
{
	close_source(transfer);
	saved_file_drop(&transfer->saved);
	saved_file_release(&transfer->saved);
	for (size_t i = 0; i < transfer->count; i++)
		free(transfer->paths[i]);
	free(transfer->paths);
	free(transfer->room);
	free(transfer->name);
	free(transfer->path);
	json_decref(transfer->sent);
	json_decref(transfer->file);
	free(transfer);
}

static void take_off(struct client *client)
{
	assert(client->transfers.first);
	struct transfers *transfers = &client->transfers;
	struct transfer *first = transfers->first;
	exchange_stop(transfers->exchange);
	transfers->first = first->next;
	if (!transfers->first)
		transfers->end = &transfers->first;
	transfers->shown = -1;
	free_transfer(first);
}

void transfers_release(struct client *client)
{
	while (client->transfers.first)
		take_off(client);
	exchange_free(client->transfers.exchange);
}

static struct transfer *add_transfer(struct client *client)
{
	struct transfer *transfer = mem_zero(sizeof *transfer);
	transfer->from = transfer->fd = -1;
	transfer->saved.fd = transfer->saved.folder = -1;
	transfer->line = client->input_line;
	*client->transfers.end = transfer;
	client->transfers.end = &transfer->next;
	client->progress_ms = clock_mono_ms();
	return transfer;
}

void transfer_send(struct client *client, const char *room, const char *const *paths, size_t count,
		   const char *name)
{
	assert(count && room);
	struct transfer *transfer = add_transfer(client);
	transfer->is_send = true;
	transfer->room = mem_string(room);
	transfer->paths = mem_zero(count * sizeof *transfer->paths);
	for (size_t i = 0; i < count; i++)
		transfer->paths[i] = mem_string(paths[i]);
	transfer->count = count;
	transfer->name = name ? mem_string(name) : NULL;
	transfer->sent = json_array();
}

void transfer_save(struct client *client, const json_t *file, const char *path)
{
	assert(file);
	struct transfer *transfer = add_transfer(client);
	transfer->file = json_deep_copy(file);
	transfer->path = path ? mem_string(path) : NULL;
}

void transfer_open(struct client *client, const json_t *file)
{
	transfer_save(client, file, NULL);
	struct transfer *last = client->transfers.first;
	while (last->next)
		last = last->next;
	last->opens = true;
}

bool transfers_are_under_way(const struct client *client)
{
	return client->transfers.first;
}

/* --- what people read --- */

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text ? text : "";
}

/* Its name at the place that it goes to. */
static const char *name_of(const struct transfer *transfer)
{
	const char *path =
	    transfer->is_send ? transfer->paths[transfer->at] : text_of(transfer->file, "name");
	const char *slash = strrchr(path, '/');
	if (transfer->is_send && !transfer->at && transfer->name)
		return transfer->name;
	if (transfer->is_send && !strcmp(path, TRANSFER_STDIN))
		return "stdin";
	return slash ? slash + 1 : path;
}

bool transfers_write(const struct client *client, struct buffer *to)
{
	const struct transfer *transfer = client->transfers.first;
	struct buffer name = BUFFER_EMPTY;
	if (!transfer)
		return false;
	clean_word(&name, name_of(transfer));
	lang_write(to, client->lang,
		   transfer->is_send ? TEXT_client_transfer_sending : TEXT_client_transfer_fetching,
		   &(struct text_args){.name = buffer_string(&name),
				       .number = client->transfers.shown < 0 ? 0 : client->transfers.shown});
	buffer_release(&name);
	return true;
}

/* Ends the first one: `why` is what people read. */
static void transfer_fail(struct client *client, const char *why)
{
	const struct transfer *transfer = client->transfers.first;
	struct buffer name = BUFFER_EMPTY, text = BUFFER_EMPTY;
	clean_word(&name, name_of(transfer));
	clean_word(&text, why);
	client->input_line = transfer->line;
	client_problem(client,
		       transfer->is_send ? TEXT_client_transfer_not_sent : TEXT_client_transfer_not_saved,
		       &(struct text_args){.name = buffer_string(&name), .text = buffer_string(&text)});
	client->input_line = 0;
	buffer_release(&name);
	buffer_release(&text);
	if (!client->front.is_interactive)
		client->status = CLIENT_FAILED;
	take_off(client);
	client->front.changed(client->front.owner);
}

static void transfer_fail_errno(struct client *client, int error)
{
	transfer_fail(client, error == -EEXIST ? lang_text(client->lang, TEXT_client_transfer_exists)
					       : strerror(-error));
}

static void fail_text(struct client *client, enum text key)
{
	transfer_fail(client, lang_text(client->lang, key));
}

/* --- a send --- */

/* Too large is told before anything is sent. */
static bool is_too_large(struct client *client, int64_t bytes)
{
	struct buffer most = BUFFER_EMPTY, text = BUFFER_EMPTY;
	int64_t bytes_max = session_file_bytes(client->session);
	if (bytes <= bytes_max)
		return false;
	file_add_size(&most, bytes_max);
	lang_write(&text, client->lang,
		   bytes_max ? TEXT_client_transfer_too_large : TEXT_client_transfer_none,
		   &(struct text_args){.text = buffer_string(&most)});
	transfer_fail(client, buffer_string(&text));
	buffer_release(&most);
	buffer_release(&text);
	return true;
}

/* 0, or -errno. */
static int open_source(struct transfer *transfer)
{
	struct stat about;
	bool is_stdin = !strcmp(transfer->paths[transfer->at], TRANSFER_STDIN);
	char *path = saved_file_expand(transfer->paths[transfer->at]);
	int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	free(path);
	if (fd < 0 || fstat(fd, &about))
		return -errno;
	if (S_ISREG(about.st_mode)) {
		transfer->fd = is_stdin ? dup(fd) : fd;
		transfer->bytes = about.st_size;
		return transfer->fd < 0 ? -errno : 0;
	}
	transfer->from = fd;
	transfer->is_piped = is_stdin || S_ISFIFO(about.st_mode);
	if (!transfer->is_piped)
		return S_ISDIR(about.st_mode) ? -EISDIR : -EINVAL;
	transfer->fd = spool_open();
	return transfer->fd < 0 ? transfer->fd : 0;
}

static void transfer_begin_post(struct client *client, struct transfer *transfer, int64_t now_ms)
{
	struct buffer target = BUFFER_EMPTY;
	buffer_add_string(&target, "/files?name=");
	http_encode(&target, name_of(transfer));
	struct exchange_request request = {.host = client->options->host,
					   .port = client->options->port,
					   .target = buffer_string(&target),
					   .secret = session_secret(client->session),
					   .is_upload = true,
					   .fd = transfer->fd,
					   .bytes = transfer->bytes};
	exchange_begin(client->transfers.exchange, &request, now_ms);
	transfer->is_begun = true;
	buffer_release(&target);
}

static void begin_send(struct client *client, struct transfer *transfer, int64_t now_ms)
{
	assert(!transfer->is_begun && transfer->at < transfer->count);
	int error = transfer->fd < 0 ? open_source(transfer) : 0;
	if (error)
		transfer_fail_errno(client, error);
	else if (!transfer->is_piped && !is_too_large(client, transfer->bytes))
		transfer_begin_post(client, transfer, now_ms);
}

static void take_pipe(struct client *client, struct transfer *transfer, int64_t now_ms)
{
	int64_t got = spool_take(transfer->fd, transfer->from);
	client->progress_ms = now_ms;
	if (got == -EAGAIN)
		return;
	if (got < 0) {
		transfer_fail_errno(client, (int)got);
		return;
	}
	transfer->bytes += got;
	transfer->is_piped = got;
	if (got)
		is_too_large(client, transfer->bytes);
}

/* The server has one more; with the last, they are said. */
static void sent_one(struct client *client, struct transfer *transfer)
{
	assert(transfer->is_send && transfer->is_begun);
	json_t *file = json_loads(exchange_body(client->transfers.exchange), 0, NULL);
	transfer->is_begun = false;
	if (!*text_of(file, "file")) {
		json_decref(file);
		fail_text(client, TEXT_client_no_brusiod);
		return;
	}
	json_array_append_new(transfer->sent, file);
	close_source(transfer);
	exchange_stop(client->transfers.exchange);
	transfer->bytes = 0;
	transfer->tries = 0;
	if (++transfer->at < transfer->count)
		return;
	char *room = mem_string(transfer->room);
	json_t *sent = json_incref(transfer->sent);
	session_set_line(client->session, transfer->line);
	take_off(client);
	client_say_files(client, room, sent);
	session_set_line(client->session, 0);
	json_decref(sent);
	free(room);
}

/* --- a save --- */

/* A file that another program shows gets the ending of its type, whatever it is called. */
static const char *ending_of(const char *type)
{
	static const char *const endings[][2] = {
	    {"image/png", ".png"}, {"image/jpeg", ".jpg"},  {"image/gif", ".gif"},   {"image/webp", ".webp"},
	    {"video/mp4", ".mp4"}, {"video/webm", ".webm"}, {"video/ogg", ".ogv"},   {"audio/mpeg", ".mp3"},
	    {"audio/ogg", ".ogg"}, {"audio/wav", ".wav"},   {"audio/flac", ".flac"}, {"audio/mp4", ".m4a"},
	    {"text/plain", ".txt"}};
	for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
		if (!strncmp(type, endings[i][0], strlen(endings[i][0])))
			return endings[i][1];
	return NULL;
}

/* A folder of its own, so that nothing is there beside it. */
static int begin_shown(struct transfer *transfer)
{
	char folder[4200], name[LIMIT_FILE_NAME_BYTES + 16], clean[LIMIT_FILE_NAME_BYTES + 1];
	const char *temporary = getenv("TMPDIR"), *ending = ending_of(text_of(transfer->file, "type"));
	snprintf(folder, sizeof folder, "%s/brusio-XXXXXX", temporary && *temporary ? temporary : "/tmp");
	if (!ending)
		return -EMEDIUMTYPE;
	if (!mkdtemp(folder))
		return -errno;
	file_clean_name(text_of(transfer->file, "name"), clean);
	clean[LIMIT_FILE_NAME_BYTES - 8] = '\0';
	size_t length = strlen(clean), more = strlen(ending);
	bool has_ending = length > more && !strcmp(clean + length - more, ending);
	snprintf(name, sizeof name, "%s%s", clean, has_ending ? "" : ending);
	return saved_file_begin(&transfer->saved, folder, name);
}

static void begin_save(struct client *client, struct transfer *transfer, int64_t now_ms)
{
	assert(!transfer->is_begun && transfer->file);
	char target[64];
	int error = 0;
	if (transfer->saved.fd < 0)
		error = transfer->opens ? begin_shown(transfer)
					: saved_file_begin(&transfer->saved, transfer->path,
							   text_of(transfer->file, "name"));
	else if (ftruncate(transfer->saved.fd, 0) || lseek(transfer->saved.fd, 0, SEEK_SET))
		error = -errno;
	if (error == -EMEDIUMTYPE)
		fail_text(client, TEXT_client_transfer_not_shown);
	else if (error)
		transfer_fail_errno(client, error);
	if (error)
		return;
	snprintf(target, sizeof target, "/files/%.32s", text_of(transfer->file, "file"));
	transfer->bytes = json_integer_value(json_object_get(transfer->file, "bytes"));
	struct exchange_request request = {.host = client->options->host,
					   .port = client->options->port,
					   .target = target,
					   .secret = session_secret(client->session),
					   .fd = transfer->saved.fd,
					   .bytes = transfer->bytes};
	exchange_begin(client->transfers.exchange, &request, now_ms);
	transfer->is_begun = true;
}

static void show_saved(struct client *client, const struct transfer *transfer)
{
	const struct preferences *preferences = client->options->preferences;
	const char *command =
	    preferences && preferences->open_command ? preferences->open_command : "exec xdg-open \"$1\"";
	command_line_run(command, transfer->saved.path, NULL);
}

static void saved_one(struct client *client, struct transfer *transfer)
{
	assert(!transfer->is_send);
	int error = saved_file_keep(&transfer->saved);
	if (error) {
		transfer_fail_errno(client, error);
		return;
	}
	struct buffer name = BUFFER_EMPTY, path = BUFFER_EMPTY;
	clean_word(&name, text_of(transfer->file, "name"));
	clean_word(&path, transfer->saved.path);
	client_note(client, TEXT_client_transfer_saved,
		    &(struct text_args){.name = buffer_string(&name), .text = buffer_string(&path)});
	buffer_release(&name);
	buffer_release(&path);
	if (transfer->opens)
		show_saved(client, transfer);
	take_off(client);
}

/* --- both --- */

/* The line broke, or the server is busy: later, and not for ever. */
static void put_off(struct client *client, struct transfer *transfer, const char *why, int64_t now_ms)
{
	assert(transfer->is_begun);
	transfer->is_begun = false;
	if (++transfer->tries >= TRIES_MAX || !*why) {
		transfer_fail(client, *why ? why : lang_text(client->lang, TEXT_client_transfer_broken));
		return;
	}
	exchange_stop(client->transfers.exchange);
	client->transfers.not_before_ms = now_ms + WAIT_MS * transfer->tries;
}

static void take_answer(struct client *client, struct transfer *transfer, int64_t now_ms)
{
	assert(transfer->is_begun && transfer == client->transfers.first);
	struct exchange *exchange = client->transfers.exchange;
	int status = exchange_status(exchange);
	if (status == 201 && transfer->is_send) {
		sent_one(client, transfer);
	} else if (status == 200 && !transfer->is_send) {
		saved_one(client, transfer);
	} else {
		json_t *answer = json_loads(exchange_body(exchange), 0, NULL);
		const char *message = text_of(answer, "message");
		if (status == 503)
			put_off(client, transfer, *message ? message : "503", now_ms);
		else
			transfer_fail(client,
				      *message ? message : lang_text(client->lang, TEXT_client_no_brusiod));
		json_decref(answer);
	}
	client->front.changed(client->front.owner);
}

static void tell_progress(struct client *client, const struct transfer *transfer, int64_t now_ms)
{
	int64_t moved = exchange_moved(client->transfers.exchange);
	int64_t percent = transfer->bytes > 0 ? moved * 100 / transfer->bytes : 0;
	if (percent == client->transfers.shown)
		return;
	client->transfers.shown = percent;
	client->progress_ms = now_ms;
	client->front.changed(client->front.owner);
}

static bool may_begin(const struct client *client, int64_t now_ms)
{
	return session_state(client->session) == SESSION_READY && session_secret(client->session) &&
	       session_is_settled(client->session) && now_ms >= client->transfers.not_before_ms;
}

size_t transfers_poll(const struct client *client, struct pollfd *to)
{
	const struct transfer *transfer = client->transfers.first;
	if (!transfer || !transfer->is_piped)
		return exchange_poll(client->transfers.exchange, to);
	to[0] = (struct pollfd){.fd = transfer->from, .events = POLLIN};
	return 1;
}

int64_t transfers_deadline(const struct client *client)
{
	const struct transfer *transfer = client->transfers.first;
	if (!transfer || transfer->is_piped)
		return INT64_MAX;
	if (transfer->is_begun)
		return exchange_deadline(client->transfers.exchange);
	if (session_state(client->session) != SESSION_READY || !session_is_settled(client->session))
		return INT64_MAX;
	return client->transfers.not_before_ms;
}

void transfers_ready(struct client *client, const struct pollfd *polled, size_t count, int64_t now_ms)
{
	struct transfer *transfer = client->transfers.first;
	struct exchange *exchange = client->transfers.exchange;
	if (!transfer)
		return;
	if (transfer->is_piped) {
		if (count && polled[0].revents)
			take_pipe(client, transfer, now_ms);
		return;
	}
	if (!transfer->is_begun) {
		if (may_begin(client, now_ms))
			(transfer->is_send ? begin_send : begin_save)(client, transfer, now_ms);
		return;
	}
	switch (exchange_ready(exchange, polled, count, now_ms)) {
	case EXCHANGE_DONE:
		take_answer(client, transfer, now_ms);
		break;
	case EXCHANGE_BROKEN:
		put_off(client, transfer, exchange_problem(exchange), now_ms);
		break;
	default:
		tell_progress(client, transfer, now_ms);
	}
}
