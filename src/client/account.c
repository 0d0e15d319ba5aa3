#include "client/account.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/text/utf8.h"
#include "client/client.h"
#include "client/state_dir.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CTRL_C          3
#define AHEAD_BYTES_MAX 4096 /* typed while the server looks at a password; more is left out */

static const char *code_of(const json_t *object)
{
	const char *op = json_string_value(json_object_get(object, "op"));
	const char *code = json_string_value(json_object_get(object, "code"));
	return op && !strcmp(op, "error") ? code ? code : "" : NULL;
}

static void account_set_text(char **slot, const char *text)
{
	char *copy = text ? mem_string(text) : NULL;
	mem_free_secret(*slot);
	*slot = copy;
}

bool account_init(struct client *client, const char *device)
{
	struct account *account = &client->account;
	const struct options *options = client->options;
	const char *environment = getenv("BRUSIO_TOKEN");
	char host[32] = "";
	gethostname(host, sizeof host - 1);
	snprintf(account->label, sizeof account->label, "brusio on %s%s%s", host, device ? " " : "",
		 device ? device : "");
	account->file = device || !client->front.is_interactive ? state_dir_file("tokens") : NULL;
	if (options->token_file)
		account->given = tokens_read_file(options->token_file);
	else if (environment && *environment)
		account->given = mem_string(environment);
	return account->given || !options->token_file;
}

static void forget_ahead(struct account *account)
{
	if (buffer_length(&account->ahead))
		explicit_bzero(buffer_bytes(&account->ahead), buffer_length(&account->ahead));
	buffer_release(&account->ahead);
}

void account_release(struct account *account)
{
	secret_clear(&account->typed);
	forget_ahead(account);
	account_set_text(&account->old, NULL);
	account_set_text(&account->wanted, NULL);
	account_set_text(&account->given, NULL);
	token_release(&account->token);
	free(account->login_name);
	free(account->file);
}

/* --- asking ------------------------------------------------------------------ */

void account_ask(struct client *client, enum account_step step)
{
	struct account *account = &client->account;
	secret_clear(&account->typed);
	account->step = step;
	if (step == ACCOUNT_QUIET) {
		account_set_text(&account->old, NULL);
		account_set_text(&account->wanted, NULL);
	}
	client->front.changed(client->front.owner);
}

bool account_is_asking(const struct client *client)
{
	return client->account.step != ACCOUNT_QUIET;
}

void account_write_prompt(const struct client *client, struct buffer *to)
{
	static const enum text prompts[] = {
	    [ACCOUNT_LOGIN] = TEXT_client_prompt_password,
	    [ACCOUNT_CODE] = TEXT_client_prompt_code,
	    [ACCOUNT_REGISTER] = TEXT_client_prompt_password_new,
	    [ACCOUNT_REGISTER_AGAIN] = TEXT_client_prompt_password_again,
	    [ACCOUNT_OLD] = TEXT_client_prompt_password_old,
	    [ACCOUNT_NEW] = TEXT_client_prompt_password_new,
	    [ACCOUNT_NEW_AGAIN] = TEXT_client_prompt_password_again,
	    [ACCOUNT_FACTOR] = TEXT_client_prompt_password_old,
	    [ACCOUNT_FACTOR_CONFIRM] = TEXT_client_prompt_code,
	    [ACCOUNT_FACTOR_OFF] = TEXT_client_prompt_code,
	    [ACCOUNT_WAITING] = TEXT_client_prompt_password_waiting,
	};
	const char *name = client->account.login_name;
	struct text_args args = {.name = name ? name : session_name(client->session)};
	lang_write(to, client->lang, prompts[client->account.step], &args);
}

bool account_may_ask(struct client *client)
{
	if (!client->front.is_interactive) {
		client_problem(client, TEXT_client_needs_terminal, NULL);
		client->status = CLIENT_FAILED;
		return false;
	}
	if (session_state(client->session) == SESSION_OFFLINE) {
		client_problem(client, TEXT_client_offline, NULL);
		return false;
	}
	return client_may_tell_secret(client);
}

