#include "server/config_file.h"

#include "base/memory.h"
#include "base/text/utf8.h"
#include "server/config_key.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

struct config_file {
	struct config *config;
	char *problem;
	int line;     /* the number of the line that was read last */
	int set_on[]; /* for each key the line that set it, or 0 */
};

__attribute__((format(printf, 2, 3))) static void config_refuse(struct config_file *file, const char *format,
								...)
{
	char why[512];
	va_list args;
	va_start(args, format);
	vsnprintf(why, sizeof why, format, args);
	va_end(args);
	config_problem_add(file->problem, "%.200s:%d: %s", file->config->file, file->line, why);
}

static void refuse_key(struct config_file *file, const char *name)
{
	const struct config_key *nearest = config_key_nearest(name);
	if (nearest)
		config_refuse(file, "unknown key \"%.64s\"; did you mean \"%s\"?", name, nearest->name);
	else
		config_refuse(
		    file, "unknown key \"%.64s\"; brusiod --help lists all keys (with _ instead of -)", name);
}

static void take_pair(struct config_file *file, const char *name, const char *value)
{
	const struct config_key *key = config_key_find(name);
	if (!key) {
		refuse_key(file, name);
		return;
	}
	assert(file->line > 0);
	int *set_on = &file->set_on[key - config_keys];
	if (*set_on && !config_key_is_list(key)) {
		config_refuse(file, "%s is set on line %d already", key->name, *set_on);
	} else if (!config_key_set(key, file->config, value)) {
		char invalid[400];
		config_key_invalid(key, value, invalid, sizeof invalid);
		config_refuse(file, "%s", invalid);
	} else {
		*set_on = file->line;
	}
}

/* A comment begins with ';' after white space. */
static void cut_comment(char *text)
{
	for (char *at = text; *at; at++)
		if (*at == ';' && at > text && strchr(" \t", at[-1])) {
			*at = '\0';
			return;
		}
}

static void config_take_line(struct config_file *file, char *text, size_t bytes)
{
	static const char mark[] = "\xef\xbb\xbf"; /* some editors begin a file with it */
	if (file->line == 1 && !strncmp(text, mark, 3))
		text += 3, bytes -= 3;
	if (memchr(text, '\0', bytes)) {
		config_refuse(file, "this line contains a NUL byte");
		return;
	}
	if (bytes > LIMIT_CONFIG_LINE_BYTES) {
		config_refuse(file, "this line is too long (at most %d bytes)", LIMIT_CONFIG_LINE_BYTES);
		return;
	}
	text = utf8_trim(text);
	if (!*text || *text == '#' || *text == ';')
		return;
	cut_comment(text);
	char *sign = strpbrk(text, "=:");
	if (*text == '[') {
		config_refuse(file, "sections such as \"%.64s\" are not used; remove this line", text);
	} else if (!sign || sign == text) {
		config_refuse(file, "\"%.64s\" is not of the form \"key = value\"", text);
	} else {
		*sign = '\0';
		take_pair(file, utf8_trim(text), utf8_trim(sign + 1));
	}
}

void config_file_read(struct config *config, char problem[CONFIG_PROBLEM_BYTES])
{
	size_t keys = 0, capacity = 0;
	char *text = NULL;
	ssize_t bytes = -1;
	FILE *from = fopen(config->file, "re");
	while (config_keys[keys].name)
		keys++;
	struct config_file *file = mem_zero(sizeof *file + keys * sizeof *file->set_on);
	file->config = config;
	file->problem = problem;
	while (from && (bytes = getline(&text, &capacity, from)) >= 0) {
		file->line++;
		config_take_line(file, text, (size_t)bytes);
	}
	if (!from || ferror(from))
		config_problem_add(problem, "cannot read the configuration %.200s: %s", config->file,
				   strerror(errno));
	if (from)
		fclose(from);
	/* A token may have stood in it. */
	if (text)
		explicit_bzero(text, capacity);
	free(text);
	free(file);
}
