#include "gateway/web/origin.h"

#include "base/ip.h"
#include "gateway/web/web.h"
#include "net/tls_context.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define HOST_BYTES 256

/* A page's origin, each part in one form: two are the same where all parts are. */
struct origin {
	char scheme[16];
	char host[HOST_BYTES]; /* an address without brackets */
	unsigned port;
};

static bool next_item(const char **list, struct http_text *item)
{
	*list += strspn(*list, ", ");
	*item = (struct http_text){*list, strcspn(*list, ", ")};
	*list += item->bytes;
	return item->bytes > 0;
}

static bool copy_lower(struct http_text text, char *to, size_t bytes)
{
	if (!text.bytes || text.bytes >= bytes)
		return false;
	for (size_t i = 0; i < text.bytes; i++)
		to[i] = (char)(text.at[i] >= 'A' && text.at[i] <= 'Z' ? text.at[i] | 0x20 : text.at[i]);
	to[text.bytes] = '\0';
	return true;
}

static bool read_port(struct http_text text, unsigned *port)
{
	*port = 0;
	for (size_t i = 0; i < text.bytes; i++) {
		if (text.at[i] < '0' || text.at[i] > '9' || *port > 65535)
			return false;
		*port = *port * 10 + (unsigned)(text.at[i] - '0');
	}
	return text.bytes && *port <= 65535;
}

/* "host", "host:port", "[address]:port"; without a port, that of the scheme. */
static bool read_authority(struct http_text text, struct origin *origin)
{
	struct http_text host = text, port = {"", 0};
	const char *close = text.bytes && text.at[0] == '[' ? memchr(text.at, ']', text.bytes) : NULL;
	const char *rest = close ? close + 1 : memchr(text.at, ':', text.bytes);
	if (rest && rest < text.at + text.bytes) {
		if (*rest != ':')
			return false;
		host.bytes = (size_t)(rest - text.at);
		port = (struct http_text){rest + 1, text.bytes - host.bytes - 1};
	}
	if (close)
		host = (struct http_text){text.at + 1, (size_t)(close - text.at) - 1};
	origin->port = !strcmp(origin->scheme, "https") ? 443 : 80;
	if (!copy_lower(host, origin->host, sizeof origin->host) ||
	    (port.bytes && !read_port(port, &origin->port)))
		return false;
	struct ip ip;
	if (ip_read(&ip, origin->host))
		ip_write(&ip, origin->host);
	return true;
}

/* scheme://host[:port] as browsers write it, without a path. */
static bool read_origin(struct http_text text, struct origin *origin)
{
	const char *colon = memchr(text.at, ':', text.bytes);
	size_t scheme = colon ? (size_t)(colon - text.at) : 0;
	if (!scheme || text.bytes <= scheme + 3 || memcmp(colon, "://", 3) ||
	    memchr(colon + 3, '/', text.bytes - scheme - 3))
		return false;
	return copy_lower((struct http_text){text.at, scheme}, origin->scheme, sizeof origin->scheme) &&
	       read_authority((struct http_text){colon + 3, text.bytes - scheme - 3}, origin);
}

static bool origin_is_same(const struct origin *one, const struct origin *other)
{
	return !strcmp(one->scheme, other->scheme) && !strcmp(one->host, other->host) &&
	       one->port == other->port;
}

static bool is_named(const char *names, const char *host)
{
	struct http_text item;
	while (names && next_item(&names, &item))
		if (http_text_is_nocase(item, host))
			return true;
	return false;
}

static bool is_our_name(const struct web_config *web, struct tls_context *tls, const char *host)
{
	struct ip ip;
	return ip_read(&ip, host) || !strcmp(host, "localhost") || is_named(web->server_names, host) ||
	       (tls && tls_context_is_given(tls) && tls_context_has_name(tls, host));
}

bool origin_has_own_host(const struct web_config *web, struct tls_context *tls,
			 const struct http_request *request)
{
	struct origin own = {.scheme = "http"};
	if (!request->host.bytes)
		return true;
	return read_authority(request->host, &own) && is_our_name(web, tls, own.host);
}

static bool origin_is_listed(const struct web_config *web, struct http_text text, const struct origin *origin)
{
	const char *list = web->origins;
	struct http_text item;
	struct origin listed;
	while (list && next_item(&list, &item)) {
		if (http_text_is(item, "*") ||
		    (item.bytes == text.bytes && !strncasecmp(item.at, text.at, text.bytes)))
			return true;
		if (origin && read_origin(item, &listed) && origin_is_same(&listed, origin))
			return true;
	}
	return false;
}

bool origin_is_allowed(const struct web_config *web, struct tls_context *tls,
		       const struct http_request *request)
{
	struct origin origin, own;
	struct http_text text = http_value(request, "origin");
	size_t count = http_count(request, "origin");
	if (count != 1)
		return !count;
	if (!read_origin(text, &origin))
		return origin_is_listed(web, text, NULL);
	own = origin;
	bool is_page = !strcmp(origin.scheme, "http") || !strcmp(origin.scheme, "https");
	if (is_page && read_authority(request->host, &own) && origin_is_same(&own, &origin) &&
	    is_our_name(web, tls, own.host))
		return true;
	return origin_is_listed(web, text, &origin);
}

bool origin_is_list(const char *text)
{
	struct http_text item;
	struct origin origin;
	while (next_item(&text, &item))
		if (!http_text_is(item, "*") && !http_text_is(item, "null") && !read_origin(item, &origin))
			return false;
	return true;
}

bool origin_is_names(const char *text)
{
	struct http_text item;
	while (next_item(&text, &item))
		for (size_t i = 0; i < item.bytes; i++) {
			char c = item.at[i];
			bool is_plain =
			    (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
			if (!is_plain && (!c || !strchr("-._", c)))
				return false;
		}
	return true;
}
