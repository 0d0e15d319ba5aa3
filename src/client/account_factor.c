/* Turning the second factor of one's account on and off:
 *
 *   /totp      password --> the secret for the app --> a code of it --> recovery codes
 *   /totp off  a code */
#include "client/account.h"

#include "base/memory.h"
#include "client/client.h"

#include <string.h>

static const struct session_field factor_on = {.key = "on", .is_bool = true, .number = 1};
static const struct session_field factor_off = {.key = "on", .is_bool = true};

void account_factor_typed(struct client *client)
{
	struct account *account = &client->account;
	struct session_field code = {.key = "code", .text = account->typed.text, .is_secret = true};
	account->asked_first = account->step;
	if (account->step == ACCOUNT_FACTOR_OFF) {
		struct session_field fields[] = {factor_off, code};
		account_send(client, "totp", fields, sizeof fields / sizeof *fields);
		return;
	}
	if (account->step == ACCOUNT_FACTOR) {
		mem_free_secret(account->old);
		account->old = mem_string(account->typed.text);
	}
	struct session_field fields[] = {factor_on,
					 {.key = "password", .text = account->old, .is_secret = true},
					 {.key = "secret", .text = account->wanted, .is_secret = true},
					 code};
	account_send(client, "totp", fields, account->step == ACCOUNT_FACTOR ? 2 : 4);
}

static void factor_show_codes(struct client *client, const json_t *codes)
{
	struct buffer text = BUFFER_EMPTY;
	size_t i;
	json_t *code;
	json_array_foreach(codes, i, code)
	{
		buffer_printf(&text, "%s%s", i ? "  " : "", json_string_value(code));
	}
	client_note(client, TEXT_client_factor_on, &(struct text_args){.text = buffer_string(&text)});
	if (buffer_length(&text))
		explicit_bzero(buffer_bytes(&text), buffer_length(&text));
	buffer_release(&text);
}

bool account_factor_answered(struct client *client, const json_t *object)
{
	struct account *account = &client->account;
	const char *op = object ? json_string_value(json_object_get(object, "op")) : NULL;
	const char *secret = json_string_value(json_object_get(object, "secret"));
	const json_t *codes = json_object_get(object, "recovery");
	if (!op || strcmp(op, "totp") != 0)
		return false;
	if (secret) {
		struct text_args args = {.text = secret,
					 .name = json_string_value(json_object_get(object, "uri"))};
		client_note(client, TEXT_client_factor_secret, &args);
		mem_free_secret(account->wanted);
		account->wanted = mem_string(secret);
		account_go_on(client, ACCOUNT_FACTOR_CONFIRM);
		return true;
	}
	if (codes)
		factor_show_codes(client, codes);
	else
		client_note(client, TEXT_client_factor_off, NULL);
	account_ask(client, ACCOUNT_QUIET);
	return true;
}

bool account_totp(struct client *client, const char *argument)
{
	bool is_off = !strcmp(argument, "off");
	if (*argument && !is_off && strcmp(argument, "on") != 0)
		return false;
	if (!session_is_account(client->session))
		client_problem(client, TEXT_client_login_none, NULL);
	else if (account_may_ask(client))
		account_ask(client, is_off ? ACCOUNT_FACTOR_OFF : ACCOUNT_FACTOR);
	return true;
}
