#include "gateway/irc/irc_encode.h"

#include "base/clock.h"
#include "base/text/utf8.h"
#include "gateway/web/file_link.h"
#include "gateway/wording.h"
#include "wire/irc.h"

#include <stdio.h>
#include <string.h>

/* How many characters of the epoch stand in an id: enough to tell a restored database from what it was. */
#define EPOCH_CHARACTERS 4
/* So many different users are in prefixes: four characters. */
#define IRC_USERS (36 * 36 * 36 * 36)

static char server_name[64] = "brusio";
static char epoch_mark[EPOCH_CHARACTERS + 1] = "0";

void irc_set_server(const char *name, const char *epoch)
{
	snprintf(server_name, sizeof server_name, "%s", name ? name : "brusio");
	size_t at = 0;
	for (; *epoch && at < EPOCH_CHARACTERS; epoch++)
		if (strchr("0123456789abcdefghijklmnopqrstuvwxyz", *epoch))
			epoch_mark[at++] = *epoch;
	epoch_mark[at] = '\0';
}

static unsigned tls_port = 5000;

void irc_set_port(unsigned port)
{
	tls_port = port;
}

unsigned irc_port(void)
{
	return tls_port;
}

const char *irc_server_name(void)
{
	return server_name;
}

static bool has_account(enum dialect_id id)
{
	return id == DIALECT_IRC_ACCOUNT || id >= DIALECT_IRC_TAGS;
}

static bool has_tags(enum dialect_id id)
{
	return id >= DIALECT_IRC_TAGS;
}

static bool has_time(enum dialect_id id)
{
	return id >= DIALECT_IRC_TIME;
}

static bool has_redact(enum dialect_id id)
{
	return id == DIALECT_IRC_REDACT || id == DIALECT_IRC_MODERN;
}

static bool has_batch(enum dialect_id id)
{
	return id >= DIALECT_IRC_MULTI;
}

/* --- pieces --- */

void irc_end_line(struct buffer *to, size_t start)
{
	const char *line = buffer_bytes(to) + start;
	size_t bytes = buffer_length(to) - start;
	if (bytes > IRC_LINE_MAX)
		to->end -= (uint32_t)(bytes - utf8_prefix(line, bytes, IRC_LINE_MAX));
	buffer_add_string(to, "\r\n");
}

/* Clients take two names with the same user and host for one person who has changed names, so each name has a user of its own. */
static uint64_t user_number(const char *name)
{
	uint32_t hash = 2166136261; /* FNV-1a */
	for (; *name; name++)
		hash = (hash ^ (unsigned char)*name) * 16777619;
	return hash % IRC_USERS;
}

void irc_add_user(struct buffer *to, const char *name)
{
	buffer_add_string(to, "~u");
	irc_add_base36(to, user_number(name));
}

void irc_add_host(struct buffer *to, const char *ip)
{
	const char *host = ip && *ip ? ip : IRC_NO_HOST;
	/* A word that begins with a colon would be the last of a line. */
	if (*host == ':')
		buffer_add_char(to, '0');
	buffer_add_string(to, host);
}

void irc_add_prefix(struct buffer *to, const char *name, const char *ip)
{
	buffer_add_string(to, name);
	buffer_add_char(to, '!');
	irc_add_user(to, name);
	buffer_add_char(to, '@');
	irc_add_host(to, ip);
}

void irc_add_time(struct buffer *to, int64_t wall_ms)
{
	char text[CLOCK_TEXT_BYTES];
	clock_format(wall_ms, text);
	buffer_add_string(to, "time=");
	buffer_add_string(to, text);
}

void irc_add_msgid(struct buffer *to, int64_t room_id, uint64_t seq)
{
	buffer_add_string(to, epoch_mark);
	buffer_add_char(to, '-');
	irc_add_base36(to, (uint64_t)room_id);
	buffer_add_char(to, '-');
	irc_add_base36(to, seq);
}

bool irc_read_msgid(const char *text, int64_t *room_id, uint64_t *seq)
{
	size_t mark = strlen(epoch_mark);
	uint64_t room;
	if (strncmp(text, epoch_mark, mark) || text[mark] != '-')
		return false;
	const char *at = text + mark + 1;
	if (!irc_read_base36(&at, '-', &room) || !irc_read_base36(&at, '\0', seq))
		return false;
	*room_id = (int64_t)room;
	return true;
}

/* --- one entry on its way into lines --- */

struct lines {
	enum dialect_id id;
	const struct entry *entry;
	const char *batch; /* of history; NULL: none */
	const char *inner; /* the reference of a message's own batch; NULL: none */
	struct buffer *to;
	size_t count; /* lines so far */
	size_t tags;  /* of this line */
};

/* A tag behind another begins with a semicolon. */
static void begin_tag(struct lines *lines, const char *name)
{
	buffer_printf(lines->to, "%s%s", lines->tags++ ? ";" : "@", name);
}

