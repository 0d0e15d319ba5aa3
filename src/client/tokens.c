#include "client/tokens.h"

#include "base/memory.h"
#include "client/keyed_lines.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void token_release(struct token *token)
{
	mem_free_secret(token->secret);
	free(token->label);
	*token = (struct token){0};
}

/* "chat.example:5000 anna" */
static char *owner_of(const char *host, const char *port, const char *name)
{
	return keyed_lines_key(host, port, ' ', name);
}

bool tokens_find(const char *file, const char *host, const char *port, const char *name, struct token *token)
{
	char *owner = owner_of(host, port, name), *said = keyed_lines_find(file, owner);
	size_t length = said ? strcspn(said, " ") : 0;
	*token = (struct token){0};
	if (length) {
		token->secret = mem_string_n(said, length);
		token->label = mem_string(said[length] ? said + length + 1 : "");
	}
	mem_free_secret(said);
	free(owner);
	return token->secret;
}

bool tokens_keep(const char *file, const char *host, const char *port, const char *name,
		 const struct token *token)
{
	char *owner = owner_of(host, port, name);
	size_t bytes = strlen(token->secret) + strlen(token->label) + 2;
	char *said = mem_alloc(bytes);
	snprintf(said, bytes, "%s %s", token->secret, token->label);
	bool is_kept = keyed_lines_replace(file, owner, said);
	mem_free_secret(said);
	free(owner);
	return is_kept;
}

bool tokens_forget(const char *file, const char *host, const char *port, const char *name)
{
	char *owner = owner_of(host, port, name), *said = keyed_lines_find(file, owner);
	bool is_gone = !said || keyed_lines_replace(file, owner, NULL);
	mem_free_secret(said);
	free(owner);
	return is_gone;
}

char *tokens_read_file(const char *path)
{
	FILE *from = fopen(path, "re");
	char *line = NULL, *token = NULL;
	size_t bytes = 0;
	if (from && getline(&line, &bytes, from) >= 0) {
		size_t begin = strspn(line, " \t"), length = strcspn(line + begin, " \t\r\n");
		token = length ? mem_string_n(line + begin, length) : NULL;
	}
	if (line)
		explicit_bzero(line, bytes);
	free(line);
	if (from)
		fclose(from);
	return token;
}
