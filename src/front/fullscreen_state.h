/* The inside of the full screen, for its own files alone: fullscreen.c runs it, fullscreen_keys.c is what keys do,
 * fullscreen_choose.c what lists are for, fullscreen_message.c what is done with a message, fullscreen_lend.c gives the
 * terminal to an editor, fullscreen_alert.c calls the user, fullscreen_typing.c tells who writes, fullscreen_draw.c draws the frame, and fullscreen_talk.c
 * what was said.
 *
 * Layer: front. */
#ifndef BRUSIO_FRONT_FULLSCREEN_STATE_H
#define BRUSIO_FRONT_FULLSCREEN_STATE_H

#include "front/chooser.h"
#include "front/conf.h"
#include "front/drafts.h"
#include "front/editor.h"
#include "front/fullscreen.h"
#include "front/pictures.h"
#include "front/styled.h"

#define FULLSCREEN_TYPING_MAX 4

/* How a room is looked at. */
struct pane {
	char *room;
	/* The last row that is shown: the first `anchor_rows` of the item that stands at `anchor_ordinal` among
	 * those of `anchor_seq`. Of no meaning while it follows what comes. */
	int64_t anchor_seq;
	size_t anchor_ordinal, anchor_rows;
	bool is_scrolled;
	int64_t divider; /* messages behind it were unread when the user came */
	bool has_divider;
	bool is_divider_seen;
	bool is_begun; /* the divider was set since the user came */
	int64_t seen;  /* the newest message that was there when it was scrolled away from the end */
};

struct fullscreen {
	struct client *client;   /* borrowed */
	const struct conf *conf; /* borrowed */
	size_t indent;           /* columns before what somebody says: fullscreen_indent() */
	struct keys keys;
	struct editor editor;
	struct drafts drafts;
	struct grid grid, shown;
	bool has_shown, has_terminal, is_dirty, is_hung_up, is_naming;
	bool has_focus; /* as far as the terminal tells */
	unsigned can;   /* of grid_write() */
	size_t columns, rows;
	int64_t now_ms;

	struct pane **panes;
	size_t pane_count, pane_capacity;
	struct roomlog home; /* what is told while one is in no room */

	char *last_room; /* where the user was before; NULL where there is none */
	int64_t wanted;  /* a message to be shown as soon as it is there, or the one behind it; 0 for none */
	bool is_wanted_asked; /* the page around it was asked for */
	int64_t wanted_ms;    /* a time to be looked for; 0 for none */
	int64_t selected;     /* a message of the room; 0 for none */
	enum { COMPOSE_SAY, COMPOSE_REPLY, COMPOSE_EDIT } compose;
	int64_t target; /* of a reply or an edit */
	char *kept;     /* the draft that an edit took the place of */

	enum { ASK_NOTHING, ASK_PASTE, ASK_DELETE } asked;
	char *pasted;
	size_t pasted_lines;
	struct chooser chooser;
	enum { CHOOSE_ROOM, CHOOSE_EMOJI, CHOOSE_FOUND, CHOOSE_DATE, CHOOSE_KEYS, CHOOSE_COMMAND } choosing;

	struct {
		int pid, fd; /* of the editor that has the terminal; 0 and -1: nobody has */
		char *file;
		char *room;
	} lent;

	char *toast; /* told in the status row for a moment */
	int64_t toast_until_ms;
	struct {
		char name[LIMIT_NAME_BYTES + 1];
		char *room;
		int64_t until_ms;
	} typing[FULLSCREEN_TYPING_MAX];
	int64_t typing_told_ms; /* when the others were told last that we write */
	char *last_problem;

	bool hides_rooms, hides_people;
	int64_t *row_seqs; /* the message of each row of the grid, 0 for none: for the mouse */
	char **row_rooms;  /* the room of each row of the left pane, borrowed from the session */
	size_t left_width, right_width, talk_top, talk_height;
	bool wants_before, wants_after;
	struct buffer out; /* sequences that go out with the next drawing: title, bell, clipboard */
	char *title;
	struct pictures pictures;
	bool is_asked_pictures; /* the terminal was asked what it can show */
	enum picture_protocol answered;
};

