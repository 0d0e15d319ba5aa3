/* Signs of life: away, typing, what was read; and whom one does not want to hear. */
#include "base/clock.h"
#include "chat/answer.h"
#include "chat/people/block.h"
#include "chat/need.h"
#include "chat/node.h"
#include "chat/people/profile.h"
#include "chat/state.h"
#include "chat/people/watch.h"

#include <assert.h>
#include <string.h>

void do_away(struct chat *chat, struct request *request)
{
	struct user *user = need_user(chat, request);
	const char *text = request->text[REQUEST_TEXT_MESSAGE];
	if (!user)
		return;
	if (text && strlen(text) > LIMIT_REASON_BYTES) {
		answer_error(chat, request, ERROR_TOO_LARGE, TEXT_NONE,
			     &(struct text_args){.text = "message", .number = LIMIT_REASON_BYTES});
		return;
	}
	bool was_away = user->away;
	user_set_away(user, text);
	told_away(chat, user);
	chat_begin_wide(chat);
	for (struct member *member = user->memberships; (was_away || user->away) && member;
	     member = member->next)
		if (member->room->present <= chat->config.limits.presence_members_max &&
		    room_hears(member->room, user, request->peer->address))
			tell_room(chat, member->room, ENTRY_AWAY, user, request->peer->author,
				  user->away ? TEXT_event_away : TEXT_event_back,
				  &(struct text_args){.text = user->away});
	if (was_away || user->away)
		watch_tell(chat, user,
			   &(struct entry){.kind = ENTRY_AWAY,
					   .author = request->peer->author,
					   .args = {.name = user->name, .text = user->away}});
	chat_end_wide(chat);
	answer_ok(chat, request);
}

/* Has no answer, so what may not be told is just not told. */
void do_typing(struct chat *chat, struct request *request)
{
	struct peer *peer = request->peer;
	const char *name = request->text[REQUEST_TEXT_ROOM];
	struct user *other;
	if (!peer->user)
		return;
	struct room *room =
	    *name == '@' ? need_direct(chat, peer->user, name, &other) : rooms_find(&chat->rooms, name);
	if (!room || !room_find_member(room, peer->user) || !room_hears(room, peer->user, peer->address))
		return;
	/* 0 is kept for a peer that never typed. */
	uint32_t now = (uint32_t)clock_mono_ms() | 1;
	bool is_on = request->number[REQUEST_NUMBER_ON];
	if (is_on && peer->typing_ms && now - peer->typing_ms < chat->config.limits.typing_ms)
		return;
	if (!is_on && !peer->is_typing)
		return;
	peer->is_typing = is_on;
	if (is_on)
		peer->typing_ms = now;
	struct entry event = {.kind = ENTRY_TYPING,
			      .flags = is_on ? ENTRY_ON : 0,
			      .author = peer->author,
			      .name = peer->user->name,
			      .ip = peer_shown_ip(peer),
			      .key = is_on ? TEXT_event_typing : TEXT_event_typing_off,
			      .args = {.name = peer->user->name}};
	tell_room_but_blockers(chat, room, peer->user, &event);
}

/* --- what was read --- */

static void then_read(struct chat *chat, struct change *change)
{
	assert(batch_command(change, 0)->op == STORE_SET_READ);
	const struct request *request = change->request;
	const struct store_member *stored = &batch_command(change, 0)->member;
	const struct user *user = request->peer->user;
	const struct room *room = rooms_find_by_id(&chat->rooms, stored->room_id);
	answer_ok(chat, request);
	if (!room || change->result != STORE_OK)
		return;
	char shown[ROOM_SHOWN_BYTES];
	struct entry event = {.kind = ENTRY_READ,
			      .room = room_name_for(room, user, shown),
			      .name = user->name,
			      .ref = stored->read_seq,
			      .key = TEXT_event_read,
			      .args = {.number = (int64_t)stored->read_seq}};
	tell_user(chat, user, request->peer, &event);
	profile_tell_seen(chat, room, user, stored->read_seq);
}

void do_read(struct chat *chat, struct request *request)
{
	struct room *room = need_membership(chat, request);
	if (!room)
		return;
	const struct user *user = request->peer->user;
	const struct member *member = room_find_member(room, user);
	uint64_t seq = (uint64_t)request->number[REQUEST_NUMBER_SEQ];
	if (seq > room->end_seq && node_asks_first(chat, request))
		return;
	if (seq > room->end_seq) {
		answer_bad_field(chat, request, "seq");
		return;
	}
	/* Only who asks for it goes back: a device that is behind must not make what was read unread again. */
	bool goes_back = request->number[REQUEST_NUMBER_BACK] == 1;
	if (!member || (goes_back ? seq == member->read_seq : seq <= member->read_seq)) {
		answer_ok(chat, request);
		return;
	}
	/* Nothing else depends on it, so that its asker's next requests do not wait. */
	struct change *change = batch_say(chat, request, then_read);
	batch_add(chat, change, STORE_SET_READ)->member = (struct store_member){
	    .person = user->id, .room_id = room->id, .read_seq = seq, .goes_back = goes_back};
}

/* --- blocks --- */

static void set_block(struct chat *chat, struct request *request, bool on)
{
	struct user *user = need_account(chat, request);
	if (!user)
		return;
	const char *name = request->text[REQUEST_TEXT_NAME];
	struct user *other = users_find(&chat->users, name);
	if (!other)
		other = users_find_gone(&chat->users, name);
	if (!other || other == user) {
		answer_error(chat, request, ERROR_BAD_NAME, TEXT_error_no_user,
			     &(struct text_args){.name = name});
		return;
	}
	if (need_wait_for_user(chat, request, other))
		return;
	if (on && user->account->blocked_count >= LIMIT_BLOCKS && !user_has_blocked(user, other)) {
		answer_limit(chat, request, TEXT_error_too_many_blocks, LIMIT_BLOCKS);
		return;
	}
	struct change *change = batch_change(chat, request, NULL);
	batch_add(chat, change, STORE_PUT_BLOCK)->block =
	    (struct store_block){.person = user->id, .blocked = other->id, .on = on};
	user->changing = batch_mark_now(chat);
}

void do_block(struct chat *chat, struct request *request)
{
	set_block(chat, request, true);
}

void do_unblock(struct chat *chat, struct request *request)
{
	set_block(chat, request, false);
}
