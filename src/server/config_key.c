#include "server/config_key.h"

#include "base/edits.h"
#include "base/memory.h"
#include "gateway/web/origin.h"
#include "net/listener.h"
#include "push/endpoint.h"
#include "push/vapid.h"
#include "store/blobs/bucket.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* http or https, a host, maybe a port and a path; no '/' at the end. */
static bool is_url(const char *text)
{
	size_t length = strlen(text);
	bool has_scheme = !strncmp(text, "http://", 7) || !strncmp(text, "https://", 8);
	return has_scheme && length > 8 && length < CONFIG_URL_BYTES && text[length - 1] != '/' &&
	       strcspn(text, " \"<>#?") == length;
}

#define AT(field) offsetof(struct config, field)

static const char *const yes_no[] = {"no", "yes", NULL};
static const char *const yes_or_no[] = {"yes", "no", NULL};
static const char *const path_or_host[] = {"path", "host", NULL};
static const char *const on_off[] = {"on", "off", NULL};
static const char *const levels[] = {"error", "warn", "info", "debug", NULL};
static const char *const languages[] = {[LANG_EN] = "en", [LANG_IT] = "it", NULL};
static const char *const masks[] = {"masked", "all", NULL};
static const char *const auths[] = {"own", "pam", NULL};
static const char *const needs[] = {"optional", "required", NULL};
static const char *const registrations[] = {"open", "admin", "closed", NULL};
static const char *const link_makers[] = {
    [CHAT_LINKS_OF_ADMINS] = "admins", [CHAT_LINKS_OF_ACCOUNTS] = "accounts", [CHAT_LINKS_OFF] = "no", NULL};
static const char *const tls_modes[] = {
    [TLS_ON] = "on", [TLS_REQUIRED] = "required", [TLS_OFF] = "off", NULL};
static const char a_range[] = "an address or a network such as 10.0.0.0/8, at most 64 times";

static bool config_is_server_name(const char *text)
{
	size_t bytes = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-");
	return bytes && !text[bytes] && bytes <= 63;
}

static bool config_is_listen(const char *text)
{
	char host[LISTENER_HOST_BYTES];
	unsigned port;
	return listener_split(text, host, &port);
}

static bool config_is_field_name(const char *text)
{
	return strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") ==
	       strlen(text);
}

static bool config_is_bucket(const char *text)
{
	struct bucket_config config = {0};
	return bucket_config_place(&config, text, "http://localhost");
}

static bool config_is_store(const char *text)
{
	return !strncmp(text, "postgres://", 11) || !strncmp(text, "postgresql://", 13);
}

static bool config_is_contact(const char *text)
{
	bool has_scheme =
	    (!strncmp(text, "mailto:", 7) && strchr(text, '@')) || !strncmp(text, "https://", 8);
	return has_scheme && strlen(text) < VAPID_CONTACT_BYTES && strcspn(text, " \"\\<>\t") == strlen(text);
}

