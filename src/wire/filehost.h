/* Uploads as clients of IRC make them (soju.im/FILEHOST): with the name and the secret of their login, and with the file's
 * name in Content-Disposition. The link that they get back they put into a message.
 *
 * Layer: wire, pure. */
#ifndef BRUSIO_WIRE_FILEHOST_H
#define BRUSIO_WIRE_FILEHOST_H

#include "base/buffer.h"
#include "base/file.h"
#include "wire/http.h"

#define FILEHOST_IDS_BYTES (LIMIT_FILES * FILE_ID_BYTES)

struct filehost_login {
	char name[LIMIT_NAME_BYTES + 1]; /* without its device */
	char secret[LIMIT_PASSWORD_BYTES + 1];
	bool is_token; /* by its form */
};

/* True where the secret has the form of a token: so many hexadecimal digits. */
bool filehost_is_token(const char *secret);

/* Reads "Authorization: Basic BASE64". False where there is none, or it is none that anybody can have. */
bool filehost_read_login(const struct http_request *request, struct filehost_login *login);

/* The file's name as Content-Disposition says it. Returns its bytes; -1: it says none, or does not fit. */
int filehost_read_name(const struct http_request *request, char *to, size_t room);

/* Finds the links to files in a text: "http(s)://HOST/f/ID/KEY/NAME" or "…/files/ID". `ids` gets "ID ID", `rest` the text
 * without links that stand at its beginning or its end. False where there are none, or more than a message may have. */
bool filehost_take_links(const char *text, struct buffer *rest, char ids[FILEHOST_IDS_BYTES]);

#endif
