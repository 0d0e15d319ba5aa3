#include "client/answers.h"

#include <string.h>

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text ? text : "";
}

static void add_key(struct client *client, struct buffer *to, const char *key, const struct text_args *args)
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
		const char *name = text_of(member, "name"), *role = text_of(member, "role");
		struct text_args args = {.text = json_string_value(json_object_get(member, "away"))};
		buffer_add_string(&list, i ? ", " : "");
		buffer_add_string(&list, name);
		if (!strcmp(role, "owner") || !strcmp(role, "moderator"))
			add_key(client, &list, *role == 'o' ? "client.who.owner" : "client.who.moderator",
				&args);
		if (names_equal(name, session_name(client->session)))
			add_key(client, &list, "client.who.you", &args);
		if (json_is_false(json_object_get(member, "online")))
			add_key(client, &list, "client.who.offline", &args);
		else if (args.text)
			add_key(client, &list, "client.who.away", &args);
	}
	struct text_args args = {.room = question->room, .number = (int64_t)json_array_size(members)};
	args.text = buffer_string(&list);
	client_note(client, "client.who", &args);
	buffer_release(&list);
}

static void show_rooms(struct client *client, const json_t *answer)
{
	const json_t *rooms = json_object_get(answer, "rooms");
	size_t i;
	json_t *room;
	client_note(client, "client.rooms", &(struct text_args){.number = (int64_t)json_array_size(rooms)});
	json_array_foreach(rooms, i, room)
	{
		const char *topic = text_of(room, "topic");
		struct text_args args = {.room = text_of(room, "room"),
					 .number = json_integer_value(json_object_get(room, "count")),
					 .text = topic};
		client_note(client, *topic ? "client.rooms.item_topic" : "client.rooms.item", &args);
	}
}

static void show_messages(struct client *client, const json_t *answer, bool newest_first)
{
	const json_t *messages = json_object_get(answer, "messages");
	size_t count = json_array_size(messages);
	for (size_t i = 0; i < count; i++)
		client_show(client, json_array_get(messages, newest_first ? count - 1 - i : i));
	if (!count)
		client_note(client, newest_first ? "client.search.nothing" : "client.history.nothing", NULL);
	else if (newest_first && json_is_true(json_object_get(answer, "more")))
		client_note(client, "client.search.more", &(struct text_args){.number = (int64_t)count});
}

void answers_show(struct client *client, const struct session_question *question, const json_t *answer)
{
	const char *op = text_of(answer, "op");
	struct text_args args = {.room = question->room, .name = question->argument};
	if (!answer)
		client_problem(client, "client.no_answer", &args);
	else if (!strcmp(op, "error") || (client->front.wants_objects && strcmp(op, "ok") != 0))
		client_show(client, answer);
	else if (!strcmp(op, "who"))
		show_who(client, question, answer);
	else if (!strcmp(op, "rooms"))
		show_rooms(client, answer);
	else if (!strcmp(op, "history") || !strcmp(op, "results"))
		show_messages(client, answer, *op == 'r');
	else if (!strcmp(question->op, "leave"))
		client_note(client, "client.left", &args);
	else if (!strcmp(question->op, "nick"))
		client_note(client, "client.nick", &args);
}
