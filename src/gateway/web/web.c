#include "gateway/web/web.h"

#include "base/clock.h"
#include "base/logging.h"
#include "base/text/utf8.h"
#include "base/webauthn.h"
#include "chat/chat.h"
#include "gateway/connection.h"
#include "gateway/dialect.h"
#include "gateway/web/origin.h"
#include "gateway/web/transfer.h"
#include "gateway/transport.h"
#include "gateway/web/web_file.h"
#include "gateway/web/web_state.h"
#include "net/address.h"
#include "net/tls_context.h"
#include "version.h"
#include "wire/http.h"
#include "wire/json_out.h"
#include "wire/websocket.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

/* Nothing is loaded from anywhere else, nothing inline runs, nobody may frame the page. All browsers that the client is
 * built for count a WebSocket to the same host as 'self'. What people send is shown from the same host, by links that
 * give it a policy of its own (transfer.c). */
#define PAGE_POLICY                                                                                     \
	"default-src 'none'; script-src 'self'; style-src 'self'; "                                     \
	"img-src 'self' data: blob:; media-src 'self' blob:; connect-src 'self'; manifest-src 'self'; " \
	"worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/* With every answer. */
#define SECURITY_FIELDS                       \
	"X-Content-Type-Options: nosniff\r\n" \
	"Referrer-Policy: no-referrer\r\n"

#define TEXT_TYPE "text/plain; charset=utf-8"

struct answer {
	int status;
	const char *type;   /* NULL: no body */
	const char *fields; /* more of them, each with its line end; or "" */
	struct web_body body;
	bool is_static; /* the body stays where it is; else it is copied */
	bool is_last;   /* the connection ends behind it */
};

/* --- answers --- */

static void web_on_slow(struct timer *timer)
{
	connection_close(connection_of_timer(timer), "does not read its answer");
}

static void web_on_idle(struct timer *timer);

/* The last answer is out: the next request has so long to come. */
void web_rest(struct connection *connection)
{
	connection_set_timer(connection, web_on_idle, LIMIT_HTTP_IDLE_MS);
}

