/* The full screen of the terminal client: any keys, any sizes, and a server that says anything. The input is lines:
 * "!k" and keys, "!r" and two bytes of a size, "!t" time passes, "!u" and "!d" the line comes and breaks, "!p" a
 * picture is there; the others come from the server, and a '$' in them stands for the id of the oldest request.
 *
 * After each, these hold: the screen has its size and its cursor, each cell is one valid cluster without controls, and
 * a wide one has the cell behind it. What is written then is the difference, which is nothing where nothing changed. */
#include "base/clock.h"
#include "base/text/grapheme.h"
#include "base/memory.h"
#include "base/text/utf8.h"
#include "front/fullscreen_state.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define IDS_MAX 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct stage {
	struct client client;
	struct options options;
	struct conf conf;
	struct fullscreen *full;
	struct buffer out;
	char ids[IDS_MAX][80];
	size_t ids_count, columns, rows;
	int64_t now_ms;
	bool is_up;
} stage;

/* The requests that the client made: their ids wait for an answer. */
static void keep_requests(void)
{
	char *newline;
	while (buffer_length(&stage.out) &&
	       (newline = memchr(buffer_bytes(&stage.out), '\n', buffer_length(&stage.out)))) {
		size_t length = (size_t)(newline - buffer_bytes(&stage.out));
		json_t *request = json_loadb(buffer_bytes(&stage.out), length, 0, NULL);
		assert(json_is_object(request));
		const char *id = json_string_value(json_object_get(request, "id"));
		if (id && stage.ids_count < IDS_MAX && strlen(id) < sizeof *stage.ids)
			strcpy(stage.ids[stage.ids_count++], id);
		json_decref(request);
		buffer_take(&stage.out, length + 1);
	}
}

static void break_line(void)
{
	if (stage.is_up)
		session_line_down(stage.client.session);
	buffer_clear(&stage.out);
	stage.ids_count = 0;
	stage.is_up = false;
}

static void play_server(const char *text, size_t length)
{
	struct buffer line = BUFFER_EMPTY;
	const char *dollar = length ? memchr(text, '$', length) : NULL;
	if (!stage.is_up)
		return;
	buffer_add(&line, text, dollar && stage.ids_count ? (size_t)(dollar - text) : length);
	if (dollar && stage.ids_count) {
		buffer_add_string(&line, stage.ids[0]);
		memmove(stage.ids, stage.ids + 1, --stage.ids_count * sizeof *stage.ids);
		buffer_add(&line, dollar + 1, length - (size_t)(dollar - text) - 1);
	}
	if (buffer_length(&line) &&
	    !session_receive(stage.client.session, buffer_bytes(&line), buffer_length(&line), stage.now_ms))
		break_line();
	buffer_release(&line);
}

/* Stands for a picture that was fetched and decoded. */
static void give_picture(void)
{
	struct pictures *pictures = &stage.full->pictures;
	for (size_t i = 0; i < pictures->count; i++) {
		struct picture *one = pictures->all[i];
		if (one->pixels)
			continue;
		size_t bytes = (size_t)one->size.width * one->size.height * PICTURE_PIXEL_BYTES;
		one->pixels = mem_zero(bytes);
		pictures->kept_bytes += bytes;
		return;
	}
}

static void check_grid(const struct grid *grid)
{
	assert(grid->columns == stage.columns && grid->rows == stage.rows);
	assert(grid->cursor_row < grid->rows && grid->cursor_column < grid->columns);
	for (size_t i = 0; i < grid->columns * grid->rows; i++) {
		const struct grid_cell *cell = &grid->cells[i];
		size_t column = i % grid->columns;
		assert(cell->bytes <= GRID_CELL_BYTES && utf8_valid(cell->text, cell->bytes));
		assert(!cell->bytes || grapheme_next(cell->text, cell->bytes) == cell->bytes);
		for (size_t k = 0; k < cell->bytes; k++)
			assert((unsigned char)cell->text[k] >= ' ' && cell->text[k] != 0x7f);
		/* "" is the second half of a wide one. */
		assert(cell->columns <= 2 && column + cell->columns <= grid->columns);
		assert(cell->columns || (column && cell[-1].columns == 2));
	}
}

