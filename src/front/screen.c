#include "front/screen.h"

#include "base/clock.h"
#include "base/text/grapheme.h"
#include "base/memory.h"
#include "base/text/utf8.h"
#include "client/clean.h"
#include "front/complete.h"
#include "front/drafts.h"
#include "front/editor.h"
#include "front/terminal.h"
#include "front/wrap.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COLUMNS_MIN      6
#define PROMPT_WIDTH_MIN 16    /* in a narrower terminal the prompt is "> " alone */
#define INDENT           6     /* of a line that is cut: as wide as its time of day */
#define TEXT_BYTES_MAX   65536 /* that can be typed; the server's limit is told when it is sent */
#define INDENT_WIDTH_MIN 24    /* a narrower terminal has no room for that */

struct screen {
	struct client *client; /* borrowed */
	struct keys keys;
	struct editor editor;
	struct drafts drafts;
	struct buffer lines; /* to be shown above the typed line */
	struct buffer drawn; /* the typed line's row, as it was last written */
	size_t cursor_column;
	size_t width;    /* of the terminal when it was drawn */
	size_t first;    /* the first byte of the line that is visible */
	bool is_naming;  /* the line is a name: the draft waits */
	bool is_hung_up; /* no key will come any more */
};

/* --- drawing --------------------------------------------------------------- */

/* The cluster at the beginning of `text` as it is shown in the typed line; returns its columns. */
static size_t glyph(const char *text, size_t bytes, const char **shown, size_t *shown_bytes)
{
	*shown = text;
	*shown_bytes = bytes;
	if (*text == '\n' || *text == '\t') {
		*shown = *text == '\n' ? "⏎" : "⇥";
		*shown_bytes = strlen(*shown);
		return 1;
	}
	return grapheme_columns(text, bytes);
}

static size_t screen_columns_of(const char *text, size_t bytes)
{
	size_t columns = 0;
	for (size_t at = 0; at < bytes;) {
		const char *shown;
		size_t shown_bytes, step = grapheme_next(text + at, bytes - at);
		columns += glyph(text + at, step, &shown, &shown_bytes);
		at += step;
	}
	return columns;
}

static void write_prompt(struct screen *screen, struct buffer *prompt)
{
	struct client *client = screen->client;
	const char *searched = editor_search(&screen->editor);
	bool is_secret = account_is_asking(client);
	if (is_secret)
		account_write_prompt(client, prompt);
	else if (client->is_naming)
		buffer_add_string(prompt, lang_text(client->lang, TEXT_client_prompt_name));
	else if (searched)
		lang_write(prompt, client->lang, TEXT_client_prompt_search,
			   &(struct text_args){.text = searched});
	else if (!transfers_write(client, prompt))
		clean_word(prompt, client->room ? client->room : "");
	if (!is_secret && !client->is_naming && session_state(client->session) != SESSION_READY)
		buffer_add_string(prompt, lang_text(client->lang, TEXT_client_prompt_offline));
}

/* "#lobby> ", less than half of the row. */
static size_t add_prompt(struct screen *screen, struct buffer *to, size_t width)
{
	struct buffer prompt = BUFFER_EMPTY;
	write_prompt(screen, &prompt);
	const char *text = buffer_string(&prompt);
	size_t most = width < PROMPT_WIDTH_MIN ? 0 : (width - 2) / 2;
	size_t bytes = utf8_fit(text, buffer_length(&prompt), most);
	size_t columns = utf8_width(text, bytes);
	buffer_add(to, text, bytes);
	buffer_add_string(to, "> ");
	buffer_release(&prompt);
	return columns + 2;
}

/* Scrolls the line sideways so that the cursor is visible, with some of what stands before it. */
static void scroll(struct screen *screen, const char *text, size_t length, size_t cursor, size_t room)
{
	size_t *first = &screen->first;
	*first = *first > length ? length : *first;
	if (cursor < *first || screen_columns_of(text + *first, cursor - *first) >= room) {
		*first = cursor;
		while (*first) {
			size_t step = grapheme_previous(text, *first);
			if (screen_columns_of(text + *first - step, cursor - *first + step) >=
			    room - room / 3)
				break;
			*first -= step;
		}
	}
	/* Columns that are free behind the line's end are better used before it. */
	while (*first) {
		size_t step = grapheme_previous(text, *first);
		if (screen_columns_of(text + *first - step, length - *first + step) > room - 1)
			break;
		*first -= step;
	}
}

