#include "chat/talk/mentions.h"

#include "base/arena.h"
#include "chat/state.h"

#include <string.h>
#include <strings.h>

#define MENTIONS_MAX 50 /* by name in one message; further ones are not noted */

struct mentioning {
	struct chat *chat;
	const struct room *room;
	int64_t people[MENTIONS_MAX];
	size_t count;
};

/* Bytes that a name can have; what is not ASCII may be a letter. */
static bool is_name_byte(unsigned char byte)
{
	return byte >= 0x80 || (byte >= '0' && byte <= '9') ||
	       ((byte | 0x20) >= 'a' && (byte | 0x20) <= 'z') || (byte && strchr("_-.[]{}|^", byte));
}

#define USER_NAME_BYTES_MAX (LIMIT_NAME_CODE_POINTS * 4)

/* Which bit of room->names stands for each beginning of a word, in one pass: bits[n] for its first n bytes. 0: any, since
 * case is more than ASCII's there. */
static void bits_of(const char *word, size_t length, uint64_t *bits)
{
	uint32_t hash = 2166136261u;
	bool is_ascii = true;
	for (size_t i = 0; i < length; i++) {
		unsigned char byte = (unsigned char)word[i];
		is_ascii &= byte < 0x80;
		hash = (hash ^ (byte >= 'A' && byte <= 'Z' ? byte | 0x20 : byte)) * 16777619u;
		bits[i + 1] = is_ascii ? UINT64_C(1) << (hash >> 26) : 0;
	}
}

void mentions_note_name(struct room *room, const struct user *user)
{
	const char *folded = user_folded(user);
	uint64_t bits[LIMIT_NAME_BYTES + 1] = {0};
	size_t length = strnlen(folded, LIMIT_NAME_BYTES);
	bits_of(folded, length, bits);
	room->names |= bits[length];
}

static bool is_sign(char byte)
{
	return strchr("_-.[]{}|^", byte) != NULL;
}

static void mentions_add(struct mentioning *mentioning, int64_t person)
{
	for (size_t i = 0; i < mentioning->count; i++)
		if (mentioning->people[i] == person)
			return;
	mentioning->people[mentioning->count++] = person;
}

/* True where the word is the name of a member. */
static bool look_up(struct mentioning *mentioning, const char *word, size_t length, uint64_t bit)
{
	char name[USER_NAME_BYTES_MAX + 1];
	if (bit && !(mentioning->room->names & bit))
		return false;
	memcpy(name, word, length);
	name[length] = '\0';
	const struct user *user = users_find(&mentioning->chat->users, name);
	if (!user || !room_find_member(mentioning->room, user))
		return false;
	mentions_add(mentioning, user->id);
	return true;
}

/* Signs behind a name are the sentence's, unless they are the name's. A row of them costs a step each, no more. */
static void mentions_take_word(struct mentioning *mentioning, const char *word, size_t length)
{
	uint64_t bits[USER_NAME_BYTES_MAX + 1];
	while (length > USER_NAME_BYTES_MAX && is_sign(word[length - 1]))
		length--;
	if (length > USER_NAME_BYTES_MAX)
		return;
	bits_of(word, length, bits);
	while (length && !look_up(mentioning, word, length, bits[length]) && is_sign(word[length - 1]))
		length--;
}

static bool names_all(const char *word, size_t length)
{
	while (length && is_sign(word[length - 1]))
		length--;
	return length == 3 && !strncasecmp(word, "all", 3);
}

static bool may_name_all(const struct chat *chat, const struct room *room, const struct entry *entry)
{
	const struct user *user = users_find_id(&chat->users, entry->person);
	const struct member *member = user ? room_find_member(room, user) : NULL;
	return member && (user->is_admin || member->role >= ROLE_MODERATOR) &&
	       room->members_count <= (size_t)chat->config.limits.who_max;
}

void mentions_find(struct chat *chat, const struct room *room, struct store_append *append)
{
	struct mentioning mentioning = {.chat = chat, .room = room};
	static const int64_t everybody[] = {0};
	const char *at = append->entry->text;
	if (room->is_direct)
		return;
	while (*at && mentioning.count < MENTIONS_MAX) {
		size_t length = 0;
		while (is_name_byte((unsigned char)at[length]))
			length++;
		bool is_called = length && at != append->entry->text && at[-1] == '@';
		if (is_called && names_all(at, length) && may_name_all(chat, room, append->entry)) {
			append->mentioned = everybody;
			append->mentioned_count = 1;
			return;
		}
		if (length)
			mentions_take_word(&mentioning, at, length);
		at += length ? length : 1;
	}
	if (!mentioning.count)
		return;
	int64_t *people = arena_zero(batch_arena(chat), mentioning.count * sizeof *people);
	memcpy(people, mentioning.people, mentioning.count * sizeof *people);
	append->mentioned = people;
	append->mentioned_count = mentioning.count;
}
