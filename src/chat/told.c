#include "chat/told.h"

#include "base/clock.h"
#include "base/limits.h"
#include "chat/answer.h"
#include "chat/distant.h"
#include "chat/people/enter.h"
#include "chat/state.h"
#include "chat/people/watch.h"
#include "store/store_node.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define ALL_MS     1000
#define FIELDS_MAX 24

void told_release(struct told *told)
{
	buffer_release(&told->line);
}

/* --- writing --- */

static bool tells(const struct chat *chat)
{
	return chat->config.store->node;
}

static struct buffer *begin_line(struct chat *chat, char what)
{
	buffer_clear(&chat->told.line);
	buffer_add_char(&chat->told.line, what);
	return &chat->told.line;
}

static void told_add_number(struct buffer *line, int64_t number)
{
	buffer_printf(line, "\t%" PRId64, number);
}

static void add_text(struct buffer *line, const char *text)
{
	static const char special[] = "\t\n\\", letters[] = "tn\\";
	buffer_add_char(line, '\t');
	if (!text)
		buffer_add_string(line, "\\0");
	while (text && *text) {
		size_t plain = strcspn(text, special);
		buffer_add(line, text, plain);
		text += plain;
		if (!*text)
			break;
		buffer_add_char(line, '\\');
		buffer_add_char(line, letters[strchr(special, *text) - special]);
		text++;
	}
}

static void end_line(struct chat *chat, bool may_drop)
{
	struct store *store = chat->config.store;
	store->node->tell(store, buffer_string(&chat->told.line), may_drop);
}

/* --- what is told --- */

static const struct peer *first_peer(const struct user *user)
{
	const struct peer *peer = user->peers;
	while (peer && peer->next)
		peer = peer->next;
	return peer;
}

/* The browsers in which somebody looks at a page: so many that the line about them is never too long to be told. */
static const char *write_pages(const struct user *user, struct buffer *to)
{
	int left = LIMIT_TOLD_PAGES;
	for (const struct peer *peer = user->peers; peer && left; peer = peer->next) {
		uint32_t token = peer->token ? peer->token : peer->session ? peer->session->token : 0;
		if (!peer->is_page || peer->is_hidden || !token)
			continue;
		buffer_printf(to, "%x,", (unsigned)token);
		left--;
	}
	return buffer_length(to) ? buffer_string(to) : NULL;
}

static void told_write_person(struct chat *chat, const struct user *user, const struct distant_looks *looks)
{
	struct buffer *line = begin_line(chat, '+');
	told_add_number(line, user->id);
	buffer_add_string(line, looks->is_bot ? "\t-B" : "\t-");
	add_text(line, looks->pages);
	add_text(line, looks->ip);
	add_text(line, looks->user_name);
	add_text(line, looks->real_name);
	end_line(chat, false);
}

void told_away(struct chat *chat, const struct user *user)
{
	if (!tells(chat))
		return;
	struct buffer *line = begin_line(chat, 'a');
	told_add_number(line, user->id);
	add_text(line, user->away);
	end_line(chat, false);
}

static void told_write_reads(struct chat *chat, int64_t person, int64_t room_id, bool is_new)
{
	struct buffer *line = begin_line(chat, '>');
	told_add_number(line, person);
	told_add_number(line, room_id);
	buffer_add_string(line, is_new ? "\t-N" : "\t-");
	told_add_number(line, (int64_t)chat->wide);
	end_line(chat, false);
}

void told_came(struct chat *chat, const struct user *user)
{
	const struct peer *peer = tells(chat) ? first_peer(user) : NULL;
	if (!peer)
		return;
	struct buffer pages = BUFFER_EMPTY;
	struct distant_looks looks = {.ip = peer_shown_ip(peer),
				      .user_name = peer_user_name(peer),
				      .real_name = peer_real_name(peer),
				      .pages = write_pages(user, &pages),
				      .is_bot = peer->is_bot};
	told_write_person(chat, user, &looks);
	buffer_release(&pages);
}

void told_went(struct chat *chat, int64_t person)
{
	const struct user *user = tells(chat) ? users_find_id(&chat->users, person) : NULL;
	if (user && user->peers)
		told_came(chat, user);
	if (!tells(chat) || (user && user->peers) || distant_is_kept(chat, person, 0))
		return;
	told_add_number(begin_line(chat, '-'), person);
	end_line(chat, false);
}

void told_reads(struct chat *chat, const struct member *member)
{
	if (tells(chat))
		told_write_reads(chat, member->user->id, member->room->id, member->is_new);
}

void told_left(struct chat *chat, int64_t person, int64_t room_id, const char *reason)
{
	if (!tells(chat))
		return;
	struct buffer *line = begin_line(chat, '<');
	told_add_number(line, person);
	told_add_number(line, room_id);
	add_text(line, reason);
	told_add_number(line, (int64_t)chat->wide);
	end_line(chat, false);
}

