/* The past: CHATHISTORY, SEARCH, and up to where somebody has read it. */
#include "base/clock.h"
#include "base/memory.h"
#include "chat/talk/listing.h"
#include "gateway/irc/irc.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- messages of the past, as a batch for those who know batches --- */

/* "@name" names a direct conversation, which IRC calls by the name. */
static const char *target_of_room(const char *room)
{
	return room + (*room == '@');
}

static char *room_of_target(const char *target)
{
	char *room = mem_alloc(strlen(target) + 2);
	sprintf(room, "%s%s", *target == '#' ? "" : "@", target);
	return room;
}

static void write_entries(struct connection *connection, const struct reply_messages *messages,
			  bool is_reverse, const char *batch)
{
	struct buffer *out = irc_out(connection);
	for (size_t i = 0; i < messages->entries_count; i++) {
		struct entry shown =
		    messages->entries[is_reverse ? messages->entries_count - 1 - i : i].entry;
		shown.reader = *shown.room == '@' ? irc_nick(connection) : NULL;
		irc_encode_past(connection->dialect->id, &shown, (enum lang)connection->lang, batch, out);
	}
}

void irc_write_past(struct connection *connection, const struct reply_messages *messages, bool is_reverse,
		    const char *kind)
{
	char reference[24];
	if (!irc_can(connection, IRC_CAP_BATCH)) {
		write_entries(connection, messages, is_reverse, NULL);
		return;
	}
	snprintf(reference, sizeof reference, "h%x", ++irc_of(connection)->batches);
	irc_say(connection, "BATCH +%s %s", reference, kind);
	write_entries(connection, messages, is_reverse, reference);
	irc_say(connection, "BATCH -%s", reference);
}

/* --- CHATHISTORY --- */

static void fail_past(struct connection *connection, const char *code, const char *context, const char *text)
{
	irc_standard(connection, "FAIL", "CHATHISTORY", code, context, text);
}

/* The detail is the subcommand. */
static void then_history(struct connection *connection, const struct reply *reply, const char *target)
{
	struct buffer words = BUFFER_EMPTY;
	enum error_code error = reply->kind == REPLY_ERROR ? reply->note.error : ERROR_NONE;
	/* Two who have said nothing to each other yet. */
	bool is_silent = error == ERROR_NO_ROOM && *target != '#';
	if (!error || is_silent) {
		static const struct reply_messages none;
		buffer_printf(&words, "chathistory %s", target);
		irc_write_past(connection, is_silent ? &none : &reply->messages, false,
			       buffer_string(&words));
	} else {
		bool is_target =
		    error == ERROR_NO_ROOM || error == ERROR_NOT_MEMBER || error == ERROR_NO_USER;
		struct buffer context = BUFFER_EMPTY;
		buffer_printf(&context, "%s %s", irc_detail(connection), target);
		fail_past(connection, is_target ? "INVALID_TARGET" : "MESSAGE_ERROR", buffer_string(&context),
			  irc_error_text(connection, reply, &words));
		buffer_release(&context);
	}
	buffer_release(&words);
}

struct bound {
	bool is_given, is_time;
	uint64_t seq;
	int64_t time_ms;
};

/* "*", "timestamp=…" or "msgid=…". False: it is none of them. */
static bool read_bound(struct connection *connection, const char *room, const char *text, struct bound *bound)
{
	static const char time[] = "timestamp=", id[] = "msgid=";
	int64_t room_id;
	*bound = (struct bound){.is_given = strcmp(text, "*") != 0};
	if (!strncmp(text, time, sizeof time - 1)) {
		bound->is_time = true;
		return clock_parse(text + sizeof time - 1, &bound->time_ms);
	}
	if (strncmp(text, id, sizeof id - 1) != 0)
		return !bound->is_given;
	const struct subscription *one = irc_find_room(connection, room);
	return irc_read_msgid(text + sizeof id - 1, &room_id, &bound->seq) &&
	       (!one || one->feed->room_id == room_id);
}

static void set_bound(struct request *request, const struct bound *bound, enum request_number seq,
		      enum request_number time)
{
	if (!bound->is_given)
		return;
	request_set_number(request, bound->is_time ? time : seq,
			   bound->is_time ? bound->time_ms : (int64_t)bound->seq);
	/* A page from a time on begins behind that millisecond. */
	if (bound->is_time)
		request->past |= HISTORY_WHOLE;
}

