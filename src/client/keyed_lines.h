/* A small file of lines "KEY VALUE", for its owner alone: whom we trust, where we are logged in.
 *
 * Layer: client. Several runs may use the file at the same time. What is read of it is wiped from memory, but
 * for what is returned. */
#ifndef BRUSIO_CLIENT_KEYED_LINES_H
#define BRUSIO_CLIENT_KEYED_LINES_H

#include <stdbool.h>

/* How a key says which server it is about: "chat.example:5000" in small letters, an IPv6 address in brackets.
 * The caller frees. */
char *keyed_lines_server(const char *host, const char *port);

/* A key about something of a server, in any spelling: "chat.example:5000 anna" with ' ' between the two. The caller
 * frees. */
char *keyed_lines_key(const char *host, const char *port, char between, const char *what);

/* The value in the first line of this key; the caller frees. NULL where there is none. `file` may be NULL. */
char *keyed_lines_find(const char *file, const char *key);

/* Leaves one line of this key, or none where `value` is NULL, and all others as they are. The file is whole
 * at any time. False where it cannot be written, or is NULL. */
bool keyed_lines_replace(const char *file, const char *key, const char *value);

#endif
