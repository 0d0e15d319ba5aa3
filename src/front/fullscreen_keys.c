/* The keys and the mouse of the full screen. */
#include "front/fullscreen_state.h"

#include "base/memory.h"
#include "front/complete.h"
#include "front/emoji_names.h"
#include "front/terminal.h"

#include <stdlib.h>
#include <string.h>

#define WHEEL_ROWS          3
#define PASTE_LINES_MAX     5    /* more are asked about */
#define TYPING_TOLD_MS      3000 /* others are told no more often that we write */
#define CLIPBOARD_BYTES_MAX 65536

void fullscreen_go(struct fullscreen *full, const char *room)
{
	if (session_find_room(full->client->session, room))
		client_go_to_room(full->client, room);
}

void fullscreen_stop_composing(struct fullscreen *full)
{
	if (full->compose == COMPOSE_EDIT)
		editor_set(&full->editor, full->kept ? full->kept : "");
	free(full->kept);
	full->kept = NULL;
	full->compose = COMPOSE_SAY;
	full->target = 0;
}

/* --- sending -------------------------------------------------------------------------------- */

static void send_edit(struct fullscreen *full, const char *text)
{
	size_t bytes_max = session_message_bytes(full->client->session);
	if (strlen(text) > bytes_max) {
		fullscreen_toast(full, TEXT_client_too_long,
				 &(struct text_args){.number = (int64_t)bytes_max});
		editor_set(&full->editor, text);
		return;
	}
	session_change(full->client->session, OUTBOX_EDIT, full->client->room, full->target, text, false);
	editor_set(&full->editor, "");
	fullscreen_stop_composing(full);
}

static void send_text(struct fullscreen *full)
{
	struct client *client = full->client;
	char *text = editor_take(&full->editor);
	bool is_blank = !text[strspn(text, " \t\n")], is_taken = true;
	if (client->is_naming && !is_blank) {
		client_take_name(client, text + strspn(text, " "));
	} else if (full->compose == COMPOSE_EDIT && !is_blank) {
		send_edit(full, text);
	} else if (full->compose == COMPOSE_REPLY && !is_blank) {
		is_taken = client_reply(client, full->target, text);
		if (is_taken)
			fullscreen_stop_composing(full);
	} else if (!is_blank) {
		is_taken = client_input(client, text);
	}
	if (!is_taken)
		editor_set(&full->editor, text);
	else if (!is_blank && *text != '/')
		fullscreen_scroll_to_end(full);
	struct pane *pane = fullscreen_current(full);
	if (pane && !is_blank && is_taken && *text != '/')
		pane->has_divider = false;
	free(text);
}

/* Others see that we write; a command is nobody's business. */
static void tell_typing(struct fullscreen *full)
{
	const char *text = editor_text(&full->editor);
	bool is_due = full->now_ms - full->typing_told_ms >= TYPING_TOLD_MS;
	if (!full->client->room || !*text || *text == '/' || !is_due || full->client->is_naming)
		return;
	full->typing_told_ms = full->now_ms;
	session_tell_typing(full->client->session, full->client->room, true);
}

static void complete_word(struct fullscreen *full)
{
	struct completion completion;
	char *before = mem_string_n(editor_text(&full->editor), full->editor.cursor);
	complete(full->client, before, &completion);
	if (buffer_length(&completion.text))
		editor_replace(&full->editor, completion.replaced, buffer_string(&completion.text));
	if (buffer_length(&completion.list))
		fullscreen_toast(full, TEXT_client_error,
				 &(struct text_args){.text = buffer_string(&completion.list)});
	buffer_release(&completion.text);
	buffer_release(&completion.list);
	free(before);
}

/* --- choosing -------------------------------------------------------------------------------- */

