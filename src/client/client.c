#include "client/client.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/text/utf8.h"
#include "client/choices.h"
#include "client/commands.h"
#include "client/device.h"
#include "session/random.h"
#include "client/signals.h"
#include "client/trust.h"
#include "version.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define LINE_BYTES_MAX  (64u << 20) /* of one object from the server; a longer one is not from a brusiod */
#define RETRY_MS        500         /* before the first attempt to come back; doubled with each further one */
#define RETRY_MS_MAX    30000
#define STEADY_MS       30000 /* a line that held so long was a good one: the next wait is short again */
#define RETRY_MS_FILTER 4000  /* the same for the filter, which has a time limit of its own */
#define ACKS_MS         3000  /* what leaving waits for acks at most */
#define BYE_MS          2000  /* ... and then for the server's goodbye */
#define READ_MS         1000  /* what is shown counts as read when it has stood there for so long */
#define ATTENTION_MS    60000 /* ... and the last key came at most so long ago */

void client_end(struct client *client, enum client_status status)
{
	client->is_done = true;
	if (!client->status)
		client->status = status;
}

static void client_fail(struct client *client, enum text key, const char *text)
{
	client_problem(
	    client, key,
	    &(struct text_args){.name = client->options->host, .room = client->options->port, .text = text});
	client_end(client, session_was_welcome(client->session) && session_outbox(client->session)->count
			       ? CLIENT_UNSENT
			       : CLIENT_FAILED);
}

void client_init(struct client *client, const struct options *options, enum lang lang,
		 const struct client_front *front)
{
	*client = (struct client){.options = options, .lang = lang, .front = *front};
	int history = options->history >= 0   ? options->history
		      : front->is_interactive ? OPTIONS_HISTORY_DEFAULT
					      : 0;
	struct session_settings settings = {.name = options->name,
					    .client = "brusio/" BRUSIO_VERSION,
					    .link = options->link,
					    .lang = lang == LANG_IT ? "it" : "en",
					    .history = (unsigned)history,
					    .wants_members = front->is_interactive,
					    .wants_rooms = front->is_interactive,
					    .since_ms = options->since_ms,
					    .since_seq = options->since_seq,
					    .interest =
						options->preferences ? &options->preferences->interest : NULL,
					    .hooks = client_hooks};
	char device[DEVICE_BYTES];
	settings.hooks.owner = client;
	/* Any number of scripts may run at the same time; none of them comes back. */
	if (front->is_interactive && device_claim(device))
		settings.device = device;
	client->session = session_new(&settings);
	struct line_security security = {
	    .is_plain = options->is_plain, .owner = client, .trusts = client_trusts};
	client->line = line_new(&security);
	client->trust_file = trust_file();
	transfers_init(client);
	choices_init(client);
	chatlog_init(&client->chatlog, options->preferences ? options->preferences->log : NULL, options->host,
		     options->port);
	client->show.lang = lang;
	client->room = mem_string(options->rooms[0]);
	for (size_t i = 0; i < options->room_count; i++)
		session_join(client->session, options->rooms[i]);
	client->signal_fd = signals_open();
	client->leave_by_ms = INT64_MAX;
	client->read_due_ms = client->welcomed_ms = INT64_MAX;
	client->progress_ms = client->retry_ms = client->active_ms = clock_mono_ms();
	if (!account_init(client, settings.device))
		client_fail(client, TEXT_client_bad_token_file, strerror(errno));
}

void client_release(struct client *client)
{
	transfers_release(client);
	account_release(&client->account);
	attention_release(&client->attention);
	chatlog_release(&client->chatlog);
	buffer_release(&client->missed);
	free(client->choices);
	names_release(&client->hidden);
	device_release();
	line_free(client->line);
	session_free(client->session);
	signals_close(client->signal_fd);
	free(client->search.query);
	free(client->search.room);
	free(client->room);
	free(client->going_to);
	free(client->base_name);
	free(client->problem);
	free(client->trust_file);
}

void client_leave(struct client *client)
{
	if (client->is_leaving) {
		client_end(client, session_outbox(client->session)->count ? CLIENT_UNSENT : CLIENT_DONE);
		return;
	}
	client->is_leaving = true;
	client->leave_by_ms = clock_mono_ms() + ACKS_MS;
}

