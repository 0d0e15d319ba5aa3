/* A file that is being saved: under a name of its own until it is whole, and then under its name, where nothing is ever
 * replaced.
 *
 * Layer: client. Threads: one. The names of others go through file_clean_name(). */
#ifndef BRUSIO_CLIENT_SAVED_FILE_H
#define BRUSIO_CLIENT_SAVED_FILE_H

#include <stdbool.h>

struct saved_file {
	int fd;       /* to be written to; -1: none */
	int folder;   /* the folder's */
	char *path;   /* "FOLDER/NAME", as it is called in the end */
	char *name;   /* its last part */
	char *part;   /* ... and what it is called until then */
	bool may_add; /* where the name is taken, "name (2).txt" is as good */
};

/* `path`: what the user gave, a file or a folder, or NULL for the folder where they are. 0 or -errno; -EEXIST: there is
 * something of that name. */
int saved_file_begin(struct saved_file *saved, const char *path, const char *name);
/* It is whole. 0 or -errno; then nothing is left of it. */
int saved_file_keep(struct saved_file *saved);
/* Nothing is left of it. */
void saved_file_drop(struct saved_file *saved);
/* Frees what it remembers. */
void saved_file_release(struct saved_file *saved);

/* "~/x" into "/home/anna/x"; owned by the caller. */
char *saved_file_expand(const char *path);

#endif
