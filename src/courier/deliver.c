#include "courier/deliver.h"

#include "base/ip.h"
#include "net/helper.h"
#include "push/courier_socket.h"

#include <curl/curl.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CONNECT_SECONDS 10L
#define ANSWER_SECONDS  30L
#define ANSWER_BYTES    65536 /* more of an answer is not read */
#define KEPT            16L   /* connections that wait for the next order */
#define REST_MS         60000

struct deliver {
	const struct deliver_config *config;
	CURLM *multi;
	bool is_over; /* the daemon is gone */
};

/* One order on its way. */
struct delivery {
	struct courier_order order;
	struct deliver *deliver;
	CURL *easy;
	struct curl_slist *fields;
	size_t answer_bytes;
	bool is_refused; /* a place that it leads to is not allowed */
};

static void deliver_tell(struct deliver *deliver, uint32_t number, int status, int wait_seconds)
{
	struct courier_answer answer = {.number = number, .status = status, .wait_seconds = wait_seconds};
	if (courier_socket_answer(HELPER_FD, &answer))
		deliver->is_over = true;
}

static void delivery_free(struct delivery *delivery)
{
	curl_slist_free_all(delivery->fields);
	curl_easy_cleanup(delivery->easy);
	free(delivery);
}

static bool is_public_peer(const struct sockaddr *address)
{
	struct ip ip = {{[10] = 0xff, [11] = 0xff}};
	if (address->sa_family == AF_INET)
		memcpy(ip.bytes + IP_V4_FIRST_BYTE,
		       &((const struct sockaddr_in *)(const void *)address)->sin_addr, 4);
	else if (address->sa_family == AF_INET6)
		memcpy(ip.bytes, &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr, 16);
	else
		return false;
	return ip_is_public(&ip);
}

/* 2: the last moment before it connects. */
static curl_socket_t open_allowed(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct delivery *delivery = context;
	(void)purpose;
	if (!delivery->deliver->config->allows_private && !is_public_peer(&address->addr)) {
		delivery->is_refused = true;
		return CURL_SOCKET_BAD;
	}
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* 3 */
static size_t drop_body(char *bytes, size_t size, size_t count, void *context)
{
	struct delivery *delivery = context;
	(void)bytes;
	delivery->answer_bytes += size * count;
	return delivery->answer_bytes > ANSWER_BYTES ? 0 : size * count;
}

static CURLcode add_authority(CURL *easy, void *tls, void *context)
{
	const struct deliver_config *config = context;
	(void)easy;
	return SSL_CTX_load_verify_locations(tls, config->ca, NULL) == 1 ? CURLE_OK
									 : CURLE_SSL_CACERT_BADFILE;
}

static bool delivery_add_field(struct delivery *delivery, const char *format, const char *value)
{
	char line[VAPID_AUTHORIZATION_BYTES + 64];
	snprintf(line, sizeof line, format, value);
	struct curl_slist *longer = curl_slist_append(delivery->fields, line);
	if (longer)
		delivery->fields = longer;
	return longer;
}

static bool delivery_add_fields(struct delivery *delivery)
{
	char ttl[16];
	snprintf(ttl, sizeof ttl, "%u", delivery->order.ttl_seconds);
	return delivery_add_field(delivery, "Authorization: %s", delivery->order.authorization) &&
	       delivery_add_field(delivery, "TTL: %s", ttl) &&
	       delivery_add_field(delivery, "Topic: %s", delivery->order.topic) &&
	       delivery_add_field(delivery, "Urgency: %s", "high") &&
	       delivery_add_field(delivery, "Content-Encoding: %s", "aes128gcm") &&
	       delivery_add_field(delivery, "Content-Type: %s", "application/octet-stream");
}

/* Nothing of the environment counts: neither a proxy nor a file of logins. */
static bool delivery_bound(CURL *easy)
{
	return !curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https") &&
	       !curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L) &&
	       !curl_easy_setopt(easy, CURLOPT_PROXY, "") &&
	       !curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED) &&
	       !curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) &&
	       !curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L) &&
	       !curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L) &&
	       !curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) &&
	       !curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, CONNECT_SECONDS) &&
	       !curl_easy_setopt(easy, CURLOPT_TIMEOUT, ANSWER_SECONDS);
}

