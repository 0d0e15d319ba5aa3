#include "chat/people/block.h"

#include "base/memory.h"
#include "chat/rooms/room.h"

#include <assert.h>
#include <stdlib.h>

static struct block *next_about(struct table_link *link, uint64_t hash, int64_t person)
{
	while (link && TABLE_OF(link, struct block, by_person)->person != person)
		link = table_next(link, hash);
	return link ? TABLE_OF(link, struct block, by_person) : NULL;
}

static struct block *first_about(const struct users *users, int64_t person)
{
	uint64_t hash = table_hash_id(person);
	return next_about(table_first(&users->blocks, hash), hash, person);
}

static struct block *block_after(const struct block *block)
{
	uint64_t hash = block->by_person.hash;
	return next_about(table_next(&block->by_person, hash), hash, block->person);
}

static size_t block_place(const struct account *account, int64_t person)
{
	size_t at = 0;
	while (at < account->blocked_count && account->blocked[at]->person != person)
		at++;
	return at;
}

bool user_has_blocked(const struct user *user, const struct user *other)
{
	const struct account *account = user->account;
	return account && block_place(account, other->id) < account->blocked_count;
}

static void block_drop(struct users *users, struct account *account, size_t at)
{
	struct block *block = account->blocked[at];
	account->blocked[at] = account->blocked[--account->blocked_count];
	table_remove(&users->blocks, &block->by_person);
	free(block);
}

void users_set_blocked(struct users *users, struct user *user, int64_t person, bool on)
{
	assert(user->account);
	struct account *account = user->account;
	size_t at = block_place(account, person);
	if (!on && at < account->blocked_count)
		block_drop(users, account, at);
	if (!on || at < account->blocked_count)
		return;
	struct block *block = mem_zero(sizeof *block);
	block->user = user;
	block->person = person;
	table_insert(&users->blocks, &block->by_person, table_hash_id(person));
	account->blocked =
	    mem_grow(account->blocked, &account->blocked_capacity, at + 1, sizeof(struct block *));
	account->blocked[account->blocked_count++] = block;
}

void blocks_release(struct users *users, struct account *account)
{
	while (account->blocked_count)
		block_drop(users, account, account->blocked_count - 1);
	free(account->blocked);
}

void blocks_forget(struct users *users, int64_t person)
{
	struct block *block;
	while ((block = first_about(users, person)))
		block_drop(users, block->user->account, block_place(block->user->account, person));
}

size_t blocks_in(const struct users *users, const struct room *room, const struct user *user, int64_t *people,
		 size_t most)
{
	size_t count = 0;
	for (const struct block *one = first_about(users, user->id); one; one = block_after(one)) {
		if (!room_find_member(room, one->user))
			continue;
		if (count < most)
			people[count] = one->user->id;
		count++;
	}
	return count;
}

const char *user_away_for(const struct user *user, const struct user *reader)
{
	return user_has_blocked(reader, user) ? NULL : user->away;
}
