#include "client/answers.h"

#include "base/clock.h"

#include <string.h>

static const char *answers_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text ? text : "";
}

static void add_key(struct client *client, struct buffer *to, enum text key, const struct text_args *args)
{
	lang_write(to, client->lang, key, args);
}

/* "anna (owner), mario, ugo (away: lunch)" */
static void show_who(struct client *client, const struct session_question *question, const json_t *answer)
{
	struct buffer list = BUFFER_EMPTY;
	const json_t *members = json_object_get(answer, "members");
	size_t i;
	json_t *member;
	json_array_foreach(members, i, member)
	{
		const char *name = answers_text(member, "name"), *role = answers_text(member, "role");
		struct text_args args = {.text = json_string_value(json_object_get(member, "away"))};
		buffer_add_string(&list, i ? ", " : "");
		buffer_add_string(&list, name);
		if (!strcmp(role, "owner") || !strcmp(role, "moderator"))
			add_key(client, &list,
				*role == 'o' ? TEXT_client_who_owner : TEXT_client_who_moderator, &args);
		if (names_equal(name, session_name(client->session)))
			add_key(client, &list, TEXT_client_who_you, &args);
		if (json_is_false(json_object_get(member, "online")))
			add_key(client, &list, TEXT_client_who_offline, &args);
		else if (args.text)
			add_key(client, &list, TEXT_client_who_away, &args);
	}
	struct text_args args = {.room = question->room, .number = (int64_t)json_array_size(members)};
	args.text = buffer_string(&list);
	client_note(client, TEXT_client_who, &args);
	buffer_release(&list);
}

/* "#ops (3), unread: 2: what the room is about" */
static void answers_show_room(struct client *client, const char *name, int64_t count, const char *topic)
{
	const struct session_room *own = session_find_room(client->session, name);
	struct buffer line = BUFFER_EMPTY;
	struct text_args args = {.room = name, .number = count, .text = topic};
	add_key(client, &line, *name == '@' ? TEXT_client_rooms_direct : TEXT_client_rooms_item, &args);
	if (own && own->unread > 0)
		add_key(client, &line, TEXT_client_rooms_unread, &(struct text_args){.number = own->unread});
	if (*topic)
		add_key(client, &line, TEXT_client_rooms_topic, &args);
	struct text_args shown = {.text = buffer_string(&line)};
	client_note(client, own ? TEXT_client_rooms_own : TEXT_client_rooms_other, &shown);
	buffer_release(&line);
}

static bool answers_is_listed(const json_t *rooms, const char *name)
{
	size_t i;
	json_t *room;
	json_array_foreach(rooms, i, room)
	{
		if (names_equal(answers_text(room, "room"), name))
			return true;
	}
	return false;
}

/* Lists the rooms that anybody may enter, then those that only we see: private ones, and conversations. */
static void show_rooms(struct client *client, const json_t *answer)
{
	const json_t *rooms = json_object_get(answer, "rooms");
	size_t i;
	json_t *room;
	client_note(client, TEXT_client_rooms,
		    &(struct text_args){.number = (int64_t)json_array_size(rooms)});
	json_array_foreach(rooms, i, room)
	{
		answers_show_room(client, answers_text(room, "room"),
				  json_integer_value(json_object_get(room, "count")),
				  answers_text(room, "topic"));
	}
	for (i = 0; i < session_room_count(client->session); i++) {
		const struct session_room *own = session_room(client->session, i);
		if (!answers_is_listed(rooms, own->name))
			answers_show_room(client, own->name, (int64_t)own->members.count,
					  own->topic ? own->topic : "");
	}
}

/* Returns how many of them were shown. */
static size_t show_page(struct client *client, const json_t *messages, bool newest_first)
{
	size_t count = json_array_size(messages), shown = 0;
	bool has_numbers = client->show.has_numbers;
	/* A user who looks back may want to refer to a message. */
	client->show.has_numbers = has_numbers || client->front.is_interactive;
	for (size_t i = 0; i < count; i++) {
		const json_t *message = json_array_get(messages, newest_first ? count - 1 - i : i);
		if (client_ignores(client, message))
			continue;
		client_show(client, message);
		shown++;
	}
	client->show.has_numbers = has_numbers;
	return shown;
}

static void answers_show_history(struct client *client, const struct session_question *question,
				 const json_t *answer)
{
	const struct session_room *room =
	    question->room ? session_find_room(client->session, question->room) : NULL;
	const json_t *messages = json_object_get(answer, "messages");
	if (!show_page(client, messages, false))
		client_note(client, TEXT_client_history_nothing, NULL);
	if (room)
		client_tell_unseen(client, room);
}

/* The newest ones come first on the wire, and stand last on the screen. */
static void show_results(struct client *client, const json_t *answer)
{
	const json_t *messages = json_object_get(answer, "messages");
	size_t count = json_array_size(messages);
	int64_t lag = json_integer_value(json_object_get(answer, "lag"));
	bool has_more = json_is_true(json_object_get(answer, "more"));
	int64_t next = json_integer_value(json_object_get(answer, "next"));
	client->search.before = has_more ? next : 0;
	if (client->front.log_changed && count) {
		client->front.found(client->front.owner, answer);
		return;
	}
	count = show_page(client, messages, true);
	if (!count && !has_more)
		client_note(client, TEXT_client_search_nothing, NULL);
	if (has_more)
		client_note(client, TEXT_client_search_more, &(struct text_args){.number = (int64_t)count});
	if (lag)
		client_note(client, TEXT_client_search_lag, &(struct text_args){.number = lag});
}