static void connect_if_closed(struct client *client)
{
	if (line_state(client->line) == LINE_CLOSED)
		client->retry_ms = clock_mono_ms();
}

static void become(struct client *client)
{
	struct account *account = &client->account;
	char *name = account->login_name;
	account->login_name = NULL;
	account->is_switching = false;
	session_change_user(client->session, name);
	session_set_password(client->session, account->wanted);
	account_set_text(&account->wanted, NULL);
	free(name);
}

static void finish_login(struct client *client)
{
	struct account *account = &client->account;
	struct session *session = client->session;
	if (!account->login_name) {
		/* The connection may be another one by now. Without one, the next is examined once it is up. */
		bool is_told = session_state(session) == SESSION_OFFLINE || client_may_tell_secret(client);
		if (is_told)
			session_set_password(session, account->typed.text);
		account_ask(client, is_told ? ACCOUNT_WAITING : ACCOUNT_QUIET);
		session_greet(session);
		connect_if_closed(client);
		return;
	}
	account_set_text(&account->wanted, account->typed.text);
	account_ask(client, ACCOUNT_WAITING);
	if (session_state(session) == SESSION_OFFLINE) {
		become(client);
		connect_if_closed(client);
		return;
	}
	account->is_switching = true;
	session_quit(session);
}

/* The session has the password still. */
static void send_code(struct client *client)
{
	struct session *session = client->session;
	bool is_told = session_state(session) != SESSION_OFFLINE && client_may_tell_secret(client);
	if (is_told)
		session_set_code(session, client->account.typed.text);
	account_ask(client, is_told ? ACCOUNT_WAITING : ACCOUNT_QUIET);
	session_greet(session);
	connect_if_closed(client);
}

void account_send(struct client *client, const char *op, const struct session_field *fields, size_t count)
{
	/* The line may be another one by now. */
	bool is_sent = client_may_tell_secret(client);
	if (is_sent && !session_ask_fields(client->session, op, NULL, fields, count)) {
		client_problem(client, TEXT_client_offline, NULL);
		is_sent = false;
	}
	account_ask(client, is_sent ? ACCOUNT_WAITING : ACCOUNT_QUIET);
}

/* The new password was typed twice. Unlike ones begin the dialogue again: whoever types the third try must
 * not type it into a room. */
static void repeated(struct client *client)
{
	struct account *account = &client->account;
	bool is_change = account->step == ACCOUNT_NEW_AGAIN;
	if (strcmp(account->typed.text, account->wanted) != 0) {
		client_problem(client, TEXT_client_password_differs, NULL);
		account_ask(client, is_change ? ACCOUNT_NEW : ACCOUNT_REGISTER);
		return;
	}
	account->asked_first = is_change ? ACCOUNT_OLD : ACCOUNT_REGISTER;
	struct session_field fields[] = {{.key = "old", .text = account->old, .is_secret = true},
					 {.key = "new", .text = account->wanted, .is_secret = true}};
	struct session_field field = {.key = "password", .text = account->wanted, .is_secret = true};
	account_send(client, is_change ? "passwd" : "register", is_change ? fields : &field,
		     is_change ? 2 : 1);
}

static void typed(struct client *client)
{
	struct account *account = &client->account;
	if (account->typed.is_too_long) {
		client_problem(client, TEXT_client_password_too_long,
			       &(struct text_args){.number = LIMIT_PASSWORD_BYTES});
		account_ask(client, account->step);
		return;
	}
	switch (account->step) {
	case ACCOUNT_LOGIN:
		finish_login(client);
		break;
	case ACCOUNT_CODE:
		send_code(client);
		break;
	case ACCOUNT_OLD:
		account_set_text(&account->old, account->typed.text);
		account_ask(client, ACCOUNT_NEW);
		break;
	case ACCOUNT_REGISTER:
	case ACCOUNT_NEW:
		account_set_text(&account->wanted, account->typed.text);
		account_ask(client,
			    account->step == ACCOUNT_NEW ? ACCOUNT_NEW_AGAIN : ACCOUNT_REGISTER_AGAIN);
		break;
	case ACCOUNT_REGISTER_AGAIN:
	case ACCOUNT_NEW_AGAIN:
		repeated(client);
		break;
	case ACCOUNT_FACTOR:
	case ACCOUNT_FACTOR_CONFIRM:
	case ACCOUNT_FACTOR_OFF:
		account_factor_typed(client);
		break;
	case ACCOUNT_WAITING:
	case ACCOUNT_QUIET:
		break;
	}
}

