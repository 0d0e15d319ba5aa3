#include "front/fullscreen_state.h"

#include "base/clock.h"
#include "base/memory.h"
#include "client/clean.h"
#include "client/signals.h"
#include "front/terminal.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TEXT_BYTES_MAX 65536 /* that can be typed; the server's limit is told when it is sent */
#define TOAST_MS       5000
#define COLUMNS_MIN    10
#define ROWS_MIN       4

const struct session_room *fullscreen_room(const struct fullscreen *full)
{
	const char *room = full->client->room;
	return room ? session_find_room(full->client->session, room) : NULL;
}

struct roomlog *fullscreen_log(struct fullscreen *full)
{
	const struct session_room *room = fullscreen_room(full);
	/* Only what is drawn of it: the session owns it and changes it. */
	return room ? (struct roomlog *)&room->log : &full->home;
}

/* A pane is made where the room has none yet. */
static struct pane *fullscreen_pane(struct fullscreen *full, const char *room)
{
	for (size_t i = 0; i < full->pane_count; i++)
		if (names_equal(full->panes[i]->room, room))
			return full->panes[i];
	full->panes = mem_grow(full->panes, &full->pane_capacity, full->pane_count + 1, sizeof *full->panes);
	struct pane *pane = mem_zero(sizeof *pane);
	pane->room = mem_string(room);
	return full->panes[full->pane_count++] = pane;
}

struct pane *fullscreen_current(struct fullscreen *full)
{
	const struct session_room *room = fullscreen_room(full);
	return room ? fullscreen_pane(full, room->name) : NULL;
}

const struct session_room *fullscreen_nth_room(const struct fullscreen *full, size_t index)
{
	const struct session *session = full->client->session;
	for (int is_direct = 0; is_direct < 2; is_direct++)
		for (size_t i = 0; i < session_room_count(session); i++) {
			const struct session_room *room = session_room(session, i);
			if (session_room_is_direct(room) == (bool)is_direct && index-- == 0)
				return room;
		}
	return NULL;
}

void fullscreen_toast(struct fullscreen *full, enum text key, const struct text_args *args)
{
	struct buffer text = BUFFER_EMPTY;
	lang_write(&text, full->client->lang, key, args ? args : &(struct text_args){0});
	free(full->toast);
	full->toast = mem_string(buffer_string(&text));
	full->toast_until_ms = full->now_ms + TOAST_MS;
	full->is_dirty = true;
	buffer_release(&text);
}

/* --- what the client tells ------------------------------------------------------------------- */

/* "-- text" or "!! text": a row in the room where the user is, since it is the answer to what they did. */
static void full_write(void *owner, enum client_stream stream, const char *text)
{
	struct fullscreen *full = owner;
	bool is_problem = !strncmp(text, "!! ", 3), is_note = !strncmp(text, "-- ", 3);
	enum roomlog_kind kind = is_problem ? ROOMLOG_PROBLEM : ROOMLOG_NOTE;
	const char *said = is_problem || is_note ? text + 3 : text;
	(void)stream;
	if (is_problem) {
		free(full->last_problem);
		full->last_problem = mem_string(said);
	}
	if (full->client && full->client->session && fullscreen_room(full))
		session_add_note(full->client->session, full->client->room, kind, said);
	else
		roomlog_add(&full->home, kind, "", said, clock_wall_ms());
	roomlog_trim(&full->home, ROOMLOG_ITEMS_MAX, false);
	full->is_dirty = true;
}

static void load_draft(struct fullscreen *full, const char *room)
{
	char *draft = drafts_take(&full->drafts, room);
	editor_set(&full->editor, draft ? draft : "");
	free(draft);
}

static void full_moved(void *owner, const char *from, const char *to)
{
	struct fullscreen *full = owner;
	fullscreen_stop_composing(full);
	full->selected = full->wanted = full->wanted_ms = 0;
	full->asked = ASK_NOTHING;
	if (from) {
		free(full->last_room);
		full->last_room = mem_string(from);
	}
	full->is_dirty = true;
	if (!full->is_naming) {
		drafts_keep(&full->drafts, from, editor_text(&full->editor));
		load_draft(full, to);
	}
	if (!to)
		return;
	fullscreen_pane(full, to)->is_begun = false;
}

