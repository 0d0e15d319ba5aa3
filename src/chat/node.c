#include "chat/node.h"

#include "base/clock.h"
#include "base/logging.h"
#include "base/text/utf8.h"
#include "chat/answer.h"
#include "chat/apply.h"
#include "chat/rooms/direct.h"
#include "chat/people/enter.h"
#include "chat/errand.h"
#include "chat/files/file.h"
#include "chat/hold.h"
#include "chat/indexer.h"
#include "chat/rooms/membership.h"
#include "chat/publish.h"
#include "chat/state.h"
#include "store/store_node.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_node(const struct chat *chat)
{
	return chat->config.store->node;
}

/* --- rooms --- */

static bool is_followed(const struct chat *chat, const struct room *room)
{
	for (unsigned i = 0; i < chat->config.encodings * ROOM_SIDES; i++)
		if (room->views[i])
			return true;
	return false;
}

/* Somebody has begun to follow the room while entries were on their way. Those of later batches come without a gap behind
 * the last one that is known now, so that once a turn is enough. */
static void fetch_missed(struct chat *chat, struct room *room)
{
	if (room->fetched_turn == chat->batches.turn)
		return;
	room->fetched_turn = chat->batches.turn;
	chat->fetches++;
	chat->config.store->node->fetch(chat->config.store, room->id);
}

bool node_may_publish(struct chat *chat, struct room *room, uint64_t seq, bool is_own)
{
	if (!is_node(chat) || seq == room->end_seq + 1)
		return true;
	if (seq <= room->end_seq)
		return false;
	if (is_own && is_followed(chat, room)) {
		fetch_missed(chat, room);
		return false;
	}
	/* It has no readers here; or retention has taken what is missing, since news have no gap. */
	room->end_seq = seq - 1;
	return true;
}

static void skip_to(struct chat *chat, const struct store_command *done)
{
	struct room *room = rooms_find_by_id(&chat->rooms, done->room.id);
	if (!room || done->room.end_seq <= room->end_seq)
		return;
	/* Both sides of a conversation follow it as soon as something is said. */
	if (room->is_direct)
		direct_follow_all(chat, room);
	if (is_followed(chat, room))
		fetch_missed(chat, room);
	else
		room->end_seq = done->room.end_seq;
}

static void append_foreign(struct chat *chat, const struct store_command *done)
{
	const struct entry *entry = done->append.entry;
	const struct room *room = rooms_find_by_id(&chat->rooms, entry->room_id);
	if (room && entry->seq > room->end_seq)
		chat_apply(chat, NULL, done);
}

/* The room as it is now; its rules keep their version, since what made it may come later. */
static void node_put_room(struct chat *chat, const struct store_command *done)
{
	struct store_command command = *done;
	struct store_room *stored = &command.room;
	struct room *room = rooms_find_by_id(&chat->rooms, stored->id);
	struct room *other = room ? NULL : rooms_find(&chat->rooms, stored->name);
	if (room) {
		command.op = STORE_UPDATE_ROOM;
		stored->fields = STORE_ROOM_PRIVATE | STORE_ROOM_TOPIC | STORE_ROOM_RETENTION |
				 STORE_ROOM_READ_ONLY | STORE_ROOM_TOPIC_LOCKED | STORE_ROOM_KEEP_EDITS;
		chat_apply(chat, NULL, &command);
		return;
	}
	/* One of the same name is gone, though that is not told yet. */
	if (other)
		chat_apply(chat, NULL,
			   &(struct store_command){.op = STORE_REMOVE_ROOM, .room.id = other->id});
	for (int i = 0; stored->is_direct && i < ROOM_SIDES; i++)
		if (!users_find_id(&chat->users, stored->sides[i]))
			return;
	/* The end of a new conversation tells what was said in it. */
	stored->rules = 0;
	if (stored->is_direct)
		stored->end_seq = stored->purged_seq;
	chat_apply(chat, NULL, &command);
}

static void purge_foreign(struct chat *chat, const struct store_command *done)
{
	const struct room *room = rooms_find_by_id(&chat->rooms, done->purge.room_id);
	if (room && done->purge.purged_seq > room->purged_seq)
		chat_apply(chat, NULL, done);
}

/* --- people --- */

static void rename_to(struct chat *chat, int64_t person, const char *name)
{
	struct store_command command = {.op = STORE_RENAME_PERSON, .person = {.id = person, .name = name}};
	chat_apply(chat, NULL, &command);
}

/* Somebody else who has the name here has lost it, though that is not told yet. */
static void take_name_from_others(struct chat *chat, const struct store_person *stored)
{
	const struct user *holder = users_find_folded(&chat->users, stored->folded);
	char name[32];
	if (!holder || holder->id == stored->id)
		return;
	snprintf(name, sizeof name, "~%lld", (long long)holder->id);
	rename_to(chat, holder->id, name);
}

