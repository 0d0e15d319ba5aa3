#include "server/public_url.h"

#include <stdio.h>
#include <string.h>

const char *public_host(const struct config *config, const char *ip, char host[LISTENER_HOST_BYTES])
{
	const struct config_list *listen = &config->listen;
	unsigned port;
	bool is_any = !listen->count || !listener_split(listen->text[0], host, &port) ||
		      !strcmp(host, "0.0.0.0") || !strcmp(host, "::");
	return is_any ? ip : host;
}

const char *public_url(const struct config *config, const char *ip, unsigned port, char url[CONFIG_URL_BYTES])
{
	char asked[LISTENER_HOST_BYTES], suffix[16] = "";
	const char *host = config->server_names ? config->server_names : public_host(config, ip, asked);
	bool is_tls = config->tls == TLS_REQUIRED || (config->tls != TLS_OFF && config->tls_cert);
	/* An IPv6 address stands in brackets before a port. */
	const char *open = strchr(host, ':') ? "[" : "", *close = *open ? "]" : "";
	if (port != (is_tls ? 443 : 80))
		snprintf(suffix, sizeof suffix, ":%u", port);
	snprintf(url, CONFIG_URL_BYTES, "%s://%s%.*s%s%s", is_tls ? "https" : "http", open,
		 (int)strcspn(host, ","), host, close, suffix);
	return config->url ? config->url : url;
}