static void full_room_renamed(void *owner, const char *old_name, const char *name)
{
	struct fullscreen *full = owner;
	drafts_rename(&full->drafts, old_name, name);
	struct pane *pane = fullscreen_pane(full, old_name);
	free(pane->room);
	pane->room = mem_string(name);
	full->is_dirty = true;
}

/* A name that is asked for is typed in a line of its own. */
static void full_changed(void *owner)
{
	struct fullscreen *full = owner;
	bool is_naming = full->client->is_naming;
	full->is_dirty = true;
	if (is_naming == full->is_naming)
		return;
	full->is_naming = is_naming;
	if (is_naming) {
		drafts_keep(&full->drafts, full->client->room, editor_text(&full->editor));
		editor_set(&full->editor, "");
	} else {
		load_draft(full, full->client->room);
	}
}

static void full_log_changed(void *owner, const struct session_room *room)
{
	struct fullscreen *full = owner;
	full->is_dirty = true;
	/* The page around what was looked for is there. */
	if (room && room == fullscreen_room(full) && room->sought) {
		full->wanted = room->sought;
		full->is_wanted_asked = true;
	}
}

static void full_look_at(void *owner, const struct when *when)
{
	struct fullscreen *full = owner;
	switch (when->kind) {
	case WHEN_UNREAD:
		fullscreen_go_to_unread(full);
		break;
	case WHEN_END:
		fullscreen_scroll_to_end(full);
		break;
	case WHEN_MESSAGE:
		fullscreen_go_to_message(full, full->client->room, when->seq);
		break;
	case WHEN_TIME:
		full->wanted = 0;
		full->wanted_ms = when->time_ms;
		break;
	}
	full->is_dirty = true;
}

static void full_list_commands(void *owner)
{
	fullscreen_choose_command(owner);
}

static bool full_is_watched(void *owner)
{
	const struct fullscreen *full = owner;
	return full->has_focus;
}

static void full_alert(void *owner, const struct attention_note *note)
{
	fullscreen_alert(owner, note);
}

static void full_pushed(void *owner, const json_t *object)
{
	struct fullscreen *full = owner;
	const char *op = json_string_value(json_object_get(object, "op"));
	const char *room = json_string_value(json_object_get(object, "room"));
	full->is_dirty = true;
	if (op && room && (!strcmp(op, "typing") || !strcmp(op, "message")))
		fullscreen_note_typing(full, object);
	else if (!room || !session_find_room(full->client->session, room))
		client_show(full->client, object);
}

/* The newest first, as they came. */
static void full_found(void *owner, const json_t *results)
{
	struct fullscreen *full = owner;
	size_t i;
	json_t *message;
	chooser_open(&full->chooser, lang_text(full->client->lang, TEXT_client_full_found), true);
	full->choosing = CHOOSE_FOUND;
	json_array_foreach(json_object_get(results, "messages"), i, message)
	{
		if (client_ignores(full->client, message))
			continue;
		const char *room = json_string_value(json_object_get(message, "room"));
		const char *name =
		    json_string_value(json_object_get(json_object_get(message, "from"), "name"));
		const char *time = json_string_value(json_object_get(message, "time"));
		const char *said = json_string_value(json_object_get(message, "message"));
		struct buffer line = BUFFER_EMPTY, text = BUFFER_EMPTY;
		buffer_printf(&line, "%.10s %s %s: %s", time ? time : "", room ? room : "", name ? name : "",
			      said ? said : "");
		clean_word(&text, buffer_string(&line));
		chooser_add(&full->chooser, buffer_string(&text), room,
			    json_integer_value(json_object_get(message, "seq")));
		buffer_release(&line);
		buffer_release(&text);
	}
	chooser_narrow(&full->chooser);
	full->is_dirty = true;
}

static bool full_sees_end(void *owner)
{
	struct fullscreen *full = owner;
	const struct pane *pane = fullscreen_current(full);
	return pane && !pane->is_scrolled && pane->is_divider_seen && !fullscreen_log(full)->is_behind;
}