/* Does what the loop does when something has happened. */
static void draw(void)
{
	struct fullscreen *full = stage.full;
	struct buffer written = BUFFER_EMPTY;
	check_grid(fullscreen_draw(full, stage.columns, stage.rows, stage.now_ms));
	bool is_new = full->shown.columns != full->grid.columns || full->shown.rows != full->grid.rows;
	const struct grid *shown = is_new ? NULL : &full->shown;
	grid_write(&written, shown, &full->grid, GRID_COLOURS | GRID_LINKS);
	pictures_write(&full->pictures, &written, shown, &full->grid);
	buffer_clear(&written);
	grid_write(&written, &full->grid, &full->grid, GRID_COLOURS | GRID_LINKS);
	pictures_write(&full->pictures, &written, &full->grid, &full->grid);
	assert(!buffer_length(&written));
	grid_release(&full->shown);
	full->shown = full->grid;
	full->grid = (struct grid){0};
	buffer_release(&written);
	buffer_clear(fullscreen_written(full));
}

static void play_user(const char *what, size_t length)
{
	switch (length ? *what : 0) {
	case 'k':
		fullscreen_take(stage.full, what + 1, length - 1, stage.now_ms);
		break;
	case 'r':
		stage.columns = length > 1 ? 16 + (unsigned char)what[1] : 80;
		stage.rows = length > 2 ? 4 + (unsigned char)what[2] % 64 : 24;
		break;
	case 't':
		stage.now_ms += 20000;
		clock_fake(stage.now_ms, 1796000000000 + stage.now_ms);
		if (stage.is_up && !session_tick(stage.client.session, stage.now_ms))
			break_line();
		break;
	case 'u':
		if (!stage.is_up)
			session_line_up(stage.client.session, &stage.out, stage.now_ms);
		stage.is_up = true;
		break;
	case 'd':
		break_line();
		break;
	case 'p':
		give_picture();
		break;
	default:
		break;
	}
	/* An Escape is one when nothing follows it. */
	stage.now_ms += 100;
	fullscreen_take(stage.full, "", 0, stage.now_ms);
}

static void open_stage(void)
{
	static char program[] = "brusio", address[] = "anna@localhost";
	char *arguments[] = {program, address, NULL};
	const char *culprit;
	struct client_front front;
	unsetenv("XDG_STATE_HOME");
	unsetenv("XDG_CONFIG_HOME");
	unsetenv("XDG_RUNTIME_DIR");
	setenv("HOME", "/nonexistent", 1);
	setenv("TZ", "UTC", 1);
	tzset();
	stage = (struct stage){.now_ms = 100000, .columns = 80, .rows = 24};
	conf_init(&stage.conf);
	clock_fake(stage.now_ms, 1796000000000);
	if (options_read(&stage.options, 2, arguments, &culprit) != OPTIONS_RIGHT)
		abort();
	stage.options.preferences = &stage.conf.preferences;
	stage.full = fullscreen_new_pure(&front, &stage.conf);
	client_init(&stage.client, &stage.options, LANG_IT, &front);
	fullscreen_attach(stage.full, &stage.client);
	/* The terminal counts as asked: its answers are keys. */
	stage.full->is_asked_pictures = true;
}

static void close_stage(void)
{
	fullscreen_free(stage.full);
	client_release(&stage.client);
	options_release(&stage.options);
	conf_release(&stage.conf);
	buffer_release(&stage.out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	open_stage();
	play_user("u", 1);
	for (const char *at = (const char *)data, *end = at + size; at < end && !stage.client.is_done;) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		size_t length = (size_t)((newline ? newline : end) - at);
		if (length && *at == '!')
			play_user(at + 1, length - 1);
		else
			play_server(at, length);
		keep_requests();
		draw();
		at += length + 1;
	}
	close_stage();
	return 0;
}
