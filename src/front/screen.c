#include "front/screen.h"

#include "base/code_point.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "client/clean.h"
#include "front/complete.h"
#include "front/editor.h"
#include "front/terminal.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

#define COLUMNS_MIN      6
#define PROMPT_WIDTH_MIN 16 /* in a narrower terminal the prompt is "> " alone */

struct screen {
	struct client *client; /* borrowed */
	struct editor *editor;
	struct buffer lines; /* to be shown above the typed line */
	struct buffer drawn; /* the typed line's row, as it was last written */
	size_t place_column; /* where the cursor stands in it */
	size_t width;        /* of the terminal when it was drawn */
	size_t first;        /* the first character of the line that is visible */
	bool is_dirty;       /* something must be written */
	bool is_hung_up;     /* no key will come any more */
};

/* --- drawing --------------------------------------------------------------- */

/* A character as it is shown in the typed line; returns its columns. */
static int glyph(wchar_t c, char text[8])
{
	size_t length;
	int columns = 1;
	if (c == EDITOR_LINE_BREAK || c == L'\n') {
		length = code_point_write(text, 0x23ce); /* a return sign */
	} else if (c < L' ' || c == 0x7f) {
		text[0] = '^';
		text[1] = (char)(c ^ 0x40);
		length = 2;
		columns = 2;
	} else if (c >= 0x80 && c < 0xa0) {
		length = code_point_write(text, CODE_POINT_REPLACEMENT);
	} else {
		length = code_point_write(text, (uint32_t)c);
		columns = code_point_columns((uint32_t)c);
	}
	text[length] = '\0';
	return columns;
}

static size_t columns_of(const wchar_t *line, size_t from, size_t to)
{
	size_t columns = 0;
	char text[8];
	for (size_t i = from; i < to; i++)
		columns += (size_t)glyph(line[i], text);
	return columns;
}

/* "#lobby> ", less than half of the row. `searched` is what libedit searches its history for, or NULL. */
static size_t add_prompt(struct screen *screen, struct buffer *to, size_t width, const wchar_t *searched,
			 size_t searched_length)
{
	struct client *client = screen->client;
	struct buffer prompt = BUFFER_EMPTY;
	char text[8];
	bool is_secret = account_is_asking(client);
	if (is_secret)
		account_write_prompt(client, &prompt);
	else if (client->is_naming)
		buffer_add_string(&prompt, lang_text(client->lang, "client.prompt.name"));
	else if (!searched)
		clean_word(&prompt, client->room ? client->room : "");
	for (size_t i = 0; i < searched_length; i++) {
		glyph(searched[i], text);
		buffer_add_string(&prompt, text);
	}
	if (!is_secret && !client->is_naming && session_state(client->session) != SESSION_READY)
		buffer_add_string(&prompt, lang_text(client->lang, "client.prompt.offline"));
	size_t bytes = buffer_length(&prompt), columns;
	size_t most = width < PROMPT_WIDTH_MIN ? 0 : (width - 2) / 2;
	while ((columns = bytes ? utf8_width(buffer_bytes(&prompt), bytes) : 0) > most)
		bytes = utf8_prefix(buffer_bytes(&prompt), bytes, bytes - 1);
	if (bytes)
		buffer_add(to, buffer_bytes(&prompt), bytes);
	buffer_add_string(to, "> ");
	buffer_release(&prompt);
	return columns + 2;
}

/* Scrolls the line sideways so that the cursor is visible, with some of what stands before it. */
static void scroll(struct screen *screen, const wchar_t *line, size_t length, size_t cursor, size_t room)
{
	if (cursor < screen->first || columns_of(line, screen->first, cursor) >= room) {
		screen->first = cursor;
		while (screen->first && columns_of(line, screen->first - 1, cursor) < room - room / 3)
			screen->first--;
	}
	/* Columns that are free behind the line's end are better used before it. */
	while (screen->first && columns_of(line, screen->first - 1, length) <= room - 1)
		screen->first--;
}

/* The row from its prompt on; sets the column of the cursor. */
static void compose_row(struct screen *screen, struct buffer *to, size_t width)
{
	size_t length, cursor, used = 0;
	const wchar_t *line = editor_line(screen->editor, &length, &cursor);
	/* A password is typed elsewhere and shown nowhere; the line comes back after it. */
	if (account_is_asking(screen->client))
		length = cursor = 0;
	/* While it searches, libedit puts a line break and "bck:what" after the line that it found. */
	const wchar_t *search = wmemchr(line, L'\n', length);
	size_t searched = search ? length - (size_t)(search + 1 - line) : 0;
	length -= search ? searched + 1 : 0;
	cursor = cursor < length ? cursor : length;
	size_t prompt = add_prompt(screen, to, width, search ? search + 1 : NULL, searched);
	size_t room = width > prompt + 1 ? width - prompt - 1 : 1;
	scroll(screen, line, length, cursor, room);
	screen->place_column = prompt + columns_of(line, screen->first, cursor);
	for (size_t i = screen->first; i < length; i++) {
		char text[8];
		used += (size_t)glyph(line[i], text);
		if (used > room)
			break;
		buffer_add_string(to, text);
	}
}