static void add_date(struct buffer *to)
{
	char text[64];
	time_t now = time(NULL);
	struct tm utc;
	/* The locale is never set, so these are the English names that HTTP wants. */
	if (gmtime_r(&now, &utc) && strftime(text, sizeof text, "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &utc))
		buffer_add_string(to, text);
}

/* A browser may be told never to come without encryption again: there is none, and a certificate that it will
 * take another time, too. */
static bool is_always_encrypted(const struct connection *connection)
{
	const struct transport *transport = connection->gateway->transport;
	return transport->is_tls_required && stream_is_encrypted(&connection->stream) &&
	       tls_context_is_given(transport->tls);
}

void web_begin_head(struct connection *connection, int status, const char *policy)
{
	struct buffer *out = &connection->out;
	buffer_printf(out, "HTTP/1.1 %d %s\r\n", status, http_reason(status));
	add_date(out);
	buffer_printf(out, "Content-Security-Policy: %s\r\n", policy);
	buffer_add_string(out, SECURITY_FIELDS);
	if (is_always_encrypted(connection))
		buffer_add_string(out, "Strict-Transport-Security: max-age=31536000\r\n");
	LOG_DEBUG("web.answer", "connection=%llx status=%d", (unsigned long long)connection->id, status);
	gateway_count(&connection->gateway->counters.web_requests, 1);
}

static void write_web_answer(struct connection *connection, const struct answer *answer, bool is_head)
{
	struct buffer *out = &connection->out;
	web_begin_head(connection, answer->status, PAGE_POLICY);
	if (answer->type)
		buffer_printf(out, "Content-Type: %s\r\nContent-Length: %zu\r\n", answer->type,
			      answer->body.length);
	buffer_add_string(out, answer->fields);
	if (answer->status == 426)
		buffer_add_string(out, answer->is_last
					   ? "Upgrade: websocket\r\nConnection: close, Upgrade\r\n"
					   : "Upgrade: websocket\r\nConnection: Upgrade\r\n");
	else if (answer->is_last)
		buffer_add_string(out, "Connection: close\r\n");
	buffer_add_string(out, "\r\n");
	bool has_body = answer->type && !is_head && answer->body.length;
	if (has_body && answer->is_static) {
		web_state_of(connection)->tail = answer->body.bytes;
		web_state_of(connection)->tail_bytes = (uint32_t)answer->body.length;
	} else if (has_body) {
		buffer_add(out, answer->body.bytes, answer->body.length);
	}
	if (answer->is_last)
		connection_end(connection, TEXT_NONE);
	if (web_state_of(connection)->tail_bytes)
		connection_set_timer(connection, web_on_slow, LIMIT_HTTP_ANSWER_MS);
	else if (!answer->is_last)
		web_rest(connection);
}

/* A short text, for those who read it with curl. */
static void write_web_text(struct connection *connection, const struct http_request *request, int status,
			   const char *fields, const char *text)
{
	char line[64];
	if (!text) {
		snprintf(line, sizeof line, "%d %s\n", status, http_reason(status));
		text = line;
	}
	struct answer answer = {.status = status,
				.type = TEXT_TYPE,
				.fields = fields,
				.body = {text, strlen(text)},
				.is_last = !request || !request->keeps_alive};
	write_web_answer(connection, &answer, request && request->is_head);
}

/* The place where the next request begins is not known any more, so the connection ends. */
void web_refuse(struct connection *connection, int status)
{
	write_web_text(connection, NULL, status, status == 405 ? "Allow: GET, HEAD\r\n" : "", NULL);
}

/* --- files --- */

static void write_not_found(struct connection *connection, const struct http_request *request)
{
	write_web_text(connection, request, 404, "Cache-Control: no-cache\r\n", NULL);
}

/* From the folder: as it is at this moment, never kept by anybody. */
static void answer_from_folder(struct connection *connection, const struct http_request *request,
			       struct http_text path)
{
	struct buffer content = BUFFER_EMPTY;
	struct answer answer = {
	    .status = 200, .fields = "Cache-Control: no-store\r\n", .is_last = !request->keeps_alive};
	if (web_file_read(connection->gateway->web->root, path.at, path.bytes, &content, &answer.type)) {
		answer.body = (struct web_body){buffer_bytes(&content), buffer_length(&content)};
		write_web_answer(connection, &answer, request->is_head);
	} else {
		write_not_found(connection, request);
	}
	buffer_release(&content);
}

static void answer_embedded(struct connection *connection, const struct http_request *request,
			    const struct web_file *file)
{
	const char *coding = NULL;
	struct web_body body = file->plain;
	char tag[64], fields[256];
	if (file->brotli.bytes && http_accepts(request, "br")) {
		coding = "br";
		body = file->brotli;
	} else if (file->gzip.bytes && http_accepts(request, "gzip")) {
		coding = "gzip";
		body = file->gzip;
	}
	/* Each form is another thing to a cache. */
	snprintf(tag, sizeof tag, "\"%s%s%s\"", file->tag, coding ? "-" : "", coding ? coding : "");
	bool is_known = http_matches(request, tag);
	snprintf(fields, sizeof fields, "ETag: %s\r\nVary: Accept-Encoding\r\nCache-Control: %s\r\n%s%s%s",
		 tag, file->is_immutable ? "public, max-age=31536000, immutable" : "no-cache",
		 coding && !is_known ? "Content-Encoding: " : "", coding && !is_known ? coding : "",
		 coding && !is_known ? "\r\n" : "");
	struct answer answer = {.status = is_known ? 304 : 200,
				.type = is_known ? NULL : file->type,
				.fields = fields,
				.body = body,
				.is_static = true,
				.is_last = !request->keeps_alive};
	write_web_answer(connection, &answer, request->is_head);
}

static void answer_web_file(struct connection *connection, const struct http_request *request)
{
	struct http_text path = {request->path.at + 1, request->path.bytes - 1};
	if (!path.bytes)
		path = (struct http_text){"index.html", 10};
	if (connection->gateway->web->root) {
		answer_from_folder(connection, request, path);
		return;
	}
	const struct web_file *file = web_file_find(path.at, path.bytes);
	if (file)
		answer_embedded(connection, request, file);
	else
		write_not_found(connection, request);
}

/* --- /ws --- */

/* Reads who the proxy says that this is: "" where it says nothing, or where the peer is not a proxy of proxy_from.
 * False where that is not a name. */
static bool read_vouched(const struct connection *connection, const struct http_request *request,
			 char name[LIMIT_NAME_BYTES + 1])
{
	const char *header = connection->gateway->web->auth_header;
	size_t count = header && connection->is_proxied ? http_count(request, header) : 0;
	*name = '\0';
	if (!count)
		return true;
	struct http_text value = http_value(request, header);
	if (count != 1 || value.bytes > LIMIT_NAME_BYTES)
		return false;
	memcpy(name, value.at, value.bytes);
	name[value.bytes] = '\0';
	return utf8_is_user_name(name);
}

#define TEXT_IRC   "text.ircv3.net"
#define BINARY_IRC "binary.ircv3.net"

/* Clients of IRC name how they speak it, what they like best first; NULL: it is not one. */
static const char *irc_protocol_of(const struct http_request *request)
{
	static const char field[] = "sec-websocket-protocol";
	struct http_text value = http_value(request, field);
	bool has_text = http_has_token(request, field, TEXT_IRC);
	bool has_binary = http_has_token(request, field, BINARY_IRC);
	bool begins_binary =
	    value.bytes >= strlen(BINARY_IRC) && !strncasecmp(value.at, BINARY_IRC, strlen(BINARY_IRC));
	return has_binary && (begins_binary || !has_text) ? BINARY_IRC : has_text ? TEXT_IRC : NULL;
}

static void answer_websocket(struct connection *connection, const struct http_request *request)
{
	char accept[WEBSOCKET_ACCEPT_BYTES];
	struct http_text key = http_value(request, "sec-websocket-key");
	if (request->is_head || !http_has_token(request, "upgrade", "websocket") ||
	    !http_has_token(request, "connection", "upgrade")) {
		write_web_text(connection, request, 426, "", "This endpoint speaks WebSocket only.\n");
		return;
	}
	if (http_count(request, "sec-websocket-version") != 1 ||
	    !http_text_is(http_value(request, "sec-websocket-version"), "13")) {
		write_web_text(connection, request, 426, "Sec-WebSocket-Version: 13\r\n", NULL);
		return;
	}
	if (request->is_1_0 || http_count(request, "sec-websocket-key") != 1 ||
	    !websocket_accept(key.at, key.bytes, accept)) {
		web_refuse(connection, 400);
		return;
	}
	char vouched[LIMIT_NAME_BYTES + 1];
	if (!read_vouched(connection, request, vouched)) {
		write_web_text(connection, request, 400, "",
			       "The name in auth_header is not one of a user here.\n");
		return;
	}
	if (!origin_is_allowed(connection->gateway->web, connection->gateway->transport->tls, request)) {
		LOG_INFO("web.origin", "connection=%llx why=\"a page of another site\"",
			 (unsigned long long)connection->id);
		write_web_text(connection, request, 403, "",
			       "Pages of this site may not connect (see server_names, web_origins).\n");
		return;
	}
	const char *protocol = irc_protocol_of(request);
	buffer_printf(&connection->out,
		      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
		      "Sec-WebSocket-Accept: %s\r\n%s%s%s\r\n",
		      accept, protocol ? "Sec-WebSocket-Protocol: " : "", protocol ? protocol : "",
		      protocol ? "\r\n" : "");
	if (*vouched)
		connection->peer = peer_vouch(connection->peer, vouched);
	if (protocol)
		irc_speak_websocket(connection, !strcmp(protocol, BINARY_IRC));
	else
		connection_speak(connection, &dialect_websocket);
}

/* --- for monitors --- */

static void answer_health(struct connection *connection, const struct http_request *request)
{
	write_web_text(connection, request, 200, "Cache-Control: no-store\r\n", "ok\n");
}

/* Takes as long for a wrong guess that begins well as for any other. */
static bool web_is_token(struct http_text given, const char *token)
{
	size_t bytes = strlen(token);
	unsigned difference = given.bytes != bytes;
	for (size_t i = 0; i < given.bytes && bytes; i++)
		difference |= (unsigned char)given.at[i] ^ (unsigned char)token[i % bytes];
	return !difference && bytes;
}

/* Proxies say whom they pass on in fields of many names, which are alike: X-Real-IP, Fly-Client-IP, X-Azure-ClientIP,
 * X-Original-Forwarded-For. */
static bool web_is_of_proxy(struct http_text name)
{
	static const char forward[] = "forward", ip[] = "ip";
	size_t forward_bytes = sizeof forward - 1, ip_bytes = sizeof ip - 1;
	if (name.bytes >= ip_bytes && !strncasecmp(name.at + name.bytes - ip_bytes, ip, ip_bytes))
		return true;
	for (size_t i = 0; i + forward_bytes <= name.bytes; i++)
		if (!strncasecmp(name.at + i, forward, forward_bytes))
			return true;
	return http_text_is_nocase(name, "via") || http_text_is_nocase(name, "cdn-loop");
}

static bool is_from_proxy(const struct http_request *request)
{
	for (size_t i = 0; i < request->fields_count; i++)
		if (web_is_of_proxy(request->fields[i].name))
			return true;
	return false;
}

static bool may_read_metrics(const struct connection *connection, const struct http_request *request)
{
	const struct web_config *web = connection->gateway->web;
	struct http_text given = http_bearer(request);
	if (web->metrics_token && given.bytes && web_is_token(given, web->metrics_token))
		return true;
	/* A request that a proxy passes on has the proxy's address, which says nothing about who asks. */
	if (is_from_proxy(request))
		return false;
	return (address_is_loopback(connection_host(connection)) &&
		origin_has_own_host(web, connection->gateway->transport->tls, request)) ||
	       ranges_contain(web->metrics_from, connection_host(connection));
}

static void answer_metrics(struct connection *connection, const struct http_request *request)
{
	const struct web_config *web = connection->gateway->web;
	struct buffer text = BUFFER_EMPTY;
	if (!may_read_metrics(connection, request)) {
		write_web_text(connection, request, 403, "",
			       "Not for this address (see metrics_from, metrics_token).\n");
		return;
	}
	web->write_metrics(web->metrics_context, &text);
	struct answer answer = {.status = 200,
				.type = "text/plain; version=0.0.4; charset=utf-8",
				.fields = "Cache-Control: no-store\r\n",
				.body = {buffer_bytes(&text), buffer_length(&text)},
				.is_last = !request->keeps_alive};
	write_web_answer(connection, &answer, request->is_head);
	buffer_release(&text);
}

/* --- /api/server --- */

/* As the chat has them now. */
static _Atomic bool web_allows_guests, web_allows_registration;

void web_configured(const struct chat_config *config)
{
	web_allows_guests = config->allow_guests;
	web_allows_registration = config->allow_registration;
}

static const char *web_registration(const struct web_config *web)
{
	if (web_allows_registration)
		return "open";
	return strcmp(web->registration, "open") != 0 ? web->registration : "closed";
}

/* Before anybody has said who they are: may one come as a guest, register, send a password over this line? */
static void answer_server(struct connection *connection, const struct http_request *request)
{
	const struct web_config *web = connection->gateway->web;
	struct tls_context *tls = connection->gateway->transport->tls;
	struct buffer text = BUFFER_EMPTY;
	struct json_out out;
	json_open(&out, &text);
	json_text(&out, "name", CHAT_SERVER_NAME);
	json_text(&out, "version", BRUSIO_VERSION);
	char vouched[LIMIT_NAME_BYTES + 1];
	if (read_vouched(connection, request, vouched) && *vouched)
		json_text(&out, "user", vouched);
	json_bool(&out, "guests", web_allows_guests);
	json_text(&out, "registration", web_registration(web));
	char challenge[WEBAUTHN_CHALLENGE_CHARS + 1];
	webauthn_challenge(clock_wall_ms(), challenge);
	json_text(&out, "challenge", challenge);
	json_text(&out, "push", web->push_key);
	json_bool(&out, "secure", transport_is_secure(connection) || web->allows_insecure_passwords);
	json_bool(&out, "tls", tls != NULL);
	if (tls) {
		char fingerprint[TLS_FINGERPRINT_BYTES];
		tls_context_fingerprint(tls, fingerprint);
		json_text(&out, "fingerprint", fingerprint);
		json_text(&out, "certificate", tls_context_is_given(tls) ? "given" : "own");
	}
	json_close(&out);
	buffer_add_char(&text, '\n');
	struct answer answer = {.status = 200,
				.type = "application/json",
				.fields = "Cache-Control: no-store\r\n",
				.body = {buffer_bytes(&text), buffer_length(&text)},
				.is_last = !request->keeps_alive};
	write_web_answer(connection, &answer, request->is_head);
	buffer_release(&text);
}

/* --- the dialect --- */

static const struct {
	const char *path;
	void (*answer)(struct connection *connection, const struct http_request *request);
} routes[] = {
    {"/ws", answer_websocket},
    {"/healthz", answer_health},
    {"/metrics", answer_metrics},
    {"/api/server", answer_server},
};

/* The same port speaks TLS, and nothing else is allowed: there it goes on, for whoever can follow. */
static void send_to_https(struct connection *connection, const struct http_request *request)
{
	struct buffer fields = BUFFER_EMPTY;
	buffer_printf(&fields, "Location: https://%.*s%.*s\r\n", (int)request->host.bytes, request->host.at,
		      (int)request->path.bytes, request->path.at);
	write_web_text(connection, request, request->host.bytes ? 308 : 403,
		       request->host.bytes ? buffer_string(&fields) : "",
		       "This server only accepts encrypted connections: https\n");
	buffer_release(&fields);
}

static void answer_request(struct connection *connection, const struct http_request *request)
{
	if (connection->gateway->transport->is_tls_required && !stream_is_encrypted(&connection->stream)) {
		send_to_https(connection, request);
		return;
	}
	if (transfer_begin(connection, request))
		return;
	if (!http_is_get(request)) {
		web_refuse(connection, 405);
		return;
	}
	/* They are often given the address alone, without a path. */
	if (irc_protocol_of(request) &&
	    (http_text_is(request->path, "/") || http_text_is(request->path, "/irc"))) {
		answer_websocket(connection, request);
		return;
	}
	for (size_t i = 0; i < sizeof routes / sizeof *routes; i++)
		if (http_text_is(request->path, routes[i].path)) {
			routes[i].answer(connection, request);
			return;
		}
	answer_web_file(connection, request);
}

static void web_on_idle(struct timer *timer)
{
	struct connection *connection = connection_of_timer(timer);
	if (buffer_length(&connection->in))
		web_refuse(connection, 408);
	else
		connection_end(connection, TEXT_NONE);
}

static size_t web_take(struct connection *connection, const char *bytes, size_t length)
{
	struct web_state *state = web_state_of(connection);
	size_t used = 0;
	while (connection->dialect == &dialect_web && connection_can_take(connection)) {
		struct http_request request;
		if (transfer_is_receiving(connection)) {
			size_t taken = transfer_take(connection, bytes + used, length - used);
			used += taken;
			if (!taken)
				return used;
			continue;
		}
		/* Empty lines before a request are passed over: RFC 9112, section 2.2. */
		bool is_empty_line = length - used >= 2 && !memcmp(bytes + used, "\r\n", 2);
		/* The first half of the first such line may be gone: the dialect was not known yet.
		 */
		if (is_empty_line || (used < length && bytes[used] == '\n')) {
			used += is_empty_line ? 2 : 1;
			state->scanned = 0;
			continue;
		}
		size_t scanned = state->scanned;
		int head_bytes = http_parse(bytes + used, length - used, &scanned, &request);
		state->scanned = (uint32_t)scanned;
		if (head_bytes == 0)
			return used;
		if (head_bytes < 0) {
			web_refuse(connection, -head_bytes);
			return length;
		}
		used += (size_t)head_bytes;
		answer_request(connection, &request);
	}
	if (connection->dialect != &dialect_web)
		used += connection->dialect->take(connection, bytes + used, length - used);
	return used;
}

static size_t web_take_tail(struct connection *connection, size_t written, struct iovec *left)
{
	struct web_state *state = web_state_of(connection);
	assert(written <= state->tail_bytes);
	if (!state->tail_bytes)
		return 0;
	state->tail += written;
	state->tail_bytes -= (uint32_t)written;
	*left = (struct iovec){.iov_base = (char *)(uintptr_t)state->tail, .iov_len = state->tail_bytes};
	return state->tail_bytes;
}

/* A page's connection has no answer that could carry a text about the connection. */
static void web_write_notice(struct connection *connection, enum text key, const struct text_args *args)
{
	(void)connection;
	(void)key;
	(void)args;
}

const struct dialect dialect_web = {
    .id = DIALECT_WEB,
    .name = "web",
    .take = web_take,
    .tail = web_take_tail,
    .file = transfer_file,
    .is_busy = transfer_is_waiting,
    .leave = transfer_leave,
    .write_end = transfer_leave,
    .close = transfer_close,
    .write_reply = transfer_reply,
    .write_notice = web_write_notice,
    .rest = web_rest,
};
