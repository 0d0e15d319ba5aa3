#include "server/admin_user.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/text/name.h"
#include "base/text/utf8.h"

#include <stdlib.h>
#include <string.h>

static int user_fail(char *problem, const char *name, const char *why)
{
	snprintf(problem, ADMIN_PROBLEM_BYTES, "%.700s: %.300s", name, why);
	return -1;
}

static int user_find(struct store_admin *admin, const char *name, enum person_kind kind, int64_t *id,
		     char *problem)
{
	char *folded = utf8_fold(name);
	*id = 0;
	int result = folded ? admin->ops->find_person(admin, folded, kind, id, problem) : 0;
	free(folded);
	return result;
}

static int user_find_account(struct store_admin *admin, const char *name, int64_t *id, char *problem)
{
	if (user_find(admin, name, PERSON_ACCOUNT, id, problem))
		return -1;
	return *id ? 0 : user_fail(problem, name, "there is no such account; brusiod user list shows all");
}

/* Carries out what stands or falls together. *refused: why the first that was refused was, or STORE_OK. */
static int user_carry_out(struct store_admin *admin, struct store_command *commands, size_t count,
			  int *refused, char *problem)
{
	int result = admin->ops->carry_out(admin, commands, count, problem);
	*refused = STORE_OK;
	for (size_t i = 0; i < count && !result && *refused == STORE_OK; i++)
		if (commands[i].result != STORE_SKIPPED)
			*refused = commands[i].result;
	return result;
}

/* The same for an account that was there a moment ago. */
static int user_change(struct store_admin *admin, const char *name, struct store_command *commands,
		       size_t count, char *problem)
{
	int refused;
	if (user_carry_out(admin, commands, count, &refused, problem))
		return -1;
	return refused == STORE_OK ? 0 : user_fail(problem, name, "is not an account any more");
}

/* Why nobody may take this name; NULL: they may. */
static const char *wrong_with(const char *name)
{
	switch (name_check(name)) {
	case NAME_OK:
		return NULL;
	case NAME_MIXED:
		return "mixes letters of several scripts; use those of one";
	case NAME_MARKS:
		return "has a letter with too many marks";
	case NAME_RESERVED:
		return "is reserved for the server and its services, or is like one of their names";
	default:
		return "is not a name; use 1 to 32 letters, digits or _ - . [ ] { } | ^";
	}
}

int admin_user_set_password(struct store_admin *admin, const char *name, const char *password, char *problem)
{
	int64_t id;
	if (user_find_account(admin, name, &id, problem))
		return -1;
	struct store_command commands[] = {
	    {.op = STORE_SET_PASSWORD, .person = {.id = id, .password = password}},
	    {.op = STORE_DROP_SESSIONS, .session.person = id},
	    {.op = STORE_DROP_TOKENS, .token.person = id},
	    {.op = STORE_DROP_PASSKEY, .passkey.person = id},
	};
	return user_change(admin, name, commands, sizeof commands / sizeof *commands, problem);
}

int admin_user_set_admin(struct store_admin *admin, const char *name, bool on, char *problem)
{
	int64_t id;
	if (user_find_account(admin, name, &id, problem))
		return -1;
	struct store_command command = {.op = STORE_SET_ADMIN, .person = {.id = id, .is_admin = on}};
	return user_change(admin, name, &command, 1, problem);
}

int admin_user_set_disabled(struct store_admin *admin, const char *name, bool on, char *problem)
{
	int64_t id;
	if (user_find_account(admin, name, &id, problem))
		return -1;
	struct store_command commands[] = {
	    {.op = STORE_SET_DISABLED, .person = {.id = id, .is_disabled = on}},
	    {.op = STORE_DROP_SESSIONS, .session.person = id},
	};
	return user_change(admin, name, commands, on ? 2 : 1, problem);
}

int admin_user_drop_factor(struct store_admin *admin, const char *name, char *problem)
{
	int64_t id;
	int refused;
	if (user_find_account(admin, name, &id, problem))
		return -1;
	struct store_command command = {.op = STORE_DROP_FACTOR, .factor.person = id};
	if (user_carry_out(admin, &command, 1, &refused, problem))
		return -1;
	return refused == STORE_OK ? 0 : user_fail(problem, name, "has no second factor");
}

/* --- coming and going --- */

