#include "chat/people/profile.h"

#include "base/text/name.h"
#include "base/text/utf8.h"
#include "chat/answer.h"
#include "chat/people/block.h"
#include "chat/talk/listing.h"
#include "chat/people/names.h"
#include "chat/need.h"
#include "chat/people/pairs.h"
#include "chat/state.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- what others see --- */

/* NULL for "", which is left out. */
static const char *profile_said(const char *text)
{
	return *text ? text : NULL;
}

/* Read marks are shown only in rooms that are small enough for everybody to know everybody. Guests have nowhere to
 * turn it off, so theirs is not shown. */
static bool profile_shows_reading(const struct room *room, const struct user *user)
{
	const struct profile *profile = user_profile(user);
	return user_is_account(user) && room->members_count <= LIMIT_SEEN_MEMBERS &&
	       !(profile && profile->hides_reading);
}

void profile_fill_row(struct reply *reply, struct reply_row *row, const struct member *member)
{
	const struct profile *profile = user_profile(member->user);
	row->has_read = profile_shows_reading(member->room, member->user);
	row->read = member->read_seq;
	if (!profile)
		return;
	row->display = reply_string(reply, profile_said(profile->display));
	row->picture = reply_string(reply, profile_said(profile->picture));
	row->picture_key = reply_string(reply, profile->picture_key);
}

/* The row of `reader` also has what only they may see. */
static void profile_add(struct reply *reply, const struct user *user, const struct user *reader)
{
	const struct profile *profile = user_profile(user);
	struct text_args args = {.name = user->name, .text = user_display(user)};
	struct listing_row *row =
	    listing_add(reply, args.text ? TEXT_answer_profile_display : TEXT_answer_profile_name, &args);
	reply->listing->is_object = true;
	listing_add_text(reply, row, "name", user->name);
	listing_add_text(reply, row, "display", args.text);
	if (profile && *profile->about) {
		args.text = profile->about;
		listing_add_text(reply, listing_add(reply, TEXT_answer_profile_about, &args), "about",
				 profile->about);
	}
	if (profile && *profile->picture)
		listing_add_picture(reply, row, "picture", profile->picture, profile->picture_key);
	listing_add_bool(reply, row, "online", user_is_online(user));
	listing_add_bool(reply, row, "guest", !user_is_account(user));
	listing_add_text(reply, row, "away", user_away_for(user, reader));
	if (user_has_blocked(reader, user))
		listing_add_bool(reply, row, "blocked", true);
	if (user == reader)
		listing_add_bool(reply, row, "seen", !profile || !profile->hides_reading);
}

/* --- who is told --- */

static struct reply *tell_profile(struct chat *chat, const struct peer *peer, const char *key,
				  enum text text_key)
{
	struct reply *reply = tell_peer(chat, peer, REPLY_LISTING);
	listing_open(reply, key, text_key);
	reply->listing->is_object = true;
	return reply;
}

static void tell_of_profile(struct chat *chat, struct user *to, const struct user *user)
{
	if (to->looked == chat->looks)
		return;
	to->looked = chat->looks;
	for (const struct peer *peer = to->peers; peer; peer = peer->next)
		if (peer->follows_profiles)
			profile_add(tell_profile(chat, peer, "profile", TEXT_event_profile), user, to);
}

/* Everybody who shares a room with them, once each; of large rooms nobody, as with comings and goings. */
static void profile_tell(struct chat *chat, struct user *user)
{
	chat->looks++;
	tell_of_profile(chat, user, user);
	for (const struct member *own = user->memberships; own; own = own->next) {
		const struct room *room = own->room;
		if (room->present > chat->config.limits.presence_members_max)
			continue;
		for (size_t i = 0; i < room->members_count; i++)
			tell_of_profile(chat, room->members[i]->user, user);
	}
}

