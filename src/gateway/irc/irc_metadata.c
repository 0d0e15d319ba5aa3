/* METADATA: what people and rooms say of themselves besides their name (draft/metadata-3). */
#include "base/memory.h"
#include "chat/talk/listing.h"
#include "gateway/irc/irc.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A line of several keys has so much of them. */
#define KEYS_BYTES 400

struct irc_metadata {
	struct buffer keys;  /* that it wants to hear of, each with its NUL */
	struct buffer early; /* keys and values that came before 001, each with its NUL */
};

static struct irc_metadata *metadata_of(struct connection *connection)
{
	struct irc_extra *extra = irc_make_extra(irc_of(connection));
	if (!extra->metadata)
		extra->metadata = mem_zero(sizeof *extra->metadata);
	return extra->metadata;
}

void irc_free_metadata(struct irc *irc)
{
	struct irc_metadata *metadata = irc_extra(irc)->metadata;
	if (!metadata)
		return;
	buffer_release(&metadata->keys);
	buffer_release(&metadata->early);
	free(metadata);
}

static bool metadata_is_key(const char *key)
{
	size_t bytes = strlen(key);
	return bytes && bytes <= LIMIT_LABEL_BYTES &&
	       strspn(key, "abcdefghijklmnopqrstuvwxyz0123456789_./-") == bytes;
}

static void metadata_fail(struct connection *connection, const char *code, const char *context,
			  const char *text)
{
	irc_standard(connection, "FAIL", "METADATA", code, context, text);
}

/* --- lists of words, each with its NUL --- */

static const char *metadata_next_word(const struct buffer *words, const char *word)
{
	const char *end = buffer_bytes(words) + buffer_length(words);
	const char *next = word ? word + strlen(word) + 1 : buffer_bytes(words);
	return buffer_length(words) && next < end ? next : NULL;
}

static const char *find_word(const struct buffer *words, const char *wanted)
{
	const char *word = NULL;
	while ((word = metadata_next_word(words, word)) && strcmp(word, wanted) != 0)
		continue;
	return word;
}

static size_t count_words(const struct buffer *words)
{
	size_t count = 0;
	for (const char *word = NULL; (word = metadata_next_word(words, word));)
		count++;
	return count;
}

static void drop_word(struct buffer *words, const char *word)
{
	size_t bytes = strlen(word) + 1, at = (size_t)(word - buffer_bytes(words));
	char *start = buffer_bytes(words) + at;
	memmove(start, start + bytes, buffer_length(words) - at - bytes);
	words->end -= (uint32_t)bytes;
}

/* --- lines --- */

/* `batch` NULL: it is in none. `value` NULL: the key is not set. */
static void write_value(struct connection *connection, const char *batch, const char *target, const char *key,
			const char *value)
{
	if (batch)
		buffer_printf(irc_out(connection), "@batch=%s ", batch);
	if (value)
		irc_numeric(connection, "761", "%s %s * :%s", target, key, value);
	else
		irc_numeric(connection, "766", "%s %s :key not set", target, key);
}

/* Returns the reference, or NULL for a client that does not know batches. */
static const char *metadata_open_batch(struct connection *connection, const char *target, char reference[24])
{
	if (!irc_can(connection, IRC_CAP_BATCH))
		return NULL;
	snprintf(reference, 24, "h%x", ++irc_of(connection)->batches);
	irc_say(connection, "BATCH +%s metadata %s", reference, target);
	return reference;
}

static void end_batch(struct connection *connection, const char *reference)
{
	if (reference)
		irc_say(connection, "BATCH -%s", reference);
}

static const char *metadata_text(const struct listing_row *row, const char *key)
{
	const struct listing_cell *cell = row->cells;
	while (cell && strcmp(cell->key, key) != 0)
		cell = cell->next;
	return cell ? cell->text : NULL;
}

static void metadata_refuse(struct connection *connection, const struct reply *reply, const char *target,
			    const char *key)
{
	assert(reply->kind == REPLY_ERROR);
	struct buffer text = BUFFER_EMPTY, context = BUFFER_EMPTY;
	const char *why = irc_error_text(connection, reply, &text);
	buffer_printf(&context, "%s %s", target, key);
	switch (reply->note.error) {
	case ERROR_FORBIDDEN:
		metadata_fail(connection, "KEY_NO_PERMISSION", buffer_string(&context), why);
		break;
	case ERROR_LIMIT:
		metadata_fail(connection, "LIMIT_REACHED", target, why);
		break;
	case ERROR_BAD_FIELD:
	case ERROR_TOO_LARGE:
		metadata_fail(connection, "INVALID_VALUE", key, why);
		break;
	case ERROR_RATE_LIMITED:
		metadata_fail(connection, "RATE_LIMITED", buffer_string(&context), why);
		break;
	default:
		metadata_fail(connection, "INVALID_TARGET", target, why);
	}
	buffer_release(&context);
	buffer_release(&text);
}