const struct config_key config_keys[] = {
    {"port", CONFIG_NUMBER, AT(port), .high = 65535,
     .help = "TCP port to listen on; 0: any free one (default 5000)"},
    {"listen", CONFIG_TEXTS, AT(listen), .is_valid = config_is_listen,
     .expected = "an address of this machine, with or without :PORT, at most 16 times",
     .help = "address to listen on, or ADDRESS:PORT, may be repeated (default: all, IPv4 and IPv6)"},
    {"data", CONFIG_TEXT, AT(data), .expected = "a directory", .shown = "DIRECTORY",
     .help = "where everything is kept (default: /var/lib/brusio for root, else $XDG_DATA_HOME/brusio)"},
    {"store", CONFIG_TEXT, AT(store), .shown = "URL", .is_valid = config_is_store, .is_secret = true,
     .expected = "a URL like postgres://user:password@host/database",
     .help = "a PostgreSQL that keeps what is said, in place of a file in the data directory"},
    {"blobs", CONFIG_TEXT, AT(blobs), .shown = "URL", .is_valid = config_is_bucket,
     .expected = "a URL like s3://bucket or s3://bucket/folder",
     .help = "a bucket of S3's kind that keeps the files that people send (default: the data directory)"},
    {"blobs_endpoint", CONFIG_TEXT, AT(blobs_endpoint), .shown = "URL", .is_valid = is_url,
     .expected = "a URL like https://s3.example:9000",
     .help = "where the bucket is (default: Amazon's for blobs_region)"},
    {"blobs_region", CONFIG_TEXT, AT(blobs_region), .is_valid = config_is_server_name, .shown = "NAME",
     .expected = "at most 63 letters, digits, dots and hyphens",
     .help = "the bucket's region (default us-east-1)"},
    {"blobs_style", CONFIG_SWITCH, AT(has_blobs_host), .choices = path_or_host,
     .help = "how the bucket is named: path, or host for BUCKET.HOST (default path)"},
    {"blobs_key", CONFIG_TEXT, AT(blobs_key), .expected = "a file", .shown = "FILE",
     .help = "a file with two lines, the id of the key to the bucket and its secret"},
    {"blobs_ca", CONFIG_TEXT, AT(blobs_ca), .expected = "a PEM file", .shown = "FILE",
     .help = "certificates that the bucket's has to come from (default: those that the system trusts)"},
    {"node", CONFIG_TEXT, AT(node), .is_valid = config_is_server_name, .shown = "NAME",
     .expected = "at most 63 letters, digits, dots and hyphens",
     .help = "what this server is called among several on one PostgreSQL (default: it is the only one)"},
    {"workers", CONFIG_NUMBER, AT(workers), .high = LIMIT_WORKERS,
     .help = "threads that serve connections; 0: one a processor (default 0)"},
    {"log_level", CONFIG_CHOICE, AT(log_level), .choices = levels, .is_live = true,
     .help = "how much is logged: error, warn, info or debug (default info)"},
    {"language", CONFIG_CHOICE, AT(language), .choices = languages,
     .help = "language for clients that do not name one: en or it (default en)"},
    {"web_root", CONFIG_TEXT, AT(web_root), .expected = "a directory", .shown = "DIRECTORY",
     .help = "serve the web client from this folder instead of the built-in one, for its developers"},
    {"web_origins", CONFIG_TEXT, AT(web_origins), .is_valid = origin_is_list, .shown = "LIST",
     .expected = "a list like https://chat.example,https://other.example, or *",
     .help = "pages of these origins may connect too, separated by commas (default: only the server's own)"},
    {"server_names", CONFIG_TEXT, AT(server_names), .is_valid = origin_is_names, .shown = "LIST",
     .expected = "a list of host names like pi.local,chat.example",
     .help = "names by which browsers reach this server, separated by commas (besides those of tls_cert)"},
    {"server_name", CONFIG_TEXT, AT(server_name), .is_valid = config_is_server_name, .shown = "NAME",
     .expected = "at most 63 letters, digits, dots and hyphens",
     .help = "what clients of IRC see as the server's name (default brusio)"},
    {"metrics_from", CONFIG_RANGES, AT(metrics_from), .expected = a_range,
     .help = "addresses that may read /metrics besides this machine, may be repeated"},
    {"metrics_token", CONFIG_TEXT, AT(metrics_token), .low = 16,
     .expected = "a text of 16 characters or more", .help = "a bearer token that may read /metrics too"},
    {"show_ip", CONFIG_SWITCH, AT(show_all_ips), .choices = masks,
     .help = "public addresses of users: all or masked (default masked)"},
    {"guests", CONFIG_SWITCH, AT(allow_guests), .choices = yes_no,
     .help = "may people join without an account: yes or no (default yes)"},
    {"guest_files", CONFIG_SWITCH, AT(refuses_guest_files), .choices = yes_or_no,
     .help = "may people without an account send files: yes or no (default yes)"},
    {"file_links", CONFIG_SWITCH, AT(refuses_file_links), .choices = on_off,
     .help = "may whoever has a file's link read it as long as its message stands: on or off (default on)"},
    {"previews", CONFIG_SWITCH, AT(refuses_previews), .choices = on_off,
     .help = "make small pictures of pictures, in a process of its own: on or off (default on)"},
    {"push", CONFIG_SWITCH, AT(pushes), .choices = yes_no,
     .help = "tell browsers of mentions and direct messages while nobody looks at their page there: "
	     "yes or no (default no)"},
    {"push_hosts", CONFIG_TEXT, AT(push_hosts), .is_valid = endpoint_is_hosts, .shown = "LIST",
     .expected = "a list of host names like push.example,*.push.example:8443",
     .help = "push services that may be reached, separated by commas (default: those of the usual browsers)"},
    {"push_contact", CONFIG_TEXT, AT(push_contact), .is_valid = config_is_contact, .shown = "URL",
     .expected = "an address like mailto:admin@chat.example or https://chat.example",
     .help = "where operators of push services find you (default: where people find the server)"},
    {"push_private", CONFIG_SWITCH, AT(push_reaches_private), .choices = yes_no,
     .help = "may a push service be in a private network or on this machine: yes or no (default no)"},
    {"push_ca", CONFIG_TEXT, AT(push_ca), .expected = "a PEM file", .shown = "FILE",
     .help = "certificate of an authority that push services may have besides those of the system"},
    {"url", CONFIG_TEXT, AT(url), .is_valid = is_url, .shown = "URL",
     .expected = "a URL like https://chat.example",
     .help =
	 "where people find this server, for the links to files (default: its first name, or its address)"},
    {"registration", CONFIG_CHOICE, AT(registration), .choices = registrations,
     .help =
	 "who creates accounts: open (anybody), admin (brusiod user add) or closed (nobody) (default open)"},
    {"links", CONFIG_CHOICE, AT(links), .choices = link_makers,
     .help = "whose invitation links let newcomers in where guests or registration do not: admins, accounts "
	     "(anybody "
	     "with one), or no: no links at all (default admins)"},
    {"insecure_passwords", CONFIG_SWITCH, AT(allow_insecure_passwords), .choices = yes_no,
     .help = "accept passwords over unencrypted connections from other machines: yes or no (default no)"},
    {"auth", CONFIG_CHOICE, AT(auth), .choices = auths,
     .help = "whose passwords: own, or pam for those of this machine or organisation (default own)"},
    {"auth_socket", CONFIG_TEXT, AT(auth_socket), .expected = "a path", .shown = "PATH",
     .help = "where brusiod-pam answers (default " CONFIG_AUTH_SOCKET ")"},
    {"auth_header", CONFIG_TEXT, AT(auth_header), .is_valid = config_is_field_name, .shown = "FIELD",
     .expected = "the name of a field, like X-Remote-User",
     .help = "HTTP field in which a proxy of proxy_from says who a user is; first logins make accounts"},
    {"admin_totp", CONFIG_SWITCH, AT(admins_need_factor), .choices = needs,
     .help = "must administrators have a second factor to be such: required or optional (default optional)"},
    {"tls", CONFIG_CHOICE, AT(tls), .choices = tls_modes,
     .help = "encryption on the port: on, required or off (default on)"},
    {"tls_cert", CONFIG_TEXT, AT(tls_cert), .expected = "a PEM file", .shown = "FILE", .is_live = true,
     .help = "certificate chain (default: one that the server makes for itself)"},
    {"tls_key", CONFIG_TEXT, AT(tls_key), .expected = "a PEM file", .shown = "FILE", .is_live = true,
     .help = "private key of tls_cert"},
    {"user", CONFIG_TEXT, AT(user), .expected = "the name of a user", .shown = "USER",
     .help = "user to become when started by root, or numbers: 10000:10000 (default brusio, if it exists)"},
    {"sandbox", CONFIG_SWITCH, AT(has_no_sandbox), .choices = on_off,
     .help = "give up all rights that serving does not need; off to debug: on or off (default on)"},
    {"proxy_from", CONFIG_RANGES, AT(proxy_from), .expected = a_range,
     .help = "proxies that send a PROXY header, may be repeated"},
#define X(name, value, least, most, help_text)                                    \
	{#name,          CONFIG_LIMIT,        AT(limits.name),    .low = (least), \
	 .high = (most), .standard = (value), .help = (help_text)},
    LIMITS(X)
#undef X
	{0},
};