/* Leaves once nothing is unacknowledged, or once waiting has no sense any more. */
static void go_on_leaving(struct client *client, int64_t now_ms)
{
	size_t unsent = session_outbox(client->session)->count;
	bool has_line = session_state(client->session) == SESSION_READY;
	if (session_state(client->session) != SESSION_LEAVING && has_line && !unsent) {
		if (client->read_due_ms != INT64_MAX)
			session_mark_read(client->session, client->room);
		session_quit(client->session);
		client->leave_by_ms = now_ms + BYE_MS;
		return;
	}
	bool says_goodbye =
	    session_state(client->session) == SESSION_LEAVING && !session_said_bye(client->session);
	if ((says_goodbye || (has_line && unsent)) && now_ms < client->leave_by_ms)
		return;
	if (unsent)
		client_problem(client, TEXT_client_unsent, &(struct text_args){.number = (int64_t)unsent});
	client_end(client, unsent ? CLIENT_UNSENT : CLIENT_DONE);
}

/* Later with every failure, and never at the same instant as everybody else. */
static void plan_retry(struct client *client, const char *problem, int64_t now_ms)
{
	/* A connection has to hold for a while before earlier failures are forgotten. */
	if (client->welcomed_ms <= now_ms - STEADY_MS)
		client->failures = 0;
	client->welcomed_ms = INT64_MAX;
	int64_t most = client->front.is_interactive ? RETRY_MS_MAX : RETRY_MS_FILTER;
	int64_t wait_ms = client->failures > 10 ? most : RETRY_MS << client->failures;
	if (wait_ms > most)
		wait_ms = most;
	wait_ms = wait_ms / 2 + random_below((uint32_t)wait_ms);
	client->retry_ms = now_ms + wait_ms;
	struct text_args args = {.text = problem, .number = (wait_ms + 999) / 1000};
	/* An outage of hours is told while it is news; after that the prompt says it. */
	if (client->failures < 8)
		client_status(client, *problem ? TEXT_client_line_lost_why : TEXT_client_line_lost, &args);
	client->failures++;
	client->front.changed(client->front.owner);
}

static void line_lost(struct client *client, const char *problem, int64_t now_ms)
{
	bool was_welcome = session_was_welcome(client->session);
	client->scanned = 0;
	client->retry_ms = INT64_MAX;
	session_line_down(client->session);
	account_line_lost(client);
	/* go_on_leaving() ends; client_take_name() and account_type() connect. */
	if (client->is_leaving || client->is_naming || account_holds_line(client))
		return;
	if (account_switches(client)) {
		client->retry_ms = now_ms;
		return;
	}
	if (line_failure(client->line) == LINE_UNTRUSTED)
		client_end(client, was_welcome && session_outbox(client->session)->count ? CLIENT_UNSENT
											 : CLIENT_FAILED);
	else if (line_failure(client->line) == LINE_NO_TLS && !was_welcome)
		client_fail(client, TEXT_client_no_tls, *problem ? problem : strerror(ECONNRESET));
	else if (client->is_refused && !(client->may_retry && was_welcome))
		client_fail(client, TEXT_client_refused, client->problem);
	else if (!was_welcome)
		client_fail(client, *problem ? TEXT_client_cannot_connect : TEXT_client_closed, problem);
	else
		plan_retry(client, client->is_refused ? client->problem : problem, now_ms);
	client->is_refused = client->may_retry = false;
}

/* Cuts the line from our side, and takes it for lost. */
static void cut_line(struct client *client, const char *problem, int64_t now_ms)
{
	line_close(client->line);
	line_lost(client, problem, now_ms);
}

static void receive_lines(struct client *client, int64_t now_ms)
{
	struct buffer *input = line_input(client->line);
	while (buffer_length(input) > client->scanned && !client->is_refused) {
		char *start = buffer_bytes(input);
		char *end = memchr(start + client->scanned, '\n', buffer_length(input) - client->scanned);
		if (!end) {
			client->scanned = buffer_length(input);
			break;
		}
		bool is_right = session_receive(client->session, start, (size_t)(end - start), now_ms);
		buffer_take(input, (size_t)(end - start) + 1);
		client->scanned = 0;
		if (!is_right) {
			cut_line(client, lang_text(client->lang, TEXT_client_no_brusiod), now_ms);
			return;
		}
	}
	if (client->is_refused)
		cut_line(client, "", now_ms);
	else if (client->scanned > LINE_BYTES_MAX)
		cut_line(client, lang_text(client->lang, TEXT_client_no_brusiod), now_ms);
}