static bool set_request(struct delivery *delivery)
{
	CURL *easy = delivery->easy;
	const struct courier_order *order = &delivery->order;
	const struct deliver_config *config = delivery->deliver->config;
	bool is_set = !curl_easy_setopt(easy, CURLOPT_URL, order->endpoint) &&
		      !curl_easy_setopt(easy, CURLOPT_POST, 1L) &&
		      !curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)order->body_bytes) &&
		      !curl_easy_setopt(easy, CURLOPT_POSTFIELDS, order->body) &&
		      !curl_easy_setopt(easy, CURLOPT_HTTPHEADER, delivery->fields) &&
		      !curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_allowed) &&
		      !curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, delivery) &&
		      !curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, drop_body) &&
		      !curl_easy_setopt(easy, CURLOPT_WRITEDATA, delivery) &&
		      !curl_easy_setopt(easy, CURLOPT_PRIVATE, delivery);
	if (is_set && config->ca)
		is_set = !curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, add_authority) &&
			 !curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, (void *)(uintptr_t)config);
	return is_set;
}

static void deliver_begin(struct deliver *deliver, const struct courier_order *order)
{
	struct endpoint endpoint;
	/* 1: the daemon has looked, too. */
	if (!endpoint_read(&endpoint, order->endpoint) ||
	    !endpoint_is_at(&endpoint, deliver->config->hosts)) {
		deliver_tell(deliver, order->number, COURIER_REFUSED, 0);
		return;
	}
	struct delivery *delivery = calloc(1, sizeof *delivery);
	if (!delivery)
		abort();
	delivery->order = *order;
	delivery->deliver = deliver;
	delivery->easy = curl_easy_init();
	if (delivery->easy && delivery_add_fields(delivery) && delivery_bound(delivery->easy) &&
	    set_request(delivery) && !curl_multi_add_handle(deliver->multi, delivery->easy))
		return;
	deliver_tell(deliver, order->number, COURIER_FAILED, 0);
	delivery_free(delivery);
}

static void take_orders(struct deliver *deliver)
{
	struct courier_order order;
	int got;
	while ((got = courier_socket_take_order(HELPER_FD, &order)) > 0)
		if (order.number)
			deliver_begin(deliver, &order);
	if (got < 0)
		deliver->is_over = true;
}

static void deliver_finish(struct deliver *deliver, CURL *easy, CURLcode result)
{
	char *private = NULL;
	long status = 0;
	curl_off_t wait_seconds = 0;
	curl_easy_getinfo(easy, CURLINFO_PRIVATE, &private);
	struct delivery *delivery = (struct delivery *)(void *)private;
	/* An answer whose rest is not wanted has its status all the same. */
	if (!result || result == CURLE_WRITE_ERROR)
		curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &wait_seconds);
	if (status < 100 || status > 999)
		status = delivery->is_refused ? COURIER_REFUSED : COURIER_FAILED;
	if (wait_seconds < 0 || wait_seconds > INT32_MAX)
		wait_seconds = 0;
	deliver_tell(deliver, delivery->order.number, (int)status, (int)wait_seconds);
	curl_multi_remove_handle(deliver->multi, easy);
	delivery_free(delivery);
}

static void take_ends(struct deliver *deliver)
{
	CURLMsg *message;
	int left;
	while ((message = curl_multi_info_read(deliver->multi, &left)))
		if (message->msg == CURLMSG_DONE)
			deliver_finish(deliver, message->easy_handle, message->data.result);
}

bool deliver_prepare(void)
{
	return !curl_global_init(CURL_GLOBAL_DEFAULT);
}

/* Orders to another courier, which is gone, are given again. */
static void drop_orders(struct deliver *deliver)
{
	struct courier_order order;
	int got;
	while ((got = courier_socket_take_order(HELPER_FD, &order)) > 0)
		continue;
	deliver->is_over = got < 0;
}

void deliver_run(const struct deliver_config *config)
{
	struct deliver deliver = {.config = config, .multi = curl_multi_init()};
	struct curl_waitfd wait = {.fd = HELPER_FD, .events = CURL_WAIT_POLLIN};
	int running;
	/* Its keeper starts the next one. */
	if (!deliver.multi || curl_multi_setopt(deliver.multi, CURLMOPT_MAXCONNECTS, KEPT))
		abort();
	drop_orders(&deliver);
	deliver_tell(&deliver, 0, COURIER_READY, 0);
	while (!deliver.is_over) {
		take_orders(&deliver);
		if (curl_multi_perform(deliver.multi, &running))
			abort();
		take_ends(&deliver);
		if (!deliver.is_over && curl_multi_poll(deliver.multi, &wait, 1, REST_MS, NULL))
			abort();
	}
}