static bool is_later(const struct bound *one, const struct bound *other)
{
	/* A time and a msgid are taken in the order in which they are given. */
	return one->is_time == other->is_time &&
	       (one->is_time ? one->time_ms > other->time_ms : one->seq > other->seq);
}

enum past_form { PAST_BEFORE, PAST_AFTER, PAST_LATEST, PAST_AROUND, PAST_BETWEEN, PAST_FORMS };

static const char *const past_names[PAST_FORMS] = {"BEFORE", "AFTER", "LATEST", "AROUND", "BETWEEN"};

static void set_bounds(struct request *request, enum past_form form, const struct bound *first,
		       const struct bound *second)
{
	bool is_back = form == PAST_BETWEEN && is_later(first, second);
	const struct bound *after = is_back ? second : first, *before = is_back ? first : second;
	request->past |= HISTORY_SPAN;
	if (form == PAST_BEFORE || form == PAST_LATEST || is_back)
		request->past |= HISTORY_NEWEST;
	if (form == PAST_BEFORE)
		before = first;
	if (form == PAST_AROUND)
		set_bound(request, first, REQUEST_NUMBER_AROUND, REQUEST_NUMBER_AROUND_MS);
	if (form == PAST_AFTER || form == PAST_LATEST || form == PAST_BETWEEN)
		set_bound(request, after, REQUEST_NUMBER_AFTER, REQUEST_NUMBER_SINCE_MS);
	if (form == PAST_BEFORE || form == PAST_BETWEEN)
		set_bound(request, before, REQUEST_NUMBER_BEFORE, REQUEST_NUMBER_UNTIL_MS);
}

/* `text` is memory for a time. */
static struct irc_recent_bound recent_bound(const struct bound *bound, char text[CLOCK_TEXT_BYTES])
{
	if (bound->is_time)
		clock_format(bound->time_ms, text);
	return (struct irc_recent_bound){.seq = bound->seq, .time = bound->is_time ? text : NULL};
}

/* True: it was answered. Nothing is before the first entry: to a page, 0 is no bound. */
static bool write_recent(struct connection *connection, const char *room, const char *target,
			 enum past_form form, const struct bound *first, const struct bound *second,
			 size_t limit)
{
	char text[CLOCK_TEXT_BYTES], other_text[CLOCK_TEXT_BYTES];
	bool is_back = form == PAST_BETWEEN && is_later(first, second);
	bool is_until = form == PAST_BEFORE || is_back;
	struct irc_recent_bound bound = recent_bound(first, text), other = recent_bound(second, other_text);
	struct irc_recent_page page = {.limit = limit, .is_newest = form == PAST_LATEST || is_until};
	if (form == PAST_AROUND) {
		struct irc_recent_page halves[] = {{.before = bound, .limit = limit / 2, .is_newest = true},
						   {.after.seq = bound.seq - 1, .limit = limit - limit / 2}};
		return !bound.time && bound.seq && limit > 1 &&
		       irc_write_recent(connection, room, target, halves, 2);
	}
	page.after = is_back ? other : form == PAST_BEFORE ? (struct irc_recent_bound){0} : bound;
	if (is_until || form == PAST_BETWEEN)
		page.before = is_until ? bound : other;
	bool is_bound = (!is_until && form != PAST_BETWEEN) || page.before.seq || page.before.time;
	return is_bound && irc_write_recent(connection, room, target, &page, 1);
}

static void ask_history(struct connection *connection, const struct irc_line *line, enum past_form form)
{
	const char *target = line->params[1], *name = past_names[form];
	size_t bounds = form == PAST_BETWEEN ? 2 : 1;
	if (line->count < 3 + bounds) {
		fail_past(connection, "NEED_MORE_PARAMS", name, "A target, where, and how many");
		return;
	}
	char *room = room_of_target(target);
	struct bound first, second = {0};
	int limit = atoi(line->params[2 + bounds]);
	bool is_read = read_bound(connection, room, line->params[2], &first) &&
		       (bounds == 1 || read_bound(connection, room, line->params[3], &second));
	bool is_open = form == PAST_LATEST || (first.is_given && (bounds == 1 || second.is_given));
	if (!is_read || !is_open || limit <= 0) {
		fail_past(connection, "INVALID_PARAMS", name, "That is not a time, a msgid or a number");
	} else if (!write_recent(connection, room, target, form, &first, &second,
				 (size_t)(limit < LIMIT_PAGE_ENTRIES ? limit : LIMIT_PAGE_ENTRIES))) {
		struct request *request = irc_request(REQUEST_HISTORY, REQUEST_TEXT_ROOM, room, 0);
		set_bounds(request, form, &first, &second);
		if (!irc_can(connection, IRC_CAP_TAGS))
			request->past |= HISTORY_WHOLE;
		if (irc_can(connection, IRC_CAP_EVENTS))
			request->past |= HISTORY_EVENTS;
		request_set_number(request, REQUEST_NUMBER_LIMIT,
				   limit < LIMIT_PAGE_ENTRIES ? limit : LIMIT_PAGE_ENTRIES);
		irc_ask_about(connection, request, then_history, target, name);
	}
	free(room);
}

