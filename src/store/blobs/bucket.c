#include "store/blobs/bucket.h"

#include "base/limits.h"
#include "base/memory.h"
#include "store/blobs/bucket_line.h"
#include "store/blobs/bucket_sign.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define HEAD_BYTES  4096
#define PATH_BYTES  512
#define QUERY_BYTES 1024

struct bucket_client {
	struct bucket_config config;
	struct bucket_line *line;
	char host[sizeof(((struct bucket_config *)0)->host) + 80]; /* as the field Host has it */
	char root[sizeof(((struct bucket_config *)0)->name) + 4];  /* of all paths: "/NAME/" or "/" */
};

struct bucket_client *bucket_client_new(const struct bucket_config *config, char *problem,
					size_t problem_bytes)
{
	struct bucket_client *client = mem_zero(sizeof *client);
	bool is_usual_port = !strcmp(config->port, config->is_tls ? "443" : "80");
	client->config = *config;
	snprintf(client->host, sizeof client->host, "%s%s%s%s%s", config->is_virtual_host ? config->name : "",
		 config->is_virtual_host ? "." : "", config->host, is_usual_port ? "" : ":",
		 is_usual_port ? "" : config->port);
	snprintf(client->root, sizeof client->root, config->is_virtual_host ? "/" : "/%s/", config->name);
	client->line = bucket_line_new(&client->config, problem, problem_bytes);
	if (client->line)
		return client;
	bucket_client_free(client);
	return NULL;
}

void bucket_client_free(struct bucket_client *client)
{
	if (!client)
		return;
	bucket_line_free(client->line);
	mem_wipe(&client->config, sizeof client->config);
	free(client);
}

/* --- one request, tried again where that may help --- */

struct wish {
	const char *method, *query; /* "": no query */
	const char *fields;         /* further ones, each with its end */
	char path[PATH_BYTES];
	char hash[BUCKET_HASH_BYTES]; /* of the body */
	bool is_resumed;              /* what `to` has already is not asked for again */
	struct bucket_exchange exchange;
};

static void bucket_path_of(const struct bucket_client *client, const char *name, char path[PATH_BYTES])
{
	snprintf(path, PATH_BYTES, "%s%s%.2s/%s", client->root, client->config.prefix, name, name);
}

static void bucket_write_head(const struct bucket_client *client, struct wish *wish, char head[HEAD_BYTES])
{
	struct bucket_signature signature;
	char range[64] = "";
	if (wish->is_resumed && wish->exchange.offset)
		snprintf(range, sizeof range, "Range: bytes=%lld-\r\n", (long long)wish->exchange.offset);
	bucket_sign(&client->config, client->host, wish->method, wish->path, wish->query, wish->hash,
		    time(NULL), &signature);
	snprintf(head, HEAD_BYTES,
		 "%s %s%s%s HTTP/1.1\r\nHost: %s\r\nX-Amz-Date: %s\r\nX-Amz-Content-Sha256: %s\r\n"
		 "Authorization: %s\r\nContent-Length: %lld\r\n%s%s\r\n",
		 wish->method, wish->path, *wish->query ? "?" : "", wish->query, client->host, signature.date,
		 wish->hash, signature.authorization, (long long)wish->exchange.body_bytes, wish->fields,
		 range);
}

static bool is_worth_another(struct wish *wish, int error)
{
	int status = wish->exchange.status;
	if (error)
		return error != -EKEYREJECTED && error != -ENOSPC && error != -EDQUOT;
	/* Amazon says 400 to a body that took it too long. */
	return status == 408 || status == 429 || (status >= 500 && status != 501) ||
	       (status == 400 && strstr(buffer_string(&wish->exchange.text), "RequestTimeout"));
}

static void bucket_rest(int tries)
{
	int64_t ms = LIMIT_BUCKET_REST_MS;
	while (tries-- > 1)
		ms *= 4;
	nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);
}

static int bucket_error_of(int status)
{
	switch (status) {
	case 200:
	case 204:
	case 206:
		return 0;
	case 403:
		return -EACCES;
	case 404:
		return -ENOENT;
	case 507:
		return -ENOSPC;
	default:
		return (status >= 500 && status != 501) || status == 408 || status == 429 ? -EHOSTDOWN
											  : -EPROTO;
	}
}