static void choose_room(struct fullscreen *full)
{
	const struct session_room *room;
	chooser_open(&full->chooser, lang_text(full->client->lang, TEXT_client_full_rooms), false);
	full->choosing = CHOOSE_ROOM;
	/* Unread ones first. */
	for (int has_news = 1; has_news >= 0; has_news--)
		for (size_t i = 0; (room = fullscreen_nth_room(full, i)); i++)
			if ((room->unread > 0) == (bool)has_news)
				chooser_add(&full->chooser, room->name, room->name, 0);
	const struct names *known = session_known_rooms(full->client->session);
	for (size_t i = 0; i < known->count; i++)
		if (!session_find_room(full->client->session, known->items[i].shown))
			chooser_add(&full->chooser, known->items[i].shown, known->items[i].shown, 0);
	chooser_narrow(&full->chooser);
}

static void choose_emoji(struct fullscreen *full)
{
	const struct emoji_name *emoji;
	chooser_open(&full->chooser, lang_text(full->client->lang, TEXT_client_full_react), false);
	full->choosing = CHOOSE_EMOJI;
	for (size_t i = 0; (emoji = emoji_names_at(i)); i++) {
		struct buffer text = BUFFER_EMPTY;
		buffer_printf(&text, "%s  %s", emoji->text, emoji->name);
		chooser_add(&full->chooser, buffer_string(&text), emoji->text, 0);
		buffer_release(&text);
	}
	chooser_narrow(&full->chooser);
}

static void show_keys(struct fullscreen *full)
{
	chooser_open(&full->chooser, lang_text(full->client->lang, TEXT_client_full_help_title), true);
	full->choosing = CHOOSE_KEYS;
	for (const char *at = lang_text(full->client->lang, TEXT_client_full_help); *at;) {
		size_t length = strcspn(at, "\n");
		char *line = mem_string_n(at, length);
		chooser_add(&full->chooser, line, NULL, 0);
		free(line);
		at += length + (at[length] == '\n');
	}
	chooser_narrow(&full->chooser);
}

static void react(struct fullscreen *full, const char *emoji)
{
	const struct roomlog_item *item = roomlog_find(fullscreen_log(full), full->selected);
	if (!item || !full->client->room)
		return;
	bool has = roomlog_has_reacted(item, emoji, session_name(full->client->session));
	session_change(full->client->session, OUTBOX_REACT, full->client->room, item->seq, emoji, !has);
}

/* With what is around it, wherever in the room's history it stands. */
static void go_to_message(struct fullscreen *full, const char *room, int64_t seq)
{
	if (!session_find_room(full->client->session, room)) {
		fullscreen_toast(full, TEXT_client_full_not_inside, &(struct text_args){.room = room});
		return;
	}
	fullscreen_go(full, room);
	full->selected = seq;
	if (!roomlog_find(fullscreen_log(full), seq))
		session_page(full->client->session, room, SESSION_PAGE_AROUND, seq);
	full->wanted = seq;
}

static void chosen(struct fullscreen *full)
{
	const struct chooser_item *item = chooser_chosen(&full->chooser);
	struct chooser_item copy = {0};
	if (item)
		copy = (struct chooser_item){.key = mem_string(item->key), .number = item->number};
	chooser_release(&full->chooser);
	if (!copy.key)
		return;
	struct buffer command = BUFFER_EMPTY;
	switch (full->choosing) {
	case CHOOSE_ROOM:
		buffer_printf(&command, "/join %s", copy.key);
		client_input(full->client, buffer_string(&command));
		break;
	case CHOOSE_EMOJI:
		react(full, copy.key);
		break;
	case CHOOSE_FOUND:
		go_to_message(full, copy.key, copy.number);
		break;
	case CHOOSE_KEYS:
		break;
	}
	buffer_release(&command);
	free(copy.key);
}

/* --- a selected message ------------------------------------------------------------------------- */

static void copy_text(struct fullscreen *full, const char *text)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t length = strlen(text);
	length = length < CLIPBOARD_BYTES_MAX ? length : CLIPBOARD_BYTES_MAX;
	buffer_add_string(&full->out, "\033]52;c;");
	for (size_t i = 0; i < length; i += 3) {
		unsigned char bytes[3] = {0};
		size_t count = length - i < 3 ? length - i : 3;
		memcpy(bytes, text + i, count);
		unsigned bits = (unsigned)bytes[0] << 16 | (unsigned)bytes[1] << 8 | bytes[2];
		for (size_t k = 0; k < 4; k++)
			buffer_add_char(&full->out, k <= count ? letters[bits >> (18 - 6 * k) & 63] : '=');
	}
	buffer_add_string(&full->out, "\033\\");
	fullscreen_toast(full, TEXT_client_full_copied, NULL);
}