/* --- bytes in, cells out ------------------------------------------------------------------------- */

static void pass_secret(struct fullscreen *full, int64_t now_ms)
{
	struct buffer bytes = BUFFER_EMPTY;
	if (account_is_asking(full->client)) {
		keys_take_bytes(&full->keys, &bytes);
		size_t length = buffer_length(&bytes);
		size_t used = length ? account_type(full->client, buffer_bytes(&bytes), length) : 0;
		if (used < length)
			keys_add(&full->keys, buffer_bytes(&bytes) + used, length - used, now_ms);
		if (length)
			explicit_bzero(buffer_bytes(&bytes), length);
	} else {
		account_take_ahead(full->client, &bytes);
		if (buffer_length(&bytes))
			keys_add(&full->keys, buffer_bytes(&bytes), buffer_length(&bytes), now_ms);
	}
	buffer_release(&bytes);
}

void fullscreen_take(struct fullscreen *full, const char *bytes, size_t count, int64_t now_ms)
{
	struct key key;
	full->now_ms = now_ms;
	if (count)
		keys_add(&full->keys, bytes, count, now_ms);
	for (;;) {
		pass_secret(full, now_ms);
		if (account_is_asking(full->client) || full->client->is_done ||
		    !keys_next(&full->keys, &key, now_ms))
			break;
		full->is_dirty = true;
		if (key.code == KEY_ANSWER)
			fullscreen_take_answer(full, &key);
		else
			fullscreen_key(full, &key);
	}
	full->is_dirty |= count > 0;
}

/* Asks for the pages that drawing found to be missing. */
static void ask_pages(struct fullscreen *full)
{
	struct session *session = full->client->session;
	const char *room = full->client->room;
	if (room && full->wants_before && !fullscreen_log(full)->is_complete)
		session_page(session, room, SESSION_PAGE_BEFORE, 0);
	else if (room && full->wants_after && fullscreen_log(full)->is_behind)
		session_page(session, room, SESSION_PAGE_AFTER, 0);
	full->wants_before = full->wants_after = false;
}

/* The divider stays where it was when the user came, while what is behind it counts as read. */
static void begin_pane(struct fullscreen *full)
{
	const struct session_room *room = fullscreen_room(full);
	struct pane *pane = fullscreen_current(full);
	if (!pane || pane->is_begun || !room->is_entered)
		return;
	pane->is_begun = true;
	pane->has_divider = room->unread > 0;
	pane->divider = room->read;
	pane->is_divider_seen = !pane->has_divider;
}

/* The first message from this one on; NULL where there is none. */
static const struct roomlog_item *message_from(const struct roomlog *log, int64_t seq)
{
	for (size_t i = roomlog_index(log, seq); i < log->count; i++)
		if (log->items[i]->kind == ROOMLOG_MESSAGE)
			return log->items[i];
	return NULL;
}

/* Puts what is looked for into sight, or asks for the page that has it. */
static void tend_wanted(struct fullscreen *full)
{
	const struct roomlog *log = fullscreen_log(full);
	const char *room = full->client->room;
	if (!fullscreen_current(full) || log->is_paging)
		return;
	if (full->wanted_ms && session_page_at(full->client->session, room, full->wanted_ms))
		full->wanted_ms = 0;
	const struct roomlog_item *item = full->wanted ? roomlog_find(log, full->wanted) : NULL;
	if (!full->wanted || log->is_paging)
		return;
	if (!item && !full->is_wanted_asked) {
		full->is_wanted_asked =
		    session_page(full->client->session, room, SESSION_PAGE_AROUND, full->wanted);
		return;
	}
	/* It may be an edit, or gone: then the message behind it is meant. */
	item = item ? item : message_from(log, full->wanted);
	if (item && full->selected == full->wanted)
		full->selected = item->seq;
	if (item)
		fullscreen_center(full, item->seq);
	else
		fullscreen_scroll_to_end(full);
	full->wanted = 0;
}