static void tend_line(struct client *client, int64_t now_ms)
{
	enum line_state state = line_state(client->line);
	bool had_line = session_state(client->session) != SESSION_OFFLINE;
	if (state == LINE_OPEN) {
		if (!had_line) {
			account_use_name(client, session_name(client->session));
			session_line_up(client->session, line_output(client->line), now_ms);
		}
		receive_lines(client, now_ms);
		if (!session_tick(client->session, now_ms))
			cut_line(client, lang_text(client->lang, TEXT_client_silent), now_ms);
	} else if (state == LINE_CLOSED && (had_line || client->retry_ms == INT64_MAX)) {
		if ((!client->is_naming && !account_holds_line(client)) || had_line)
			line_lost(client, line_problem(client->line), now_ms);
	}
	if (line_state(client->line) == LINE_CLOSED && now_ms >= client->retry_ms && !client->is_leaving &&
	    !client->is_done) {
		client->retry_ms = INT64_MAX;
		line_open(client->line, client->options->host, client->options->port, now_ms);
	}
}

static int poll_ms(struct client *client)
{
	int64_t now_ms = clock_mono_ms();
	int64_t deadline = clock_earlier(line_deadline(client->line), session_deadline(client->session));
	deadline = clock_earlier(deadline, clock_earlier(client->retry_ms, client->leave_by_ms));
	deadline = clock_earlier(deadline,
				 clock_earlier(client->read_due_ms, attention_deadline(&client->attention)));
	deadline = clock_earlier(deadline, transfers_deadline(client));
	deadline = clock_earlier(deadline, client->front.deadline(client->front.owner));
	if (deadline <= now_ms)
		return 0;
	return deadline - now_ms > 60000 ? 60000 : (int)(deadline - now_ms);
}

static void take_signals(struct client *client)
{
	int number;
	while ((number = signals_take(client->signal_fd))) {
		bool is_taken = client->front.signal(client->front.owner, number);
		if (!is_taken && (number == SIGINT || number == SIGTERM || number == SIGHUP))
			client_leave(client);
	}
}

void client_user_acts(struct client *client, int64_t now_ms)
{
	client->active_ms = now_ms;
}

bool client_is_watched(const struct client *client)
{
	bool is_active = clock_mono_ms() - client->active_ms < ATTENTION_MS;
	return client->front.is_watched ? client->front.is_watched(client->front.owner) && is_active
					: is_active;
}

enum interest_level client_level(const struct client *client, const char *room)
{
	const struct preferences *preferences = client->options->preferences;
	return preferences ? interest_of(&preferences->interest, room) : INTEREST_MENTIONS;
}

/* A log that cannot be written is said once; the chat goes on. */
static void tend_log(struct client *client)
{
	chatlog_flush(&client->chatlog);
	if (!client->chatlog.problem)
		return;
	struct text_args args = {.name = client->chatlog.path ? client->chatlog.path : client->chatlog.folder,
				 .text = strerror(client->chatlog.problem)};
	client_problem(client, TEXT_client_log_broken, &args);
	chatlog_release(&client->chatlog);
}

/* Messages in other rooms stay unread, though shown, until the user goes there. */
static void tend_reading(struct client *client, int64_t now_ms)
{
	bool is_seen = client->front.is_interactive && client->room &&
		       now_ms - client->active_ms < ATTENTION_MS &&
		       (!client->front.sees_end || client->front.sees_end(client->front.owner)) &&
		       session_has_news(client->session, client->room);
	if (!is_seen) {
		client->read_due_ms = INT64_MAX;
	} else if (client->read_due_ms == INT64_MAX) {
		client->read_due_ms = now_ms + READ_MS;
	} else if (now_ms >= client->read_due_ms) {
		session_mark_read(client->session, client->room);
		client->read_due_ms = INT64_MAX;
	}
}

void client_turn(struct client *client)
{
	struct pollfd polled[2 * LINE_POLL_MAX + 1 + CLIENT_FRONT_POLL_MAX];
	bool reads = !client->front.is_full(client->front.owner);
	size_t lines = line_poll(client->line, polled, reads);
	polled[lines] = (struct pollfd){.fd = client->signal_fd, .events = POLLIN};
	struct pollfd *of_front = polled + lines + 1;
	size_t fronts = client->front.poll(client->front.owner, of_front);
	struct pollfd *of_files = of_front + fronts;
	size_t files = transfers_poll(client, of_files);
	if (poll(polled, lines + 1 + fronts + files, poll_ms(client)) < 0)
		memset(polled, 0, sizeof polled); /* interrupted: look at the clock and come back */

	int64_t now_ms = clock_mono_ms();
	line_ready(client->line, polled, lines, now_ms);
	take_signals(client);
	tend_line(client, now_ms);
	transfers_ready(client, of_files, files, now_ms);
	attention_tend(client, now_ms);
	tend_log(client);
	client->front.ready(client->front.owner, of_front, fronts, now_ms);
	tend_reading(client, now_ms);
	if (client->is_leaving && !client->is_done)
		go_on_leaving(client, now_ms);
}