/* The cell of the row that has this key; NULL: none. */
static const struct listing_cell *cell_of(const struct listing_row *row, const char *key)
{
	const struct listing_cell *cell = row->cells;
	while (cell && strcmp(cell->key, key) != 0)
		cell = cell->next;
	return cell;
}

static void then_targets(struct connection *connection, const struct reply *reply, const char *none)
{
	(void)none;
	char reference[24], time[CLOCK_TEXT_BYTES];
	struct buffer text = BUFFER_EMPTY;
	if (reply->kind == REPLY_ERROR) {
		fail_past(connection, "MESSAGE_ERROR", "TARGETS", irc_error_text(connection, reply, &text));
		buffer_release(&text);
		return;
	}
	assert(reply->kind == REPLY_LISTING);
	bool has_batch = irc_can(connection, IRC_CAP_BATCH);
	snprintf(reference, sizeof reference, "h%x", ++irc_of(connection)->batches);
	if (has_batch)
		irc_say(connection, "BATCH +%s draft/chathistory-targets", reference);
	for (const struct listing_row *row = reply->listing->rows; row; row = row->next) {
		clock_format(cell_of(row, "time")->number, time);
		buffer_printf(irc_out(connection), "%s%s%s:%s CHATHISTORY TARGETS %s %s\r\n",
			      has_batch ? "@batch=" : "", has_batch ? reference : "", has_batch ? " " : "",
			      irc_server_name(), target_of_room(cell_of(row, "name")->text), time);
	}
	if (has_batch)
		irc_say(connection, "BATCH -%s", reference);
}

static void ask_targets(struct connection *connection, const struct irc_line *line)
{
	struct bound first, second;
	int limit = line->count > 3 ? atoi(line->params[3]) : 0;
	if (line->count < 4) {
		fail_past(connection, "NEED_MORE_PARAMS", "TARGETS", "Two times, and how many");
	} else if (!read_bound(connection, "", line->params[1], &first) ||
		   !read_bound(connection, "", line->params[2], &second) || !first.is_time ||
		   !second.is_time || limit <= 0) {
		fail_past(connection, "INVALID_PARAMS", "TARGETS", "That is not a time or a number");
	} else {
		bool is_back = is_later(&first, &second);
		struct request *request = request_new(REQUEST_TARGETS, 0);
		request_set_number(request, REQUEST_NUMBER_SINCE_MS, (is_back ? second : first).time_ms);
		request_set_number(request, REQUEST_NUMBER_UNTIL_MS, (is_back ? first : second).time_ms);
		request_set_number(request, REQUEST_NUMBER_LIMIT,
				   limit < LIMIT_PAGE_ENTRIES ? limit : LIMIT_PAGE_ENTRIES);
		irc_ask(connection, request, then_targets, "");
	}
}

void irc_run_chathistory(struct connection *connection, const struct irc_line *line)
{
	const char *name = line->count ? line->params[0] : "*";
	for (int form = 0; form < PAST_FORMS; form++)
		if (irc_is_same(name, past_names[form])) {
			ask_history(connection, line, (enum past_form)form);
			return;
		}
	if (irc_is_same(name, "TARGETS"))
		ask_targets(connection, line);
	else
		fail_past(connection, "INVALID_PARAMS", name, "There is no such subcommand");
}

/* --- SEARCH --- */