/* The row from its prompt on; sets the column of the cursor. */
static void compose_row(struct screen *screen, struct buffer *to, size_t width)
{
	const char *text = editor_text(&screen->editor);
	size_t length = strlen(text), cursor = screen->editor.cursor, used = 0;
	/* A password is typed elsewhere and shown nowhere; the line comes back after it. */
	if (account_is_asking(screen->client))
		length = cursor = 0;
	size_t prompt = add_prompt(screen, to, width);
	size_t room = width > prompt + 1 ? width - prompt - 1 : 1;
	scroll(screen, text, length, cursor, room);
	screen->cursor_column = prompt + screen_columns_of(text + screen->first, cursor - screen->first);
	for (size_t at = screen->first; at < length;) {
		const char *shown;
		size_t bytes, step = grapheme_next(text + at, length - at);
		used += glyph(text + at, step, &shown, &bytes);
		if (used > room)
			break;
		buffer_add(to, shown, bytes);
		at += step;
	}
}

static void screen_send(struct screen *screen, struct buffer *bytes)
{
	if (!terminal_write(bytes))
		screen->is_hung_up = true;
}

/* Goes to the first column of the typed line's first row. After the terminal became narrower the row may have
 * been folded into several; then what is below goes too. */
static void go_to_row(struct screen *screen, struct buffer *to, size_t width)
{
	size_t folded = screen->width > width ? screen->cursor_column / width : 0;
	buffer_add_char(to, '\r');
	if (folded)
		buffer_printf(to, "\033[%zuA", folded);
	if (screen->width > width)
		buffer_add_string(to, "\033[J");
}

static size_t width_now(void)
{
	size_t columns, rows;
	terminal_size(&columns, &rows);
	return columns < COLUMNS_MIN ? COLUMNS_MIN : columns;
}

static bool is_drawn(const struct screen *screen, const struct buffer *row, size_t width, size_t old_column)
{
	return buffer_length(row) == buffer_length(&screen->drawn) && width == screen->width &&
	       screen->cursor_column == old_column &&
	       !memcmp(buffer_bytes(row), buffer_bytes(&screen->drawn), buffer_length(row));
}

/* Writes what is new. The margin must not wrap while the row is drawn: widths of rare characters are a matter
 * of opinion between us and the terminal. Only to the row's end is anything wiped: some terminals keep a copy
 * of what was wiped to the screen's end. */
static void screen_refresh(struct screen *screen)
{
	struct buffer row = BUFFER_EMPTY, out = BUFFER_EMPTY;
	size_t width = width_now(), old_column = screen->cursor_column;
	compose_row(screen, &row, width);
	size_t new_column = screen->cursor_column;
	if (is_drawn(screen, &row, width, old_column) && !buffer_length(&screen->lines)) {
		buffer_release(&row);
		return;
	}
	screen->cursor_column = old_column;
	go_to_row(screen, &out, width);
	screen->cursor_column = new_column;
	if (buffer_length(&screen->lines)) {
		struct buffer wrapped = BUFFER_EMPTY;
		wrap_text(&wrapped, buffer_string(&screen->lines), width,
			  width < INDENT_WIDTH_MIN ? 1 : INDENT);
		for (const char *at = buffer_string(&wrapped); *at;) {
			size_t length = strcspn(at, "\n");
			buffer_add(&out, at, length);
			buffer_add_string(&out, "\033[K\r\n");
			at += length + (at[length] == '\n');
		}
		buffer_release(&wrapped);
	}
	buffer_release(&screen->lines);
	buffer_add_string(&out, "\033[?7l");
	buffer_add(&out, buffer_bytes(&row), buffer_length(&row));
	buffer_printf(&out, "\033[K\033[?7h\r\033[%zuC", new_column);
	buffer_release(&screen->drawn);
	screen->drawn = row;
	screen->width = width;
	screen_send(screen, &out);
}

/* The row is no longer there: it is drawn anew, where the cursor is. */
static void forget_row(struct screen *screen)
{
	buffer_release(&screen->drawn);
	screen->cursor_column = 0;
	screen->width = 0;
	screen->first = 0;
}

