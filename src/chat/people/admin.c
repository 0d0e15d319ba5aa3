#include "chat/people/admin.h"

#include "base/buffer.h"
#include "base/clock.h"
#include "base/logging.h"
#include "base/memory.h"
#include "base/text/utf8.h"
#include "chat/people/account.h"
#include "chat/answer.h"
#include "chat/talk/listing.h"
#include "chat/rooms/membership.h"
#include "chat/need.h"
#include "chat/state.h"

#include <stdlib.h>
#include <string.h>

struct user *admin_need_account(struct chat *chat, struct request *request)
{
	const char *name = request->text[REQUEST_TEXT_NAME];
	if (!need_admin(chat, request))
		return NULL;
	struct user *user = users_find(&chat->users, name);
	if (need_wait_for_user(chat, request, user))
		return NULL;
	if (user && user_is_account(user))
		return user;
	answer_error(chat, request, ERROR_NO_USER, TEXT_error_no_account, &(struct text_args){.name = name});
	return NULL;
}

void admin_add_deed(struct chat *chat, struct change *change, const char *what, const char *name)
{
	const struct user *by = change->request->peer->user;
	const struct room *lobby = rooms_find(&chat->rooms, CHAT_LOBBY);
	LOG_INFO("admin.do", "by=%s what=%s name=%s", by->name, what, name);
	batch_add(chat, change, STORE_ADD_DEED)->deed =
	    (struct store_deed){.room_id = lobby->id,
				.op = what,
				.by = by->name,
				.target = arena_string(batch_arena(chat), name),
				.reason = "",
				.time_ms = clock_wall_ms()};
}

/* --- which accounts there are --- */

/* The first accounts behind a name, in the order of their folded names. */
struct admin_page {
	const struct user *users[LIMIT_PAGE_ENTRIES + 1];
	size_t count, most;
};

static void admin_page_add(struct admin_page *page, const struct user *user)
{
	size_t at = page->count;
	while (at && strcmp(user_folded(page->users[at - 1]), user_folded(user)) > 0)
		at--;
	if (at == page->most)
		return;
	page->count += page->count < page->most;
	memmove(&page->users[at + 1], &page->users[at], (page->count - at - 1) * sizeof *page->users);
	page->users[at] = user;
}

static void admin_fill_page(const struct chat *chat, struct admin_page *page, const char *after,
			    const char *part)
{
	size_t bucket = 0;
	for (struct table_link *link = NULL; (link = table_walk(&chat->users.by_id, &bucket, link));) {
		const struct user *user = TABLE_OF(link, struct user, by_id);
		if (user_is_account(user) && strcmp(user_folded(user), after) > 0 &&
		    strstr(user_folded(user), part))
			admin_page_add(page, user);
	}
}

static void admin_add_account(struct reply *reply, const struct user *user)
{
	const struct profile *profile = user_profile(user);
	int64_t sessions = 0;
	for (const struct session *one = user->sessions; one; one = one->next)
		sessions++;
	struct text_args args = {.name = user->name, .number = user->rooms_joined};
	enum text key = user->is_disabled      ? TEXT_answer_accounts_disabled
			: user->is_named_admin ? TEXT_answer_accounts_admin
					       : TEXT_answer_accounts_row;
	struct listing_row *row = listing_add(reply, key, &args);
	listing_add_text(reply, row, "name", user->name);
	listing_add_text(reply, row, "display", user_display(user));
	if (profile && *profile->picture)
		listing_add_picture(reply, row, "picture", profile->picture, profile->picture_key);
	listing_add_bool(reply, row, "admin", user->is_named_admin);
	if (user->is_disabled)
		listing_add_bool(reply, row, "disabled", true);
	listing_add_bool(reply, row, "factor", user->has_factor);
	listing_add_bool(reply, row, "online", user_is_online(user));
	listing_add_number(reply, row, "rooms", user->rooms_joined);
	listing_add_number(reply, row, "sessions", sessions);
}

void do_accounts(struct chat *chat, struct request *request)
{
	if (!need_admin(chat, request))
		return;
	const char *name = request->text[REQUEST_TEXT_NAME], *query = request->text[REQUEST_TEXT_QUERY];
	int64_t limit = request->number[REQUEST_NUMBER_LIMIT];
	size_t most = limit ? (size_t)limit : LIMIT_PAGE_DEFAULT;
	/* One more than is shown says that there are more. */
	struct admin_page page = {.most = most + 1};
	char *after = utf8_fold(name ? name : ""), *part = utf8_fold(query ? query : "");
	admin_fill_page(chat, &page, after, part);
	free(after);
	free(part);
	struct reply *reply = listing_new(request, "accounts", TEXT_answer_accounts);
	reply->listing->is_page = true;
	reply->listing->has_more = page.count > most;
	for (size_t i = 0; i < page.count && i < most; i++)
		admin_add_account(reply, page.users[i]);
	batch_reply(chat, request->peer, reply);
}

/* --- what changes one --- */

