/* Files of clients that know soju.im/FILEHOST: 005 says where they send them, over HTTP with their login, and the link that they get
 * and put into a message makes the file one of that message. */
#include "gateway/irc/irc.h"
#include "gateway/web/file_link.h"
#include "gateway/web/web.h"
#include "net/address.h"
#include "wire/filehost.h"

#include <string.h>

void irc_add_filehost(struct connection *connection, struct buffer *to)
{
	const struct web_config *web = connection->gateway->web;
	struct buffer address = BUFFER_EMPTY;
	char own[ADDRESS_TEXT_BYTES];
	bool is_vouched = web->auth_header && connection->is_proxied;
	if (!irc_account(irc_of(connection)) || !web->blobs || !connection->gateway->limits->file_bytes_max ||
	    is_vouched)
		return;
	file_link_upload(&address);
	/* Clients on an encrypted line send nothing over one that is not, and the server takes no password there. */
	bool is_safe = !strncmp(buffer_string(&address), "https:", 6);
	bool is_plain = !stream_is_encrypted(&connection->stream);
	if (is_safe || (is_plain && web->allows_insecure_passwords)) {
		buffer_printf(to, "soju.im/FILEHOST=%s", buffer_string(&address));
	} else if (is_plain && address_is_loopback(connection_host(connection)) &&
		   !irc_extra(irc_of(connection))->websocket) {
		address_of_socket(connection->stream.fd, own);
		buffer_printf(to, "soju.im/FILEHOST=http://%s/files", own);
	}
	buffer_release(&address);
}

bool irc_take_files(struct request *request, const char *text)
{
	char ids[FILEHOST_IDS_BYTES];
	struct buffer rest = BUFFER_EMPTY;
	bool has_files = filehost_take_links(text, &rest, ids);
	if (has_files) {
		request_set_unlinked(request, text, strlen(text));
		request_set_text(request, REQUEST_TEXT_MESSAGE, buffer_string(&rest), buffer_length(&rest));
		request_set_text(request, REQUEST_TEXT_FILES, ids, strlen(ids));
	}
	buffer_release(&rest);
	return has_files;
}