/* 0 where the bucket has done it, or -errno. */
static int bucket_carry_out(struct bucket_client *client, struct wish *wish)
{
	char head[HEAD_BYTES];
	for (int tries = 1;; tries++) {
		buffer_clear(&wish->exchange.text);
		bucket_write_head(client, wish, head);
		wish->exchange.head = head;
		bool is_kept = bucket_line_is_open(client->line);
		int to = wish->exchange.to;
		int error = bucket_line_exchange(client->line, &wish->exchange);
		wish->exchange.to = to;
		/* The other side closes what rests for long: that is no failure. */
		if (error && is_kept && !wish->exchange.has_begun) {
			tries--;
			continue;
		}
		bool goes_on = tries < LIMIT_BUCKET_TRIES && is_worth_another(wish, error);
		if (!goes_on)
			return error ? error : bucket_error_of(wish->exchange.status);
		bucket_rest(tries);
	}
}

/* The word that S3 has for what is wrong: <Code>WORD</Code>. */
static void bucket_explain(struct wish *wish, struct bucket_answer *answer)
{
	const char *text = buffer_string(&wish->exchange.text);
	const char *code = strstr(text, "<Code>");
	size_t bytes = code ? strcspn(code + 6, "<") : 0;
	bool is_word = bytes && bytes < 64;
	snprintf(answer->text, sizeof answer->text, "%d %.*s", wish->exchange.status,
		 is_word ? (int)bytes : 0, is_word ? code + 6 : "");
	for (char *at = answer->text; *at; at++)
		if (!isalnum((unsigned char)*at) && *at != ' ')
			*at = '?';
	answer->length = (uint32_t)strlen(answer->text);
}

static void bucket_finish(struct wish *wish, int error, struct bucket_answer *answer)
{
	answer->error = error;
	if (error && wish->exchange.status)
		bucket_explain(wish, answer);
	buffer_release(&wish->exchange.text);
}

static struct wish wish_of(const char *method)
{
	struct wish wish = {.method = method, .query = "", .fields = "", .exchange = {.from = -1, .to = -1}};
	bucket_hash("", 0, wish.hash);
	return wish;
}

/* --- what it is asked for --- */

static void bucket_put(struct bucket_client *client, const char *name, int fd, struct bucket_answer *answer)
{
	struct wish wish = wish_of("PUT");
	bucket_path_of(client, name, wish.path);
	wish.fields = "Content-Type: application/octet-stream\r\n";
	wish.exchange.from = fd;
	wish.exchange.body_bytes = bucket_hash_file(fd, wish.hash);
	int error = wish.exchange.body_bytes < 0 ? -EIO : bucket_carry_out(client, &wish);
	bucket_finish(&wish, error, answer);
}

static void bucket_get(struct bucket_client *client, const char *name, int fd, struct bucket_answer *answer)
{
	struct wish wish = wish_of("GET");
	bucket_path_of(client, name, wish.path);
	wish.is_resumed = true;
	wish.exchange.to = fd;
	int error = bucket_carry_out(client, &wish);
	bucket_finish(&wish, error, answer);
}

static int bucket_drop_one(struct bucket_client *client, const char *name, struct bucket_answer *answer)
{
	struct wish wish = wish_of("DELETE");
	bucket_path_of(client, name, wish.path);
	int error = bucket_carry_out(client, &wish);
	bucket_finish(&wish, error == -ENOENT ? 0 : error, answer);
	return answer->error;
}

static void bucket_write_list(const struct bucket_client *client, char *names, struct buffer *xml)
{
	char *rest_of = NULL;
	buffer_add_string(xml,
			  "<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Quiet>true</Quiet>");
	for (char *name = strtok_r(names, "\n", &rest_of); name; name = strtok_r(NULL, "\n", &rest_of))
		buffer_printf(xml, "<Object><Key>%s%.2s/%s</Key></Object>", client->config.prefix, name,
			      name);
	buffer_add_string(xml, "</Delete>");
}

/* Many by one request. -EPROTO: this bucket does not know it. */
static int bucket_drop_many(struct bucket_client *client, const char *text, struct bucket_answer *answer)
{
	struct wish wish = wish_of("POST");
	struct buffer xml = BUFFER_EMPTY;
	unsigned char md5[16] = {0}, base64[25];
	char fields[128], *names = mem_string(text);
	bucket_write_list(client, names, &xml);
	free(names);
	EVP_Digest(buffer_bytes(&xml), buffer_length(&xml), md5, NULL, EVP_md5(), NULL);
	EVP_EncodeBlock(base64, md5, sizeof md5);
	snprintf(fields, sizeof fields, "Content-Type: application/xml\r\nContent-MD5: %s\r\n",
		 (char *)base64);
	snprintf(wish.path, sizeof wish.path, "%s", client->root);
	wish.query = "delete=";
	wish.fields = fields;
	wish.exchange.body = buffer_string(&xml);
	wish.exchange.body_bytes = (int64_t)buffer_length(&xml);
	bucket_hash(wish.exchange.body, buffer_length(&xml), wish.hash);
	int error = bucket_carry_out(client, &wish);
	if (!error && strstr(buffer_string(&wish.exchange.text), "<Error>"))
		error = -EACCES;
	bucket_finish(&wish, error, answer);
	buffer_release(&xml);
	return error;
}

