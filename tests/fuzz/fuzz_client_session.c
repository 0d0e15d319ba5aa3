/* The terminal client's session and its words, against a server that says anything at all. The input is
 * lines: those that begin with a '!' are what the user and the network do, the others come from the server,
 * and a '$' in them stands for the id of the oldest request that it has not answered.
 *
 * These hold: the entries of a room are shown in their order and each once, and nothing that could drive a
 * terminal gets out. */
#include "base/buffer.h"
#include "base/text/utf8.h"
#include "session/session.h"
#include "client/show.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define IDS_MAX   64
#define ROOMS_MAX 16

static void on_room_renamed(void *owner, const char *old_name, const char *name)
{
	(void)owner;
	if (!strcmp(old_name, name))
		abort();
}

static void on_invited(void *owner, const char *room, const char *by)
{
	(void)owner;
	if (!room || !by)
		abort();
}

static void on_paged(void *owner, const struct session_room *room)
{
	(void)owner;
	if (room->log.is_paging)
		abort();
}

static void on_noticed(void *owner, const struct session_room *room, const json_t *object, bool is_meant)
{
	(void)owner;
	(void)is_meant;
	if (!room->name || !object)
		abort();
}

static void on_missed(void *owner, const char *room, int64_t unread, int64_t mentions)
{
	(void)owner;
	if (!*room || unread < 1 || mentions < 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct player {
	struct session *session;
	struct buffer out;
	struct roomlog log;
	char ids[IDS_MAX][80];
	size_t ids_count;
	struct {
		char name[256];
		int64_t last;
	} rooms[ROOMS_MAX];
	size_t rooms_count;
	bool is_up;
} player;

static void check_shown(const struct buffer *line)
{
	const char *bytes = buffer_bytes(line);
	size_t length = buffer_length(line);
	assert(!length || utf8_valid(bytes, length));
	for (size_t i = 0; i < length; i++)
		assert((unsigned char)bytes[i] >= ' ' || bytes[i] == '\n');
	for (size_t i = 0; i + 1 < length; i++)
		assert(bytes[i] != 0x7f &&
		       !((unsigned char)bytes[i] == 0xc2 && (unsigned char)bytes[i + 1] < 0xa0));
}

static void show(const json_t *object)
{
	struct show settings = {
	    .lang = LANG_IT, .has_stamps = true, .has_numbers = true, .own_name = "anna", .log = &player.log};
	struct buffer line = BUFFER_EMPTY;
	show_object(&settings, &line, object);
	check_shown(&line);
	buffer_release(&line);
}

static int64_t *last_shown(const char *room)
{
	for (size_t i = 0; i < player.rooms_count; i++)
		if (!strcmp(player.rooms[i].name, room))
			return &player.rooms[i].last;
	if (player.rooms_count == ROOMS_MAX || strlen(room) >= sizeof player.rooms->name)
		return NULL;
	strcpy(player.rooms[player.rooms_count].name, room);
	player.rooms[player.rooms_count].last = -1;
	return &player.rooms[player.rooms_count++].last;
}

static void on_entry(void *owner, const json_t *object, bool is_history)
{
	(void)owner;
	const char *room = json_string_value(json_object_get(object, "room"));
	int64_t seq = json_integer_value(json_object_get(object, "seq"));
	const char *text = json_string_value(json_object_get(object, "message"));
	int64_t *last = room && *room == '#' && !is_history ? last_shown(room) : NULL;
	if (last) {
		assert(seq > *last);
		*last = seq;
	}
	if (text)
		roomlog_take_own(&player.log, seq, "anna", text, 0, false, 0);
	show(object);
}

static void on_pushed(void *owner, const json_t *object)
{
	(void)owner;
	show(object);
}

/* Another log, or another place in it. */
static void on_joined(void *owner, const struct session_room *room, enum session_join how)
{
	(void)owner;
	int64_t *last = last_shown(room->name);
	if (last && how != SESSION_JOIN_AGAIN)
		*last = -1;
}

static void on_expelled(void *owner, const struct session_room *room, const json_t *object)
{
	(void)object;
	on_joined(owner, room, SESSION_JOIN_FIRST);
}

static void on_settled(void *owner, const struct outbox_item *item, const json_t *error)
{
	(void)owner;
	(void)error;
	struct show settings = {.lang = LANG_EN, .own_name = "anna"};
	struct buffer line = BUFFER_EMPTY;
	show_own(&settings, &line, item);
	check_shown(&line);
	buffer_release(&line);
}

static void on_welcomed(void *owner, bool again)
{
	(void)owner;
	(void)again;
}

static void on_refused(void *owner, const char *code, const char *message)
{
	(void)owner;
	assert(code && message);
}

static void on_entered(void *owner, const struct session_room *room)
{
	(void)owner;
	assert(room->name);
}

static void on_join_refused(void *owner, const char *room, const char *message)
{
	(void)owner;
	assert(room && message);
}

static void on_answered(void *owner, const struct session_question *question, const json_t *object)
{
	(void)owner;
	(void)object;
	assert(question->op);
}

static void on_renamed(void *owner, const char *old_name)
{
	(void)owner;
	assert(old_name);
}

/* The client writes one JSON object a line; their ids wait for an answer. */
static void take_requests(void)
{
	char *newline;
	while (buffer_length(&player.out) &&
	       (newline = memchr(buffer_bytes(&player.out), '\n', buffer_length(&player.out)))) {
		size_t length = (size_t)(newline - buffer_bytes(&player.out));
		json_t *request = json_loadb(buffer_bytes(&player.out), length, 0, NULL);
		assert(json_is_object(request));
		const char *id = json_string_value(json_object_get(request, "id"));
		if (id && player.ids_count < IDS_MAX && strlen(id) < sizeof *player.ids)
			strcpy(player.ids[player.ids_count++], id);
		json_decref(request);
		buffer_take(&player.out, length + 1);
	}
}

static void serve(const char *text, size_t length, int64_t now)
{
	struct buffer line = BUFFER_EMPTY;
	const char *dollar = length ? memchr(text, '$', length) : NULL;
	if (dollar && player.ids_count) {
		buffer_add(&line, text, (size_t)(dollar - text));
		buffer_add_string(&line, player.ids[0]);
		memmove(player.ids, player.ids + 1, --player.ids_count * sizeof *player.ids);
		buffer_add(&line, dollar + 1, length - (size_t)(dollar - text) - 1);
	} else {
		buffer_add(&line, text, length);
	}
	/* A copy of exactly these bytes, so that reading past them is seen. */
	char *bytes = malloc(buffer_length(&line) + !buffer_length(&line));
	if (buffer_length(&line))
		memcpy(bytes, buffer_bytes(&line), buffer_length(&line));
	session_receive(player.session, bytes, buffer_length(&line), now);
	free(bytes);
	buffer_release(&line);
}

static void line_down(void)
{
	if (!player.is_up)
		return;
	session_line_down(player.session);
	buffer_clear(&player.out);
	player.ids_count = 0;
	player.is_up = false;
}

/* "!u" the line is up, "!d" down, "!t" time passes, "!sTEXT" something is said, "!j#ROOM", "!e" an edit,
 * "!q". */
static void act(const char *what, size_t length, int64_t *now)
{
	char *text = strndup(length > 1 ? what + 1 : "", length > 1 ? length - 1 : 0);
	switch (length ? *what : 0) {
	case 'u':
		if (!player.is_up)
			session_line_up(player.session, &player.out, *now);
		player.is_up = true;
		break;
	case 'd':
		line_down();
		break;
	case 't':
		*now += 20000;
		if (player.is_up && !session_tick(player.session, *now))
			line_down();
		break;
	case 's':
		if (utf8_valid(text, strlen(text)))
			session_say(player.session, "#lobby", text, false);
		break;
	case 'j':
		if (utf8_is_room_name(text))
			session_join(player.session, text);
		break;
	case 'e':
		session_change(player.session, OUTBOX_EDIT, "#lobby", 1, "other", false);
		break;
	case 'w':
		session_page_at(player.session, "#lobby", (int64_t)length * 1000);
		break;
	case 'p':
		session_page(player.session, "#lobby", (enum session_page)(length % 4), 7);
		break;
	case 'q':
		session_quit(player.session);
		break;
	default:
		break;
	}
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct session_hooks hooks = {.welcomed = on_welcomed,
						   .name_refused = on_refused,
						   .hello_refused = on_refused,
						   .joined = on_joined,
						   .entered = on_entered,
						   .join_refused = on_join_refused,
						   .entry = on_entry,
						   .pushed = on_pushed,
						   .answered = on_answered,
						   .expelled = on_expelled,
						   .room_renamed = on_room_renamed,
						   .invited = on_invited,
						   .paged = on_paged,
						   .noticed = on_noticed,
						   .missed = on_missed,
						   .renamed = on_renamed,
						   .settled = on_settled};
	struct session_settings settings = {.name = "anna",
					    .client = "fuzz",
					    .lang = "it",
					    .history = 5,
					    .wants_members = true,
					    .wants_rooms = true,
					    .hooks = hooks};
	int64_t now = 1000;
	memset(&player, 0, sizeof player);
	player.session = session_new(&settings);
	session_join(player.session, "#lobby");
	act("u", 1, &now);
	for (const char *at = (const char *)data, *end = at + size; at < end;) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		size_t length = (size_t)((newline ? newline : end) - at);
		take_requests();
		if (length && *at == '!')
			act(at + 1, length - 1, &now);
		else if (player.is_up)
			serve(at, length, now);
		at += length + 1;
	}
	take_requests();
	session_free(player.session);
	roomlog_release(&player.log);
	buffer_release(&player.out);
	return 0;
}
