#include "front/editor.h"

#include "base/buffer.h"
#include "base/code_point.h"
#include "base/memory.h"

#include <histedit.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

#define HISTORY_LINES 500
#define ROUNDS_MAX    65536 /* commands in one turn: a macro that calls itself must not stop the world */

static const char paste_begin[] = "\033[200~", paste_end[] = "\033[201~";

struct editor {
	struct editor_hooks hooks;
	EditLine *line;
	HistoryW *history;
	FILE *nowhere;
	struct buffer keys; /* bytes that were not worked on yet */
	bool is_pasting;
	bool is_running; /* libedit is at work: it asks for keys itself */
	bool is_between; /* ... and has not taken the first key of a command yet */
	bool is_idle;    /* ... and found none */
};

/* --- keys ---------------------------------------------------------------- */

/* How many of the bytes at `keys` are the marker: all, 0 for none, or -1 where the next bytes will tell. */
static int match_marker(const struct buffer *keys, const char *marker)
{
	size_t length = strlen(marker), have = buffer_length(keys);
	if (have >= length)
		return memcmp(buffer_bytes(keys), marker, length) ? 0 : (int)length;
	/* A lone Escape is a key; what begins like the marker is at least no whole key yet. */
	return have > 1 && !memcmp(buffer_bytes(keys), marker, have) ? -1 : 0;
}

static void pass_markers(struct editor *editor)
{
	while (buffer_length(&editor->keys)) {
		int length = match_marker(&editor->keys, editor->is_pasting ? paste_end : paste_begin);
		if (length <= 0)
			return;
		buffer_take(&editor->keys, (size_t)length);
		editor->is_pasting = !editor->is_pasting;
	}
}

/* How many bytes the code point that begins with `byte` has. */
static size_t sequence_bytes(unsigned char byte)
{
	return byte < 0xc0 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
}

static bool has_key(struct editor *editor)
{
	pass_markers(editor);
	size_t have = buffer_length(&editor->keys);
	if (!have || match_marker(&editor->keys, editor->is_pasting ? paste_end : paste_begin) < 0)
		return false;
	return have >= sequence_bytes((unsigned char)*buffer_bytes(&editor->keys));
}

/* Takes the next key. A pasted line break or control is text, never a command. */
static wchar_t take_key(struct editor *editor)
{
	uint32_t key;
	buffer_take(&editor->keys,
		    code_point_read(buffer_bytes(&editor->keys), buffer_length(&editor->keys), &key));
	if (editor->is_pasting && (key == '\r' || key == '\n'))
		return EDITOR_LINE_BREAK;
	if (editor->is_pasting && (key < ' ' || key == 0x7f))
		return L' ';
	return (wchar_t)key;
}

static int read_key(EditLine *line, wchar_t *key)
{
	struct editor *editor;
	el_wget(line, EL_CLIENTDATA, &editor);
	if (editor->is_between && !has_key(editor)) {
		editor->is_idle = true;
		return 0;
	}
	while (!has_key(editor))
		if (!editor->hooks.wait(editor->hooks.owner))
			return 0;
	editor->is_between = false;
	*key = take_key(editor);
	return 1;
}

/* --- text ---------------------------------------------------------------- */

static void add_wide(struct buffer *to, const wchar_t *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		char bytes[CODE_POINT_BYTES_MAX];
		uint32_t c = text[i] == EDITOR_LINE_BREAK ? '\n' : (uint32_t)text[i];
		if (c)
			buffer_add(to, bytes, code_point_write(bytes, c));
	}
}

static wchar_t *to_wide(const char *text)
{
	size_t bytes = strlen(text), length = 0;
	wchar_t *wide = mem_alloc((bytes + 1) * sizeof *wide);
	for (size_t at = 0; at < bytes; length++) {
		uint32_t c;
		at += code_point_read(text + at, bytes - at, &c);
		wide[length] = (wchar_t)c;
	}
	wide[length] = L'\0';
	return wide;
}

const wchar_t *editor_line(const struct editor *editor, size_t *length, size_t *cursor)
{
	const LineInfoW *line = el_wline(editor->line);
	*length = (size_t)(line->lastchar - line->buffer);
	*cursor = (size_t)(line->cursor - line->buffer);
	return line->buffer;
}

void editor_replace(struct editor *editor, size_t replaced, const char *text)
{
	size_t length, cursor, from, bytes = 0;
	const wchar_t *line = editor_line(editor, &length, &cursor);
	for (from = cursor; from && bytes < replaced; from--) {
		char written[CODE_POINT_BYTES_MAX];
		bytes += code_point_write(written, (uint32_t)line[from - 1]);
	}
	if (cursor > from)
		el_wdeletestr(editor->line, (int)(cursor - from));
	wchar_t *wide = to_wide(text);
	el_winsertstr(editor->line, wide);
	free(wide);
}