const struct grid *fullscreen_draw(struct fullscreen *full, size_t columns, size_t rows, int64_t now_ms)
{
	columns = columns < COLUMNS_MIN ? COLUMNS_MIN : columns;
	rows = rows < ROWS_MIN ? ROWS_MIN : rows;
	full->now_ms = now_ms;
	full->columns = columns;
	full->rows = rows;
	full->row_seqs = mem_resize(full->row_seqs, rows * sizeof *full->row_seqs);
	full->row_rooms = mem_resize(full->row_rooms, rows * sizeof *full->row_rooms);
	grid_release(&full->grid);
	grid_init(&full->grid, columns, rows);
	pictures_begin_frame(&full->pictures);
	begin_pane(full);
	tend_wanted(full);
	fullscreen_draw_frame(full);
	full->is_dirty = false;
	ask_pages(full);
	return &full->grid;
}

static void fullscreen_refresh(struct fullscreen *full, int64_t now_ms)
{
	size_t columns, rows;
	terminal_size(&columns, &rows);
	bool is_other_size = columns != full->columns || rows != full->rows;
	if (full->lent.pid || (!full->is_dirty && !is_other_size && full->has_shown))
		return;
	fullscreen_draw(full, columns, rows, now_ms);
	fullscreen_write_title(full);
	fullscreen_ask_pictures(full, is_other_size);
	/* Terminals that know it show all of this at once. */
	buffer_add_string(&full->out, "\033[?2026h");
	const struct grid *shown = full->has_shown && !is_other_size ? &full->shown : NULL;
	grid_write(&full->out, shown, &full->grid, full->can);
	pictures_write(&full->pictures, &full->out, shown, &full->grid);
	buffer_add_string(&full->out, "\033[?2026l");
	grid_release(&full->shown);
	full->shown = full->grid;
	full->grid = (struct grid){0};
	full->has_shown = true;
	if (!terminal_write(&full->out))
		full->is_hung_up = true;
}

/* --- the loop's side ------------------------------------------------------------------------------- */

static size_t full_poll(void *owner, struct pollfd *to)
{
	struct fullscreen *full = owner;
	int fd = full->lent.pid ? full->lent.fd : full->is_hung_up ? -1 : STDIN_FILENO;
	to[0] = (struct pollfd){.fd = fd, .events = POLLIN};
	return 1 + pictures_poll(&full->pictures, to + 1);
}

static int64_t full_deadline(void *owner)
{
	struct fullscreen *full = owner;
	int64_t deadline = clock_earlier(keys_deadline(&full->keys), pictures_deadline(&full->pictures));
	if (full->toast && full->toast_until_ms > full->now_ms && full->toast_until_ms < deadline)
		deadline = full->toast_until_ms;
	for (size_t i = 0; i < FULLSCREEN_TYPING_MAX; i++)
		if (full->typing[i].until_ms > full->now_ms && full->typing[i].until_ms < deadline)
			deadline = full->typing[i].until_ms;
	return deadline;
}

static void expire(struct fullscreen *full, int64_t now_ms)
{
	bool is_over = full->toast_until_ms && full->toast_until_ms <= now_ms;
	if (is_over)
		full->toast_until_ms = 0;
	for (size_t i = 0; i < FULLSCREEN_TYPING_MAX; i++)
		if (full->typing[i].until_ms && full->typing[i].until_ms <= now_ms) {
			full->typing[i].until_ms = 0;
			is_over = true;
		}
	full->is_dirty |= is_over;
}

static void full_ready(void *owner, const struct pollfd *polled, size_t count, int64_t now_ms)
{
	struct fullscreen *full = owner;
	char bytes[4096];
	ssize_t got = 0;
	if (full->lent.pid) {
		if (count && polled[0].revents)
			fullscreen_take_back(full);
	} else if (count && polled[0].revents) {
		got = read(STDIN_FILENO, bytes, sizeof bytes);
		if (got > 0)
			client_user_acts(full->client, now_ms);
		else if (!got || (errno != EINTR && errno != EAGAIN))
			full->is_hung_up = true;
	}
	fullscreen_take(full, bytes, got > 0 ? (size_t)got : 0, now_ms);
	explicit_bzero(bytes, sizeof bytes);
	if (full->is_hung_up && !full->client->is_leaving)
		client_leave(full->client);
	expire(full, now_ms);
	full->is_dirty |= pictures_ready(&full->pictures, polled + 1, count ? count - 1 : 0, now_ms);
	fullscreen_refresh(full, now_ms);
}