static void told_all(struct chat *chat)
{
	size_t bucket = 0;
	struct store *store = chat->config.store;
	chat->told.is_asked = false;
	chat->told.all_ms = clock_mono_ms();
	store->node->tell(store, STORE_TOLD_WHOLE, false);
	for (struct table_link *link = NULL; (link = table_walk(&chat->users.by_id, &bucket, link));) {
		const struct user *user = TABLE_OF(link, struct user, by_id);
		const struct distant_looks *kept =
		    distant_is_kept(chat, user->id, 0) ? distant_find_looks(chat, user) : NULL;
		if (user->peers)
			told_came(chat, user);
		else if (kept)
			told_write_person(chat, user, kept);
		if (user->peers || kept)
			told_away(chat, user);
		for (const struct member *one = user->peers || kept ? user->memberships : NULL; one;
		     one = one->next)
			if (one->connections || distant_is_kept(chat, user->id, one->room->id))
				told_write_reads(chat, user->id, one->room->id, false);
	}
	store->node->tell(store, STORE_TOLD_END, false);
}

void told_asked(struct chat *chat)
{
	chat->told.is_asked = true;
	told_run(chat);
}

void told_run(struct chat *chat)
{
	struct store_node_state state;
	if (!chat->told.is_asked || clock_mono_ms() - chat->told.all_ms < ALL_MS)
		return;
	/* Not behind an earlier one that waits yet. */
	chat->config.store->node->look(chat->config.store, &state);
	if (state.told_bytes <= LIMIT_TOLD_IDLE_BYTES)
		told_all(chat);
}

void told_end(struct chat *chat)
{
	if (!tells(chat))
		return;
	begin_line(chat, '!');
	end_line(chat, false);
}

/* --- events --- */

/* Codes are literals where they are shown. */
static const char *const codes[] = {"pin"};

static bool is_event_told(const struct entry *event)
{
	return event->kind == ENTRY_TAGGED || (event->kind >= ENTRY_NICK && event->kind <= ENTRY_ACCOUNT &&
					       event->kind != ENTRY_READ && event->kind != ENTRY_GAP);
}

/* The numbers of kinds and texts are those of one version: TEXT_COUNT stands for it. */
void told_event(struct chat *chat, const struct room *room, const struct user *by, const struct entry *event)
{
	if (!tells(chat) || chat->told.is_hearing || !is_event_told(event))
		return;
	struct buffer *line = begin_line(chat, 'e');
	const int64_t numbers[] = {TEXT_COUNT,           room->id,          by ? by->id : 0,
				   event->kind,          event->flags,      (int64_t)event->author,
				   (int64_t)event->wide, event->key,        event->room_rules,
				   event->role_before,   event->rules_told, event->args.number,
				   event->args.time_ms};
	const char *const texts[] = {event->name,      event->ip,        event->text,      event->code,
				     event->args.name, event->args.room, event->args.text, event->args.by};
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		told_add_number(line, numbers[i]);
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		add_text(line, texts[i]);
	end_line(chat, event->kind == ENTRY_TYPING);
}

/* --- reading --- */

struct fields {
	char *text[FIELDS_MAX];
	size_t count, next;
};

/* In its place. NULL where it stands for that. */
static char *told_unescape(char *field)
{
	char *to = field;
	if (!strcmp(field, "\\0"))
		return NULL;
	for (const char *from = field; *from; from++) {
		if (*from == '\\' && from[1]) {
			from++;
			*to++ = *from == 't' ? '\t' : *from == 'n' ? '\n' : *from;
		} else {
			*to++ = *from;
		}
	}
	*to = '\0';
	return field;
}

static void told_split(char *line, struct fields *fields)
{
	*fields = (struct fields){.next = 1};
	for (char *end; line && fields->count < FIELDS_MAX; line = end) {
		end = strchr(line, '\t');
		if (end)
			*end++ = '\0';
		fields->text[fields->count++] = told_unescape(line);
	}
}

/* NULL behind the last field, too. */
static const char *told_take_text(struct fields *fields)
{
	return fields->next < fields->count ? fields->text[fields->next++] : NULL;
}

static int64_t told_take_number(struct fields *fields)
{
	const char *text = told_take_text(fields);
	return text ? strtoll(text, NULL, 10) : 0;
}

static bool take_flag(const char *flags, char flag)
{
	return flags && strchr(flags, flag);
}

/* Numbers of other nodes are told apart from this one's. */
static uint64_t wide_of(int64_t node, int64_t wide)
{
	return wide ? (uint64_t)wide | (uint64_t)(node + 1) << 44 : 0;
}

/* --- what is heard --- */

static void hear_away(struct chat *chat, struct fields *fields)
{
	struct user *user = users_find_id(&chat->users, told_take_number(fields));
	const char *away = told_take_text(fields);
	bool is_same = user && (away ? user->away && !strcmp(user->away, away) : !user->away);
	if (!user || is_same)
		return;
	user_set_away(user, away);
	watch_tell(chat, user,
		   &(struct entry){.kind = ENTRY_AWAY, .args = {.name = user->name, .text = user->away}});
}