enum config_registration config_registration(const struct config *config)
{
	/* With others who say who somebody is, nobody registers a name that they may give to another person. */
	enum config_registration most =
	    config->auth_header || config->auth != AUTH_OWN ? REGISTRATION_ADMIN : REGISTRATION_OPEN;
	return config->registration > most ? config->registration : most;
}

const char *config_registration_word(const struct config *config)
{
	return registrations[config_registration(config)];
}

/* --- which key --- */

const struct config_key *config_key_find(const char *name)
{
	for (const struct config_key *key = config_keys; key->name; key++)
		if (!strcmp(key->name, name))
			return key;
	return NULL;
}

const struct config_key *config_key_nearest(const char *name)
{
	char wanted[EDITS_BYTES_MAX + 1];
	size_t bytes = strlen(name);
	const struct config_key *nearest = NULL;
	if (bytes > EDITS_BYTES_MAX)
		return NULL;
	for (size_t i = 0; i <= bytes; i++)
		wanted[i] = (char)(name[i] == '-' ? '_' : name[i]);
	/* One letter in three may be wrong. */
	size_t least = bytes / 3 + 1;
	for (const struct config_key *key = config_keys; key->name; key++) {
		assert(strlen(key->name) <= EDITS_BYTES_MAX);
		size_t edits = edits_between(wanted, key->name);
		if (edits < least) {
			least = edits;
			nearest = key;
		}
	}
	return nearest;
}

