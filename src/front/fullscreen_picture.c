/* Pictures in the talk: what the terminal says that it can show, and the rows that are kept free for them. */
#include "front/fullscreen_state.h"

#include "client/account.h"
#include "front/terminal.h"

#define BLANK "\u00a0" /* not one that a row may be cut at */

/* A terminal answers only what it knows. The last question is one that every terminal answers: when that answer
 * is here, no other is to come. Kitty is asked whether it would show a picture of one pixel. */
#define ASK_CELL "\033[16t"

static const char questions[] =
    "\033_Gi=" KEYS_KITTY_QUESTION ",s=1,v=1,a=q,t=d,f=24;AAAA\033\\" ASK_CELL "\033[?1;1;0S"
    "\033[c";

void fullscreen_ask_pictures(struct fullscreen *full, bool is_other_size)
{
	bool is_quiet = session_state(full->client->session) == SESSION_READY &&
			!account_is_asking(full->client) && !full->client->is_naming;
	if (full->is_asked_pictures && is_quiet && is_other_size && pictures_can(&full->pictures))
		buffer_add_string(&full->out, ASK_CELL);
	if (full->is_asked_pictures || !is_quiet || !full->conf->has_pictures || !(full->can & GRID_LINKS))
		return;
	full->is_asked_pictures = true;
	buffer_add_string(&full->out, questions);
}

/* A terminal that does not say how large its cells are in pixels may have told the system. */
static void take_attributes(struct fullscreen *full, bool has_sixels)
{
	unsigned width = 0, height = 0;
	if (full->answered == PICTURES_NONE && has_sixels)
		full->answered = PICTURES_SIXEL;
	if (!full->pictures.cell_width && full->has_terminal && terminal_cell(&width, &height))
		pictures_set_cell(&full->pictures, width, height);
	full->pictures.protocol = full->answered;
}

void fullscreen_take_answer(struct fullscreen *full, const struct key *key)
{
	/* No question was asked: somebody has typed this. */
	if (!full->is_asked_pictures)
		return;
	switch ((enum key_answer)key->c) {
	case ANSWER_ATTRIBUTES:
		take_attributes(full, key->row);
		break;
	case ANSWER_CELL:
		if (key->column <= PICTURE_CELL_MAX && key->row <= PICTURE_CELL_MAX)
			pictures_set_cell(&full->pictures, (unsigned)key->column, (unsigned)key->row);
		break;
	case ANSWER_COLOURS:
		full->pictures.colours = (unsigned)key->row;
		break;
	case ANSWER_KITTY:
		full->answered = PICTURES_KITTY;
		break;
	}
	full->is_dirty = true;
}

void fullscreen_add_pictures(struct fullscreen *full, struct styled *to, const struct roomlog_item *item,
			     size_t width)
{
	size_t i;
	json_t *file;
	if (item->is_deleted)
		return;
	json_array_foreach(item->files, i, file)
	{
		const struct picture *picture = pictures_take(&full->pictures, file);
		if (!picture || full->indent + picture->size.columns > width)
			continue;
		struct style style = {.picture = (uint16_t)picture->number};
		for (; style.picture_row < picture->size.rows; style.picture_row++) {
			styled_printf(to, (struct style){0}, "\n%*s", (int)full->indent, "");
			for (size_t column = 0; column < picture->size.columns; column++)
				styled_add(to, BLANK, style);
		}
	}
}