void client_take_name(struct client *client, const char *name)
{
	if (!utf8_is_user_name(name)) {
		client_problem(client, TEXT_client_bad_name, NULL);
		return;
	}
	client->is_naming = false;
	account_use_name(client, name);
	session_set_name(client->session, name);
	if (line_state(client->line) == LINE_CLOSED)
		client->retry_ms = clock_mono_ms();
	client->front.changed(client->front.owner);
}

void client_go_to_room(struct client *client, const char *room)
{
	char *copy = room ? mem_string(room) : NULL, *old = client->room;
	bool is_same = old == copy || (old && copy && names_equal(old, copy));
	client->room = copy;
	client->read_due_ms = INT64_MAX;
	if (!is_same)
		client->front.moved(client->front.owner, old, copy);
	free(old);
	client->front.changed(client->front.owner);
}

bool client_ignores(const struct client *client, const json_t *object)
{
	const char *name = json_string_value(json_object_get(json_object_get(object, "from"), "name"));
	const struct preferences *preferences = client->options->preferences;
	return name && preferences && interest_ignores(&preferences->interest, name);
}

bool client_is_short(const struct client *client, const char *text, struct text_args *args)
{
	size_t bytes_max = session_message_bytes(client->session);
	args->number = (int64_t)bytes_max;
	return strlen(text) <= bytes_max;
}

/* Whether one more thing may be said; tells why not. */
static bool may_say(struct client *client, const char *text)
{
	struct text_args args = {0};
	if (!client_is_short(client, text, &args)) {
		client_problem(client, TEXT_client_too_long, &args);
		return false;
	}
	if (session_outbox(client->session)->count >= CLIENT_WAITING_MAX) {
		client_problem(client, TEXT_client_too_much_waiting, &args);
		return false;
	}
	return true;
}

/* It is on its way: shown at once, since the server does not send it back. */
static void show_said(struct client *client, const struct outbox_item *item)
{
	client->progress_ms =
	    session_outbox(client->session)->count == 1 ? clock_mono_ms() : client->progress_ms;
	if (!client->front.is_interactive)
		return;
	if (client->front.log_changed) {
		client->front.changed(client->front.owner);
		return;
	}
	struct buffer line = BUFFER_EMPTY;
	client_aim_show(client, item->room);
	show_own(&client->show, &line, item);
	if (session_state(client->session) != SESSION_READY)
		buffer_add_string(&line, lang_text(client->lang, TEXT_client_show_waiting));
	client->front.write(client->front.owner, CLIENT_TALK, buffer_string(&line));
	buffer_release(&line);
}

bool client_say_to(struct client *client, const char *room, const char *text, bool is_action)
{
	const struct session_room *known = session_find_room(client->session, room);
	if (known && known->is_gone) {
		client_problem(client, TEXT_client_gone, &(struct text_args){.room = room});
		return false;
	}
	if (!may_say(client, text))
		return false;
	show_said(client, session_say(client->session, room, text, is_action));
	return true;
}

bool client_say_files(struct client *client, const char *room, json_t *files)
{
	const struct session_room *known = session_find_room(client->session, room);
	if (known && known->is_gone) {
		client_problem(client, TEXT_client_gone, &(struct text_args){.room = room});
		return false;
	}
	show_said(client, session_send_files(client->session, room, "", files));
	return true;
}

bool client_reply(struct client *client, int64_t target, const char *text)
{
	if (!may_say(client, text))
		return false;
	show_said(client, session_reply(client->session, client->room, target, text));
	return true;
}

bool client_say(struct client *client, const char *text, bool is_action)
{
	if (client->room)
		return client_say_to(client, client->room, text, is_action);
	client_problem(client, TEXT_client_in_no_room, NULL);
	return false;
}

bool client_input_line(struct client *client, const char *text, unsigned line)
{
	client->input_line = line;
	session_set_line(client->session, line);
	bool is_taken = client_input(client, text);
	session_set_line(client->session, 0);
	client->input_line = 0;
	return is_taken;
}

bool client_input(struct client *client, const char *text)
{
	bool is_literal = client->options->literal;
	if (*text == '/' && text[1] != '/' && !is_literal) {
		commands_run(client, text + 1);
		return true;
	}
	return client_say(client, *text == '/' && !is_literal ? text + 1 : text, false);
}
