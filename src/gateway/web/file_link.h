/* How the files of a message are named in what people and programs read.
 *
 * Layer: gateway. Threads: any, once main has called file_link_set(). */
#ifndef BRUSIO_GATEWAY_FILE_LINK_H
#define BRUSIO_GATEWAY_FILE_LINK_H

#include "base/buffer.h"
#include "base/entry.h"

/* Sets the server's own address, "https://chat.example:5000"; once at start, borrowed. Without `has_keys` a link lets
 * in only those who say who they are. */
void file_link_set(const char *url, bool has_keys);

/* Adds the path of the file on this server: "/f/ID/KEY/NAME", or "/files/ID". */
void file_link_path(struct buffer *to, const char *id, const char *key, const char *name);

/* The same with the server's address in front. */
void file_link_whole(struct buffer *to, const char *id, const char *key, const char *name);

/* Adds the address that files are sent to: "https://chat.example:5000/files". */
void file_link_upload(struct buffer *to);

/* Adds the address that leads to this server by an invitation link: "https://chat.example:5000/#+SECRET". What stands behind
 * '#' is sent to nobody and comes into no log. */
void file_link_invitation(struct buffer *to, const char *secret);

/* Adds the path of the picture's large preview: "/f/ID/KEY?size=800", or "/files/ID?size=800". */
void file_link_preview(struct buffer *to, const char *id, const char *key);

/* Adds the message's text and a line for each of its files: "NAME (1.2 MB) https://…". */
void file_link_message(struct buffer *to, const struct entry *entry);

#endif