/* --- what keys do beside editing ----------------------------------------- */

static struct editor *editor_of(EditLine *line)
{
	struct editor *editor;
	el_wget(line, EL_CLIENTDATA, &editor);
	return editor;
}

static unsigned char on_accept(EditLine *line, wint_t key)
{
	struct editor *editor = editor_of(line);
	size_t length, cursor;
	const wchar_t *typed = editor_line(editor, &length, &cursor);
	struct buffer text = BUFFER_EMPTY;
	(void)key;
	while (length && typed[length - 1] == EDITOR_LINE_BREAK)
		length--;
	add_wide(&text, typed, length);
	if (length) {
		HistEventW event;
		wchar_t *entry = mem_zero((length + 1) * sizeof *entry);
		wmemcpy(entry, typed, length);
		history_w(editor->history, &event, H_ENTER, entry);
		free(entry);
	}
	/* The line is empty before the hook looks at it: libedit itself empties it after CC_FATAL. */
	editor_line(editor, &length, &cursor);
	el_cursor(line, (int)(length - cursor));
	el_wdeletestr(line, (int)length);
	editor->hooks.accepted(editor->hooks.owner, buffer_string(&text));
	buffer_release(&text);
	return CC_FATAL;
}

static unsigned char on_complete(EditLine *line, wint_t key)
{
	struct editor *editor = editor_of(line);
	size_t length, cursor;
	const wchar_t *typed = editor_line(editor, &length, &cursor);
	struct buffer before = BUFFER_EMPTY;
	(void)key;
	add_wide(&before, typed, cursor);
	editor->hooks.complete(editor->hooks.owner, buffer_string(&before));
	buffer_release(&before);
	return CC_REFRESH;
}

static unsigned char on_end(EditLine *line, wint_t key)
{
	struct editor *editor = editor_of(line);
	size_t length, cursor;
	(void)key;
	editor_line(editor, &length, &cursor);
	if (!length) {
		editor->hooks.ended(editor->hooks.owner);
	} else if (cursor < length) {
		el_cursor(line, 1);
		el_wdeletestr(line, 1);
	}
	return CC_REFRESH;
}

static unsigned char on_clear(EditLine *line, wint_t key)
{
	struct editor *editor = editor_of(line);
	(void)key;
	editor->hooks.cleared(editor->hooks.owner);
	return CC_NORM;
}

static unsigned char on_interrupt(EditLine *line, wint_t key)
{
	struct editor *editor = editor_of(line);
	(void)key;
	editor->hooks.interrupted(editor->hooks.owner);
	return CC_NORM;
}

static unsigned char on_stop(EditLine *line, wint_t key)
{
	struct editor *editor = editor_of(line);
	(void)key;
	editor->hooks.stopped(editor->hooks.owner);
	return CC_NORM;
}

static wchar_t *no_prompt(EditLine *line)
{
	static wchar_t empty[1];
	(void)line;
	return empty;
}

static void bind_keys(EditLine *line)
{
	static const struct {
		const wchar_t *name, *keys[2];
		unsigned char (*run)(EditLine *, wint_t);
	} bound[] = {{L"brusio-accept", {L"^M", L"^J"}, on_accept},
		     {L"brusio-complete", {L"^I", NULL}, on_complete},
		     {L"brusio-end", {L"^D", NULL}, on_end},
		     {L"brusio-clear", {L"^L", NULL}, on_clear},
		     {L"brusio-interrupt", {L"^C", NULL}, on_interrupt},
		     {L"brusio-stop", {L"^Z", NULL}, on_stop}};
	for (size_t i = 0; i < sizeof bound / sizeof *bound; i++) {
		el_wset(line, EL_ADDFN, bound[i].name, L"brusio", bound[i].run);
		for (size_t k = 0; k < 2 && bound[i].keys[k]; k++) {
			el_wset(line, EL_BIND, bound[i].keys[k], bound[i].name, NULL);
			/* vi's command mode has a map of its own. */
			el_wset(line, EL_BIND, L"-a", bound[i].keys[k], bound[i].name, NULL);
		}
	}
	/* What most terminals send for keys that libedit does not know by itself. */
	static const wchar_t *const others[][2] = {
	    {L"\\e[3~", L"ed-delete-next-char"}, {L"\\e[1~", L"ed-move-to-beg"},
	    {L"\\e[4~", L"ed-move-to-end"},      {L"\\e[7~", L"ed-move-to-beg"},
	    {L"\\e[8~", L"ed-move-to-end"},      {L"\\e[1;5C", L"em-next-word"},
	    {L"\\e[1;5D", L"ed-prev-word"},      {L"\\e[1;3C", L"em-next-word"},
	    {L"\\e[1;3D", L"ed-prev-word"},      {L"\\e[Z", L"ed-unassigned"}};
	/* Insert, page up and down, F1 to F12: they do nothing, and must not leave their last letter behind.
	 */
	static const wchar_t *const idle[] = {L"\\e[2~",  L"\\e[5~",  L"\\e[6~",  L"\\eOP",   L"\\eOQ",
					      L"\\eOR",   L"\\eOS",   L"\\e[11~", L"\\e[12~", L"\\e[13~",
					      L"\\e[14~", L"\\e[15~", L"\\e[17~", L"\\e[18~", L"\\e[19~",
					      L"\\e[20~", L"\\e[21~", L"\\e[23~", L"\\e[24~"};
	const wchar_t *mode = NULL;
	el_wget(line, EL_EDITOR, &mode);
	/* In vi's insert mode an Escape ends it, and cannot begin anything else. */
	bool is_vi = mode && !wcscmp(mode, L"vi");
	for (size_t i = 0; !is_vi && i < sizeof others / sizeof *others; i++)
		el_wset(line, EL_BIND, others[i][0], others[i][1], NULL);
	for (size_t i = 0; !is_vi && i < sizeof idle / sizeof *idle; i++)
		el_wset(line, EL_BIND, idle[i], L"ed-unassigned", NULL);
}

