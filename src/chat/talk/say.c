/* Saying something: messages, and the entries that change them. */
#include "base/clock.h"
#include "base/text/emoji.h"
#include "base/memory.h"
#include "chat/answer.h"
#include "chat/people/block.h"
#include "chat/rooms/direct.h"
#include "chat/errand.h"
#include "chat/files/file_links.h"
#include "chat/talk/mentions.h"
#include "chat/need.h"
#include "chat/pace.h"
#include "chat/rooms/permission.h"
#include "chat/state.h"

#include <stdlib.h>
#include <string.h>

/* The entry that the request would add to its room. Its strings lie in the request and in its user. */
static struct entry entry_of(const struct request *request)
{
	const struct user *user = request->peer->user;
	struct entry entry = {
	    .kind = ENTRY_MESSAGE,
	    .text = request->text[REQUEST_TEXT_MESSAGE],
	    .pieces = request->pieces,
	    .ref = (uint64_t)request->number[REQUEST_NUMBER_TARGET],
	    .ip = peer_shown_ip(request->peer),
	    .author = request->peer->author,
	    .person = user->id,
	    .name = user->name,
	    .send_id = request->text[REQUEST_TEXT_ID],
	};
	if (!entry.text)
		entry.text = ""; /* files alone */
	switch (request->op) {
	case REQUEST_EDIT:
		entry.kind = ENTRY_EDIT;
		break;
	case REQUEST_DELETE:
		entry.kind = ENTRY_DELETE;
		entry.text = request->text[REQUEST_TEXT_REASON] ? request->text[REQUEST_TEXT_REASON] : "";
		break;
	case REQUEST_REACT:
		entry.kind = ENTRY_REACT;
		entry.flags = request->number[REQUEST_NUMBER_ON] ? ENTRY_ON : 0;
		entry.text = request->text[REQUEST_TEXT_EMOJI];
		break;
	case REQUEST_TOPIC:
		entry.kind = ENTRY_TOPIC;
		entry.text = request->text[REQUEST_TEXT_TOPIC];
		break;
	default:
		entry.flags = (request->number[REQUEST_NUMBER_ACTION] ? ENTRY_ACTION : 0) |
			      (request->number[REQUEST_NUMBER_NOTICE] ? ENTRY_QUIET : 0) |
			      (request->is_bot ? ENTRY_BOT : 0);
		entry.file_ids = request->text[REQUEST_TEXT_FILES];
		entry.flags |= entry.file_ids ? ENTRY_FILES : 0;
		entry.ref = (uint64_t)request->number[REQUEST_NUMBER_REPLY_TO];
	}
	entry.flags |= user_is_account(user) ? 0 : ENTRY_GUEST;
	return entry;
}

static struct store_send_id send_id_of(const struct request *request)
{
	return (struct store_send_id){.person = request->peer->user->id,
				      .device = peer_device(request->peer),
				      .id = request->text[REQUEST_TEXT_ID]};
}

/* --- refusals --- */

/* A refusal that waits for the answer whether this very send was granted before. */
struct refusal {
	enum error_code code;
	enum text key;
	struct text_args args;
	char shown[ROOM_SHOWN_BYTES]; /* of args.room */
	struct entry entry;
	int64_t room_id;
};

static void then_looked_up(struct chat *chat, struct question *question)
{
	struct refusal *refusal = question->context;
	const struct request *request = question->request;
	const struct room *room = rooms_find_by_id(&chat->rooms, refusal->room_id);
	if (question->query.result == STORE_OK && room) {
		chat->repeats++;
		answer_ack(chat, request, room, &refusal->entry);
	} else if (question->query.result == STORE_ID_REUSED && request->op != REQUEST_SEND) {
		answer_error(chat, request, ERROR_ID_REUSED, TEXT_NONE, NULL);
	} else if (question->query.result == STORE_FAILED) {
		answer_read_failed(chat, request);
	} else {
		answer_error(chat, request, refusal->code, refusal->key, &refusal->args);
	}
	free(refusal);
}

/* Says no, but for what was granted already: a line that broke before its acknowledgement came, and then a
 * kick, must not make a message that everybody has read look unsent. */