static void hear_person(struct chat *chat, int64_t node, struct fields *fields)
{
	int64_t person = told_take_number(fields);
	const char *flags = told_take_text(fields);
	struct distant_looks looks = {.is_bot = take_flag(flags, 'B')};
	looks.pages = told_take_text(fields);
	looks.ip = told_take_text(fields);
	looks.user_name = told_take_text(fields);
	looks.real_name = told_take_text(fields);
	distant_put(chat, node, person, &looks);
}

static void hear_reads(struct chat *chat, int64_t node, struct fields *fields)
{
	int64_t person = told_take_number(fields), room_id = told_take_number(fields);
	bool is_new = take_flag(told_take_text(fields), 'N');
	distant_put_room(chat, node, person, room_id, is_new, wide_of(node, told_take_number(fields)));
}

static void hear_left(struct chat *chat, int64_t node, struct fields *fields)
{
	int64_t person = told_take_number(fields), room_id = told_take_number(fields);
	const char *reason = told_take_text(fields);
	distant_drop_room(chat, node, person, room_id, reason, wide_of(node, told_take_number(fields)));
}

/* NULL: this version knows no such code. */
static const char *find_code(const char *code)
{
	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
		if (!strcmp(codes[i], code))
			return codes[i];
	return NULL;
}

/* Those who were put out do not read the room any more; they are told wherever they are. */
static void tell_target(struct chat *chat, const struct room *room, const struct entry *event)
{
	const struct user *user = event->name ? users_find(&chat->users, event->name) : NULL;
	bool is_put_out = event->kind == ENTRY_KICK || event->kind == ENTRY_BAN;
	struct entry told = *event;
	told.room = room->name;
	for (const struct peer *peer = user && is_put_out ? user->peers : NULL; peer; peer = peer->next)
		if (!peer->is_simple && !peer_find_following(peer, room))
			tell_event(chat, peer, &told);
}

static void hear_event(struct chat *chat, int64_t node, struct fields *fields)
{
	if (told_take_number(fields) != TEXT_COUNT)
		return;
	struct room *room = rooms_find_by_id(&chat->rooms, told_take_number(fields));
	int64_t person = told_take_number(fields);
	const struct user *by = users_find_id(&chat->users, person);
	struct entry event = {.kind = (enum entry_kind)told_take_number(fields)};
	event.flags = (uint32_t)told_take_number(fields);
	event.author = (uint64_t)told_take_number(fields);
	event.wide = wide_of(node, told_take_number(fields));
	event.key = (enum text)told_take_number(fields);
	event.room_rules = (unsigned)told_take_number(fields);
	event.role_before = (unsigned)told_take_number(fields);
	event.rules_told = (unsigned)told_take_number(fields);
	event.args.number = told_take_number(fields);
	event.args.time_ms = told_take_number(fields);
	event.name = told_take_text(fields);
	event.ip = told_take_text(fields);
	event.text = told_take_text(fields);
	const char *code = told_take_text(fields);
	event.args.name = told_take_text(fields);
	event.args.room = told_take_text(fields);
	event.args.text = told_take_text(fields);
	event.args.by = told_take_text(fields);
	event.code = code ? find_code(code) : NULL;
	if (!room || (person && !by) || !is_event_told(&event) || event.key >= TEXT_COUNT ||
	    (code && !event.code))
		return;
	if (by)
		tell_room_but_blockers(chat, room, by, &event);
	else
		batch_event(chat, room, &event);
	tell_target(chat, room, &event);
}

static void hear_line(struct chat *chat, int64_t node, char *line)
{
	struct fields fields;
	if (!strcmp(line, STORE_TOLD_WHOLE)) {
		distant_begin_all(chat, node);
		return;
	}
	told_split(line, &fields);
	switch (*line) {
	case '.':
		distant_end_all(chat, node);
		break;
	case '+':
		hear_person(chat, node, &fields);
		break;
	case '!':
		distant_lose(chat, node);
		break;
	case 'a':
		hear_away(chat, &fields);
		break;
	case '-':
		distant_drop(chat, node, told_take_number(&fields));
		break;
	case '>':
		hear_reads(chat, node, &fields);
		break;
	case '<':
		hear_left(chat, node, &fields);
		break;
	case 'e':
		hear_event(chat, node, &fields);
		break;
	default: /* of a newer version */
		break;
	}
}

void told_heard(struct chat *chat, int64_t node, const char *lines)
{
	struct buffer copy = BUFFER_EMPTY;
	buffer_add_string(&copy, lines);
	chat->told.is_hearing = true;
	for (char *line = buffer_string(&copy), *end; (end = strchr(line, '\n')); line = end + 1) {
		*end = '\0';
		hear_line(chat, node, line);
	}
	chat->told.is_hearing = false;
	buffer_release(&copy);
}