/* --- GET, LIST, SYNC --- */

static struct request *ask_for(const char *target)
{
	return irc_request(REQUEST_PROPERTIES, REQUEST_TEXT_NAME, target, 0);
}

static const char *value_of(const struct listing *listing, const char *key)
{
	const struct listing_row *row = listing->rows;
	while (row && strcmp(metadata_text(row, "key"), key) != 0)
		row = row->next;
	return row ? metadata_text(row, "value") : NULL;
}

/* The detail is the keys; none: all that are set. */
static void then_got(struct connection *connection, const struct reply *reply, const char *target)
{
	char reference[24];
	const char *keys = irc_detail(connection);
	if (reply->kind == REPLY_ERROR) {
		metadata_refuse(connection, reply, target, "*");
		return;
	}
	assert(reply->kind == REPLY_LISTING);
	const char *batch = metadata_open_batch(connection, reply->room, reference);
	for (const struct listing_row *row = *keys ? NULL : reply->listing->rows; row; row = row->next)
		write_value(connection, batch, reply->room, metadata_text(row, "key"),
			    metadata_text(row, "value"));
	while (*keys) {
		size_t bytes = strcspn(keys, " ");
		char *key = mem_string_n(keys, bytes);
		if (metadata_is_key(key))
			write_value(connection, batch, reply->room, key, value_of(reply->listing, key));
		else
			metadata_fail(connection, "KEY_INVALID", key,
				      "Small letters, digits and _ . / - make a key");
		free(key);
		keys += bytes + (keys[bytes] == ' ');
	}
	end_batch(connection, batch);
}

/* Writes the metadata that the connection subscribed to, of a room and its members; without a room, all of its own. */
static void then_synced(struct connection *connection, const struct reply *reply, const char *target)
{
	char reference[24];
	bool is_own = *target == '*', is_asked = *irc_detail(connection);
	if (reply->kind == REPLY_ERROR && is_asked)
		metadata_refuse(connection, reply, target, "*");
	if (reply->kind == REPLY_ERROR || (!is_asked && !reply->listing->rows))
		return;
	assert(reply->kind == REPLY_LISTING);
	const struct buffer *wanted = &metadata_of(connection)->keys;
	const char *batch = metadata_open_batch(connection, reply->room, reference);
	for (const struct listing_row *row = reply->listing->rows; row; row = row->next)
		if (is_own || find_word(wanted, metadata_text(row, "key")))
			write_value(connection, batch, metadata_text(row, "target"),
				    metadata_text(row, "key"), metadata_text(row, "value"));
	end_batch(connection, batch);
}

static void metadata_sync(struct connection *connection, const char *target, bool is_asked)
{
	struct request *request = ask_for(target);
	request_set_number(request, REQUEST_NUMBER_ON, true);
	irc_ask_about(connection, request, then_synced, target, is_asked ? "asked" : "");
}

static void metadata_get(struct connection *connection, const struct irc_line *line)
{
	struct buffer keys = BUFFER_EMPTY;
	for (size_t i = 2; i < line->count; i++)
		buffer_printf(&keys, "%s%s", i > 2 ? " " : "", line->params[i]);
	irc_ask_about(connection, ask_for(line->params[0]), then_got, line->params[0], buffer_string(&keys));
	buffer_release(&keys);
}

void irc_sync_metadata(struct connection *connection, const char *room)
{
	const struct irc_metadata *metadata = irc_extra(irc_of(connection))->metadata;
	if (irc_can(connection, IRC_CAP_METADATA) && metadata && buffer_length(&metadata->keys))
		irc_enqueue_unasked(connection, "METADATA %s SYNC", room);
}

/* --- SET, CLEAR --- */

/* The detail is the key. */
static void then_changed(struct connection *connection, const struct reply *reply, const char *target)
{
	const char *key = irc_detail(connection);
	if (reply->kind == REPLY_ERROR)
		metadata_refuse(connection, reply, target, key);
	else
		write_value(connection, NULL, reply->room, key, metadata_text(reply->listing->rows, "value"));
}

static void then_cleared(struct connection *connection, const struct reply *reply, const char *target)
{
	char reference[24];
	if (reply->kind == REPLY_ERROR) {
		metadata_refuse(connection, reply, target, "*");
		return;
	}
	assert(reply->kind == REPLY_LISTING);
	const char *batch = metadata_open_batch(connection, reply->room, reference);
	for (const struct listing_row *row = reply->listing->rows; row; row = row->next)
		write_value(connection, batch, reply->room, metadata_text(row, "key"), NULL);
	end_batch(connection, batch);
}