static bool full_is_full(void *owner)
{
	(void)owner;
	return false;
}

/* While an editor has the terminal, its keys are its own: Ctrl+C is, and Ctrl+Z stops us with it. */
static bool full_signal(void *owner, int number)
{
	struct fullscreen *full = owner;
	if (full->lent.pid && number == SIGTSTP)
		signals_stop();
	else if (number == SIGTSTP)
		terminal_stop();
	full->has_shown = false;
	return full->lent.pid && number == SIGINT;
}

struct buffer *fullscreen_written(struct fullscreen *full)
{
	return &full->out;
}

struct fullscreen *fullscreen_new_pure(struct client_front *front, const struct conf *conf)
{
	struct fullscreen *full = mem_zero(sizeof *full);
	full->conf = conf;
	full->indent = fullscreen_indent(conf->clock);
	full->lent.fd = -1;
	full->has_focus = true;
	editor_init(&full->editor, TEXT_BYTES_MAX);
	pictures_init(&full->pictures);
	*front = (struct client_front){.owner = full,
				       .is_interactive = true,
				       .poll = full_poll,
				       .deadline = full_deadline,
				       .ready = full_ready,
				       .write = full_write,
				       .moved = full_moved,
				       .room_renamed = full_room_renamed,
				       .log_changed = full_log_changed,
				       .pushed = full_pushed,
				       .found = full_found,
				       .sees_end = full_sees_end,
				       .is_watched = full_is_watched,
				       .alert = full_alert,
				       .look_at = full_look_at,
				       .list_commands = full_list_commands,
				       .changed = full_changed,
				       .is_full = full_is_full,
				       .signal = full_signal};
	return full;
}

struct fullscreen *fullscreen_new(struct client_front *front, const struct conf *conf)
{
	terminal_save();
	if (!terminal_begin(TERMINAL_FULL | (conf->has_mouse ? TERMINAL_MOUSE : 0)))
		return NULL;
	struct fullscreen *full = fullscreen_new_pure(front, conf);
	full->has_terminal = true;
	full->can = (terminal_has_colour() ? GRID_COLOURS : 0) | (terminal_has_strings() ? GRID_LINKS : 0);
	return full;
}

void fullscreen_attach(struct fullscreen *full, struct client *client)
{
	assert(!full->client);
	full->client = client;
	pictures_attach(&full->pictures, client);
	client->show.has_stamps = client->show.has_colour = false;
}

static void free_all(struct fullscreen *full)
{
	for (size_t i = 0; i < full->pane_count; i++) {
		free(full->panes[i]->room);
		free(full->panes[i]);
	}
	for (size_t i = 0; i < FULLSCREEN_TYPING_MAX; i++)
		free(full->typing[i].room);
	free(full->panes);
	keys_release(&full->keys);
	editor_release(&full->editor);
	drafts_release(&full->drafts);
	pictures_release(&full->pictures);
	chooser_release(&full->chooser);
	grid_release(&full->grid);
	grid_release(&full->shown);
	roomlog_release(&full->home);
	buffer_release(&full->out);
	free(full->row_seqs);
	free(full->row_rooms);
	free(full->toast);
	free(full->kept);
	free(full->pasted);
	free(full->title);
	free(full->last_room);
	free(full->last_problem);
	free(full);
}

void fullscreen_free(struct fullscreen *full)
{
	if (full->has_terminal) {
		/* An editor that is still open keeps the file until it ends. */
		if (full->lent.pid)
			fullscreen_take_back(full);
		pictures_write_end(&full->pictures, &full->out);
		terminal_write(&full->out);
		terminal_end();
		terminal_restore();
		/* The last problem was shown on a screen that is gone now. */
		if (full->last_problem && full->client->status != CLIENT_DONE) {
			struct buffer text = BUFFER_EMPTY;
			buffer_printf(&text, "%s\n", full->last_problem);
			terminal_write(&text);
		}
	}
	free_all(full);
}