static void node_put_person(struct chat *chat, const struct store_command *done)
{
	const struct store_person *stored = &done->person;
	struct user *user = users_find_id(&chat->users, stored->id);
	if (user && user->is_gone)
		return;
	take_name_from_others(chat, stored);
	if (user && strcmp(user->name, stored->name) != 0)
		rename_to(chat, user->id, stored->name);
	chat_apply(chat, NULL, done);
	user = users_find_id(&chat->users, stored->id);
	user->is_elsewhere = stored->is_elsewhere;
	chat->has_strays |= !stored->is_elsewhere;
}

/* They went on elsewhere: nobody sees them leave, and nothing is noted of it. */
static void expel_moved(struct chat *chat, struct user *user, const struct session *session)
{
	for (struct peer *peer = user->peers, *next; peer; peer = next) {
		next = peer->next;
		if (peer->session == session) {
			distant_keep(chat, peer);
			enter_expel_peer(chat, peer, TEXT_notice_taken_over);
		}
	}
}

static void node_put_session(struct chat *chat, const struct store_command *done)
{
	struct user *user = users_find_id(&chat->users, done->session.person);
	if (!user)
		return;
	chat_apply(chat, NULL, done);
	struct session *session = user_find_session(user, done->session.hash);
	if (session && session->is_elsewhere)
		expel_moved(chat, user, session);
}

/* Their connections here are told what they did, or met, elsewhere. */
static void node_tell_read(struct chat *chat, const struct member *member)
{
	char shown[ROOM_SHOWN_BYTES];
	struct entry event = {.kind = ENTRY_READ,
			      .room = room_name_for(member->room, member->user, shown),
			      .name = member->user->name,
			      .ref = member->read_seq,
			      .key = TEXT_event_read,
			      .args = {.number = (int64_t)member->read_seq}};
	tell_user(chat, member->user, NULL, &event);
}

static void node_put_member(struct chat *chat, const struct store_command *done)
{
	const struct store_member *stored = &done->member;
	const struct room *room = rooms_find_by_id(&chat->rooms, stored->room_id);
	const struct user *user = users_find_id(&chat->users, stored->person);
	struct member *member = room && user ? room_find_member(room, user) : NULL;
	bool is_new = !member;
	uint64_t read_seq = member ? member->read_seq : 0;
	chat_apply(chat, NULL, done);
	member = room && user ? room_find_member(room, user) : NULL;
	if (!member || !user->peers)
		return;
	if (is_new)
		membership_begin(chat, member, NULL);
	else if (member->read_seq > read_seq)
		node_tell_read(chat, member);
}

static void node_put_invitation(struct chat *chat, const struct store_command *done)
{
	const struct store_invitation *stored = &done->invitation;
	const struct room *room = rooms_find_by_id(&chat->rooms, stored->room_id);
	const struct user *user = users_find_id(&chat->users, stored->person);
	bool is_new = room && user && !room_find_invitation(room, user->id, clock_wall_ms());
	chat_apply(chat, NULL, done);
	/* An owner who has left needs no telling. */
	if (!is_new || stored->role == ROLE_OWNER)
		return;
	struct entry event = {.kind = ENTRY_NOTICE,
			      .room = room->name,
			      .name = stored->by,
			      .code = "invited",
			      .key = TEXT_event_invite,
			      .args = {.name = user->name, .room = room->name, .by = stored->by}};
	for (const struct peer *peer = user->peers; peer; peer = peer->next)
		tell_event(chat, peer, &event);
}

/* An administrator there has put them out, wherever they are. */
static void kill_foreign(struct chat *chat, const struct store_deed *deed)
{
	struct user *user = users_find_id(&chat->users, deed->person);
	if (user)
		enter_kill_user(chat, user, &(struct text_args){.by = deed->by, .text = deed->reason});
}

/* --- what comes --- */

struct news {
	const struct store_command *commands;
	size_t count;
};

static void node_take(struct chat *chat, const struct store_command *done)
{
	switch (done->op) {
	case STORE_ADD_PERSON:
		node_put_person(chat, done);
		break;
	case STORE_PUT_SESSION:
		node_put_session(chat, done);
		break;
	case STORE_ADD_ROOM:
		node_put_room(chat, done);
		break;
	case STORE_PUT_MEMBER:
		node_put_member(chat, done);
		break;
	case STORE_PUT_INVITATION:
		node_put_invitation(chat, done);
		break;
	case STORE_APPEND:
		append_foreign(chat, done);
		break;
	case STORE_SKIP_TO:
		skip_to(chat, done);
		break;
	case STORE_PURGE:
		purge_foreign(chat, done);
		break;
	case STORE_ADD_DEED:
		kill_foreign(chat, &done->deed);
		break;
	case STORE_SWEEP_FILES:
		file_dropped_elsewhere(chat, done->file_sweep.dropped);
		break;
	default:
		chat_apply(chat, NULL, done);
	}
}

/* People first, then rooms, then the rest in its order: nodes have no order between them. */
static int rank_of(const struct store_command *done)
{
	return done->op == STORE_ADD_PERSON ? 0 : done->op == STORE_ADD_ROOM ? 1 : 2;
}