static void cancelled(struct client *client)
{
	struct account *account = &client->account;
	if (account->step == ACCOUNT_CODE)
		session_set_password(client->session, NULL);
	bool was_refused = account_holds_line(client), was_waiting = account->step == ACCOUNT_WAITING;
	free(account->login_name);
	account->login_name = NULL;
	account->is_switching = false;
	forget_ahead(account);
	account_ask(client, ACCOUNT_QUIET);
	client->is_naming = was_refused;
	if (!was_refused)
		client_note(client, was_waiting ? TEXT_client_password_left : TEXT_client_password_cancelled,
			    NULL);
}

/* Keys that are typed ahead wait for the server's answer; only leaving does not. */
static void type_ahead(struct client *client, char key)
{
	if (key == CTRL_C)
		cancelled(client);
	else if (buffer_length(&client->account.ahead) < AHEAD_BYTES_MAX)
		buffer_add_char(&client->account.ahead, key);
}

size_t account_type(struct client *client, const char *bytes, size_t count)
{
	size_t used = 0;
	while (used < count && client->account.step != ACCOUNT_QUIET) {
		enum secret_result result;
		if (client->account.step == ACCOUNT_WAITING) {
			type_ahead(client, bytes[used++]);
			continue;
		}
		used += secret_take(&client->account.typed, bytes + used, count - used, &result);
		if (result == SECRET_DONE)
			typed(client);
		else if (result == SECRET_CANCELLED)
			cancelled(client);
	}
	return used;
}

void account_go_on(struct client *client, enum account_step step)
{
	struct account *account = &client->account;
	struct buffer ahead = account->ahead;
	account->ahead = BUFFER_EMPTY;
	account_ask(client, step);
	if (buffer_length(&ahead))
		account_type(client, buffer_bytes(&ahead), buffer_length(&ahead));
	if (buffer_length(&ahead))
		explicit_bzero(buffer_bytes(&ahead), buffer_length(&ahead));
	buffer_release(&ahead);
}

void account_take_ahead(struct client *client, struct buffer *to)
{
	struct account *account = &client->account;
	if (account->step != ACCOUNT_QUIET || !buffer_length(&account->ahead))
		return;
	buffer_add(to, buffer_bytes(&account->ahead), buffer_length(&account->ahead));
	forget_ahead(account);
}

void account_line_lost(struct client *client)
{
	if (client->account.step != ACCOUNT_WAITING || client->account.is_switching)
		return;
	forget_ahead(&client->account);
	account_ask(client, ACCOUNT_QUIET);
}

/* --- coming in --------------------------------------------------------------- */

void account_use_name(struct client *client, const char *name)
{
	struct account *account = &client->account;
	const struct options *options = client->options;
	token_release(&account->token);
	const char *token = account->given && names_equal(name, options->name) ? account->given : NULL;
	if (!token && tokens_find(account->file, options->host, options->port, name, &account->token))
		token = account->token.secret;
	bool is_told = (token || session_has_password(client->session)) && client_may_tell_secret(client);
	session_set_token(client->session, is_told ? token : NULL);
	if (!is_told)
		session_set_password(client->session, NULL);
}

static void account_tell(struct client *client, const char *message)
{
	client_problem(client, TEXT_client_error, &(struct text_args){.text = message});
}

/* The token is none any more. */
static void token_refused(struct client *client)
{
	struct account *account = &client->account;
	struct text_args args = {.name = session_name(client->session)};
	session_set_token(client->session, NULL);
	if (account->token.secret)
		tokens_forget(account->file, client->options->host, client->options->port, args.name);
	token_release(&account->token);
	client_problem(client, TEXT_client_login_expired, &args);
}

