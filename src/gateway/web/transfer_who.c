/* Transfers: what the chat is asked about them, and who asks. */
#include "base/memory.h"
#include "gateway/connection.h"
#include "gateway/web/transfer_state.h"
#include "wire/filehost.h"

#include <string.h>

void transfer_post(struct connection *connection, struct request *request)
{
	request->file = mem_zero(sizeof *request->file);
	*request->file = transfer_of(connection)->file;
	timer_clear(&connection->timer);
	connection_ask(connection, request);
}

void transfer_ask(struct connection *connection, enum request_op op, const char *secret)
{
	struct request *request = request_new(op, secret ? strlen(secret) : 0);
	if (secret)
		request_set_text(request, REQUEST_TEXT_TOKEN, secret, strlen(secret));
	transfer_post(connection, request);
}

/* "Bearer SECRET"; NULL where there is none that could be one. */
const char *transfer_secret(const struct http_request *request, char secret[TRANSFER_SECRET_BYTES])
{
	struct http_text value = http_bearer(request);
	if (!value.bytes || value.bytes >= TRANSFER_SECRET_BYTES)
		return NULL;
	memcpy(secret, value.at, value.bytes);
	secret[value.bytes] = '\0';
	return secret;
}

static void ask_upload_as(struct connection *connection, const struct filehost_login *login)
{
	size_t name_bytes = strlen(login->name), secret_bytes = strlen(login->secret);
	struct request *request = request_new(REQUEST_UPLOAD, name_bytes + secret_bytes);
	request_set_text(request, REQUEST_TEXT_NAME, login->name, name_bytes);
	request_set_text(request, login->is_token ? REQUEST_TEXT_TOKEN : REQUEST_TEXT_PASSWORD, login->secret,
			 secret_bytes);
	transfer_of(connection)->is_linked = true;
	transfer_post(connection, request);
}

void transfer_ask_upload(struct connection *connection, const struct http_request *request)
{
	struct filehost_login login;
	char secret[TRANSFER_SECRET_BYTES];
	if (filehost_read_login(request, &login))
		ask_upload_as(connection, &login);
	else
		transfer_ask(connection, REQUEST_UPLOAD, transfer_secret(request, secret));
	mem_wipe(&login, sizeof login);
	mem_wipe(secret, sizeof secret);
}