static void tell_news(struct chat *chat, void *context)
{
	const struct news *news = context;
	for (int rank = 0; rank < 3; rank++)
		for (size_t i = 0; i < news->count; i++)
			if (rank_of(&news->commands[i]) == rank)
				node_take(chat, &news->commands[i]);
}

static void node_news(void *context, const struct store_command *commands, size_t count)
{
	struct chat *chat = context;
	chat->told.is_hearing = true;
	batch_tell_news(chat, tell_news, &(struct news){.commands = commands, .count = count});
	chat->told.is_hearing = false;
	indexer_wake(chat->indexer);
}

/* --- rules --- */

static int64_t node_rules(void *context, int64_t room_id)
{
	const struct chat *chat = context;
	const struct room *room = rooms_find_by_id(&chat->rooms, room_id);
	const struct batch *batch = chat->batches.stored;
	if (!room || !batch)
		return -1;
	return room->ruled == batch->number ? room->rules_before : room->rules;
}

/* The decision under way may rest on the version before. */
static void node_ruled(void *context, int64_t room_id, int64_t rules)
{
	struct chat *chat = context;
	struct room *room = rooms_find_by_id(&chat->rooms, room_id);
	if (!room)
		return;
	if (room->ruled != batch_mark_now(chat) && batch_is_filled(chat)) {
		room->ruled = batch_mark_now(chat);
		room->rules_before = room->rules;
	}
	room->rules = rules;
}

/* --- what others tell without storing it --- */

struct lines {
	int64_t node;
	const char *text;
};

static void tell_heard(struct chat *chat, void *context)
{
	const struct lines *lines = context;
	told_heard(chat, lines->node, lines->text);
}

static void node_heard(void *context, int64_t node, const char *text)
{
	batch_tell_news(context, tell_heard, &(struct lines){.node = node, .text = text});
}

static void node_gone(void *context, int64_t node)
{
	distant_lose(context, node);
}

static void node_asked(void *context)
{
	told_asked(context);
}

static void node_followed(void *context, const struct room *room, bool is_on)
{
	struct chat *chat = context;
	chat->config.store->node->follow(chat->config.store, room->id, room->end_seq, is_on);
}

void node_begin(struct chat *chat)
{
	if (!is_node(chat))
		return;
	struct store_listener listener = {.context = chat,
					  .news = node_news,
					  .rules = node_rules,
					  .ruled = node_ruled,
					  .heard = node_heard,
					  .gone = node_gone,
					  .asked = node_asked};
	chat->config.store->node->listen(chat->config.store, &listener);
	chat->rooms.followed = node_followed;
	chat->rooms.followed_context = chat;
}

/* --- before it is refused --- */

static void then_caught_up(struct chat *chat, struct question *question);

static void node_ask(struct chat *chat, struct request *request)
{
	struct store_query query = {.question = STORE_CATCH_UP, .seq = chat->fetches};
	request->is_synced = true;
	question_ask(chat, request, &query, then_caught_up, NULL);
}

/* Asks again if more entries were found missing meanwhile, since this answer may lack them. */
static void then_caught_up(struct chat *chat, struct question *question)
{
	if (question->query.result == STORE_OK && question->query.seq != chat->fetches)
		node_ask(chat, question->request);
	else
		hold_again(chat, question->request);
}

bool node_asks_first(struct chat *chat, struct request *request)
{
	if (!is_node(chat) || request != chat->answering || request->is_synced)
		return false;
	node_ask(chat, request);
	return true;
}

static bool may_be_old(enum error_code code)
{
	switch (code) {
	case ERROR_NO_ROOM:
	case ERROR_NO_USER:
	case ERROR_BAD_NAME: /* nobody is called so */
	case ERROR_NOT_MEMBER:
	case ERROR_NO_MESSAGE:
	case ERROR_NO_FILE:
	case ERROR_FORBIDDEN:
	case ERROR_BANNED:
	case ERROR_MUTED:
	case ERROR_NAME_TAKEN:
	case ERROR_AUTH_REQUIRED:
	case ERROR_AUTH_FAILED:
		return true;
	default:
		return false;
	}
}

bool node_asks_before(struct chat *chat, const struct request *request, enum error_code code)
{
	return request == chat->answering && may_be_old(code) && node_asks_first(chat, chat->answering);
}

/* The sends behind it may have to be decided anew, too: what comes later waits until that is known. */
static void keep_back(const struct chat *chat, struct peer *peer)
{
	bool is_changing = batch_is_under_way(chat, peer->changing);
	if (!is_changing || (int32_t)(peer->sending - peer->changing) > 0)
		peer->changing = peer->sending;
}

bool node_decides_anew(struct chat *chat, struct change *change)
{
	struct request *request = change->request;
	bool is_stale = change->result == STORE_STALE;
	bool may_be = change->result == STORE_EXISTS || change->result == STORE_NONE ||
		      change->result == STORE_FORBIDDEN;
	if (!is_node(chat) || !request || !(is_stale || (may_be && !request->is_synced)))
		return false;
	change->request = NULL;
	keep_back(chat, request->peer);
	node_ask(chat, request);
	return true;
}