static void add_id_tag(struct lines *lines, const char *name, uint64_t seq)
{
	begin_tag(lines, name);
	irc_add_msgid(lines->to, lines->entry->room_id, seq);
}

/* Tags that begin a line, with the space behind them; the time is on each, what tells the message is on the first. */
static void add_tags(struct lines *lines, bool is_first, bool is_broken)
{
	const struct entry *entry = lines->entry;
	bool is_told = has_tags(lines->id) && is_first;
	const char *batch = lines->inner ? lines->inner : lines->batch;
	lines->tags = 0;
	if (has_time(lines->id)) {
		begin_tag(lines, "");
		irc_add_time(lines->to, entry->time_ms);
	}
	if (batch) {
		begin_tag(lines, "batch=");
		buffer_add_string(lines->to, batch);
	}
	if (is_told)
		add_id_tag(lines, "msgid=", entry->seq);
	if (has_account(lines->id) && !(entry->flags & ENTRY_GUEST) && entry->name) {
		begin_tag(lines, "account=");
		buffer_add_string(lines->to, entry->name);
	}
	if (has_tags(lines->id) && entry->flags & ENTRY_BOT)
		begin_tag(lines, "bot");
	if (is_told && entry->ref)
		add_id_tag(lines, entry->kind == ENTRY_EDIT ? "brusio/edit=" : "+reply=", entry->ref);
	if (is_broken)
		begin_tag(lines, "draft/multiline-concat");
	if (lines->tags)
		buffer_add_char(lines->to, ' ');
}

/* The reader of a direct conversation is the target of what the other says, and the other of what they say themselves. */
static const char *target_of(const struct entry *entry)
{
	if (!entry->reader || *entry->room != '@')
		return entry->room;
	return entry->name && !strcmp(entry->name, entry->room + 1) ? entry->reader : entry->room + 1;
}

static void add_source(struct lines *lines)
{
	const struct entry *entry = lines->entry;
	buffer_add_char(lines->to, ':');
	if (entry->name)
		irc_add_prefix(lines->to, entry->name, entry->ip);
	else
		buffer_add_string(lines->to, server_name);
	buffer_add_char(lines->to, ' ');
}

static size_t bytes_around(const struct lines *lines, const char *command)
{
	const struct entry *entry = lines->entry;
	struct buffer head = BUFFER_EMPTY;
	irc_add_prefix(&head, entry->name ? entry->name : server_name, entry->ip);
	size_t bytes =
	    strlen(": ") + buffer_length(&head) + strlen(command) + strlen("  :") + strlen(target_of(entry));
	buffer_release(&head);
	return bytes;
}

static void add_line(struct lines *lines, const char *command, const char *before, const char *text,
		     size_t bytes, const char *behind, bool goes_on)
{
	add_tags(lines, !lines->count && !lines->inner, goes_on);
	add_source(lines);
	buffer_printf(lines->to, "%s %s :%s", command, target_of(lines->entry), before);
	buffer_add(lines->to, text, bytes);
	buffer_printf(lines->to, "%s\r\n", behind);
	lines->count++;
}

/* Each line of the text, and each piece of one that is too long. */
static void add_pieces(struct lines *lines, const char *command, const char *before, const char *text,
		       const char *behind)
{
	size_t left = strlen(text), around = bytes_around(lines, command) + strlen(before) + strlen(behind);
	size_t most = around + 16 < IRC_LINE_MAX ? IRC_LINE_MAX - around : 16;
	bool was_broken = false, has_ended = false;
	do {
		size_t skip;
		bool is_broken;
		size_t bytes = irc_piece(text, left, most, &skip, &is_broken);
		/* An empty line is nothing that a client shows; in a batch it keeps its place. */
		if (bytes || lines->inner || (!lines->count && left == bytes + skip))
			add_line(lines, command, before, text, bytes, behind, lines->inner && was_broken);
		was_broken = is_broken || (lines->entry->pieces && bytes < left && text[bytes] == '\r');
		has_ended = skip && text[bytes + skip - 1] == '\n';
		text += bytes + skip;
		left -= bytes + skip;
	} while (left);
	/* Clients that join the lines of a batch get the end of the last one, too. */
	if (has_ended && lines->inner)
		add_line(lines, command, before, text, 0, behind, false);
}

static void open_batch(struct lines *lines, char reference[32])
{
	snprintf(reference, 32, "m%llx", (unsigned long long)lines->entry->id);
	add_tags(lines, true, false);
	add_source(lines);
	buffer_printf(lines->to, "BATCH +%s draft/multiline %s\r\n", reference, target_of(lines->entry));
	lines->inner = reference;
}