void profile_tell_seen(struct chat *chat, const struct room *room, const struct user *user, uint64_t seq)
{
	if (!profile_shows_reading(room, user))
		return;
	for (size_t i = 0; i < room->members_count; i++) {
		const struct user *other = room->members[i]->user;
		for (const struct peer *peer = other == user ? NULL : other->peers; peer; peer = peer->next) {
			if (!peer->follows_profiles)
				continue;
			char shown[ROOM_SHOWN_BYTES];
			struct reply *reply = tell_profile(chat, peer, "seen", TEXT_event_seen);
			struct listing_row *row = listing_add(reply, TEXT_event_seen, &(struct text_args){0});
			listing_add_text(reply, row, "room", room_name_for(room, other, shown));
			listing_add_text(reply, row, "name", user->name);
			listing_add_number(reply, row, "seq", (int64_t)seq);
		}
	}
}

/* Clients of IRC know a display name as the real name. */
static void profile_tell_real_name(struct chat *chat, const struct peer *peer)
{
	chat_begin_wide(chat);
	struct entry event = {.kind = ENTRY_REALNAME, .author = peer->author, .text = peer_real_name(peer)};
	for (struct member *member = peer->user->memberships; member; member = member->next) {
		event.args = (struct text_args){0};
		tell_room_of(chat, member->room, peer->user, &event);
	}
	chat_end_wide(chat);
}

/* --- what changes --- */

static void profile_then_set(struct chat *chat, struct change *change)
{
	const struct request *request = change->request;
	struct user *user = request->peer->user;
	if (change->result == STORE_NO_FILE) {
		answer_error(chat, request, ERROR_NO_FILE, TEXT_error_no_picture,
			     &(struct text_args){.number = LIMIT_PICTURE_BYTES});
		return;
	}
	if (change->result != STORE_OK || !user) {
		answer_error(chat, request, ERROR_AUTH_REQUIRED, TEXT_error_need_account, NULL);
		return;
	}
	struct reply *reply = listing_new(request, "profile", TEXT_answer_profile);
	profile_add(reply, user, user);
	batch_reply(chat, request->peer, reply);
	profile_tell(chat, user);
	if (change->context)
		profile_tell_real_name(chat, request->peer);
}

static struct store_profile profile_now(struct chat *chat, const struct user *user)
{
	const struct profile *profile = user_profile(user);
	struct arena *arena = batch_arena(chat);
	return (struct store_profile){.person = user->id,
				      .display = arena_string(arena, profile ? profile->display : ""),
				      .about = arena_string(arena, profile ? profile->about : ""),
				      .picture = arena_string(arena, profile ? profile->picture : ""),
				      .hides_reading = profile && profile->hides_reading,
				      .picture_bytes_most = LIMIT_PICTURE_BYTES};
}

/* True where somebody else has this name, or one that looks like it. */
static bool profile_is_taken(const struct chat *chat, const char *display, const struct user *user)
{
	char plain[NAME_PLAIN_BYTES], name[LIMIT_DISPLAY_CODE_POINTS * 4 + 1];
	name_plain(display, plain);
	snprintf(name, sizeof name, "%s", display);
	for (char *at = name; *at; at++)
		if (*at == ' ')
			*at = '_';
	return names_is_taken(chat, plain, user) || names_is_taken(chat, name, user);
}

/* Until it is stored nobody else gets it. */
static void profile_reserve(struct chat *chat, const char *display)
{
	char plain[NAME_PLAIN_BYTES];
	name_plain(display, plain);
	char *folded = utf8_fold(plain);
	names_reserve(chat, folded);
	free(folded);
}

static bool profile_check_display(struct chat *chat, const struct request *request, const char *display)
{
	enum name_verdict verdict = *display ? name_check_display(display) : NAME_OK;
	struct text_args args = {.name = display, .number = LIMIT_DISPLAY_CODE_POINTS};
	if (verdict == NAME_RESERVED ||
	    (*display && verdict == NAME_OK && profile_is_taken(chat, display, request->peer->user)))
		names_refuse_taken(chat, request, display);
	else if (verdict != NAME_OK)
		answer_error(chat, request, ERROR_BAD_NAME, TEXT_error_bad_display, &args);
	else
		return true;
	return false;
}