static void say_refuse(struct chat *chat, struct request *request, const struct room *room,
		       enum error_code code, enum text key, const struct text_args *args)
{
	struct entry entry = entry_of(request);
	if (!request->text[REQUEST_TEXT_ID] || !entry.text) {
		char shown[ROOM_SHOWN_BYTES];
		struct text_args told = args ? *args : (struct text_args){0};
		told.room = room_name_for(room, request->peer->user, shown);
		answer_error(chat, request, code, key, &told);
		return;
	}
	struct refusal *refusal = mem_zero(sizeof *refusal);
	*refusal = (struct refusal){.code = code, .key = key, .entry = entry, .room_id = room->id};
	if (args)
		refusal->args = *args;
	refusal->args.room = room_name_for(room, request->peer->user, refusal->shown);
	refusal->entry.room_id = room->id;
	struct store_query query = {
	    .question = STORE_FIND_SEND, .entry = &refusal->entry, .send_id = send_id_of(request)};
	question_ask(chat, request, &query, then_looked_up, refusal);
}

/* --- may they say anything here? --- */

/* The room, where the asker is in it; NULL: answered. */
static struct room *need_member(struct chat *chat, struct request *request)
{
	struct room *room = need_room(chat, request);
	if (!room || room->is_direct || room_find_member(room, request->peer->user))
		return room;
	say_refuse(chat, request, room, ERROR_NOT_MEMBER, TEXT_NONE, NULL);
	return NULL;
}

static bool is_heard(const struct room *room, const struct user *user)
{
	const struct member *member = room_find_member(room, user);
	return !room->is_read_only || user->is_admin || (member && member->role >= ROLE_SPEAKER);
}

static bool is_blocked(const struct room *room, const struct user *user)
{
	const struct user *other = room->is_direct ? room_other(room, user) : NULL;
	return other && (user_has_blocked(other, user) || user_has_blocked(user, other));
}

static void refuse_sanctioned(struct chat *chat, struct request *request, struct room *room,
			      const struct sanction *sanction)
{
	bool is_ban = sanction->kind == SANCTION_BAN;
	enum text key = is_ban ? TEXT_error_banned_for_good : TEXT_error_muted_for_good;
	say_refuse(chat, request, room, is_ban ? ERROR_BANNED : ERROR_MUTED,
		   sanction->until_ms ? TEXT_NONE : key, &(struct text_args){.time_ms = sanction->until_ms});
}

/* Answers and returns false where the asker must be silent in the room. */
static bool check_voice(struct chat *chat, struct request *request, struct room *room)
{
	struct user *user = request->peer->user;
	const struct sanction *sanction = room_meets(room, 0, user, request->peer->address, clock_wall_ms());
	if (sanction && !user->is_admin)
		refuse_sanctioned(chat, request, room, sanction);
	else if (room->is_direct && room_other(room, user)->is_gone)
		say_refuse(chat, request, room, ERROR_NO_USER, TEXT_error_user_gone,
			   &(struct text_args){.name = room_other(room, user)->name});
	else if (is_blocked(room, user))
		say_refuse(chat, request, room, ERROR_FORBIDDEN, TEXT_error_blocked, NULL);
	else if (!is_heard(room, user))
		say_refuse(chat, request, room, ERROR_FORBIDDEN, TEXT_error_read_only, NULL);
	else
		return pace_may_say(chat, request);
	return false;
}

/* The room, where the asker may add an entry to it; NULL: answered. */
static struct room *need_voice(struct chat *chat, struct request *request)
{
	struct room *room = need_member(chat, request);
	return room && check_voice(chat, request, room) ? room : NULL;
}

/* --- into the batch --- */

