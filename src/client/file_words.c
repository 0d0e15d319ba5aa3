#include "client/file_words.h"

#include <string.h>

/* One step: adds what stands for itself; false at a space outside quotes, and at the end. */
static bool take_quoted(const char **at, char *quote, struct buffer *word)
{
	char c = **at;
	if (!c || (!*quote && strchr(" \t\n", c)))
		return false;
	++*at;
	if (c == '\\' && *quote != '\'' && **at) {
		buffer_add_char(word, **at);
		++*at;
	} else if (*quote ? c == *quote : c == '"' || c == '\'') {
		*quote = *quote ? '\0' : c;
	} else {
		buffer_add_char(word, c);
	}
	return true;
}

bool file_words_next(const char **line, struct buffer *word)
{
	char quote = '\0';
	*line += strspn(*line, " \t\n");
	buffer_clear(word);
	const char *begin = *line;
	while (take_quoted(line, &quote, word))
		continue;
	return *line > begin;
}

const char *file_words_last(const char *line)
{
	struct buffer word = BUFFER_EMPTY;
	const char *last = line, *at = line;
	for (;;) {
		at += strspn(at, " \t\n");
		last = at;
		if (!file_words_next(&at, &word) || !*at)
			break;
	}
	buffer_release(&word);
	return last;
}

void file_words_add(struct buffer *to, const char *name)
{
	for (; *name; name++) {
		if (strchr(" \t\\\"'", *name))
			buffer_add_char(to, '\\');
		buffer_add_char(to, *name);
	}
}