/* --- its value --- */

static void *key_place(const struct config_key *key, struct config *config)
{
	return (char *)config + key->offset;
}

static bool set_number(const struct config_key *key, const char *value, void *to)
{
	char *end;
	errno = 0;
	int64_t number = strtoll(value, &end, 10);
	/* Digits only: neither a sign nor a space before them. */
	if (*value < '0' || *value > '9' || *end || errno || number < key->low || number > key->high)
		return false;
	if (key->kind == CONFIG_LIMIT)
		*(int64_t *)to = number;
	else
		*(unsigned *)to = (unsigned)number;
	return true;
}

static bool set_choice(const struct config_key *key, const char *value, void *to)
{
	int index = 0;
	assert(key->choices);
	while (key->choices[index] && strcmp(key->choices[index], value) != 0)
		index++;
	if (!key->choices[index])
		return false;
	if (key->kind == CONFIG_SWITCH)
		*(bool *)to = index == 1;
	else
		*(int *)to = index;
	return true;
}

static bool set_key_text(const struct config_key *key, const char *value, char **to)
{
	if (!*value || strlen(value) < (size_t)key->low || (key->is_valid && !key->is_valid(value)))
		return false;
	mem_free_secret(*to);
	*to = mem_string(value);
	return true;
}

static bool add_list_text(const char *value, struct config_list *to)
{
	if (!*value || to->count == sizeof to->text / sizeof *to->text)
		return false;
	to->text[to->count++] = mem_string(value);
	return true;
}

bool config_key_set(const struct config_key *key, struct config *config, const char *value)
{
	static_assert(sizeof(enum config_tls) == sizeof(int), "a choice is kept as an int");
	void *to = key_place(key, config);
	switch (key->kind) {
	case CONFIG_NUMBER:
	case CONFIG_LIMIT:
		return set_number(key, value, to);
	case CONFIG_SWITCH:
	case CONFIG_CHOICE:
		return set_choice(key, value, to);
	case CONFIG_TEXT:
		return set_key_text(key, value, to);
	case CONFIG_TEXTS:
		return (!key->is_valid || key->is_valid(value)) && add_list_text(value, to);
	case CONFIG_RANGES:
		return ranges_add(to, value);
	}
	return false;
}