/* `value` NULL: it is not set any more. */
static struct request *metadata_change(const char *target, const char *key, const char *value)
{
	size_t key_bytes = strlen(key), bytes = value ? strlen(value) : 0;
	struct request *request =
	    irc_request(REQUEST_PROPERTY, REQUEST_TEXT_NAME, target, key_bytes + bytes + 2);
	request_set_text(request, REQUEST_TEXT_LABEL, key, key_bytes);
	if (value)
		request_set_text(request, REQUEST_TEXT_MESSAGE, value, bytes);
	return request;
}

static void metadata_set(struct connection *connection, const struct irc_line *line)
{
	const char *target = line->params[0], *key = line->count > 2 ? line->params[2] : "",
		   *value = line->count > 3 ? line->params[3] : NULL;
	if (!metadata_is_key(key))
		metadata_fail(connection, "KEY_INVALID", *key ? key : "*",
			      "Small letters, digits and _ . / - make a key");
	else
		irc_ask_about(connection, metadata_change(target, key, value), then_changed, target, key);
}

/* --- SUB, UNSUB, SUBS --- */

/* Words on as many lines as it takes. */
static void write_words(struct connection *connection, const char *numeric, const struct buffer *words)
{
	struct buffer line = BUFFER_EMPTY;
	for (const char *word = NULL; (word = metadata_next_word(words, word));) {
		buffer_printf(&line, "%s%s", buffer_length(&line) ? " " : "", word);
		if (buffer_length(&line) > KEYS_BYTES) {
			irc_numeric(connection, numeric, "%s", buffer_string(&line));
			buffer_clear(&line);
		}
	}
	if (buffer_length(&line))
		irc_numeric(connection, numeric, "%s", buffer_string(&line));
	buffer_release(&line);
}

static void metadata_subscribe(struct connection *connection, const struct irc_line *line, bool is_on)
{
	struct buffer *keys = &metadata_of(connection)->keys, done = BUFFER_EMPTY;
	for (size_t i = 2; i < line->count; i++) {
		const char *key = line->params[i], *known = find_word(keys, key);
		if (!metadata_is_key(key)) {
			metadata_fail(connection, "KEY_INVALID", key,
				      "Small letters, digits and _ . / - make a key");
			continue;
		}
		if (is_on && !known && count_words(keys) >= LIMIT_SUBSCRIBED) {
			metadata_fail(connection, "TOO_MANY_SUBS", key, "These are too many keys");
			break;
		}
		if (is_on && !known)
			buffer_add(keys, key, strlen(key) + 1);
		else if (!is_on && known)
			drop_word(keys, known);
		buffer_add(&done, key, strlen(key) + 1);
	}
	write_words(connection, is_on ? "770" : "771", &done);
	bool is_new = is_on && buffer_length(&done);
	buffer_release(&done);
	for (struct subscription *one = connection->subscriptions; is_new && one; one = one->next)
		if (*one->feed->room == '#')
			irc_sync_metadata(connection, one->feed->room);
}

/* --- before 001: one's own are kept until there is somebody whose they are --- */

static const char *early_value(const struct buffer *early, const char *key)
{
	for (const char *word = NULL; (word = metadata_next_word(early, word));) {
		const char *value = metadata_next_word(early, word);
		if (!strcmp(word, key))
			return value;
		word = value;
	}
	return NULL;
}

static void metadata_drop_early(struct buffer *early, const char *key)
{
	const char *value = early_value(early, key);
	if (!value)
		return;
	drop_word(early, value);
	drop_word(early, value - strlen(key) - 1);
}

static void metadata_set_early(struct connection *connection, const char *key, const char *value)
{
	struct buffer *early = &metadata_of(connection)->early;
	if (!metadata_is_key(key)) {
		metadata_fail(connection, "KEY_INVALID", *key ? key : "*",
			      "Small letters, digits and _ . / - make a key");
		return;
	}
	metadata_drop_early(early, key);
	if (value && (strlen(value) > LIMIT_PROPERTY_BYTES || count_words(early) >= 2 * LIMIT_PROPERTIES)) {
		metadata_fail(connection, "INVALID_VALUE", key, "That is too much");
		return;
	}
	if (value) {
		buffer_add(early, key, strlen(key) + 1);
		buffer_add(early, value, strlen(value) + 1);
	}
	write_value(connection, NULL, "*", key, value);
}