static void answer_said(struct chat *chat, const struct request *request, const struct room *room,
			const struct entry *entry, int result)
{
	struct text_args args = {.number = (int64_t)entry->ref};
	switch (result) {
	case STORE_REPEAT:
		chat->repeats++;
		answer_ack(chat, request, room, entry);
		break;
	case STORE_OK:
		answer_ack(chat, request, room, entry);
		break;
	case STORE_ID_REUSED:
		answer_error(chat, request, ERROR_ID_REUSED, TEXT_NONE, NULL);
		break;
	case STORE_FORBIDDEN:
		answer_error(chat, request, ERROR_FORBIDDEN,
			     entry->kind == ENTRY_REACT ? TEXT_error_blocked_reaction : TEXT_error_not_own,
			     NULL);
		break;
	case STORE_NO_FILE:
		answer_error(chat, request, ERROR_NO_FILE, TEXT_NONE, NULL);
		break;
	case STORE_LIMIT:
		answer_limit(chat, request, TEXT_error_too_many_reactions, LIMIT_REACTIONS);
		break;
	default:
		answer_error(chat, request, ERROR_NO_MESSAGE, TEXT_NONE, &args);
	}
}

static void then_message_stored(struct chat *chat, struct change *change)
{
	const struct entry *entry = change->context;
	const struct room *room = rooms_find_by_id(&chat->rooms, entry->room_id);
	/* Another process has removed the room, which is not known here yet: an entry about no other one misses nothing else. */
	bool is_room_gone = !room || (change->result == STORE_NONE && !entry->ref);
	/* Another message has just taken a file to which this one has a link, or the other side has begun the conversation in the
	 * same batch. */
	bool is_late = change->result == STORE_NO_FILE && change->request->unlinked;
	change->request->is_linked &= !is_late;
	if (change->result == STORE_EXISTS || is_late)
		hold_retry(chat, change);
	else if (!is_room_gone)
		answer_said(chat, change->request, room, entry, change->result);
	else
		answer_error(chat, change->request, ERROR_NO_ROOM, TEXT_NONE,
			     &(struct text_args){.room = change->request->text[REQUEST_TEXT_ROOM]});
}

static struct store_append *add_append(struct chat *chat, struct change *change, const struct room *room)
{
	struct request *request = change->request;
	struct entry *entry = arena_zero(batch_arena(chat), sizeof *entry);
	*entry = entry_of(request);
	entry->room_id = room ? room->id : 0;
	entry->time_ms = clock_wall_ms();
	if (entry->file_ids)
		entry->files = arena_zero(batch_arena(chat), LIMIT_FILES * sizeof *entry->files);
	change->context = entry;
	struct store_append *append = &batch_add(chat, change, STORE_APPEND)->append;
	/* One's own message moves one's own read marker. */
	*append = (struct store_append){.entry = entry,
					.send_id = send_id_of(request),
					.reactions_most = LIMIT_REACTIONS,
					.moves_read = entry->kind == ENTRY_MESSAGE};
	batch_said(change, strlen(entry->text));
	return append;
}

/* The first message of a conversation makes it. */
static void begin_conversation(struct chat *chat, struct request *request, struct user *other)
{
	struct user *sides[ROOM_SIDES] = {request->peer->user, other};
	struct change *change = batch_say(chat, request, then_message_stored);
	direct_add_to(chat, change, NULL, sides);
	add_append(chat, change, NULL);
	sides[0]->changing = sides[1]->changing = batch_mark_now(chat);
}

/* True where the message is for somebody with whom there is no conversation yet; it is answered then. */
static bool is_first_to(struct chat *chat, struct request *request)
{
	const char *name = request->text[REQUEST_TEXT_ROOM];
	struct user *user = request->peer->user, *other;
	if (!user || !name || *name != '@' || need_direct(chat, user, name, &other))
		return false;
	if (!other || other->is_gone)
		answer_error(chat, request, ERROR_NO_USER,
			     other && other->is_gone ? TEXT_error_user_gone : TEXT_error_no_user,
			     &(struct text_args){.name = name + 1});
	else if (need_wait_for_user(chat, request, other) || !direct_is_welcome(chat, request, other))
		return true;
	else if (pace_may_say(chat, request) && pace_may_begin_direct(chat, request))
		begin_conversation(chat, request, other);
	return true;
}