static void bucket_drop(struct bucket_client *client, const char *text, struct bucket_answer *answer)
{
	bool is_one = !strchr(text, '\n');
	if (!is_one && bucket_drop_many(client, text, answer) != -EPROTO)
		return;
	char *names = mem_string(text), *rest_of = NULL;
	for (char *name = strtok_r(names, "\n", &rest_of); name; name = strtok_r(NULL, "\n", &rest_of))
		if (bucket_drop_one(client, name, answer))
			break;
	free(names);
}

/* --- lists --- */

static void bucket_escape(const char *text, char *to, size_t room)
{
	size_t used = 0;
	for (; *text && used + 4 < room; text++) {
		if (isalnum((unsigned char)*text) || strchr("-_.~", *text))
			to[used++] = *text;
		else
			used += (size_t)snprintf(to + used, room - used, "%%%02X", (unsigned char)*text);
	}
	to[used] = '\0';
}

/* "2026-11-30T19:22:03.000Z"; 0: it is none. */
static int64_t seconds_of(const char *text)
{
	struct tm utc = {0};
	if (!text || sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d", &utc.tm_year, &utc.tm_mon, &utc.tm_mday,
			    &utc.tm_hour, &utc.tm_min, &utc.tm_sec) != 6)
		return 0;
	utc.tm_year -= 1900;
	utc.tm_mon--;
	return (int64_t)timegm(&utc);
}

/* Names of ours alone: others in the bucket are nobody's here. */
static void bucket_read_list(const char *xml, const char *start, struct bucket_answer *answer)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789.";
	size_t start_bytes = strlen(start), used = 0;
	while ((xml = strstr(xml, "<Contents>"))) {
		const char *key = strstr(xml, "<Key>"), *end = strstr(xml, "</Contents>");
		const char *stamp = strstr(xml, "<LastModified>");
		if (!key || !end || key > end || !stamp || stamp > end)
			break;
		const char *name = key + 5 + start_bytes;
		bool is_ours = !strncmp(key + 5, start, start_bytes);
		size_t bytes = is_ours ? strspn(name, letters) : 0;
		if (bytes && name[bytes] == '<' && bytes < 64 && used + bytes + 32 < sizeof answer->text)
			used +=
			    (size_t)snprintf(answer->text + used, sizeof answer->text - used, "%.*s %lld\n",
					     (int)bytes, name, (long long)seconds_of(stamp + 14));
		xml = end;
	}
	answer->length = (uint32_t)used;
}

static void bucket_list(struct bucket_client *client, const char *text, struct bucket_answer *answer)
{
	struct wish wish = wish_of("GET");
	char start[PATH_BYTES], after[PATH_BYTES + 64], escaped[QUERY_BYTES], escaped_after[QUERY_BYTES];
	char query[3 * QUERY_BYTES];
	const char *name = strchr(text, '\n');
	snprintf(start, sizeof start, "%s%.2s/", client->config.prefix, text);
	snprintf(after, sizeof after, "%s%.63s", start, name ? name + 1 : "");
	bucket_escape(start, escaped, sizeof escaped);
	bucket_escape(after, escaped_after, sizeof escaped_after);
	snprintf(query, sizeof query, "list-type=2&max-keys=%d&prefix=%s&start-after=%s", BUCKET_KEYS_MAX,
		 escaped, escaped_after);
	snprintf(wish.path, sizeof wish.path, "%s", client->root);
	wish.query = query;
	int error = bucket_carry_out(client, &wish);
	if (!error)
		bucket_read_list(buffer_string(&wish.exchange.text), start, answer);
	bucket_finish(&wish, error, answer);
}

void bucket_client_ask(void *context, const struct bucket_question *question, int fd,
		       struct bucket_answer *answer)
{
	struct bucket_client *client = context;
	answer->number = question->number;
	answer->error = 0;
	answer->length = 0;
	answer->text[0] = '\0';
	switch (question->op) {
	case BUCKET_PUT:
		bucket_put(client, question->text, fd, answer);
		break;
	case BUCKET_GET:
		bucket_get(client, question->text, fd, answer);
		break;
	case BUCKET_DROP:
		bucket_drop(client, question->text, answer);
		break;
	case BUCKET_LIST:
		bucket_list(client, question->text, answer);
		break;
	default:
		answer->error = -EINVAL;
	}
}
