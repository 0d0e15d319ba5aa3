#include "chat/talk/mentions.h"

#include "base/arena.h"
#include "base/text/utf8.h"
#include "chat/state.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define MENTIONS_MAX 50 /* by name in one message; further ones are not noted */

struct mentioning {
	struct chat *chat;
	const struct room *room;
	int64_t people[MENTIONS_MAX];
	size_t count;
};

/* Folded: a letter of three bytes can become two letters of three and two (U+1FB7). */
#define USER_NAME_BYTES_MAX (LIMIT_NAME_CODE_POINTS * 6)

enum sort { SORT_NONE, SORT_NAME, SORT_SIGN };

/* The part that a byte can play in a name; a byte outside ASCII may belong to a letter. */
static const unsigned char sorts[256] = {
    ['0' ... '9'] = SORT_NAME,   ['A' ... 'Z'] = SORT_NAME, ['a' ... 'z'] = SORT_NAME,
    [0x80 ... 0xff] = SORT_NAME, ['_'] = SORT_SIGN,         ['-'] = SORT_SIGN,
    ['.'] = SORT_SIGN,           ['['] = SORT_SIGN,         [']'] = SORT_SIGN,
    ['{'] = SORT_SIGN,           ['}'] = SORT_SIGN,         ['|'] = SORT_SIGN,
    ['^'] = SORT_SIGN,
};

static uint32_t name_hash(const char *folded, size_t length)
{
	uint32_t hash = NAME_FILTER_START;
	for (size_t i = 0; i < length; i++)
		hash = name_filter_step(hash, (unsigned char)folded[i]);
	return hash;
}

static void note_name(struct name_filter *filter, const struct user *user)
{
	const char *folded = user_folded(user);
	size_t length = strlen(folded);
	name_filter_add(filter, name_hash(folded, length), length);
}

void mentions_note_name(struct room *room, const struct user *user)
{
	struct name_filter *filter = &room->names;
	if (!filter->words)
		return;
	if (name_filter_is_full(filter))
		name_filter_release(filter);
	else
		note_name(filter, user);
}

/* At the first message since the start, or since there were too many names. Those that nobody has any more are
 * gone with it; there is room for twice as many, so that they are seldom all added again. */
static void mentions_fill_filter(struct room *room)
{
	name_filter_empty(&room->names, room->members_count * 2);
	for (size_t i = 0; i < room->members_count; i++)
		note_name(&room->names, room->members[i]->user);
}

static bool is_sign(char byte)
{
	return sorts[(unsigned char)byte] == SORT_SIGN;
}

static void mentions_add(struct mentioning *mentioning, int64_t person)
{
	for (size_t i = 0; i < mentioning->count; i++)
		if (mentioning->people[i] == person)
			return;
	mentioning->people[mentioning->count++] = person;
}

static bool mentions_take_name(struct mentioning *mentioning, const char *folded, size_t length,
			       uint32_t hash)
{
	if (!name_filter_passes(&mentioning->room->names, hash, length))
		return false;
	const struct user *user = users_find_folded(&mentioning->chat->users, folded);
	if (!user || !room_find_member(mentioning->room, user))
		return false;
	mentions_add(mentioning, user->id);
	return true;
}

/* Leaves out signs at the end where the word is longer than `longest` with them. Returns the length; 0: it is
 * no name. */
static size_t shorten(const char *word, size_t length, size_t longest)
{
	while (length > longest && is_sign(word[length - 1]))
		length--;
	return length <= longest ? length : 0;
}

/* Case is more than ASCII's there. */
static size_t fold_unicode(char folded[USER_NAME_BYTES_MAX + 1])
{
	char *unicode = utf8_fold(folded);
	size_t length = unicode ? shorten(unicode, strlen(unicode), USER_NAME_BYTES_MAX) : 0;
	memcpy(folded, unicode ? unicode : "", length);
	free(unicode);
	return length;
}

/* Folds like utf8_fold(). Returns the length, at most `longest`; 0: it is not a name. The length of ASCII is known
 * before it is folded, so that words which are longer than all names cost no more than their bytes. */
static size_t fold_word(const char *word, size_t length, bool is_ascii, size_t longest,
			char folded[USER_NAME_BYTES_MAX + 1])
{
	bool is_short = is_ascii && longest < USER_NAME_BYTES_MAX;
	length = shorten(word, length, is_short ? longest : USER_NAME_BYTES_MAX);
	utf8_fold_ascii(word, length, folded);
	folded[length] = '\0';
	return shorten(folded, is_ascii ? length : fold_unicode(folded), longest);
}

/* Signs behind a name are the sentence's, unless they are the name's. A row of them costs a step each, no more. */
static void mentions_take_word(struct mentioning *mentioning, const char *word, size_t length, bool is_ascii)
{
	char folded[USER_NAME_BYTES_MAX + 1];
	uint32_t hashes[USER_NAME_BYTES_MAX + 1]; /* of the first n bytes */
	length = fold_word(word, length, is_ascii, mentioning->room->names.longest, folded);
	hashes[0] = NAME_FILTER_START;
	for (size_t i = 0; i < length; i++)
		hashes[i + 1] = name_filter_step(hashes[i], (unsigned char)folded[i]);
	for (; length; length--) {
		folded[length] = '\0';
		if (mentions_take_name(mentioning, folded, length, hashes[length]) ||
		    !is_sign(folded[length - 1]))
			return;
	}
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

void mentions_find(struct chat *chat, struct room *room, struct store_append *append)
{
	struct mentioning mentioning = {.chat = chat, .room = room};
	static const int64_t everybody[] = {0};
	const char *at = append->entry->text;
	if (room->is_direct)
		return;
	if (!room->names.words)
		mentions_fill_filter(room);
	while (*at && mentioning.count < MENTIONS_MAX) {
		size_t length = 0;
		unsigned char bits = 0;
		for (; sorts[(unsigned char)at[length]]; length++)
			bits |= (unsigned char)at[length];
		bool is_called = length && at != append->entry->text && at[-1] == '@';
		if (is_called && names_all(at, length) && may_name_all(chat, room, append->entry)) {
			append->mentioned = everybody;
			append->mentioned_count = 1;
			return;
		}
		if (length)
			mentions_take_word(&mentioning, at, length, bits < 0x80);
		at += length ? length : 1;
	}
	if (!mentioning.count)
		return;
	int64_t *people = arena_zero(batch_arena(chat), mentioning.count * sizeof *people);
	memcpy(people, mentioning.people, mentioning.count * sizeof *people);
	append->mentioned = people;
	append->mentioned_count = mentioning.count;
}
