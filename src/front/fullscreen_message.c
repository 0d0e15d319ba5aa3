/* Keys for a message that is selected. */
#include "front/fullscreen_state.h"

#include "base/base64.h"
#include "base/memory.h"
#include "client/command_line.h"
#include "front/links.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CLIPBOARD_BYTES_MAX 65536

static void fullscreen_copy(struct fullscreen *full, const char *text)
{
	size_t length = strlen(text);
	buffer_add_string(&full->out, "\033]52;c;");
	base64_write(&full->out, text, length < CLIPBOARD_BYTES_MAX ? length : CLIPBOARD_BYTES_MAX);
	buffer_add_string(&full->out, "\033\\");
	fullscreen_toast(full, TEXT_client_full_copied, NULL);
}

void fullscreen_open(struct fullscreen *full, const char *address)
{
	const char *command = full->conf->preferences.open_command;
	struct text_args args = {.text = address};
	if (!command) {
		fullscreen_copy(full, address);
		return;
	}
	bool is_run = command_line_run(command, address, NULL);
	fullscreen_toast(full, is_run ? TEXT_client_full_opened : TEXT_client_full_not_opened, &args);
}

static void edit_selected(struct fullscreen *full, const struct roomlog_item *item)
{
	assert(item->kind == ROOMLOG_MESSAGE);
	if (!names_equal(item->name, session_name(full->client->session))) {
		fullscreen_toast(full, TEXT_client_full_not_yours, NULL);
		return;
	}
	/* An earlier edit has set the draft aside already; that one is still kept. */
	if (full->compose != COMPOSE_EDIT) {
		free(full->kept);
		full->kept = mem_string(editor_text(&full->editor));
	}
	full->compose = COMPOSE_EDIT;
	full->target = item->seq;
	editor_set(&full->editor, roomlog_said(item));
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

static void open_selected(struct fullscreen *full, const struct roomlog_item *item)
{
	size_t bytes;
	const char *link = links_find(item->text, &bytes);
	if (!link) {
		fullscreen_toast(full, TEXT_client_full_no_link, NULL);
		return;
	}
	struct buffer address = BUFFER_EMPTY;
	links_write(&address, link, bytes);
	fullscreen_open(full, buffer_string(&address));
	buffer_release(&address);
}

static void answer_selected(struct fullscreen *full, const struct roomlog_item *item)
{
	/* The draft of an edit is not a reply. */
	fullscreen_stop_composing(full);
	full->compose = COMPOSE_REPLY;
	full->target = item->seq;
	full->selected = 0;
}

static void pin_selected(struct fullscreen *full, const struct roomlog_item *item)
{
	char command[32];
	snprintf(command, sizeof command, "/pin #%lld", (long long)item->seq);
	client_input(full->client, command);
	full->selected = 0;
}

/* The message that this one answers. */
static void follow_selected(struct fullscreen *full, const struct roomlog_item *item)
{
	if (item->reply_to)
		fullscreen_go_to_message(full, full->client->room, item->reply_to);
}

static void select_key(struct fullscreen *full, uint32_t c)
{
	assert(full->selected);
	const struct roomlog_item *item = roomlog_find(fullscreen_log(full), full->selected);
	if (!item) {
		full->selected = 0;
		return;
	}
	/* A deleted message has nothing left but its place. */
	if (item->is_deleted && strchr("e+coq", (int)c)) {
		full->selected = 0;
		return;
	}
	switch (c) {
	case 'r':
		answer_selected(full, item);
		break;
	case 'e':
		edit_selected(full, item);
		break;
	case 'd':
		full->asked = ASK_DELETE;
		break;
	case '+':
		fullscreen_choose_emoji(full);
		break;
	case 'c':
		fullscreen_copy(full, item->text);
		full->selected = 0;
		break;
	case 'o':
		open_selected(full, item);
		full->selected = 0;
		break;
	case 'q':
		quote_selected(full, item);
		break;
	case 'p':
		pin_selected(full, item);
		break;
	case 'g':
		follow_selected(full, item);
		break;
	default:
		break;
	}
}

bool fullscreen_selected_key(struct fullscreen *full, const struct key *key)
{
	static const char commands[] = "red+coqpg";
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
	/* Somebody writes: it is a message, not a command. */
	if (key->code == KEY_CHAR && !key->modifiers)
		full->selected = 0;
	return false;
}