/* A new token is shown this once; without a label the labels are listed; revoked, there is nothing. */
static void show_token(struct client *client, const struct session_question *question, const json_t *answer)
{
	const json_t *labels = json_object_get(answer, "labels");
	struct text_args args = {.name = question->argument, .text = answers_text(answer, "token")};
	size_t i;
	json_t *label;
	if (*args.text)
		client_note(client, TEXT_client_token_new, &args);
	else if (!labels)
		client_note(client, TEXT_client_token_revoked, &args);
	else
		client_note(client, TEXT_client_tokens,
			    &(struct text_args){.number = (int64_t)json_array_size(labels)});
	json_array_foreach(labels, i, label)
	{
		client_note(client, TEXT_client_tokens_item,
			    &(struct text_args){.text = json_string_value(label)});
	}
}

/* A new link: its secret is said this once. */
static void answers_show_link(struct client *client, const struct session_question *question,
			      const json_t *answer)
{
	struct text_args args = {.name = answers_text(answer, "key"),
				 .text = answers_text(answer, "url"),
				 .number = json_integer_value(json_object_get(answer, "uses"))};
	if (!*args.text)
		client_note(client, TEXT_client_done_unlink, &(struct text_args){.name = question->argument});
	else if (clock_parse(answers_text(answer, "until"), &args.time_ms))
		client_note(client, TEXT_answer_link, &args);
}

static void answers_add_value(struct buffer *line, const json_t *value)
{
	if (json_is_string(value))
		buffer_add_string(line, json_string_value(value));
	else if (json_is_integer(value))
		buffer_printf(line, "%lld", (long long)json_integer_value(value));
	else
		buffer_add_string(line, json_is_true(value) ? "true" : "false");
}

/* "theme: dark": an answer that is one object, a line for each of its members. */
static void show_members(struct client *client, json_t *members)
{
	const char *key;
	json_t *value;
	json_object_foreach(members, key, value)
	{
		struct buffer line = BUFFER_EMPTY;
		buffer_printf(&line, "%s: ", key);
		answers_add_value(&line, value);
		client_note(client, TEXT_client_tokens_item,
			    &(struct text_args){.text = buffer_string(&line)});
		buffer_release(&line);
	}
}

/* "luca, ban, by: anna": the values of a row, the first as it is. */
static void show_row(struct client *client, json_t *row)
{
	struct buffer line = BUFFER_EMPTY;
	const char *key;
	json_t *value;
	json_object_foreach(row, key, value)
	{
		if (buffer_length(&line))
			buffer_printf(&line, ", %s: ", key);
		answers_add_value(&line, value);
	}
	client_note(client, TEXT_client_tokens_item, &(struct text_args){.text = buffer_string(&line)});
	buffer_release(&line);
}

/* An answer with rows that this client does not know: what the server's chat/talk/listing.h makes. */
static void show_listing(struct client *client, const char *op, json_t *rows)
{
	size_t i;
	json_t *row;
	client_note(client, TEXT_client_listing,
		    &(struct text_args){.text = op, .number = (int64_t)json_array_size(rows)});
	json_array_foreach(rows, i, row)
	{
		show_row(client, row);
	}
}

/* Successes that the server does not announce to the whole room. */
static const struct {
	const char *op;
	enum text key;
} done[] = {
    {"leave", TEXT_client_left},           {"nick", TEXT_client_nick},
    {"invite", TEXT_client_done_invite},   {"block", TEXT_client_done_block},
    {"unblock", TEXT_client_done_unblock}, {"register", TEXT_client_registered},
    {"passwd", TEXT_client_done_passwd},   {"topic", TEXT_client_done_topic},
    {"set", TEXT_client_done_set},
};

static void answers_show_done(struct client *client, const struct session_question *question)
{
	struct text_args args = {
	    .room = question->room, .name = question->argument, .text = question->argument};
	if (!strcmp(question->op, "away")) {
		client_note(client, question->argument ? TEXT_client_done_away : TEXT_client_done_back,
			    &args);
		return;
	}
	if (!strcmp(question->op, "register"))
		args.name = session_name(client->session);
	for (size_t i = 0; i < sizeof done / sizeof *done; i++)
		if (!strcmp(done[i].op, question->op))
			client_note(client, done[i].key, &args);
}

void answers_show(struct client *client, const struct session_question *question, const json_t *answer)
{
	const char *op = answers_text(answer, "op");
	struct text_args args = {.room = question->room, .name = question->argument};
	if (!answer)
		client_problem(client, TEXT_client_no_answer, &args);
	else if (!strcmp(op, "error") || (client->front.wants_objects && strcmp(op, "ok") != 0))
		client_show(client, answer);
	else if (!strcmp(op, "who"))
		show_who(client, question, answer);
	else if (!strcmp(op, "rooms"))
		show_rooms(client, answer);
	else if (!strcmp(op, "history"))
		answers_show_history(client, question, answer);
	else if (!strcmp(op, "results"))
		show_results(client, answer);
	else if (!strcmp(op, "token"))
		show_token(client, question, answer);
	else if (!strcmp(op, "link"))
		answers_show_link(client, question, answer);
	else if (json_is_array(json_object_get(answer, op)))
		show_listing(client, op, json_object_get(answer, op));
	else if (json_is_object(json_object_get(answer, op)))
		show_members(client, json_object_get(answer, op));
	else
		answers_show_done(client, question);
}
