#include "chat/people/welcome.h"

#include "base/clock.h"
#include "base/memory.h"
#include "chat/answer.h"
#include "chat/batch.h"
#include "chat/errand.h"
#include "chat/people/block.h"
#include "chat/rooms/list.h"
#include "chat/talk/past.h"
#include "chat/state.h"

#include <stdio.h>
#include <stdlib.h>

/* A welcome for which is counted what is unread. */
struct counting {
	struct errand errand; /* first */
	const struct peer *peer;
	struct reply *reply;
	struct store_unread *unread; /* owned; one for each row with something to count */
	struct reply_row **rows;     /* owned: which row that is */
	size_t count;
};

static void welcome_add_row(struct chat *chat, struct counting *counting, const struct member *member)
{
	struct reply *reply = counting->reply;
	struct reply_row *row = &reply->welcome.rooms.rows[reply->welcome.rooms.rows_count++];
	list_fill_row(reply, row, member);
	row->seen = past_seen(chat, counting->peer, member->room);
	if (row->read >= row->seq)
		return;
	row->unread = row->mentions = UINT32_MAX;
	counting->rows[counting->count] = row;
	counting->unread[counting->count++] = (struct store_unread){.person = member->user->id,
								    .room_id = member->room->id,
								    .read_seq = member->read_seq,
								    .is_direct = member->room->is_direct};
}

/* The inviter's name of today. Where they are gone, and somebody else has the name, it is told apart as their
 * conversations are. */
static const char *inviter_name(const struct chat *chat, const struct invitation *one, struct reply *reply)
{
	char shown[LIMIT_NAME_BYTES + 24];
	const struct user *by = users_find_id(&chat->users, one->by_person);
	if (by && !by->is_gone)
		return reply_string(reply, by->name);
	if (!one->by_person || !users_find(&chat->users, one->by))
		return reply_string(reply, one->by);
	snprintf(shown, sizeof shown, "%s!%lld", one->by, (long long)one->by_person);
	return reply_string(reply, shown);
}

/* Those of people whom they have blocked since are not shown. */
static bool shows_invitation(const struct chat *chat, const struct user *user, const struct invitation *one)
{
	const struct user *by = one ? users_find_id(&chat->users, one->by_person) : NULL;
	return one && one->role != ROLE_OWNER && !(by && user_has_blocked(user, by));
}

static size_t count_invitations(const struct chat *chat, const struct user *user, struct reply *reply)
{
	size_t bucket = 0, count = 0;
	int64_t now_ms = clock_wall_ms();
	for (struct table_link *link = NULL; (link = table_walk(&chat->rooms.by_name, &bucket, link));) {
		const struct room *room = TABLE_OF(link, struct room, by_name);
		const struct invitation *one =
		    room->invitations ? room_find_invitation(room, user->id, now_ms) : NULL;
		if (!shows_invitation(chat, user, one))
			continue;
		if (reply->welcome.invitations)
			reply->welcome.invitations[count] =
			    (struct invitation_row){.room = reply_string(reply, room->name),
						    .by = inviter_name(chat, one, reply),
						    .time_ms = one->time_ms};
		count++;
	}
	return count;
}

static void add_invitations(const struct chat *chat, const struct user *user, struct reply *reply)
{
	size_t count = user->invitations ? count_invitations(chat, user, reply) : 0;
	if (!count)
		return;
	reply->welcome.invitations = arena_zero(&reply->arena, count * sizeof *reply->welcome.invitations);
	reply->welcome.invitations_count = count_invitations(chat, user, reply);
}

static void count_unread(struct errand *errand, struct store_reader *reader)
{
	struct counting *counting = (struct counting *)errand;
	if (!reader || reader->ops->count_unread(reader, counting->unread, counting->count) != STORE_OK)
		return;
	for (size_t i = 0; i < counting->count; i++) {
		counting->rows[i]->unread = counting->unread[i].unread;
		counting->rows[i]->mentions = counting->unread[i].mentions;
	}
}

static void send_counted(struct chat *chat, struct errand *errand)
{
	struct counting *counting = (struct counting *)errand;
	batch_reply(chat, errand->request->peer, counting->reply);
	free(counting->unread);
	free(counting->rows);
}

static struct counting *new_counting(struct chat *chat, const struct request *request, const char *secret)
{
	const struct user *user = request->peer->user;
	struct counting *counting = mem_zero(sizeof *counting);
	struct reply *reply = counting->reply = answer_new(request, REPLY_WELCOME);
	size_t rooms = user_count_rooms(user);
	counting->peer = request->peer;
	reply->welcome = (struct reply_welcome){
	    .name = reply_string(reply, user->name),
	    .session = reply_string(reply, secret),
	    .epoch = reply_string(reply, chat_epoch(chat)),
	    .is_account = user_is_account(user),
	    .is_admin = user->is_admin,
	    .author = request->peer->author,
	    .send_ids_days = chat->config.limits.send_ids_days,
	    .file_bytes = file_bytes_for(chat, user),
	    .rooms.rows = arena_zero(&reply->arena, rooms * sizeof(struct reply_row)),
	};
	counting->rows = mem_zero((rooms + 1) * sizeof *counting->rows);
	counting->unread = mem_zero((rooms + 1) * sizeof *counting->unread);
	for (const struct member *member = user->memberships; member; member = member->next)
		welcome_add_row(chat, counting, member);
	add_invitations(chat, user, reply);
	return counting;
}

void welcome_send(struct chat *chat, struct request *request, const char *secret)
{
	struct counting *counting = new_counting(chat, request, secret);
	counting->errand.work = count_unread;
	counting->errand.then = send_counted;
	if (counting->count && errand_send(chat, chat->jobs, &counting->errand, request))
		return;
	/* Nothing to count, or too many wait for the disk: a welcome without numbers is better than none. */
	counting->errand.request = request;
	send_counted(chat, &counting->errand);
	request_free(request);
	free(counting);
}
