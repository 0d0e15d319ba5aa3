/* The logins that are kept: for each server and name the token that stands for the password, and the label by
 * which the server knows it. In one file that its owner alone can read, a line each:
 *
 *   chat.example:5000 anna 31f0…9c brusio on laptop (k3j9x2)
 *
 * Layer: client. Several runs may use the file at the same time. */
#ifndef BRUSIO_CLIENT_TOKENS_H
#define BRUSIO_CLIENT_TOKENS_H

#include <stdbool.h>

struct token {
	char *secret;
	char *label;
};

/* Wipes the secret. */
void token_release(struct token *token);

/* `file` may be NULL: nothing is found, nothing can be kept. Names are compared as the server compares them.
 */
bool tokens_find(const char *file, const char *host, const char *port, const char *name, struct token *token);
/* In the place of an older one. False where it cannot be written. */
bool tokens_keep(const char *file, const char *host, const char *port, const char *name,
		 const struct token *token);
bool tokens_forget(const char *file, const char *host, const char *port, const char *name);

/* The token in a file that the user names: its first line. The caller frees; NULL where it cannot be read or
 * holds nothing. */
char *tokens_read_file(const char *path);

#endif
