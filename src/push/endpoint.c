#include "push/endpoint.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define SCHEME "https://"

static const char host_letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-.";
static const char host_letters_any[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.";
/* RFC 3986: unreserved, percent signs, sub-delimiters without a quote, and what a path and a query may have besides. */
static const char path_letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				   "-._~%!$&()*+,;=:@/?";

/* ":443" or nothing; false where it is neither. */
static bool endpoint_read_port(const char *text, size_t length, unsigned *port)
{
	*port = ENDPOINT_PORT;
	if (!length)
		return true;
	if (*text != ':' || length < 2 || length > 6 || strspn(text + 1, "0123456789") < length - 1)
		return false;
	*port = (unsigned)strtoul(text + 1, NULL, 10);
	return *port >= 1 && *port <= 65535;
}

bool endpoint_read(struct endpoint *endpoint, const char *text)
{
	if (strlen(text) > ENDPOINT_BYTES_MAX || strncmp(text, SCHEME, strlen(SCHEME)) != 0)
		return false;
	text += strlen(SCHEME);
	size_t length = strcspn(text, "/"), host = strspn(text, host_letters_any);
	if (!host || host > length || host >= ENDPOINT_HOST_BYTES || text[0] == '.' || text[0] == '-' ||
	    text[host - 1] == '.' || !text[length] || text[length + strspn(text + length, path_letters)])
		return false;
	for (size_t i = 0; i < host; i++)
		endpoint->host[i] = (char)(text[i] >= 'A' && text[i] <= 'Z' ? text[i] - 'A' + 'a' : text[i]);
	endpoint->host[host] = '\0';
	return endpoint_read_port(text + host, length - host, &endpoint->port);
}

/* False: it is not well formed. */
static bool endpoint_read_rule(const char *text, size_t length, struct endpoint_rule *rule)
{
	rule->is_domain = length > 2 && !strncmp(text, "*.", 2);
	rule->host = text + (rule->is_domain ? 2 : 0);
	length -= rule->is_domain ? 2 : 0;
	rule->bytes = strspn(rule->host, host_letters);
	return rule->bytes && rule->bytes <= length && rule->host[0] != '.' &&
	       endpoint_read_port(rule->host + rule->bytes, length - rule->bytes, &rule->port);
}

bool endpoint_is_hosts(const char *list)
{
	struct endpoint_rule rule;
	if (strlen(list) >= ENDPOINT_HOSTS_BYTES)
		return false;
	for (;; list++) {
		size_t length = strcspn(list, ",");
		if (!endpoint_read_rule(list, length, &rule))
			return false;
		list += length;
		if (!*list)
			return true;
	}
}

static bool endpoint_meets(const struct endpoint *endpoint, const struct endpoint_rule *rule)
{
	size_t bytes = strlen(endpoint->host);
	if (endpoint->port != rule->port || bytes < rule->bytes ||
	    memcmp(endpoint->host + bytes - rule->bytes, rule->host, rule->bytes) != 0)
		return false;
	return rule->is_domain ? bytes > rule->bytes + 1 && endpoint->host[bytes - rule->bytes - 1] == '.'
			       : bytes == rule->bytes;
}

int endpoint_each_host(const char *list, int (*visit)(void *context, const struct endpoint_rule *rule),
		       void *context)
{
	struct endpoint_rule rule;
	int result = 0;
	for (;; list++) {
		size_t length = strcspn(list, ",");
		if (endpoint_read_rule(list, length, &rule))
			result = visit(context, &rule);
		list += length;
		if (result || !*list)
			return result;
	}
}

static int visit_host(void *context, const struct endpoint_rule *rule)
{
	return endpoint_meets(context, rule);
}

bool endpoint_is_at(const struct endpoint *endpoint, const char *list)
{
	return endpoint_each_host(list, visit_host, (void *)(uintptr_t)endpoint);
}
