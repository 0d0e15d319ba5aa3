/* Actions of administrators on the whole server: they disconnect somebody, and tell the other administrators
 * something. */
#include "base/logging.h"
#include "chat/people/account.h"
#include "chat/people/admin.h"
#include "chat/answer.h"
#include "chat/people/enter.h"
#include "chat/need.h"
#include "chat/state.h"

/* --- a guest who knows an administrator's password --- */

static void then_admin_shown(struct chat *chat, struct request *request, struct user *admin)
{
	const struct user *user = request->peer->user;
	bool is_allowed = admin->is_admin && !admin->has_factor && !admin->is_disabled;
	if (!user) {
		answer_error(chat, request, ERROR_NEED_HELLO, TEXT_NONE, NULL);
	} else if (!is_allowed) {
		answer_error(chat, request, ERROR_FORBIDDEN, TEXT_NONE, NULL);
	} else {
		users_set_oper(&chat->users, request->peer, admin);
		LOG_INFO("user.oper", "name=%s as=%s ip=%s", user->name, admin->name, request->peer->address);
		answer_ok(chat, request);
	}
}

void do_oper(struct chat *chat, struct request *request)
{
	if (need_user(chat, request))
		account_show(chat, request, then_admin_shown);
}

/* --- what administrators do --- */

/* Somebody who is put out. Lies in the arena of the batch. */
struct killing {
	int64_t person;
	struct text_args args;
};

static void then_killed(struct chat *chat, struct change *change)
{
	const struct killing *killing = change->context;
	struct user *user = users_find_id(&chat->users, killing->person);
	answer_ok(chat, change->request);
	if (!user)
		return;
	enter_kill_user(chat, user, &killing->args);
}

/* They may come again: what keeps them out is a ban, or the end of their sessions. What they asked for before is done and
 * told first. */
void do_kill(struct chat *chat, struct request *request)
{
	const struct user *by = need_admin(chat, request);
	const char *name = request->text[REQUEST_TEXT_NAME];
	struct user *user = by ? users_find(&chat->users, name) : NULL;
	if (!by || need_wait_for_user(chat, request, user))
		return;
	if (!user || !user_is_online(user)) {
		answer_error(chat, request, ERROR_NO_USER, TEXT_error_no_user,
			     &(struct text_args){.name = name});
		return;
	}
	const char *reason = request->text[REQUEST_TEXT_REASON];
	struct change *change = batch_change(chat, request, then_killed);
	struct killing *killing = change->context = arena_zero(batch_arena(chat), sizeof *killing);
	killing->person = user->id;
	killing->args =
	    (struct text_args){.by = arena_string(batch_arena(chat), by->name), .text = reason ? reason : ""};
	admin_add_deed(chat, change, "kill", user->name);
	struct store_deed *deed = &batch_command(change, 0)->deed;
	deed->reason = killing->args.text;
	deed->person = user->id;
	user->changing = batch_mark_now(chat);
}

void do_wallops(struct chat *chat, struct request *request)
{
	const struct user *by = need_admin(chat, request);
	size_t bucket = 0;
	if (!by)
		return;
	struct entry event = {.kind = ENTRY_NOTICE,
			      .name = by->name,
			      .ip = peer_shown_ip(request->peer),
			      .code = "wallops",
			      .key = TEXT_event_wallops,
			      .args = {.by = by->name, .text = request->text[REQUEST_TEXT_MESSAGE]}};
	for (struct table_link *link = NULL; (link = table_walk(&chat->users.by_id, &bucket, link));) {
		const struct user *user = TABLE_OF(link, struct user, by_id);
		if (user->is_admin)
			tell_user(chat, user, NULL, &event);
	}
	answer_ok(chat, request);
}
