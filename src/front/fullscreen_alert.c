/* Calls the user: bell, title, and the desktop's notifications by way of the terminal. */
#include "front/fullscreen_state.h"

#include "base/memory.h"
#include "client/clean.h"
#include "front/terminal.h"

#include <stdlib.h>
#include <string.h>

/* Semicolons divide the fields of the sequence; a text that somebody wrote must not end one. */
static void alert_add_field(struct buffer *to, const char *text)
{
	for (; *text; text++)
		buffer_add_char(to, *text == ';' ? ',' : *text);
}

static void notify_desktop(struct buffer *to, enum preferences_desktop kind, const char *title,
			   const char *text)
{
	switch (kind) {
	case DESKTOP_OSC9:
		buffer_add_string(to, "\033]9;");
		alert_add_field(to, title);
		buffer_add_string(to, ": ");
		alert_add_field(to, text);
		buffer_add_string(to, "\033\\");
		break;
	case DESKTOP_OSC777:
		buffer_add_string(to, "\033]777;notify;");
		alert_add_field(to, title);
		buffer_add_char(to, ';');
		alert_add_field(to, text);
		buffer_add_string(to, "\033\\");
		break;
	case DESKTOP_OSC99:
		buffer_add_string(to, "\033]99;i=brusio:d=0;");
		alert_add_field(to, title);
		buffer_add_string(to, "\033\\\033]99;i=brusio:d=1:p=body;");
		alert_add_field(to, text);
		buffer_add_string(to, "\033\\");
		break;
	default:
		break;
	}
}

void fullscreen_alert(struct fullscreen *full, const struct attention_note *note)
{
	const struct preferences *preferences = &full->conf->preferences;
	struct buffer title = BUFFER_EMPTY;
	enum preferences_desktop kind =
	    preferences->desktop == DESKTOP_AUTO ? terminal_notifies() : preferences->desktop;
	buffer_add_string(&title, note->name);
	if (*note->room == '#')
		buffer_printf(&title, " %s", note->room);
	if (note->count > 1)
		buffer_printf(&title, " (%lld)", (long long)note->count);
	if (preferences->has_bell)
		buffer_add_char(&full->out, '\a');
	notify_desktop(&full->out, kind, buffer_string(&title), note->text);
	buffer_release(&title);
	full->is_dirty = true;
}

/* "(3) #lobby": what is unread where rooms may call, first of all what is meant for the user. */
void fullscreen_write_title(struct fullscreen *full)
{
	const struct session *session = full->client->session;
	struct buffer title = BUFFER_EMPTY;
	int64_t unread = 0, meant = 0;
	for (size_t i = 0; i < session_room_count(session); i++) {
		const struct session_room *room = session_room(session, i);
		bool is_quiet = client_level(full->client, room->name) == INTEREST_NOTHING;
		unread += is_quiet ? 0 : room->unread;
		meant += is_quiet ? 0 : room->mentions;
	}
	if (meant > 0)
		buffer_printf(&title, "(%lld!) ", (long long)meant);
	else if (unread > 0)
		buffer_printf(&title, "(%lld) ", (long long)unread);
	clean_word(&title, full->client->room ? full->client->room : "brusio");
	if (!full->title || strcmp(full->title, buffer_string(&title)) != 0) {
		free(full->title);
		full->title = mem_string(buffer_string(&title));
		if (terminal_has_strings())
			buffer_printf(&full->out, "\033]2;%s\033\\", full->title);
	}
	buffer_release(&title);
}