static void edit_selected(struct fullscreen *full, const struct roomlog_item *item)
{
	if (!names_equal(item->name, session_name(full->client->session)) || item->is_deleted) {
		fullscreen_toast(full, TEXT_client_full_not_yours, NULL);
		return;
	}
	free(full->kept);
	full->kept = mem_string(editor_text(&full->editor));
	full->compose = COMPOSE_EDIT;
	full->target = item->seq;
	editor_set(&full->editor, item->text);
	full->selected = 0;
}

/* "> text" on each line, for an answer. */
static void quote_selected(struct fullscreen *full, const struct roomlog_item *item)
{
	struct buffer quoted = BUFFER_EMPTY;
	buffer_add_string(&quoted, "> ");
	for (const char *at = item->text; *at; at++) {
		buffer_add_char(&quoted, *at);
		if (*at == '\n')
			buffer_add_string(&quoted, "> ");
	}
	buffer_add_char(&quoted, '\n');
	editor_insert(&full->editor, buffer_string(&quoted), buffer_length(&quoted));
	buffer_release(&quoted);
	full->selected = 0;
}

/* The first link of the message goes to the clipboard: what opens it is the user's own affair. */
static void link_selected(struct fullscreen *full, const struct roomlog_item *item)
{
	const char *link = strstr(item->text, "https://");
	link = link ? link : strstr(item->text, "http://");
	if (!link) {
		fullscreen_toast(full, TEXT_client_full_no_link, NULL);
		return;
	}
	char *address = mem_string_n(link, strcspn(link, " \t\n<>\""));
	copy_text(full, address);
	free(address);
}

static void select_key(struct fullscreen *full, uint32_t c)
{
	const struct roomlog_item *item = roomlog_find(fullscreen_log(full), full->selected);
	if (!item) {
		full->selected = 0;
		return;
	}
	switch (c) {
	case 'r':
		full->compose = COMPOSE_REPLY;
		full->target = item->seq;
		full->selected = 0;
		break;
	case 'e':
		edit_selected(full, item);
		break;
	case 'd':
		full->asked = ASK_DELETE;
		break;
	case '+':
		choose_emoji(full);
		break;
	case 'c':
		copy_text(full, item->text);
		break;
	case 'o':
		link_selected(full, item);
		break;
	case 'q':
		quote_selected(full, item);
		break;
	default:
		/* Somebody writes: the message is theirs, not a command. */
		full->selected = 0;
		break;
	}
}

/* True where the key was meant for the message. */
static bool selected_key(struct fullscreen *full, const struct key *key)
{
	static const char commands[] = "red+coq";
	if (key->code == KEY_ESCAPE || key_is(key, KEY_CTRL, 'c')) {
		full->selected = 0;
		return true;
	}
	if (key->code == KEY_UP || key->code == KEY_DOWN) {
		fullscreen_select(full, key->code == KEY_UP);
		return true;
	}
	bool is_reply = key->code == KEY_ENTER && editor_is_empty(&full->editor);
	bool is_command =
	    key->code == KEY_CHAR && !key->modifiers && key->c < 128 && strchr(commands, (int)key->c);
	if (is_reply || is_command) {
		select_key(full, is_reply ? 'r' : key->c);
		return true;
	}
	if (key->code == KEY_CHAR && !key->modifiers)
		full->selected = 0;
	return false;
}

/* --- questions -------------------------------------------------------------------------------------- */