static void admin_then_changed(struct chat *chat, struct change *change)
{
	if (change->result == STORE_OK)
		answer_ok(chat, change->request);
	else
		answer_error(chat, change->request, ERROR_NO_USER, TEXT_error_no_account,
			     &(struct text_args){.name = change->request->text[REQUEST_TEXT_NAME]});
}

static struct change *admin_change(struct chat *chat, struct request *request, struct user *user)
{
	user->changing = batch_mark_now(chat);
	return batch_change(chat, request, admin_then_changed);
}

static void admin_set(struct chat *chat, struct request *request, struct user *user)
{
	bool is_admin = request->number[REQUEST_NUMBER_ADMIN];
	struct change *change = admin_change(chat, request, user);
	batch_add(chat, change, STORE_SET_ADMIN)->person =
	    (struct store_person){.id = user->id, .is_admin = is_admin};
	admin_add_deed(chat, change, is_admin ? "admin" : "no_admin", user->name);
}

/* Passwords, tokens and passkeys hold again when the account is enabled; sessions do not. */
static void admin_disable(struct chat *chat, struct request *request, struct user *user)
{
	bool is_disabled = request->number[REQUEST_NUMBER_DISABLED];
	struct change *change = admin_change(chat, request, user);
	batch_add(chat, change, STORE_SET_DISABLED)->person =
	    (struct store_person){.id = user->id, .is_disabled = is_disabled};
	if (is_disabled)
		batch_add(chat, change, STORE_DROP_SESSIONS)->session.person = user->id;
	admin_add_deed(chat, change, is_disabled ? "disable" : "enable", user->name);
}

/* Rooms that they alone own pass to somebody else. */
static void admin_remove(struct chat *chat, struct request *request, struct user *user)
{
	struct change *change = admin_change(chat, request, user);
	batch_add(chat, change, STORE_REMOVE_PERSON)->person.id = user->id;
	for (const struct member *member = user->memberships; member; member = member->next)
		membership_add_end(chat, change, member);
	admin_add_deed(chat, change, "remove", user->name);
}

/* All that let them in before ends with the old password. */
static void admin_set_password(struct chat *chat, struct request *request, const char *hash)
{
	struct user *user = admin_need_account(chat, request);
	if (!user)
		return;
	struct change *change = admin_change(chat, request, user);
	batch_add(chat, change, STORE_SET_PASSWORD)->person =
	    (struct store_person){.id = user->id, .password = arena_string(batch_arena(chat), hash)};
	account_add_end(chat, change, user, false);
	batch_add(chat, change, STORE_DROP_PASSKEY)->passkey.person = user->id;
	admin_add_deed(chat, change, "passwd", user->name);
}

/* One change at a time; one's own account is changed by other requests, and not taken from oneself by mistake. */
void do_account(struct chat *chat, struct request *request)
{
	bool sets_admin = request_has(request, REQUEST_NUMBER_ADMIN);
	bool sets_disabled = request_has(request, REQUEST_NUMBER_DISABLED);
	bool removes = request->number[REQUEST_NUMBER_FORGET];
	const char *password = request->text[REQUEST_TEXT_PASSWORD];
	struct user *user = admin_need_account(chat, request);
	if (!user)
		return;
	if (user == request->peer->user)
		answer_bad_field(chat, request, "name");
	else if (sets_admin + sets_disabled + removes + (password != NULL) != 1)
		answer_bad_field(chat, request, "admin, disabled, password, forget");
	else if (password)
		account_make(chat, request, password, admin_set_password);
	else if (removes)
		admin_remove(chat, request, user);
	else if (sets_disabled)
		admin_disable(chat, request, user);
	else
		admin_set(chat, request, user);
}

/* --- how the server is --- */

/* "NAME VALUE" */
static void admin_add_counter(struct reply *reply, char *line)
{
	size_t bytes = strcspn(line, " ");
	const char *value = line + bytes + strspn(line + bytes, " ");
	if (!bytes || !*value || strspn(line, "abcdefghijklmnopqrstuvwxyz_") != bytes)
		return;
	line[bytes] = '\0';
	struct listing_row *row =
	    listing_add(reply, TEXT_answer_status_row, &(struct text_args){.name = line, .text = value});
	const char *key = reply_string(reply, line);
	if (value[strspn(value, "0123456789")])
		listing_add_text(reply, row, key, value);
	else
		listing_add_number(reply, row, key, strtoll(value, NULL, 10));
}

void do_status(struct chat *chat, struct request *request)
{
	struct buffer text = BUFFER_EMPTY;
	if (!need_admin(chat, request))
		return;
	if (chat->config.count)
		chat->config.count(chat->config.count_context, &text);
	buffer_printf(&text, "accounts %zu\nrooms %zu\n", chat->users.accounts, chat->rooms.by_name.count);
	struct reply *reply = listing_new(request, "status", TEXT_answer_status);
	reply->listing->is_object = true;
	char *lines = mem_string(buffer_string(&text)), *rest = NULL;
	for (char *line = strtok_r(lines, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		admin_add_counter(reply, line);
	free(lines);
	buffer_release(&text);
	batch_reply(chat, request->peer, reply);
}