/* --- keys ------------------------------------------------------------------ */

static void accept_line(struct screen *screen)
{
	struct client *client = screen->client;
	char *line = editor_take(&screen->editor);
	bool is_blank = !line[strspn(line, " \t\n")];
	screen->first = 0;
	if (client->is_naming && !is_blank)
		client_take_name(client, line + strspn(line, " "));
	else if (!is_blank && !client_input(client, line))
		editor_set(&screen->editor, line);
	free(line);
}

static void complete_line(struct screen *screen)
{
	struct completion completion;
	struct buffer list = BUFFER_EMPTY;
	char *before = mem_string_n(editor_text(&screen->editor), screen->editor.cursor);
	complete(screen->client, before, &completion);
	bool is_progress = buffer_length(&completion.text) > completion.replaced;
	if (buffer_length(&completion.text))
		editor_replace(&screen->editor, completion.replaced, buffer_string(&completion.text));
	if (buffer_length(&completion.list) && !is_progress) {
		show_note(&screen->client->show, &list, buffer_string(&completion.list));
		screen->client->front.write(screen, CLIENT_TALK, buffer_string(&list));
	}
	buffer_release(&list);
	buffer_release(&completion.text);
	buffer_release(&completion.list);
	free(before);
}

static void stop(struct screen *screen)
{
	terminal_stop();
	forget_row(screen);
}

static void clear(struct screen *screen)
{
	struct buffer out = BUFFER_EMPTY;
	buffer_add_string(&out, "\033[H\033[2J");
	screen_send(screen, &out);
	forget_row(screen);
}

/* Keys that are not for editing. */
static void screen_key(struct screen *screen, const struct key *key)
{
	bool is_empty = editor_is_empty(&screen->editor);
	if (key->code == KEY_ENTER)
		accept_line(screen);
	else if (key->code == KEY_TAB && !key->modifiers)
		complete_line(screen);
	else if (key_is(key, KEY_CTRL, 'c') && !is_empty)
		editor_clear(&screen->editor);
	else if (key_is(key, KEY_CTRL, 'c') || key_is(key, KEY_CTRL, 'd'))
		client_leave(screen->client);
	else if (key_is(key, KEY_CTRL, 'l'))
		clear(screen);
	else if (key_is(key, KEY_CTRL, 'z'))
		stop(screen);
}

/* Passwords never go through the editor, which has a history: while one is asked for, bytes are its. */
static void take_keys(struct screen *screen, int64_t now_ms)
{
	struct client *client = screen->client;
	struct buffer secret = BUFFER_EMPTY;
	struct key key;
	for (;;) {
		if (account_is_asking(client)) {
			keys_take_bytes(&screen->keys, &secret);
			size_t length = buffer_length(&secret);
			size_t used = length ? account_type(client, buffer_bytes(&secret), length) : 0;
			if (used < length)
				keys_add(&screen->keys, buffer_bytes(&secret) + used, length - used, now_ms);
			if (length)
				explicit_bzero(buffer_bytes(&secret), length);
			buffer_clear(&secret);
		} else {
			account_take_ahead(client, &secret);
			if (buffer_length(&secret))
				keys_add(&screen->keys, buffer_bytes(&secret), buffer_length(&secret),
					 now_ms);
			buffer_clear(&secret);
		}
		if (account_is_asking(client) || client->is_done || !keys_next(&screen->keys, &key, now_ms))
			break;
		if (!editor_key(&screen->editor, &key))
			screen_key(screen, &key);
	}
	buffer_release(&secret);
}

/* --- the client's side ------------------------------------------------------- */

static size_t screen_poll(void *owner, struct pollfd *to)
{
	struct screen *screen = owner;
	to[0] = (struct pollfd){.fd = screen->is_hung_up ? -1 : STDIN_FILENO, .events = POLLIN};
	return 1;
}

static int64_t screen_deadline(void *owner)
{
	struct screen *screen = owner;
	return keys_deadline(&screen->keys);
}

