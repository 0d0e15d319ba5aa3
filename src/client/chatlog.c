#include "client/chatlog.h"

#include "base/clock.h"
#include "base/memory.h"
#include "client/clean.h"
#include "client/keyed_lines.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define INDENT "    " /* of the further lines of a message: none of them can pass for another one */

void chatlog_init(struct chatlog *log, const char *folder, const char *host, const char *port)
{
	*log = (struct chatlog){0};
	if (!folder)
		return;
	char *server = keyed_lines_server(host, port);
	struct buffer path = BUFFER_EMPTY;
	buffer_printf(&path, "%s/%s", folder, server);
	log->folder = mem_string(buffer_string(&path));
	mkdir(folder, 0700);
	if (mkdir(log->folder, 0700) && errno != EEXIST)
		log->problem = errno;
	buffer_release(&path);
	free(server);
}

static void close_file(struct chatlog *log)
{
	if (log->file && fclose(log->file) && !log->problem)
		log->problem = errno;
	free(log->path);
	log->file = NULL;
	log->path = NULL;
}

void chatlog_release(struct chatlog *log)
{
	close_file(log);
	free(log->folder);
	*log = (struct chatlog){0};
}

/* A room is called as a server says: its name must not lead out of the folder. */
static char *chatlog_path_of(const struct chatlog *log, const char *room)
{
	struct buffer path = BUFFER_EMPTY;
	buffer_printf(&path, "%s/", log->folder);
	for (const char *at = room; *at; at++)
		buffer_add_char(&path, *at == '/' || (unsigned char)*at < ' ' ? '_' : *at);
	buffer_add_string(&path, ".log");
	char *text = mem_string(buffer_string(&path));
	buffer_release(&path);
	return text;
}

static bool chatlog_open(struct chatlog *log, const char *room)
{
	char *path = chatlog_path_of(log, room);
	if (log->file && !strcmp(log->path, path)) {
		free(path);
		return true;
	}
	close_file(log);
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	log->file = fd < 0 ? NULL : fdopen(fd, "a");
	log->path = path;
	if (!log->file)
		log->problem = errno;
	return log->file;
}

void chatlog_write(struct chatlog *log, const char *room, const char *name, const char *text, bool is_action,
		   int64_t wall_ms)
{
	time_t at = (time_t)(wall_ms / 1000);
	struct tm local;
	char stamp[32];
	if (!log->folder || log->problem || (*room != '#' && *room != '@') || !chatlog_open(log, room))
		return;
	struct buffer line = BUFFER_EMPTY;
	localtime_r(&at, &local);
	strftime(stamp, sizeof stamp, "%Y-%m-%d %H:%M:%S", &local);
	buffer_printf(&line, "%s %s", stamp, is_action ? "* " : "");
	clean_word(&line, name);
	buffer_add_string(&line, is_action ? " " : ": ");
	clean_text(&line, text, INDENT);
	buffer_add_char(&line, '\n');
	if (fwrite(buffer_bytes(&line), 1, buffer_length(&line), log->file) != buffer_length(&line))
		log->problem = errno;
	buffer_release(&line);
}

void chatlog_entry(struct chatlog *log, const json_t *object)
{
	const char *op = json_string_value(json_object_get(object, "op"));
	const char *room = json_string_value(json_object_get(object, "room"));
	const char *name = json_string_value(json_object_get(json_object_get(object, "from"), "name"));
	const char *text = json_string_value(json_object_get(object, "message"));
	const char *time = json_string_value(json_object_get(object, "time"));
	int64_t wall_ms;
	if (!log->folder || !room || !name || !text || (op && strcmp(op, "message") != 0) ||
	    json_is_true(json_object_get(object, "deleted")))
		return;
	if (!time || !clock_parse(time, &wall_ms))
		wall_ms = clock_wall_ms();
	chatlog_write(log, room, name, text, json_is_true(json_object_get(object, "action")), wall_ms);
}

void chatlog_flush(struct chatlog *log)
{
	if (log->file && fflush(log->file) && !log->problem)
		log->problem = errno;
}