static void then_search_found(struct connection *connection, const struct reply *reply, const char *none)
{
	(void)none;
	struct buffer text = BUFFER_EMPTY;
	if (reply->kind == REPLY_ERROR)
		irc_standard(connection, "FAIL", "SEARCH", "INVALID_PARAMS", "",
			     irc_error_text(connection, reply, &text));
	else
		irc_write_past(connection, &reply->messages, true, "soju.im/search");
	buffer_release(&text);
}

/* Adds what an attribute says, in the words of a query. */
static void add_words(const struct irc_line *attributes, const char *name, const char *word,
		      struct buffer *query)
{
	struct buffer value = BUFFER_EMPTY;
	if (irc_tag(attributes, name, &value) && buffer_length(&value))
		buffer_printf(query, "%s%s%s", buffer_length(query) ? " " : "", word, buffer_string(&value));
	buffer_release(&value);
}

/* "in=#room;from=name;after=TIME;before=TIME;text=WORDS;limit=N", escaped as tags are. */
void irc_run_search(struct connection *connection, const struct irc_line *line)
{
	const struct irc_line attributes = {.tags = line->params[0]};
	struct buffer query = BUFFER_EMPTY, limit = BUFFER_EMPTY, in = BUFFER_EMPTY;
	irc_tag(&attributes, "in", &in);
	if (buffer_length(&in))
		buffer_printf(&query, "in:%s%s", *buffer_string(&in) == '#' ? "" : "@", buffer_string(&in));
	add_words(&attributes, "from", "from:", &query);
	add_words(&attributes, "after", "after:", &query);
	add_words(&attributes, "before", "before:", &query);
	add_words(&attributes, "text", "", &query);
	int most = irc_tag(&attributes, "limit", &limit) ? atoi(buffer_string(&limit)) : LIMIT_PAGE_DEFAULT;
	if (!buffer_length(&query) || buffer_length(&query) > LIMIT_QUERY_BYTES || most <= 0) {
		irc_standard(connection, "FAIL", "SEARCH", "INVALID_PARAMS", "", "That is not a search");
	} else {
		struct request *request =
		    irc_request(REQUEST_SEARCH, REQUEST_TEXT_QUERY, buffer_string(&query), 0);
		request_set_number(request, REQUEST_NUMBER_LIMIT,
				   most < LIMIT_PAGE_ENTRIES ? most : LIMIT_PAGE_ENTRIES);
		irc_ask(connection, request, then_search_found, "");
	}
	buffer_release(&query);
	buffer_release(&limit);
	buffer_release(&in);
}

/* --- MARKREAD --- */

static void then_marked(struct connection *connection, const struct reply *reply, const char *target)
{
	char time[CLOCK_TEXT_BYTES];
	struct buffer text = BUFFER_EMPTY;
	const struct listing_cell *cell =
	    reply->kind == REPLY_LISTING ? cell_of(reply->listing->rows, "time") : NULL;
	if (cell)
		clock_format(cell->number, time);
	if (reply->kind == REPLY_ERROR)
		irc_standard(connection, "FAIL", "MARKREAD", "INTERNAL_ERROR", target,
			     irc_error_text(connection, reply, &text));
	else
		irc_say(connection, "MARKREAD %s %s%s", target, cell ? "timestamp=" : "*", cell ? time : "");
	buffer_release(&text);
}

void irc_ask_mark(struct connection *connection, const char *target, int64_t until_ms)
{
	char *room = room_of_target(target);
	struct request *request = irc_request(REQUEST_MARK, REQUEST_TEXT_ROOM, room, 0);
	if (until_ms)
		request_set_number(request, REQUEST_NUMBER_UNTIL_MS, until_ms);
	irc_ask(connection, request, then_marked, target);
	free(room);
}

void irc_run_markread(struct connection *connection, const struct irc_line *line)
{
	static const char time[] = "timestamp=";
	const char *target = line->count ? line->params[0] : "",
		   *given = line->count > 1 ? line->params[1] : NULL;
	int64_t until_ms = 0;
	if (!*target)
		irc_standard(connection, "FAIL", "MARKREAD", "NEED_MORE_PARAMS", "", "Missing parameters");
	else if (strlen(target) >= LIMIT_NAME_BYTES ||
		 (given && (strncmp(given, time, sizeof time - 1) != 0 ||
			    !clock_parse(given + sizeof time - 1, &until_ms))))
		irc_standard(connection, "FAIL", "MARKREAD", "INVALID_PARAMS", target, "That is not a time");
	else
		irc_ask_mark(connection, target, until_ms);
}