static void screen_ready(void *owner, const struct pollfd *polled, size_t count, int64_t now_ms)
{
	struct screen *screen = owner;
	char bytes[4096];
	if (count && polled[0].revents) {
		ssize_t got = read(STDIN_FILENO, bytes, sizeof bytes);
		if (got > 0) {
			client_user_acts(screen->client, now_ms);
			keys_add(&screen->keys, bytes, (size_t)got, now_ms);
			explicit_bzero(bytes, sizeof bytes);
		} else if (!got || (errno != EINTR && errno != EAGAIN))
			screen->is_hung_up = true;
	}
	take_keys(screen, now_ms);
	if (screen->is_hung_up && !screen->client->is_leaving)
		client_leave(screen->client);
	screen_refresh(screen);
}

static void screen_write(void *owner, enum client_stream stream, const char *text)
{
	struct screen *screen = owner;
	(void)stream;
	buffer_add_string(&screen->lines, text);
	buffer_add_char(&screen->lines, '\n');
}

static void change_line(struct screen *screen, const char *from, const char *to)
{
	drafts_keep(&screen->drafts, from, editor_text(&screen->editor));
	char *draft = drafts_take(&screen->drafts, to);
	editor_set(&screen->editor, draft ? draft : "");
	screen->first = 0;
	free(draft);
}

static void screen_moved(void *owner, const char *from, const char *to)
{
	struct screen *screen = owner;
	if (!screen->is_naming)
		change_line(screen, from, to);
}

static void screen_room_renamed(void *owner, const char *old_name, const char *name)
{
	struct screen *screen = owner;
	drafts_rename(&screen->drafts, old_name, name);
}

/* The row is composed in every turn. A name that is asked for is typed in a line of its own. */
static void screen_changed(void *owner)
{
	struct screen *screen = owner;
	bool is_naming = screen->client->is_naming;
	if (is_naming == screen->is_naming)
		return;
	screen->is_naming = is_naming;
	const char *room = screen->client->room;
	if (is_naming)
		drafts_keep(&screen->drafts, room, editor_text(&screen->editor));
	char *draft = is_naming ? NULL : drafts_take(&screen->drafts, room);
	editor_set(&screen->editor, draft ? draft : "");
	free(draft);
}

static bool screen_is_full(void *owner)
{
	(void)owner;
	return false;
}

/* In line mode a bell is all that does not tear the line. */
static void screen_alert(void *owner, const struct attention_note *note)
{
	struct screen *screen = owner;
	const struct preferences *preferences = screen->client->options->preferences;
	struct buffer out = BUFFER_EMPTY;
	(void)note;
	if (!preferences || !preferences->has_bell)
		return;
	buffer_add_char(&out, '\a');
	screen_send(screen, &out);
}

static bool screen_signal(void *owner, int number)
{
	/* SIGWINCH: the next refresh asks the terminal how wide it is. */
	if (number == SIGTSTP)
		stop(owner);
	else if (number == SIGCONT)
		forget_row(owner);
	return false;
}

struct screen *screen_new(struct client_front *front)
{
	terminal_save();
	if (!terminal_begin(TERMINAL_LINE))
		return NULL;
	struct screen *screen = mem_zero(sizeof *screen);
	editor_init(&screen->editor, TEXT_BYTES_MAX);
	*front = (struct client_front){.owner = screen,
				       .is_interactive = true,
				       .poll = screen_poll,
				       .deadline = screen_deadline,
				       .ready = screen_ready,
				       .write = screen_write,
				       .moved = screen_moved,
				       .room_renamed = screen_room_renamed,
				       .changed = screen_changed,
				       .alert = screen_alert,
				       .is_full = screen_is_full,
				       .signal = screen_signal};
	return screen;
}

void screen_attach(struct screen *screen, struct client *client)
{
	screen->client = client;
	client->show.has_stamps = true;
	client->show.has_colour = terminal_has_colour();
}

void screen_free(struct screen *screen)
{
	struct buffer out = BUFFER_EMPTY;
	buffer_add_string(&out, "\r\033[J");
	for (const char *at = buffer_string(&screen->lines); *at; at++) {
		if (*at == '\n')
			buffer_add_char(&out, '\r');
		buffer_add_char(&out, *at);
	}
	terminal_write(&out);
	terminal_end();
	terminal_restore();
	keys_release(&screen->keys);
	editor_release(&screen->editor);
	drafts_release(&screen->drafts);
	buffer_release(&screen->lines);
	buffer_release(&screen->drawn);
	free(screen);
}