bool account_refused(struct client *client, const char *code, const char *message)
{
	struct account *account = &client->account;
	bool is_failed = !strcmp(code, "auth_failed"), is_needed = !strcmp(code, "auth_required");
	bool is_slowed = !strcmp(code, "rate_limited"), wants_code = !strcmp(code, SESSION_WANTS_CODE);
	bool had_token = account->given || account->token.secret;
	if (wants_code && client->front.is_interactive && client_may_tell_secret(client)) {
		account_tell(client, message);
		account_go_on(client, ACCOUNT_CODE);
		return true;
	}
	if (!is_failed && !is_needed && !(is_slowed && !had_token)) {
		account_line_lost(client);
		return false;
	}
	if (is_failed && had_token)
		token_refused(client);
	else if (client->front.is_interactive)
		account_tell(client, message);
	/* A token that was given and is wrong must not be tried with every further hello. */
	if (is_failed)
		account_set_text(&account->given, NULL);
	if (!client->front.is_interactive || !client_may_tell_secret(client)) {
		account_line_lost(client);
		return false;
	}
	account_go_on(client, ACCOUNT_LOGIN);
	return true;
}

void account_welcomed(struct client *client)
{
	struct account *account = &client->account;
	bool has_token = account->given || account->token.secret;
	if (account->step == ACCOUNT_WAITING)
		account_ask(client, ACCOUNT_QUIET);
	if (!session_is_account(client->session) || has_token || !account->file || account->is_fetching ||
	    !client->front.is_interactive || !client_may_tell_secret(client))
		return;
	account->is_fetching = session_ask(client->session, "token", NULL, "label", account->label);
}

void account_renamed(struct client *client, const char *old_name)
{
	struct account *account = &client->account;
	const struct options *options = client->options;
	if (!account->token.secret)
		return;
	tokens_forget(account->file, options->host, options->port, old_name);
	tokens_keep(account->file, options->host, options->port, session_name(client->session),
		    &account->token);
}

bool account_holds_line(const struct client *client)
{
	enum account_step step = client->account.step;
	return step == ACCOUNT_CODE || (step == ACCOUNT_LOGIN && !client->account.login_name);
}

bool account_switches(struct client *client)
{
	if (!client->account.is_switching)
		return false;
	become(client);
	return true;
}

/* --- answers ----------------------------------------------------------------- */

static void keep_token(struct client *client, const json_t *object)
{
	struct account *account = &client->account;
	const struct options *options = client->options;
	const char *secret = json_string_value(json_object_get(object, "token"));
	struct text_args args = {.name = session_name(client->session), .text = account->file};
	account->is_fetching = false;
	if (!object || code_of(object) || !secret)
		return;
	token_release(&account->token);
	account->token = (struct token){mem_string(secret), mem_string(account->label)};
	if (tokens_keep(account->file, options->host, options->port, args.name, &account->token)) {
		client_note(client, TEXT_client_login_kept, &args);
		return;
	}
	client_problem(client, TEXT_client_login_not_kept, &args);
	/* A token that cannot be found again must not stay valid. */
	struct session_field fields[] = {{.key = "label", .text = account->label},
					 {.key = "revoke", .is_bool = true, .number = true}};
	session_ask_fields(client->session, "token", NULL, fields, 2);
	token_release(&account->token);
	free(account->file);
	account->file = NULL;
}

static void logged_out(struct client *client, const json_t *object)
{
	struct account *account = &client->account;
	account->is_logging_out = false;
	if (!object) {
		client_problem(client, TEXT_client_no_answer, NULL);
		return;
	}
	const char *name = session_name(client->session);
	tokens_forget(account->file, client->options->host, client->options->port, name);
	token_release(&account->token);
	client_note(client, TEXT_client_logged_out, &(struct text_args){.name = name});
	client_leave(client);
}