struct commands {
	struct store_command *all;
	size_t count, capacity;
};

static struct store_command *user_add_command(struct commands *commands, enum store_op op)
{
	commands->all =
	    mem_grow(commands->all, &commands->capacity, commands->count + 1, sizeof *commands->all);
	struct store_command *command = &commands->all[commands->count++];
	*command = (struct store_command){.op = op};
	return command;
}

static int user_pass_rooms(void *context, const struct store_admin_member *owner)
{
	user_add_command(context, STORE_PASS_OWNERSHIP)->member.room_id = owner->member.room_id;
	return 0;
}

/* Rooms that the person alone owns pass to somebody else. */
static int user_add_removal(struct store_admin *admin, struct commands *commands, int64_t person,
			    char *problem)
{
	user_add_command(commands, STORE_REMOVE_PERSON)->person.id = person;
	return admin->ops->each_owned(admin, person, user_pass_rooms, commands, problem);
}

/* A guest who has the name goes, since an administrator has given it away. */
int admin_user_add(struct store_admin *admin, const char *name, const char *password, char *problem)
{
	struct commands commands = {0};
	const char *wrong = wrong_with(name);
	int64_t guest;
	int refused = STORE_OK;
	if (wrong)
		return user_fail(problem, name, wrong);
	if (user_find(admin, name, PERSON_GUEST, &guest, problem))
		return -1;
	int result = guest ? user_add_removal(admin, &commands, guest, problem) : 0;
	char *folded = utf8_fold(name);
	user_add_command(&commands, STORE_ADD_PERSON)->person = (struct store_person){
	    .kind = PERSON_ACCOUNT, .name = name, .folded = folded, .password = password};
	if (!result)
		result = user_carry_out(admin, commands.all, commands.count, &refused, problem);
	free(folded);
	free(commands.all);
	if (result || refused == STORE_OK)
		return result;
	return user_fail(problem, name,
			 refused == STORE_EXISTS
			     ? "is an account already; brusiod user passwd changes its password"
			     : "left at this moment; try again");
}

int admin_user_is_there(struct store_admin *admin, const char *name, char *problem)
{
	int64_t id;
	return user_find_account(admin, name, &id, problem);
}

int admin_user_delete(struct store_admin *admin, const char *name, char *problem)
{
	struct commands commands = {0};
	int64_t id;
	if (user_find_account(admin, name, &id, problem))
		return -1;
	int result = user_add_removal(admin, &commands, id, problem);
	if (!result)
		result = user_change(admin, name, commands.all, commands.count, problem);
	free(commands.all);
	return result;
}

/* --- lists --- */

static int write_account(void *context, const struct store_admin_account *account)
{
	char stamp[CLOCK_TEXT_BYTES];
	clock_format(account->created_ms, stamp);
	fprintf(context, "%s\t%s\t%s%s\n", account->name, account->is_admin ? "admin" : "user", stamp,
		account->is_disabled ? "\tdisabled" : "");
	return 0;
}

int admin_user_list(struct store_admin *admin, FILE *to, char *problem)
{
	return admin->ops->each_account(admin, write_account, to, problem);
}

static int write_session(void *context, const struct store_admin_session *session)
{
	char since[CLOCK_TEXT_BYTES], seen[CLOCK_TEXT_BYTES];
	clock_format(session->since_ms, since);
	snprintf(seen, sizeof seen, "%s", session->is_token ? "-" : "now");
	if (session->seen_ms)
		clock_format(session->seen_ms, seen);
	fprintf(context, "%s\t%s\t%s\t%s\t%s\t%s\n", session->is_token ? "token" : "session", session->device,
		session->client, session->address, since, seen);
	return 0;
}

int admin_user_list_sessions(struct store_admin *admin, const char *name, FILE *to, char *problem)
{
	int64_t id;
	if (user_find_account(admin, name, &id, problem))
		return -1;
	return admin->ops->each_session(admin, id, write_session, to, problem);
}

int admin_user_end_sessions(struct store_admin *admin, const char *name, char *problem)
{
	int64_t id;
	if (user_find_account(admin, name, &id, problem))
		return -1;
	struct store_command commands[] = {
	    {.op = STORE_DROP_SESSIONS, .session.person = id},
	    {.op = STORE_DROP_TOKENS, .token.person = id},
	};
	return user_change(admin, name, commands, 2, problem);
}