static void answer_question(struct fullscreen *full, const struct key *key)
{
	bool is_yes = key->code == KEY_ENTER || key_is(key, 0, 'y') || key_is(key, 0, 's');
	int asked = full->asked;
	full->asked = ASK_NOTHING;
	if (asked == ASK_PASTE) {
		if (is_yes)
			editor_insert(&full->editor, full->pasted, strlen(full->pasted));
		free(full->pasted);
		full->pasted = NULL;
	} else if (asked == ASK_DELETE && is_yes && full->client->room && full->selected) {
		session_change(full->client->session, OUTBOX_DELETE, full->client->room, full->selected, "",
			       false);
		full->selected = 0;
	}
}

static void paste(struct fullscreen *full, const struct key *key)
{
	size_t lines = 1;
	for (size_t i = 0; i + 1 < key->length; i++)
		lines += key->text[i] == '\n';
	if (lines <= PASTE_LINES_MAX) {
		editor_insert(&full->editor, key->text, key->length);
		return;
	}
	free(full->pasted);
	full->pasted = mem_string_n(key->text, key->length);
	full->asked = ASK_PASTE;
}

/* --- the mouse ---------------------------------------------------------------------------------------- */

static void press_at(struct fullscreen *full, size_t column, size_t row)
{
	if (row >= full->rows)
		return;
	bool is_left = column < full->left_width && full->row_rooms[row];
	bool is_talk = column >= full->left_width && column < full->columns - full->right_width;
	if (is_left) {
		char *room = mem_string(full->row_rooms[row]);
		fullscreen_go(full, room);
		free(room);
	} else if (is_talk && full->row_seqs[row]) {
		full->selected = full->selected == full->row_seqs[row] ? 0 : full->row_seqs[row];
	}
}

static bool mouse_key(struct fullscreen *full, const struct key *key)
{
	switch (key->code) {
	case KEY_WHEEL_UP:
		fullscreen_scroll(full, WHEEL_ROWS);
		return true;
	case KEY_WHEEL_DOWN:
		fullscreen_scroll(full, -WHEEL_ROWS);
		return true;
	case KEY_PRESS:
		if (key->c == 0)
			press_at(full, key->column, key->row);
		return true;
	case KEY_RELEASE:
	case KEY_DRAG:
	case KEY_FOCUS_IN:
	case KEY_FOCUS_OUT:
		return true;
	default:
		return false;
	}
}

/* --- keys ------------------------------------------------------------------------------------------------ */

/* The next room with something unread: those that mean us first. */
static void go_to_unread(struct fullscreen *full)
{
	const struct session_room *room, *found = NULL;
	for (size_t i = 0; (room = fullscreen_nth_room(full, i)); i++) {
		bool is_here = full->client->room && names_equal(full->client->room, room->name);
		if (!is_here && room->unread > 0 && (!found || room->mentions > found->mentions))
			found = room;
	}
	if (found)
		fullscreen_go(full, found->name);
	else
		fullscreen_toast(full, TEXT_client_full_all_read, NULL);
}

static void go_to_first_unread(struct fullscreen *full)
{
	struct pane *pane = fullscreen_current(full);
	const struct roomlog *log = fullscreen_log(full);
	if (!pane || !pane->has_divider) {
		fullscreen_toast(full, TEXT_client_full_all_read, NULL);
		return;
	}
	size_t index = roomlog_index(log, pane->divider + 1);
	while (index < log->count && log->items[index]->kind != ROOMLOG_MESSAGE)
		index++;
	bool is_there = index < log->count && roomlog_first_seq(log) <= pane->divider + 1;
	go_to_message(full, pane->room, is_there ? log->items[index]->seq : pane->divider + 1);
	pane->is_divider_seen = true;
	full->selected = 0;
}

static bool alt_key(struct fullscreen *full, const struct key *key)
{
	if (key->code == KEY_UP || key->code == KEY_DOWN) {
		fullscreen_select(full, key->code == KEY_UP);
		return true;
	}
	if (key->code != KEY_CHAR)
		return false;
	if (key->c >= '1' && key->c <= '9') {
		const struct session_room *room = fullscreen_nth_room(full, key->c - '1');
		if (room)
			fullscreen_go(full, room->name);
		return true;
	}
	switch (key->c) {
	case 'a':
		go_to_unread(full);
		return true;
	case 'u':
		go_to_first_unread(full);
		return true;
	case 'r':
		full->hides_rooms = !full->hides_rooms;
		return true;
	case 'p':
		full->hides_people = !full->hides_people;
		return true;
	default:
		return false;
	}
}