/* The user's own bindings, as for every program with libedit. */
static void read_editrc(EditLine *line)
{
	const char *path = getenv("EDITRC"), *home = getenv("HOME");
	char buffer[PATH_MAX];
	if (!path && home && snprintf(buffer, sizeof buffer, "%s/.editrc", home) < (int)sizeof buffer)
		path = buffer;
	if (path)
		el_source(line, path);
	el_wset(line, EL_EDITMODE, 1);
}

struct editor *editor_new(const struct editor_hooks *hooks)
{
	FILE *nowhere = fopen("/dev/null", "r+e");
	EditLine *line = nowhere ? el_init_fd("brusio", stdin, nowhere, nowhere, STDIN_FILENO, STDOUT_FILENO,
					      STDERR_FILENO)
				 : NULL;
	if (!line) {
		if (nowhere)
			fclose(nowhere);
		return NULL;
	}
	struct editor *editor = mem_zero(sizeof *editor);
	HistEventW event;
	editor->hooks = *hooks;
	editor->nowhere = nowhere;
	editor->line = line;
	editor->history = history_winit();
	history_w(editor->history, &event, H_SETSIZE, HISTORY_LINES);
	history_w(editor->history, &event, H_SETUNIQUE, 1);
	el_wset(line, EL_CLIENTDATA, editor);
	el_wset(line, EL_SIGNAL, 0);
	el_wset(line, EL_PROMPT, no_prompt);
	el_wset(line, EL_GETCFN, read_key);
	el_wset(line, EL_HIST, history_w, editor->history);
	el_wset(line, EL_EDITOR, L"emacs");
	read_editrc(line);
	el_wset(line, EL_SETTY, L"-d", L"-isig", NULL);
	bind_keys(line);
	el_wset(line, EL_UNBUFFERED, 1);
	return editor;
}

void editor_free(struct editor *editor)
{
	el_wset(editor->line, EL_UNBUFFERED, 0);
	el_end(editor->line);
	history_wend(editor->history);
	fclose(editor->nowhere);
	buffer_release(&editor->keys);
	free(editor);
}

void editor_add(struct editor *editor, const char *bytes, size_t count)
{
	buffer_add(&editor->keys, bytes, count);
}

void editor_take_keys(struct editor *editor, struct buffer *to)
{
	if (buffer_length(&editor->keys))
		buffer_add(to, buffer_bytes(&editor->keys), buffer_length(&editor->keys));
	buffer_clear(&editor->keys);
}

void editor_run(struct editor *editor)
{
	int count;
	if (editor->is_running || !has_key(editor))
		return;
	editor->is_running = true;
	editor->is_idle = false;
	/* Not only while there are keys: a command may have left keys of its own to libedit (macros, the one
	 * that ended a search). */
	for (int rounds = 0; !editor->is_idle && rounds < ROUNDS_MAX; rounds++) {
		editor->is_between = true;
		el_wgets(editor->line, &count);
	}
	editor->is_running = false;
}

void editor_suspend(struct editor *editor)
{
	el_wset(editor->line, EL_PREP_TERM, 0);
}

void editor_resume(struct editor *editor)
{
	el_wset(editor->line, EL_PREP_TERM, 1);
}
