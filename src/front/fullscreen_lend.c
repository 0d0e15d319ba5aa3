/* Long texts are written in the user's own editor, which gets the terminal meanwhile; the chat goes on behind it. */
#include "front/fullscreen_state.h"

#include "base/memory.h"
#include "base/text/utf8.h"
#include "client/clean.h"
#include "client/command_line.h"
#include "client/signals.h"
#include "front/terminal.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *editor_of(const struct fullscreen *full)
{
	const char *const found[] = {full->conf->preferences.editor, getenv("VISUAL"), getenv("EDITOR")};
	for (size_t i = 0; i < sizeof found / sizeof *found; i++)
		if (found[i] && *found[i])
			return found[i];
	return access("/usr/bin/editor", X_OK) ? "vi" : "editor";
}

/* For nobody but the user. NULL where it cannot be written. */
static char *lend_write_file(const char *text)
{
	const char *folder = getenv("XDG_RUNTIME_DIR");
	struct buffer path = BUFFER_EMPTY;
	folder = folder && *folder == '/' && !access(folder, W_OK) ? folder : "/tmp";
	buffer_printf(&path, "%s/brusio-XXXXXX.txt", folder);
	char *name = mem_string(buffer_string(&path));
	buffer_release(&path);
	int fd = mkostemps(name, 4, O_CLOEXEC);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
	bool is_written = file && fputs(text, file) >= 0;
	if (file && fclose(file))
		is_written = false;
	if (!file && fd >= 0)
		close(fd);
	if (is_written)
		return name;
	if (fd >= 0)
		unlink(name);
	free(name);
	return NULL;
}

static void exec_editor(const char *editor, const char *file)
{
	struct buffer command = BUFFER_EMPTY;
	buffer_printf(&command, "%s \"$1\"", editor);
	command_line_exec(buffer_string(&command), file);
}

void fullscreen_edit_draft(struct fullscreen *full)
{
	if (!full->has_terminal || full->client->is_naming)
		return;
	char *file = lend_write_file(editor_text(&full->editor));
	if (!file) {
		fullscreen_toast(full, TEXT_client_full_no_editor,
				 &(struct text_args){.text = strerror(errno)});
		return;
	}
	terminal_end();
	pid_t pid = fork();
	if (!pid)
		exec_editor(editor_of(full), file);
	full->lent.file = file;
	full->lent.room = full->client->room ? mem_string(full->client->room) : NULL;
	full->lent.pid = pid;
	/* Without such a descriptor the chat stands still until the editor ends. */
	full->lent.fd = pid > 0 ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;
	if (full->lent.fd < 0)
		fullscreen_take_back(full);
}

/* The text that was written there; NULL where it cannot be read. */
static char *lend_read_file(const char *path, size_t bytes_max)
{
	struct buffer text = BUFFER_EMPTY, clean = BUFFER_EMPTY;
	FILE *file = fopen(path, "re");
	char *read = NULL;
	if (!file)
		return NULL;
	buffer_added(&text, fread(buffer_reserve(&text, bytes_max), 1, bytes_max, file));
	fclose(file);
	clean_utf8(&clean, buffer_length(&text) ? buffer_bytes(&text) : "", buffer_length(&text));
	read = mem_string(buffer_string(&clean));
	size_t length = strlen(read);
	while (length && read[length - 1] == '\n')
		read[--length] = '\0';
	buffer_release(&text);
	buffer_release(&clean);
	return read;
}

/* The draft is of the room where the editor was begun, wherever the user has been sent meanwhile. */
static void take_draft(struct fullscreen *full, const char *text)
{
	const char *room = full->client->room, *from = full->lent.room;
	bool is_here = (!room && !from) || (room && from && names_equal(room, from));
	if (!is_here) {
		drafts_keep(&full->drafts, from, text);
		return;
	}
	editor_set(&full->editor, "");
	editor_insert(&full->editor, text, strlen(text));
}

void fullscreen_take_back(struct fullscreen *full)
{
	assert(full->lent.file);
	int status = -1;
	while (full->lent.pid > 0 && waitpid(full->lent.pid, &status, 0) < 0 && errno == EINTR)
		continue;
	bool is_done = full->lent.pid > 0 && WIFEXITED(status) && !WEXITSTATUS(status);
	char *text = is_done ? lend_read_file(full->lent.file, full->editor.bytes_max) : NULL;
	if (text)
		take_draft(full, text);
	if (full->lent.fd >= 0)
		close(full->lent.fd);
	unlink(full->lent.file);
	free(full->lent.file);
	free(full->lent.room);
	full->lent.file = full->lent.room = NULL;
	full->lent.pid = 0;
	full->lent.fd = -1;
	terminal_again();
	full->has_shown = false;
	full->is_dirty = true;
	if (!text)
		fullscreen_toast(full, TEXT_client_full_editor_failed, NULL);
	free(text);
}
