/* The keys and the mouse of the full screen. */
#include "front/fullscreen_state.h"

#include "base/memory.h"
#include "front/complete.h"
#include "front/terminal.h"

#include <stdlib.h>
#include <string.h>

#define WHEEL_ROWS      3
#define PASTE_LINES_MAX 5    /* more are asked about */
#define TYPING_TOLD_MS  3000 /* the least time between two notices that we type */

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
	struct text_args args = {0};
	if (!client_is_short(full->client, text, &args)) {
		fullscreen_toast(full, TEXT_client_too_long, &args);
		editor_set(&full->editor, text);
		return;
	}
	session_change(full->client->session, OUTBOX_EDIT, full->client->room, full->target, text, false);
	editor_set(&full->editor, "");
	fullscreen_stop_composing(full);
}

static void send_typed(struct fullscreen *full)
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

/* Others see that we write; commands are not announced. */
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
	full->pasted_lines = lines;
	full->asked = ASK_PASTE;
}

/* --- the mouse ---------------------------------------------------------------------------------------- */

static void press_at(struct fullscreen *full, size_t column, size_t row)
{
	const char *address = grid_link_at(&full->shown, row, column);
	if (row >= full->rows)
		return;
	if (address) {
		fullscreen_open(full, address);
		return;
	}
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
		return true;
	case KEY_FOCUS_IN:
	case KEY_FOCUS_OUT:
		full->has_focus = key->code == KEY_FOCUS_IN;
		return true;
	default:
		return false;
	}
}

/* --- keys ------------------------------------------------------------------------------------------------ */

/* The next room with something unread: those that mean us first. One that may not call is passed over. */
static void go_to_unread_room(struct fullscreen *full)
{
	const struct session_room *room, *found = NULL;
	for (size_t i = 0; (room = fullscreen_nth_room(full, i)); i++) {
		bool is_here = full->client->room && names_equal(full->client->room, room->name);
		bool is_quiet = client_level(full->client, room->name) == INTEREST_NOTHING;
		if (!is_here && !is_quiet && room->unread > 0 && (!found || room->mentions > found->mentions))
			found = room;
	}
	if (found)
		fullscreen_go(full, found->name);
	else
		fullscreen_toast(full, TEXT_client_full_all_read, NULL);
}

/* The room so many further down in the list, which is a ring. */
static void go_to_neighbour(struct fullscreen *full, bool is_down)
{
	const struct session_room *room;
	size_t count = session_room_count(full->client->session), here = is_down ? count - 1 : 0;
	if (!count)
		return;
	for (size_t i = 0; (room = fullscreen_nth_room(full, i)); i++)
		if (full->client->room && names_equal(full->client->room, room->name))
			here = i;
	fullscreen_go(full, fullscreen_nth_room(full, (here + (is_down ? 1 : count - 1)) % count)->name);
}

static void go_to_number(struct fullscreen *full, unsigned number)
{
	const struct session_room *room = number ? fullscreen_nth_room(full, number - 1) : NULL;
	if (room)
		fullscreen_go(full, room->name);
}

static void go_to_last_room(struct fullscreen *full)
{
	char *room = full->last_room ? mem_string(full->last_room) : NULL;
	if (room)
		fullscreen_go(full, room);
	free(room);
}

static void keys_stop(struct fullscreen *full)
{
	if (full->has_terminal)
		terminal_stop();
	full->has_shown = false;
}

/* Keys that move the view, or change how it looks. */
static bool look(struct fullscreen *full, enum action action)
{
	long page = full->talk_height > 1 ? (long)full->talk_height - 1 : 1;
	switch (action) {
	case ACTION_END:
		fullscreen_scroll_to_end(full);
		return true;
	case ACTION_SCROLL_UP:
	case ACTION_SCROLL_DOWN:
		fullscreen_scroll(full, action == ACTION_SCROLL_UP ? 1 : -1);
		return true;
	case ACTION_PAGE_UP:
	case ACTION_PAGE_DOWN:
		fullscreen_scroll(full, action == ACTION_PAGE_UP ? page : -page);
		return true;
	case ACTION_SELECT_UP:
	case ACTION_SELECT_DOWN:
		fullscreen_select(full, action == ACTION_SELECT_UP);
		return true;
	case ACTION_HIDE_ROOMS:
		full->hides_rooms = !full->hides_rooms;
		return true;
	case ACTION_HIDE_PEOPLE:
		full->hides_people = !full->hides_people;
		return true;
	case ACTION_REDRAW:
		full->has_shown = false;
		return true;
	default:
		return false;
	}
}

static void act(struct fullscreen *full, const struct binding *binding)
{
	if (look(full, binding->action))
		return;
	switch (binding->action) {
	case ACTION_SWITCH:
		fullscreen_choose_room(full);
		break;
	case ACTION_ROOM:
		go_to_number(full, binding->number);
		break;
	case ACTION_NEXT_ROOM:
	case ACTION_PREVIOUS_ROOM:
		go_to_neighbour(full, binding->action == ACTION_NEXT_ROOM);
		break;
	case ACTION_LAST_ROOM:
		go_to_last_room(full);
		break;
	case ACTION_NEXT_UNREAD:
		go_to_unread_room(full);
		break;
	case ACTION_FIRST_UNREAD:
		fullscreen_go_to_unread(full);
		break;
	case ACTION_DATE:
		fullscreen_choose_date(full);
		break;
	case ACTION_EDITOR:
		fullscreen_edit_draft(full);
		break;
	case ACTION_HELP:
		fullscreen_show_keys(full);
		break;
	case ACTION_STOP:
		keys_stop(full);
		break;
	case ACTION_COMMAND:
		client_input(full->client, binding->command);
		break;
	default:
		break;
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
		/* Escape says that all that is new was seen. */
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

/* Keys that neither the frame nor the editor wants. */
static void other_key(struct fullscreen *full, const struct key *key)
{
	if (key->code == KEY_ENTER)
		send_typed(full);
	else if (key->code == KEY_TAB)
		complete_word(full);
	else if (key->code == KEY_ESCAPE)
		escape(full);
	else if (key_is(key, KEY_CTRL, 'c'))
		interrupt(full);
	else if (key_is(key, KEY_CTRL, 'd'))
		client_leave(full->client);
}

void fullscreen_key(struct fullscreen *full, const struct key *key)
{
	if (full->chooser.is_open) {
		fullscreen_choose(full, key);
		return;
	}
	if (full->asked != ASK_NOTHING) {
		answer_question(full, key);
		return;
	}
	full->toast_until_ms = 0;
	const struct binding *binding = bindings_find(&full->conf->bindings, key);
	if (mouse_key(full, key))
		return;
	if (binding) {
		act(full, binding);
		return;
	}
	if (full->selected && fullscreen_selected_key(full, key))
		return;
	if (key->code == KEY_PASTE) {
		paste(full, key);
	} else if (editor_key(&full->editor, key)) {
		tell_typing(full);
	} else {
		other_key(full, key);
	}
}