static void run_early(struct connection *connection, const struct irc_line *line)
{
	const char *what = line->params[1], *key = line->count > 2 ? line->params[2] : "";
	char reference[24];
	if (strcmp(line->params[0], "*") != 0) {
		metadata_fail(connection, "INVALID_TARGET", line->params[0], "Say who you are first");
	} else if (irc_is_same(what, "SET")) {
		metadata_set_early(connection, key, line->count > 3 ? line->params[3] : NULL);
	} else if (irc_is_same(what, "GET")) {
		const char *batch = metadata_open_batch(connection, "*", reference);
		write_value(connection, batch, "*", key, early_value(&metadata_of(connection)->early, key));
		end_batch(connection, batch);
	} else {
		metadata_fail(connection, "SUBCOMMAND_INVALID", what, "Say who you are first");
	}
}

/* A refusal is told as of any other. */
static void then_set_early(struct connection *connection, const struct reply *reply, const char *key)
{
	if (reply->kind == REPLY_ERROR)
		metadata_refuse(connection, reply, "*", key);
}

/* A list may wait for those of other connections: what is asked for beside it would overtake it. */
static void then_told_properties(struct connection *connection, const struct reply *reply, const char *target)
{
	then_synced(connection, reply, target);
	irc_ask_counts(connection, true);
}

bool irc_greet_metadata(struct connection *connection)
{
	struct irc_metadata *metadata = irc_extra(irc_of(connection))->metadata;
	if (!irc_can(connection, IRC_CAP_METADATA))
		return false;
	static const struct buffer none = BUFFER_EMPTY;
	const struct buffer *early = metadata ? &metadata->early : &none;
	for (const char *key = NULL; (key = metadata_next_word(early, key));) {
		const char *value = metadata_next_word(early, key);
		irc_ask(connection, metadata_change("*", key, value), then_set_early, key);
		key = value;
	}
	if (metadata)
		buffer_release(&metadata->early);
	struct request *request = ask_for("*");
	request_set_number(request, REQUEST_NUMBER_ON, true);
	irc_ask(connection, request, then_told_properties, "*");
	return true;
}

/* --- WHOIS, and what others change --- */

static void then_described(struct connection *connection, const struct reply *reply, const char *name)
{
	const struct listing_row *row = reply->kind == REPLY_LISTING ? reply->listing->rows : NULL;
	for (; row; row = row->next)
		irc_numeric(connection, "760", "%s %s * :%s", reply->room, metadata_text(row, "key"),
			    metadata_text(row, "value"));
	irc_numeric(connection, "318", "%.64s :End of /WHOIS list", name);
}

void irc_end_whois(struct connection *connection, const char *name, bool is_known)
{
	if (is_known && irc_can(connection, IRC_CAP_METADATA))
		irc_ask(connection, ask_for(name), then_described, name);
	else
		irc_numeric(connection, "318", "%.64s :End of /WHOIS list", name);
}

void irc_write_property(struct connection *connection, const struct entry *event)
{
	const struct irc_metadata *metadata = irc_extra(irc_of(connection))->metadata;
	bool is_wanted =
	    irc_can(connection, IRC_CAP_METADATA) && metadata && find_word(&metadata->keys, event->text);
	if (is_wanted)
		write_value(connection, NULL, event->code ? event->args.room : event->name, event->text,
			    event->args.text);
}

/* --- the command --- */

void irc_run_metadata(struct connection *connection, const struct irc_line *line)
{
	const char *target = line->params[0], *what = line->params[1];
	bool has_keys = line->count > 2;
	if (!irc_can(connection, IRC_CAP_METADATA))
		irc_numeric(connection, "421", "METADATA :Unknown command");
	else if (strlen(target) > LIMIT_NAME_BYTES)
		metadata_fail(connection, "INVALID_TARGET", "*", "There is no such target");
	else if (irc_is_same(what, "SUBS"))
		write_words(connection, "772", &metadata_of(connection)->keys);
	else if (has_keys && (irc_is_same(what, "SUB") || irc_is_same(what, "UNSUB")))
		metadata_subscribe(connection, line, irc_is_same(what, "SUB"));
	else if (!irc_of(connection)->is_registered)
		run_early(connection, line);
	else if ((irc_is_same(what, "GET") && has_keys) || irc_is_same(what, "LIST"))
		metadata_get(connection, line);
	else if (irc_is_same(what, "SYNC"))
		metadata_sync(connection, target, !irc_of(connection)->is_internal);
	else if (irc_is_same(what, "SET"))
		metadata_set(connection, line);
	else if (irc_is_same(what, "CLEAR"))
		irc_ask(connection, irc_request(REQUEST_PROPERTY, REQUEST_TEXT_NAME, target, 0), then_cleared,
			target);
	else
		metadata_fail(connection, "SUBCOMMAND_INVALID", what,
			      "GET, LIST, SET, CLEAR, SUB, UNSUB, SUBS, SYNC");
}
