#include "store/blobs/bucket.h"

#include "base/limits.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Copies up to an end, without it. False: empty, or too long. */
static bool bucket_copy(const char *from, const char *end, char *to, size_t room)
{
	size_t bytes = end ? (size_t)(end - from) : strlen(from);
	if (!bytes || bytes >= room)
		return false;
	memcpy(to, from, bytes);
	to[bytes] = '\0';
	return true;
}

static bool place_bucket(struct bucket_config *config, const char *url)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-.";
	static const char more[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ_/";
	if (strncmp(url, "s3://", 5) != 0)
		return false;
	const char *name = url + 5, *slash = strchr(name, '/');
	bool is_good = bucket_copy(name, slash, config->name, sizeof config->name) &&
		       strspn(config->name, letters) == strlen(config->name);
	config->prefix[0] = '\0';
	if (!is_good || !slash || !slash[1])
		return is_good;
	is_good = bucket_copy(slash + 1, NULL, config->prefix, sizeof config->prefix - 1);
	size_t bytes = is_good ? strlen(config->prefix) : 0;
	for (size_t i = 0; i < bytes; i++)
		is_good = is_good && (strchr(letters, config->prefix[i]) || strchr(more, config->prefix[i]));
	if (is_good && config->prefix[bytes - 1] != '/')
		strcat(config->prefix, "/");
	return is_good && *config->prefix != '/' && !strstr(config->prefix, "//");
}

static bool place_endpoint(struct bucket_config *config, const char *endpoint)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";
	config->is_tls = !strncmp(endpoint, "https://", 8);
	if (!config->is_tls && strncmp(endpoint, "http://", 7) != 0)
		return false;
	const char *host = endpoint + (config->is_tls ? 8 : 7), *colon = strchr(host, ':');
	snprintf(config->port, sizeof config->port, config->is_tls ? "443" : "80");
	if (!bucket_copy(host, colon, config->host, sizeof config->host) ||
	    strspn(config->host, letters) != strlen(config->host))
		return false;
	return !colon || (bucket_copy(colon + 1, NULL, config->port, 6) &&
			  strspn(config->port, "0123456789") == strlen(config->port));
}

bool bucket_config_place(struct bucket_config *config, const char *url, const char *endpoint)
{
	char amazon[128];
	snprintf(amazon, sizeof amazon, "https://s3.%s.amazonaws.com", config->region);
	return place_bucket(config, url) && place_endpoint(config, endpoint ? endpoint : amazon);
}

static bool bucket_read_word(FILE *file, char *word, size_t room)
{
	if (!fgets(word, (int)room, file))
		return false;
	size_t bytes = strcspn(word, " \t\r\n");
	bool is_whole = word[bytes] || bytes + 1 < room;
	word[bytes] = '\0';
	return bytes && is_whole;
}

int bucket_config_read_key(struct bucket_config *config, const char *path, char *problem,
			   size_t problem_bytes)
{
	FILE *file = fopen(path, "re");
	if (!file) {
		snprintf(problem, problem_bytes, "blobs_key: cannot read %.800s: %s", path, strerror(errno));
		return -1;
	}
	bool is_good = bucket_read_word(file, config->key, sizeof config->key) &&
		       bucket_read_word(file, config->secret, sizeof config->secret);
	fclose(file);
	if (!is_good)
		snprintf(problem, problem_bytes,
			 "blobs_key: %.800s has to have two lines: the id of a key, and its secret", path);
	return is_good ? 0 : -1;
}