void config_key_clear(const struct config_key *key, struct config *config)
{
	if (key->kind == CONFIG_TEXT) {
		char **text = key_place(key, config);
		mem_free_secret(*text);
		*text = NULL;
	} else if (key->kind == CONFIG_TEXTS) {
		struct config_list *list = key_place(key, config);
		while (list->count)
			free(list->text[--list->count]);
	} else if (key->kind == CONFIG_RANGES) {
		*(struct ranges *)key_place(key, config) = (struct ranges){0};
	}
}

static bool is_same_text(const char *one, const char *other)
{
	return one && other ? !strcmp(one, other) : one == other;
}

static bool is_same_list(const struct config_list *one, const struct config_list *other)
{
	if (one->count != other->count)
		return false;
	for (size_t i = 0; i < one->count; i++)
		if (strcmp(one->text[i], other->text[i]) != 0)
			return false;
	return true;
}

static bool is_same_ranges(const struct ranges *one, const struct ranges *other)
{
	return one->count == other->count &&
	       !memcmp(one->range, other->range, one->count * sizeof *one->range);
}

bool config_key_is_same(const struct config_key *key, const struct config *one, const struct config *other)
{
	const void *left = (const char *)one + key->offset, *right = (const char *)other + key->offset;
	switch (key->kind) {
	case CONFIG_NUMBER:
	case CONFIG_CHOICE:
		return *(const int *)left == *(const int *)right;
	case CONFIG_LIMIT:
		return *(const int64_t *)left == *(const int64_t *)right;
	case CONFIG_SWITCH:
		return *(const bool *)left == *(const bool *)right;
	case CONFIG_TEXT:
		return is_same_text(*(char *const *)left, *(char *const *)right);
	case CONFIG_TEXTS:
		return is_same_list(left, right);
	case CONFIG_RANGES:
		return is_same_ranges(left, right);
	}
	return false;
}

/* --- in words --- */

void config_key_shown(const struct config_key *key, char *text, size_t bytes)
{
	bool is_number = key->kind == CONFIG_NUMBER || key->kind == CONFIG_LIMIT;
	const char *kind = is_number ? "NUMBER" : config_key_is_list(key) ? "ADDRESS" : "TEXT";
	size_t used = 0;
	if (!key->choices)
		snprintf(text, bytes, "%s", key->shown ? key->shown : kind);
	for (int i = 0; key->choices && key->choices[i] && used < bytes; i++)
		used += (size_t)snprintf(text + used, bytes - used, "%s%s", i ? "|" : "", key->choices[i]);
}

void config_key_expected(const struct config_key *key, char *text, size_t bytes)
{
	size_t used = 0;
	if (key->expected) {
		snprintf(text, bytes, "%s", key->expected);
	} else if (!key->choices) {
		snprintf(text, bytes, "a number from %lld to %lld", (long long)key->low,
			 (long long)key->high);
	} else {
		for (int i = 0; key->choices[i] && used < bytes; i++) {
			const char *before = !i ? "" : key->choices[i + 1] ? ", " : " or ";
			used += (size_t)snprintf(text + used, bytes - used, "%s%s", before, key->choices[i]);
		}
	}
}

void config_key_invalid(const struct config_key *key, const char *value, char *text, size_t bytes)
{
	char expected[128];
	config_key_expected(key, expected, sizeof expected);
	if (key->is_secret)
		snprintf(text, bytes, "invalid value for %s (expected %s)", key->name, expected);
	else
		snprintf(text, bytes, "invalid value \"%.200s\" for %s (expected %s)", value, key->name,
			 expected);
}