static void write_terminal(struct screen *screen, struct buffer *bytes)
{
	while (buffer_length(bytes)) {
		ssize_t wrote = write(STDOUT_FILENO, buffer_bytes(bytes), buffer_length(bytes));
		if (wrote > 0)
			buffer_take(bytes, (size_t)wrote);
		else if (wrote < 0 && errno == EAGAIN) /* somebody made the terminal non-blocking */
			poll(&(struct pollfd){.fd = STDOUT_FILENO, .events = POLLOUT}, 1, -1);
		else if (wrote < 0 && errno != EINTR) {
			screen->is_hung_up = true;
			break;
		}
	}
	buffer_release(bytes);
}

/* Goes to the first column of the typed line's first row, and wipes what is there. After the terminal
 * became narrower, the row may have been folded into several. */
static void wipe(struct screen *screen, struct buffer *to, size_t width)
{
	size_t folded = screen->width > width ? screen->place_column / width : 0;
	buffer_add_char(to, '\r');
	if (folded)
		buffer_printf(to, "\033[%zuA", folded);
	buffer_add_string(to, "\033[J");
}

/* Writes what is new. The margin must not wrap while the row is drawn: widths of rare characters are a
 * matter of opinion between us and the terminal. */
static void refresh(struct screen *screen)
{
	struct buffer row = BUFFER_EMPTY, out = BUFFER_EMPTY;
	size_t width = terminal_columns(), old_column = screen->place_column;
	width = width < COLUMNS_MIN ? COLUMNS_MIN : width;
	compose_row(screen, &row, width);
	size_t new_column = screen->place_column;
	bool is_same = buffer_length(&row) == buffer_length(&screen->drawn) && width == screen->width &&
		       new_column == old_column && buffer_length(&row) &&
		       !memcmp(buffer_bytes(&row), buffer_bytes(&screen->drawn), buffer_length(&row));
	if (is_same && !buffer_length(&screen->lines)) {
		buffer_release(&row);
		return;
	}
	screen->place_column = old_column;
	wipe(screen, &out, width);
	screen->place_column = new_column;
	if (buffer_length(&screen->lines))
		buffer_add(&out, buffer_bytes(&screen->lines), buffer_length(&screen->lines));
	buffer_release(&screen->lines);
	buffer_add_string(&out, "\033[?7l");
	buffer_add(&out, buffer_bytes(&row), buffer_length(&row));
	buffer_printf(&out, "\033[?7h\r\033[%zuC", new_column);
	buffer_release(&screen->drawn);
	screen->drawn = row;
	screen->width = width;
	write_terminal(screen, &out);
}

/* The row is no longer there: it is drawn anew, where the cursor is. */
static void forget_row(struct screen *screen)
{
	buffer_release(&screen->drawn);
	screen->place_column = 0;
	screen->width = 0;
	screen->first = 0;
}

/* --- the editor's side ------------------------------------------------------- */

/* To whom they belong: passwords never go through the editor, which has a history. */
static void take_keys(struct screen *screen, const char *bytes, size_t count)
{
	size_t used =
	    count && account_is_asking(screen->client) ? account_type(screen->client, bytes, count) : 0;
	if (count > used)
		editor_add(screen->editor, bytes + used, count - used);
}

static void on_accepted(void *owner, const char *line)
{
	struct screen *screen = owner;
	struct client *client = screen->client;
	bool is_blank = !line[strspn(line, " \t\n")];
	screen->first = 0;
	if (client->is_naming && !is_blank)
		client_take_name(client, line + strspn(line, " "));
	else if (!is_blank)
		client_input(client, line);
	/* What was typed ahead of the question is the answer to it. */
	if (account_is_asking(client)) {
		struct buffer keys = BUFFER_EMPTY;
		editor_take_keys(screen->editor, &keys);
		take_keys(screen, buffer_bytes(&keys), buffer_length(&keys));
		buffer_release(&keys);
	}
}

