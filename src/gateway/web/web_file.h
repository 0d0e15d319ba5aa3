/* The files of the web client: those inside the binary, or, while developing, those of a folder.
 *
 * Layer: gateway. Threads: any. script/embed-web makes the table when the server is built. */
#ifndef BRUSIO_GATEWAY_WEB_FILE_H
#define BRUSIO_GATEWAY_WEB_FILE_H

#include "base/buffer.h"

#include <stdbool.h>
#include <stddef.h>

struct web_body {
	const char *bytes; /* NULL: there is no such form of the file */
	size_t length;
};

struct web_file {
	const char *path; /* without the first '/' */
	const char *type;
	const char *tag;   /* of its content */
	bool is_immutable; /* its name says what is in it, so it never changes */
	struct web_body plain, gzip, brotli;
};

extern const struct web_file web_files[];
extern const size_t web_files_count;

/* The file of this path (not NUL-terminated, without the first '/'), or NULL. */
const struct web_file *web_file_find(const char *path, size_t bytes);

/* Reads a file of the folder `root`. No path leads out of it: neither "..", nor a link, nor a hidden name.
 * False where there is no such file; else `*type` is set and `to` has the content. Reads from the disk
 * right here: this is for one developer, not for a crowd. */
bool web_file_read(const char *root, const char *path, size_t bytes, struct buffer *to, const char **type);

#endif