static void add_message(struct lines *lines)
{
	const struct entry *entry = lines->entry;
	const char *command = entry->flags & ENTRY_QUIET ? "NOTICE" : "PRIVMSG",
		   *text = entry->pieces ? entry->pieces : entry->text;
	bool is_action = entry->flags & ENTRY_ACTION;
	bool is_long = strlen(text) + bytes_around(lines, command) > IRC_LINE_MAX || strpbrk(text, "\r\n");
	char reference[32];
	if (is_long && !is_action && has_batch(lines->id))
		open_batch(lines, reference);
	add_pieces(lines, command, is_action ? "\001ACTION " : "", text, is_action ? "\001" : "");
	if (lines->inner)
		buffer_printf(lines->to, ":%s BATCH -%s\r\n", server_name, reference);
}

/* A client that cannot be told of a changed text reads the new one. */
static void add_edit(struct lines *lines)
{
	const struct entry *entry = lines->entry;
	add_pieces(lines, "PRIVMSG", "* ", entry->text, "");
}

static void add_delete(struct lines *lines, enum lang lang)
{
	const struct entry *entry = lines->entry;
	if (has_redact(lines->id)) {
		add_tags(lines, true, false);
		size_t start = buffer_length(lines->to);
		add_source(lines);
		buffer_printf(lines->to, "REDACT %s ", target_of(entry));
		irc_add_msgid(lines->to, entry->room_id, entry->ref);
		if (*entry->text)
			buffer_add_string(lines->to, " :");
		irc_add_text(lines->to, entry->text);
		irc_end_line(lines->to, start);
		return;
	}
	struct buffer words = BUFFER_EMPTY;
	wording_entry(&words, lang, entry);
	struct entry notice = *entry;
	notice.name = NULL;
	notice.ref = 0;
	lines->entry = &notice;
	add_pieces(lines, "NOTICE", "", buffer_string(&words), "");
	lines->entry = entry;
	buffer_release(&words);
}

static void add_react(struct lines *lines)
{
	const struct entry *entry = lines->entry;
	struct buffer *to = lines->to;
	if (!has_tags(lines->id))
		return;
	add_tags(lines, true, false);
	/* One more tag, before the space that ends them. */
	to->end--;
	buffer_add_string(to, entry->flags & ENTRY_ON ? ";+draft/react=" : ";+draft/unreact=");
	irc_add_tag_value(to, entry->text);
	buffer_add_char(to, ' ');
	add_source(lines);
	buffer_printf(to, "TAGMSG %s\r\n", target_of(entry));
}

static void add_topic(struct lines *lines)
{
	add_tags(lines, true, false);
	size_t start = buffer_length(lines->to);
	add_source(lines);
	buffer_printf(lines->to, "TOPIC %s :", target_of(lines->entry));
	irc_add_text(lines->to, lines->entry->text);
	irc_end_line(lines->to, start);
}

static void add_entry(struct lines *lines, enum lang lang)
{
	switch (lines->entry->kind) {
	case ENTRY_MESSAGE:
		if (!(lines->entry->flags & ENTRY_DELETED))
			add_message(lines);
		break;
	case ENTRY_EDIT:
		if (!(lines->entry->flags & ENTRY_DELETED))
			add_edit(lines);
		break;
	case ENTRY_DELETE:
		add_delete(lines, lang);
		break;
	case ENTRY_REACT:
		add_react(lines);
		break;
	case ENTRY_TOPIC:
		add_topic(lines);
		break;
	default:
		break;
	}
}

/* Retention itself tells what was left of the log. */
static void add_gap(struct lines *lines, enum lang lang)
{
	struct buffer words = BUFFER_EMPTY;
	struct entry notice = *lines->entry;
	wording_entry(&words, lang, lines->entry);
	notice.name = NULL;
	size_t start = buffer_length(lines->to);
	buffer_printf(lines->to, ":%s NOTICE %s :", server_name, target_of(&notice));
	irc_add_text(lines->to, buffer_string(&words));
	irc_end_line(lines->to, start);
	buffer_release(&words);
}

/* The files of a message are lines of its text. */
static void add_shown(struct lines *lines, enum lang lang)
{
	struct buffer words = BUFFER_EMPTY;
	const struct entry *entry = lines->entry;
	struct entry shown = *entry;
	if (shown.files_count) {
		file_link_message(&words, entry);
		shown.text = buffer_string(&words);
		shown.pieces = NULL;
		lines->entry = &shown;
	}
	add_entry(lines, lang);
	lines->entry = entry;
	buffer_release(&words);
}

void irc_encode(enum dialect_id id, const struct entry *entry, enum lang lang, struct buffer *to)
{
	struct lines lines = {.id = id, .entry = entry, .to = to};
	if (entry->kind == ENTRY_GAP)
		add_gap(&lines, lang);
	else
		add_shown(&lines, lang);
}

void irc_encode_past(enum dialect_id id, const struct entry *entry, enum lang lang, const char *batch,
		     struct buffer *to)
{
	struct lines lines = {.id = id, .entry = entry, .batch = batch, .to = to};
	add_shown(&lines, lang);
}