/* The log of the room where the user is, or of no room; and its pane, NULL in no room. */
struct roomlog *fullscreen_log(struct fullscreen *full);
const struct session_room *fullscreen_room(const struct fullscreen *full);
struct pane *fullscreen_current(struct fullscreen *full);
static inline struct style fullscreen_style(const struct fullscreen *full, enum theme_part part)
{
	return full->conf->theme.styles[part];
}
void fullscreen_toast(struct fullscreen *full, enum text key, const struct text_args *args);
/* Rooms as the left pane has them: rooms, then conversations. The `index`th, or NULL. */
const struct session_room *fullscreen_nth_room(const struct fullscreen *full, size_t index);

/* fullscreen_talk.c */
void fullscreen_draw_talk(struct fullscreen *full, size_t left, size_t width);
/* Up by so many rows, or down where negative. */
void fullscreen_scroll(struct fullscreen *full, long by);
void fullscreen_scroll_to_end(struct fullscreen *full);
void fullscreen_center(struct fullscreen *full, int64_t seq);
/* The next message up or down from the selected one; the last one where none is. */
void fullscreen_select(struct fullscreen *full, bool is_up);
/* Messages behind those that can be seen. */
size_t fullscreen_below(struct fullscreen *full);

/* fullscreen_typing.c: takes what is pushed of somebody who writes, and their message, which ends that. */
void fullscreen_note_typing(struct fullscreen *full, const json_t *object);
/* "anna is typing", of the room where the user is; nothing where nobody is. */
void fullscreen_write_typing(const struct fullscreen *full, struct buffer *to);

/* fullscreen_draw.c */
void fullscreen_draw_frame(struct fullscreen *full);

/* fullscreen_keys.c */
void fullscreen_key(struct fullscreen *full, const struct key *key);
void fullscreen_go(struct fullscreen *full, const char *room);
void fullscreen_stop_composing(struct fullscreen *full);

/* fullscreen_choose.c */
void fullscreen_choose_room(struct fullscreen *full);
void fullscreen_choose_emoji(struct fullscreen *full);
void fullscreen_choose_date(struct fullscreen *full);
void fullscreen_choose_command(struct fullscreen *full);
void fullscreen_show_keys(struct fullscreen *full);
void fullscreen_choose(struct fullscreen *full, const struct key *key);
/* Shows the message with what is around it, wherever in the room's history it stands. */
void fullscreen_go_to_message(struct fullscreen *full, const char *room, int64_t seq);
void fullscreen_go_to_unread(struct fullscreen *full);

/* fullscreen_message.c: true where the key was meant for the message that is selected. */
bool fullscreen_selected_key(struct fullscreen *full, const struct key *key);
/* Runs the user's command for a link, or copies it where there is none. */
void fullscreen_open(struct fullscreen *full, const char *address);

/* fullscreen_lend.c */
void fullscreen_edit_draft(struct fullscreen *full);
/* The editor has ended. */
void fullscreen_take_back(struct fullscreen *full);

/* fullscreen_picture.c */
/* Asks the terminal what it can show, once nobody is asked for a secret: its answers come as keys do. With another
 * size, its letters may have one too. */
void fullscreen_ask_pictures(struct fullscreen *full, bool is_other_size);
void fullscreen_take_answer(struct fullscreen *full, const struct key *key);
/* Adds the rows that the pictures of the message take. */
void fullscreen_add_pictures(struct fullscreen *full, struct styled *to, const struct roomlog_item *item,
			     size_t width);

/* fullscreen_alert.c */
void fullscreen_alert(struct fullscreen *full, const struct attention_note *note);
/* The columns that a time of this format takes, with the space behind it. */
size_t fullscreen_indent(const char *clock);
void fullscreen_write_title(struct fullscreen *full);

#endif