static void on_complete(void *owner, const char *line)
{
	struct screen *screen = owner;
	struct completion completion;
	struct buffer list = BUFFER_EMPTY;
	complete(screen->client, line, &completion);
	bool is_progress = buffer_length(&completion.text) > completion.replaced;
	if (buffer_length(&completion.text))
		editor_replace(screen->editor, completion.replaced, buffer_string(&completion.text));
	if (buffer_length(&completion.list) && !is_progress) {
		show_note(&screen->client->show, &list, buffer_string(&completion.list));
		screen->client->front.write(screen, CLIENT_TALK, buffer_string(&list));
	}
	buffer_release(&list);
	buffer_release(&completion.text);
	buffer_release(&completion.list);
}

static void on_ended(void *owner)
{
	struct screen *screen = owner;
	client_leave(screen->client);
}

static void on_cleared(void *owner)
{
	struct screen *screen = owner;
	struct buffer out = BUFFER_EMPTY;
	buffer_add_string(&out, "\033[H\033[2J");
	write_terminal(screen, &out);
	forget_row(screen);
}

static void on_interrupted(void *owner)
{
	struct screen *screen = owner;
	client_leave(screen->client);
}

static void on_stopped(void *owner)
{
	struct screen *screen = owner;
	struct buffer out = BUFFER_EMPTY;
	buffer_add_string(&out, TERMINAL_LEAVE "\r\n");
	write_terminal(screen, &out);
	editor_suspend(screen->editor);
	raise(SIGSTOP);
	editor_resume(screen->editor);
	buffer_add_string(&out, TERMINAL_ENTER);
	write_terminal(screen, &out);
	forget_row(screen);
}

/* Called by libedit in the middle of a key sequence: the world goes on, the line is drawn as it is. */
static bool on_wait(void *owner)
{
	struct screen *screen = owner;
	if (screen->client->is_done || screen->is_hung_up)
		return false;
	refresh(screen);
	client_turn(screen->client);
	return true;
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
	(void)owner;
	return INT64_MAX;
}

static void screen_ready(void *owner, const struct pollfd *polled, size_t count, int64_t now_ms)
{
	struct screen *screen = owner;
	char bytes[4096];
	if (count && polled[0].revents) {
		ssize_t got = read(STDIN_FILENO, bytes, sizeof bytes);
		if (got > 0) {
			client_user_acts(screen->client, now_ms);
			take_keys(screen, bytes, (size_t)got);
			explicit_bzero(bytes, sizeof bytes);
		} else if (!got || (errno != EINTR && errno != EAGAIN))
			screen->is_hung_up = true;
	}
	editor_run(screen->editor);
	if (screen->is_hung_up && !screen->client->is_leaving)
		client_leave(screen->client);
	refresh(screen);
}

static void screen_write(void *owner, enum client_stream stream, const char *text)
{
	struct screen *screen = owner;
	(void)stream;
	for (; *text; text++) {
		if (*text == '\n')
			buffer_add_char(&screen->lines, '\r');
		buffer_add_char(&screen->lines, *text);
	}
	buffer_add_string(&screen->lines, "\r\n");
}

static void screen_changed(void *owner)
{
	(void)owner; /* the row is composed in every turn */
}

static bool screen_is_full(void *owner)
{
	(void)owner;
	return false;
}

static void screen_signal(void *owner, int number)
{
	/* SIGWINCH: the next refresh asks the terminal how wide it is. */
	if (number == SIGTSTP)
		on_stopped(owner);
	else if (number == SIGCONT)
		forget_row(owner);
}

bool screen_is_possible(void)
{
	const char *kind = getenv("TERM");
	return kind && *kind && strcmp(kind, "dumb") != 0;
}

struct screen *screen_new(struct client_front *front)
{
	struct screen *screen = mem_zero(sizeof *screen);
	struct editor_hooks hooks = {.owner = screen,
				     .accepted = on_accepted,
				     .complete = on_complete,
				     .ended = on_ended,
				     .cleared = on_cleared,
				     .interrupted = on_interrupted,
				     .stopped = on_stopped,
				     .wait = on_wait};
	terminal_save();
	screen->editor = editor_new(&hooks);
	if (!screen->editor) {
		free(screen);
		return NULL;
	}
	struct buffer out = BUFFER_EMPTY;
	buffer_add_string(&out, TERMINAL_ENTER);
	write_terminal(screen, &out);
	*front = (struct client_front){.owner = screen,
				       .is_interactive = true,
				       .poll = screen_poll,
				       .deadline = screen_deadline,
				       .ready = screen_ready,
				       .write = screen_write,
				       .changed = screen_changed,
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
	wipe(screen, &out, terminal_columns());
	if (buffer_length(&screen->lines))
		buffer_add(&out, buffer_bytes(&screen->lines), buffer_length(&screen->lines));
	buffer_add_string(&out, TERMINAL_LEAVE);
	write_terminal(screen, &out);
	editor_free(screen->editor);
	terminal_restore();
	buffer_release(&screen->lines);
	buffer_release(&screen->drawn);
	free(screen);
}
