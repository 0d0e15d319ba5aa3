/* The user's proof beyond a name: passwords that are asked for, and the token by which one stays
 * logged in.
 *
 * Passwords are typed on the terminal without being shown, sent where nobody can read along, and not kept.
 * A token is kept, in tokens.h's file, which a later run finds by server and name. A script has its
 * token from
 * --token-file, from $BRUSIO_TOKEN, or from that file.
 *
 * Layer: client. Threads: one. */
#ifndef BRUSIO_CLIENT_ACCOUNT_H
#define BRUSIO_CLIENT_ACCOUNT_H

#include "base/buffer.h"
#include "client/secret.h"
#include "session/session.h"
#include "client/tokens.h"

struct client;

enum account_step {
	ACCOUNT_QUIET, /* nothing is asked for */
	ACCOUNT_LOGIN,
	ACCOUNT_CODE, /* of the second factor, for a login whose password was right */
	ACCOUNT_REGISTER,
	ACCOUNT_REGISTER_AGAIN,
	ACCOUNT_OLD,
	ACCOUNT_NEW,
	ACCOUNT_NEW_AGAIN,
	ACCOUNT_FACTOR,         /* the password, to turn the second factor on */
	ACCOUNT_FACTOR_CONFIRM, /* a code of the app that has its secret */
	ACCOUNT_FACTOR_OFF,     /* a code, to turn it off */
	ACCOUNT_WAITING,        /* the server looks at what was typed; keys wait for what it says */
};

struct account {
	enum account_step step;
	struct secret typed;
	struct buffer ahead;           /* keys that came while WAITING */
	char *old, *wanted;            /* passwords that were typed before this one; the factor's secret */
	enum account_step asked_first; /* where the dialogue begins again if the server refuses */
	char *login_name;              /* of /login; NULL where the server asked for the password */
	bool is_switching;             /* the line is being ended, to come back as `login_name` */
	char *file;                    /* the tokens'; NULL where there is none */
	char *given;        /* by an option or the environment: a token for the name of the command line */
	struct token token; /* the one that is kept for the present name */
	char label[LIMIT_LABEL_BYTES + 1]; /* by which the server knows tokens of this installation */
	bool is_fetching;                  /* a token was asked for, to be kept */
	bool is_logging_out;               /* its revocation was */
};

/* `device` is NULL where nothing can be kept. False where the token that the command line names cannot be
 * read. */
bool account_init(struct client *client, const char *device);
void account_release(struct account *account);

/* A password is asked for: keys are the answer. */
bool account_is_asking(const struct client *client);
/* Which one, and whose: "password of anna". */
void account_write_prompt(const struct client *client, struct buffer *to);
/* Moves to `to` the keys that were typed while the server looked and are not part of the dialogue. */
void account_take_ahead(struct client *client, struct buffer *to);
/* Takes keys while it asks; returns how many it took. */
size_t account_type(struct client *client, const char *bytes, size_t count);

/* Before a hello with this name: what proves it, as far as the line may know it. */
void account_use_name(struct client *client, const char *name);
/* The hello was refused for the lack of a proof, or for a wrong one. False: there is nothing to be done here.
 */
bool account_refused(struct client *client, const char *code, const char *message);
void account_welcomed(struct client *client);
/* The line is gone, and with it the answer. */
void account_line_lost(struct client *client);
void account_renamed(struct client *client, const char *old_name);
/* True where this was the answer to something that was asked here. */
bool account_answered(struct client *client, const struct session_question *question, const json_t *object);

/* The line is over because we end it, to come back as somebody else: true, and it is to be made again at
 * once. */
bool account_switches(struct client *client);
/* The server waits for a password: the line is not made again before it was typed. */
bool account_holds_line(const struct client *client);

/* Commands. False where the argument is wrong. */
bool account_register(struct client *client, const char *argument);
bool account_login(struct client *client, const char *argument);
bool account_logout(struct client *client, const char *argument);
bool account_passwd(struct client *client, const char *argument);
bool account_token(struct client *client, const char *argument);
bool account_totp(struct client *client, const char *argument);

/* --- for account_factor.c --- */

/* Asks for the next line of the dialogue; ACCOUNT_QUIET ends it. */
void account_ask(struct client *client, enum account_step step);
/* Whether something secret can be asked for here and now; says why where it cannot. */
bool account_may_ask(struct client *client);
/* Sends what was typed, and waits for the answer. */
void account_send(struct client *client, const char *op, const struct session_field *fields, size_t count);
/* The dialogue goes on at `step` behind an answer, with what was typed ahead. */
void account_go_on(struct client *client, enum account_step step);
/* A line of the second factor's dialogue was typed. */
void account_factor_typed(struct client *client);
/* True where the answer was one, and is shown. */
bool account_factor_answered(struct client *client, const json_t *object);

#endif