/* A refusal begins the dialogue again, for the same reason as two unlike passwords do. */
static void proof_answered(struct client *client, const json_t *object)
{
	struct account *account = &client->account;
	const char *code = object ? code_of(object) : NULL;
	bool is_hopeless = code && (!strcmp(code, "forbidden") || !strcmp(code, "unknown_op"));
	if (!object || is_hopeless)
		account_line_lost(client);
	else if (code)
		account_go_on(client, account->asked_first);
	else
		account_ask(client, ACCOUNT_QUIET);
}

bool account_answered(struct client *client, const struct session_question *question, const json_t *object)
{
	struct account *account = &client->account;
	bool is_own_label = question->argument && !strcmp(question->argument, account->label);
	bool is_token = !strcmp(question->op, "token");
	if (is_token && account->is_logging_out)
		logged_out(client, object);
	else if (is_token && is_own_label && account->is_fetching)
		keep_token(client, object);
	else if (!is_token || !is_own_label) {
		if (!strcmp(question->op, "register") && object && !code_of(object))
			account_welcomed(client);
		bool is_factor = !strcmp(question->op, "totp");
		if (account->step == ACCOUNT_WAITING && is_factor && account_factor_answered(client, object))
			return true;
		if (account->step == ACCOUNT_WAITING &&
		    (is_factor || !strcmp(question->op, "register") || !strcmp(question->op, "passwd")))
			proof_answered(client, object);
		return false;
	}
	return true;
}

/* --- commands ---------------------------------------------------------------- */

bool account_register(struct client *client, const char *argument)
{
	if (*argument)
		return false;
	if (account_may_ask(client))
		account_ask(client, ACCOUNT_REGISTER);
	return true;
}

bool account_login(struct client *client, const char *argument)
{
	const char *name = *argument ? argument : session_name(client->session);
	if (!utf8_is_user_name(name))
		return false;
	if (session_is_account(client->session) && names_equal(name, session_name(client->session))) {
		client_problem(client, TEXT_client_login_already, &(struct text_args){.name = name});
		return true;
	}
	if (session_outbox(client->session)->count) {
		client_problem(client, TEXT_client_not_arrived, NULL);
		return true;
	}
	if (!account_may_ask(client))
		return true;
	free(client->account.login_name);
	client->account.login_name = mem_string(name);
	account_ask(client, ACCOUNT_LOGIN);
	return true;
}

bool account_logout(struct client *client, const char *argument)
{
	struct account *account = &client->account;
	if (*argument)
		return false;
	if (!session_is_account(client->session)) {
		client_problem(client, TEXT_client_login_none, NULL);
		return true;
	}
	const char *label = account->token.label ? account->token.label : account->label;
	struct session_field fields[] = {{.key = "label", .text = label},
					 {.key = "revoke", .is_bool = true, .number = true}};
	account->is_logging_out = session_ask_fields(client->session, "token", NULL, fields, 2);
	if (!account->is_logging_out)
		client_problem(client, TEXT_client_offline, NULL);
	return true;
}

bool account_passwd(struct client *client, const char *argument)
{
	if (*argument)
		return false;
	if (!session_is_account(client->session))
		client_problem(client, TEXT_client_login_none, NULL);
	else if (account_may_ask(client))
		account_ask(client, ACCOUNT_OLD);
	return true;
}

/* "", "LABEL", "revoke LABEL" */
bool account_token(struct client *client, const char *argument)
{
	size_t first = strcspn(argument, " ");
	bool is_revoked = first == 6 && !strncmp(argument, "revoke", 6);
	const char *label = is_revoked ? argument + 6 + strspn(argument + 6, " ") : argument;
	struct session_field fields[] = {{.key = "label", .text = label},
					 {.key = "revoke", .is_bool = true, .number = true}};
	if (strlen(label) > LIMIT_LABEL_BYTES || (is_revoked && !*label))
		return false;
	/* A new token comes over the line as it is. */
	if (*label && !is_revoked && !client_may_tell_secret(client))
		return true;
	if (!session_ask_fields(client->session, "token", NULL, fields, is_revoked ? 2 : 1))
		client_problem(client, TEXT_client_offline, NULL);
	return true;
}
