/* A file that somebody has sent, or is about to send: what is known of it besides its bytes.
 *
 * Layer: base. Plain data. */
#ifndef BRUSIO_BASE_FILE_H
#define BRUSIO_BASE_FILE_H

#include "base/buffer.h"
#include "base/limits.h"

#include <stdbool.h>
#include <stdint.h>

#define FILE_ID_BYTES   33 /* 128 random bits in hexadecimal digits, and a NUL; its key, too */
#define FILE_HASH_BYTES 32 /* BLAKE2b of its bytes */
#define FILE_TYPE_BYTES 40 /* "video/webm", and a NUL */

struct file {
	char id[FILE_ID_BYTES];
	char key[FILE_ID_BYTES]; /* lets its holder read the file, as long as the message stands */
	char name[LIMIT_FILE_NAME_BYTES + 1]; /* file_clean_name() */
	char type[FILE_TYPE_BYTES];           /* by its signature, see wire/file_type.h */
	unsigned char hash[FILE_HASH_BYTES];
	int64_t bytes;
	int64_t owner;          /* the person who sent it */
	int64_t entry;          /* of the message that it came with; 0: not sent yet */
	int64_t room_id;        /* of that message */
	int64_t made_ms;        /* wall clock */
	int32_t width, height;  /* of a picture; 0: not known */
	bool is_preview_wanted; /* the one who fetches it asks for a preview, not for the file */
	int64_t preview_bytes;  /* of both its previews; 0: it has none */
	/* An upload that may be resumed: `bytes` are here, `whole` it will be. What its client says of it is borrowed. */
	bool is_half;
	int64_t whole;
	const char *metadata;
};

/* Is this the form of an id or a key? */
bool file_is_id(const char *text);
/* Cuts the next id off "ID ID"; false where none is left, or it is not one. */
bool file_next_id(const char **ids, char id[FILE_ID_BYTES]);
/* Another one. */
void file_make_id(char id[FILE_ID_BYTES]);
/* Makes a name of what a client calls a file, which may be anything: no folder, no control sign, nothing that turns
 * the direction of writing, no '.' or '-' in front, and never empty. */
void file_clean_name(const char *given, char name[LIMIT_FILE_NAME_BYTES + 1]);
/* Adds "512 B", "1.2 MB". */
void file_add_size(struct buffer *to, int64_t bytes);

#endif
