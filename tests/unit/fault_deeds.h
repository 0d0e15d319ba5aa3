/* Deeds of the owner of rooms in the schedules of faults, and what others do with them: roles and
 * silence in #ops; invitations, bans, coming and going in #side, which is private. Each leaves facts, and the
 * database must hold one that clients could expect. */
#ifndef BRUSIO_TESTS_UNIT_FAULT_DEEDS_H
#define BRUSIO_TESTS_UNIT_FAULT_DEEDS_H

#include "chat_kit.h"
#include "fault_ledger.h"

#define SIDE "#side"

/* The facts that a deed sets, by the letter that its id begins with behind the "d". */
struct deed {
	char letter;
	enum request_op op;
	bool is_owners; /* else the person's own */
	bool is_of_side;
	struct {
		enum fact fact;
		unsigned value;
	} sets[2];
	size_t sets_count;
};

static const struct deed deeds_known[] = {
    {'r', REQUEST_ROLE, true, false, {{FACT_ROLE, 0}}, 1}, /* the value stands in the id */
    {'m', REQUEST_MUTE, true, false, {{FACT_MUTE, 1}}, 1},
    {'u', REQUEST_UNMUTE, true, false, {{FACT_MUTE, 0}}, 1},
    {'i', REQUEST_INVITE, true, true, {{FACT_INVITED, 1}}, 1},
    {'b', REQUEST_BAN, true, true, {{FACT_BANNED, 1}, {FACT_IN_SIDE, 0}}, 2},
    {'f', REQUEST_UNBAN, true, true, {{FACT_BANNED, 0}}, 1},
    {'j', REQUEST_JOIN, false, true, {{FACT_IN_SIDE, 1}, {FACT_INVITED, 0}}, 2},
    {'l', REQUEST_LEAVE, false, true, {{FACT_IN_SIDE, 0}}, 1},
};

static const struct deed *find_deed(char letter)
{
	const struct deed *deed = deeds_known;
	while (deed->letter != letter)
		deed++;
	return deed;
}

/* Its id is "d", the letter, whom it is about, and the role that comes of it. */
static inline void ask_deed(struct client *const *users, char letter, unsigned user, unsigned role)
{
	static const char *const roles[] = {NULL, "member", "speaker", "moderator"};
	const struct deed *deed = find_deed(letter);
	char id[8];
	snprintf(id, sizeof id, "d%c%u%u", letter, user, role);
	ASK(users[deed->is_owners ? 0 : user], .op = deed->op, .id = id,
	    .room = deed->is_of_side ? SIDE : room_names[1],
	    .name = deed->is_owners ? user_names[user] : NULL, .role = roles[role]);
}

/* The owner makes the room; private is what only the owner's word makes it. */
static inline void ask_side(struct client *owner)
{
	ASK(owner, .op = REQUEST_JOIN, .id = "o", .room = SIDE);
	ASK(owner, .op = REQUEST_SET, .id = "o", .room = SIDE, .private = true);
}

/* Somebody who is in the room already is not invited. */
static inline bool changes(const struct deed *deed, unsigned user)
{
	return deed->letter != 'i' || (ledger.may_be[FACT_IN_SIDE][user] & 1);
}

/* True where it was done. */
static inline bool take_deed(const struct reply *reply)
{
	const struct deed *deed = find_deed(reply->id[1]);
	unsigned user = (unsigned)reply->id[2] - '0', role = (unsigned)reply->id[3] - '0';
	bool is_done = reply->kind != REPLY_ERROR;
	if (!is_done && reply->note.error != ERROR_STORE_FAILED)
		return false;
	for (size_t i = 0; i < deed->sets_count && changes(deed, user); i++) {
		enum fact fact = deed->sets[i].fact;
		bool is_sure = is_done && !(deed->letter == 'i' && ledger.may_be[FACT_IN_SIDE][user] != 1);
		ledger_fact(fact, user, fact == FACT_ROLE ? role : deed->sets[i].value, is_sure);
	}
	return is_done;
}

#endif