/* Takes one field over; false: answered. */
static bool profile_take(struct chat *chat, const struct request *request, const struct pairs *pairs,
			 struct store_profile *profile)
{
	char *value = pairs_value(pairs, batch_arena(chat));
	if (pairs_is_key(pairs, "display")) {
		profile->display = value;
		return profile_check_display(chat, request, value);
	}
	if (pairs_is_key(pairs, "about") && pairs->value_bytes <= LIMIT_ABOUT_BYTES)
		profile->about = value;
	else if (pairs_is_key(pairs, "picture") && (!*value || file_is_id(value)))
		profile->picture = value;
	else if (pairs_is_key(pairs, "seen") && (!strcmp(value, "on") || !strcmp(value, "off")))
		profile->hides_reading = value[1] == 'f';
	else {
		answer_bad_field(chat, request, "set");
		return false;
	}
	return true;
}

static void profile_set(struct chat *chat, struct request *request, struct user *user)
{
	struct store_profile profile = profile_now(chat, user);
	struct pairs pairs = {.at = request->text[REQUEST_TEXT_SET]};
	const char *before = profile.display;
	while (pairs_next(&pairs))
		if (!profile_take(chat, request, &pairs, &profile))
			return;
	struct change *change = batch_change(chat, request, profile_then_set);
	batch_add(chat, change, STORE_PUT_PROFILE)->profile = profile;
	change->context = strcmp(before, profile.display) != 0 ? change : NULL;
	if (*profile.display)
		profile_reserve(chat, profile.display);
	user->changing = batch_mark_now(chat);
}

/* --- by IRC --- */

static void profile_then_named(struct chat *chat, struct change *change)
{
	assert(batch_command(change, 0)->op == STORE_PUT_PROFILE);
	struct user *user = users_find_id(&chat->users, batch_command(change, 0)->profile.person);
	if (change->result == STORE_OK && user)
		profile_tell(chat, user);
}

void profile_take_real_name(struct chat *chat, const struct peer *peer, const char *name)
{
	struct user *user = peer->user;
	if (!user_is_account(user) || batch_is_under_way(chat, user->changing) ||
	    name_check_display(name) != NAME_OK || profile_is_taken(chat, name, user))
		return;
	struct store_profile profile = profile_now(chat, user);
	profile.display = arena_string(batch_arena(chat), name);
	struct change *change = batch_change(chat, NULL, profile_then_named);
	batch_add(chat, change, STORE_PUT_PROFILE)->profile = profile;
	profile_reserve(chat, name);
	user->changing = batch_mark_now(chat);
}

/* --- the operation --- */

static void profile_show(struct chat *chat, struct request *request, const struct user *other)
{
	struct reply *reply = listing_new(request, "profile", TEXT_answer_profile);
	profile_add(reply, other, request->peer->user);
	request->peer->follows_profiles = true;
	batch_reply(chat, request->peer, reply);
}

void do_profile(struct chat *chat, struct request *request)
{
	const char *name = request->text[REQUEST_TEXT_NAME];
	bool is_set = request->text[REQUEST_TEXT_SET];
	struct user *user = is_set ? need_account(chat, request) : need_user(chat, request);
	if (!user)
		return;
	struct user *other = name ? users_find(&chat->users, name) : user;
	if (need_wait_for_user(chat, request, other))
		return;
	if (!other)
		answer_error(chat, request, ERROR_NO_USER, TEXT_error_no_user,
			     &(struct text_args){.name = name});
	else if (is_set && other != user)
		answer_bad_field(chat, request, "name");
	else if (is_set)
		profile_set(chat, request, user);
	else
		profile_show(chat, request, other);
}