void do_send(struct chat *chat, struct request *request)
{
	const char *text = request->text[REQUEST_TEXT_MESSAGE];
	if ((!text || !*text) && !request->text[REQUEST_TEXT_FILES]) {
		/* A field that is missing is told before anything else, an empty one to members. */
		if (!text || need_member(chat, request))
			answer_bad_field(chat, request, "message");
		return;
	}
	if (request->unlinked && !request->is_linked) {
		file_links_settle(chat, request, do_send);
		return;
	}
	if (is_first_to(chat, request))
		return;
	struct room *room = need_voice(chat, request);
	if (!room)
		return;
	struct change *change = batch_say(chat, request, then_message_stored);
	/* It comes back to the lists of those who have left it. */
	if (room->is_direct)
		direct_add_to(chat, change, room, room->sides);
	struct store_append *append = add_append(chat, change, room);
	mentions_find(chat, room, append);
}

/* --- entries about other entries --- */

static struct store_append *say_about(struct chat *chat, struct request *request, struct room *room,
				      bool may_change_others, uint32_t flags)
{
	struct change *change = batch_say(chat, request, then_message_stored);
	struct store_append *append = add_append(chat, change, room);
	append->may_change_others = may_change_others;
	append->entry->flags |= flags;
	return append;
}

void do_edit(struct chat *chat, struct request *request)
{
	struct room *room = need_voice(chat, request);
	if (!room)
		return;
	if (!*request->text[REQUEST_TEXT_MESSAGE])
		say_refuse(chat, request, room, ERROR_BAD_FIELD, TEXT_NONE,
			   &(struct text_args){.text = "message"});
	else
		mentions_find(chat, room,
			      say_about(chat, request, room, false, room->keeps_edits ? ENTRY_KEEPS : 0));
}

void do_delete(struct chat *chat, struct request *request)
{
	struct room *room = need_member(chat, request);
	if (!room || !pace_may_say(chat, request))
		return;
	const struct user *user = request->peer->user;
	bool keeps_order = permission_may(user, room_find_member(room, user), room, PERMISSION_DELETE_OTHERS);
	bool is_silenced = is_blocked(room, user) ||
			   (!keeps_order && blocks_in(&chat->users, room, user, NULL, 0) > 0) ||
			   room_meets(room, SANCTION_MUTE, user, request->peer->address, clock_wall_ms());
	/* The deletion of one's own message names nobody: readers share the log, and each may block the author, also later. */
	struct store_append *append =
	    say_about(chat, request, room, keeps_order, keeps_order && !is_silenced ? 0 : ENTRY_UNNAMED);
	if (is_silenced)
		append->entry->text = "";
}

void do_react(struct chat *chat, struct request *request)
{
	struct room *room = need_voice(chat, request);
	if (!room)
		return;
	/* The same emoji with and without a variation selector is one reaction. */
	if (request->text[REQUEST_TEXT_EMOJI])
		emoji_fold((char *)(uintptr_t)request->text[REQUEST_TEXT_EMOJI]);
	if (!emoji_is_one(request->text[REQUEST_TEXT_EMOJI]))
		say_refuse(chat, request, room, ERROR_BAD_FIELD, TEXT_error_no_emoji,
			   &(struct text_args){.text = "emoji"});
	else
		say_about(chat, request, room, false, 0);
}

void do_topic(struct chat *chat, struct request *request)
{
	struct room *room = need_voice(chat, request);
	if (!room)
		return;
	const struct user *user = request->peer->user;
	if (!permission_may(user, room_find_member(room, user), room, PERMISSION_TOPIC)) {
		answer_error(chat, request, ERROR_FORBIDDEN, TEXT_NONE, NULL);
		return;
	}
	/* The room changes with the entry that says so: a repeat, or what is refused, changes nothing. */
	struct change *change = batch_say(chat, request, then_message_stored);
	add_append(chat, change, room);
	batch_add(chat, change, STORE_UPDATE_ROOM)->room = (struct store_room){
	    .id = room->id, .topic = request->text[REQUEST_TEXT_TOPIC], .fields = STORE_ROOM_TOPIC};
	request->peer->changing = batch_mark_now(chat);
}

/* Passed on to those who are there, and kept nowhere: it is not an entry. */
void do_tagged(struct chat *chat, struct request *request)
{
	struct room *room = need_voice(chat, request);
	if (!room)
		return;
	struct entry event = {.kind = ENTRY_TAGGED,
			      .author = request->peer->author,
			      .text = request->text[REQUEST_TEXT_MESSAGE]};
	tell_room_of(chat, room, request->peer->user, &event);
	answer_ok(chat, request);
}