static void escape(struct fullscreen *full)
{
	struct pane *pane = fullscreen_current(full);
	if (full->compose != COMPOSE_SAY)
		fullscreen_stop_composing(full);
	else if (pane && pane->is_scrolled)
		fullscreen_scroll_to_end(full);
	else if (pane) {
		/* All that is new is seen, says who was shown it. */
		pane->has_divider = false;
		pane->is_divider_seen = true;
		session_skip_unseen(full->client->session, pane->room);
	}
}

static void interrupt(struct fullscreen *full)
{
	if (full->compose == COMPOSE_EDIT)
		fullscreen_stop_composing(full);
	else if (!editor_is_empty(&full->editor))
		editor_clear(&full->editor);
	else if (full->compose != COMPOSE_SAY)
		fullscreen_stop_composing(full);
	else
		client_leave(full->client);
}

static bool control_key(struct fullscreen *full, uint32_t c)
{
	switch (c) {
	case 'c':
		interrupt(full);
		return true;
	case 'd':
		client_leave(full->client);
		return true;
	case 'l':
		full->has_shown = false;
		return true;
	case 'z':
		if (full->has_terminal)
			terminal_stop(true);
		full->has_shown = false;
		return true;
	default:
		return false;
	}
}

/* Keys that the editor does not want. */
static void other_key(struct fullscreen *full, const struct key *key)
{
	long page = (long)full->talk_height - 1;
	switch (key->code) {
	case KEY_ENTER:
		send_text(full);
		break;
	case KEY_TAB:
		complete_word(full);
		break;
	case KEY_PAGE_UP:
		fullscreen_scroll(full, page > 0 ? page : 1);
		break;
	case KEY_PAGE_DOWN:
		fullscreen_scroll(full, page > 0 ? -page : -1);
		break;
	case KEY_ESCAPE:
		escape(full);
		break;
	case KEY_FUNCTION:
		if (key->c == 1)
			show_keys(full);
		break;
	case KEY_CHAR:
		if (key->modifiers == KEY_CTRL)
			control_key(full, key->c);
		break;
	default:
		break;
	}
}

/* Keys of the frame that go before the editor's. */
static bool frame_key(struct fullscreen *full, const struct key *key)
{
	if (mouse_key(full, key))
		return true;
	if (key_is(key, KEY_CTRL, 'k')) {
		choose_room(full);
		return true;
	}
	/* Ctrl+End and Ctrl+Home are the room's, End and Home the line's. */
	if (key->code == KEY_END && key->modifiers == KEY_CTRL) {
		fullscreen_scroll_to_end(full);
		return true;
	}
	if (key->code == KEY_HOME && key->modifiers == KEY_CTRL) {
		go_to_first_unread(full);
		return true;
	}
	if ((key->code == KEY_UP || key->code == KEY_DOWN) && (key->modifiers & (KEY_SHIFT | KEY_CTRL))) {
		fullscreen_scroll(full, key->code == KEY_UP ? 1 : -1);
		return true;
	}
	return key->modifiers == KEY_ALT && alt_key(full, key);
}

void fullscreen_key(struct fullscreen *full, const struct key *key)
{
	if (full->chooser.is_open) {
		enum chooser_result result = chooser_key(&full->chooser, key);
		if (result == CHOOSER_CHOSEN)
			chosen(full);
		else if (result == CHOOSER_CLOSED)
			chooser_release(&full->chooser);
		return;
	}
	if (full->asked != ASK_NOTHING) {
		answer_question(full, key);
		return;
	}
	full->toast_until_ms = 0;
	if (frame_key(full, key) || (full->selected && selected_key(full, key)))
		return;
	if (key->code == KEY_PASTE) {
		paste(full, key);
	} else if (editor_key(&full->editor, key)) {
		tell_typing(full);
	} else {
		other_key(full, key);
	}
}
