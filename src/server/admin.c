#include "server/admin.h"

#include "base/memory.h"
#include "server/admin_room.h"
#include "server/admin_user.h"
#include "server/control.h"
#include "server/export.h"
#include "server/import.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

static int admin_fail(const char *problem)
{
	fprintf(stderr, "brusiod: %s\n", problem);
	return 1;
}

/* --- passwords --- */

/* One line, without an echo where it is typed, and without a copy in a buffer of stdio's. False at the end of
 * input. */
static bool admin_read_line(const char *prompt, char *line, size_t bytes)
{
	setvbuf(stdin, NULL, _IONBF, 0);
	struct termios before, silent;
	bool is_terminal = isatty(STDIN_FILENO) && !tcgetattr(STDIN_FILENO, &before);
	if (is_terminal) {
		silent = before;
		silent.c_lflag &= ~(tcflag_t)ECHO;
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
		fputs(prompt, stderr);
	}
	bool is_read = fgets(line, (int)bytes, stdin) != NULL;
	if (is_terminal) {
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
		fputc('\n', stderr);
	}
	if (is_read)
		line[strcspn(line, "\r\n")] = '\0';
	return is_read;
}

/* Asks for a password (twice, where it is typed) and hashes it. Never an argument: those everybody sees. */
static int read_password(const struct config *config, char hash[crypto_pwhash_STRBYTES], char *problem)
{
	char password[LIMIT_PASSWORD_BYTES + 2], again[LIMIT_PASSWORD_BYTES + 2];
	int result = -1;
	int64_t least = config->limits.password_bytes_min;
	bool is_read = admin_read_line("Password: ", password, sizeof password);
	bool is_same = is_read;
	if (is_read && isatty(STDIN_FILENO))
		is_same = admin_read_line("Again: ", again, sizeof again) && !strcmp(password, again);
	size_t length = is_read ? strlen(password) : 0;
	if (!is_read)
		strcpy(problem, "no password: type it, or give it as a line on standard input");
	else if ((int64_t)length < least || length > LIMIT_PASSWORD_BYTES)
		snprintf(problem, ADMIN_PROBLEM_BYTES, "a password has %d to %d bytes", (int)least,
			 LIMIT_PASSWORD_BYTES);
	else if (!is_same)
		strcpy(problem, "the two passwords are not the same; nothing was changed");
	else if (crypto_pwhash_str_alg(hash, password, length, crypto_pwhash_OPSLIMIT_INTERACTIVE,
				       (size_t)config->limits.hash_memory_kib * 1024,
				       crypto_pwhash_ALG_ARGON2ID13))
		strcpy(problem, "no memory for hashing the password; see hash_memory_kib");
	else
		result = 0;
	sodium_memzero(password, sizeof password);
	sodium_memzero(again, sizeof again);
	return result;
}

/* --- user --- */

static int add_user(const struct config *config, struct store_admin *admin, char **words, char *problem)
{
	char hash[crypto_pwhash_STRBYTES];
	if (config->registration == REGISTRATION_CLOSED) {
		strcpy(problem, "registration is closed in the configuration: no account can be made");
		return -1;
	}
	if (read_password(config, hash, problem))
		return -1;
	int result = admin_user_add(admin, words[0], hash, problem);
	sodium_memzero(hash, sizeof hash);
	return result;
}

static int change_password(const struct config *config, struct store_admin *admin, char **words,
			   char *problem)
{
	char hash[crypto_pwhash_STRBYTES];
	if (read_password(config, hash, problem))
		return -1;
	int result = admin_user_set_password(admin, words[0], hash, problem);
	sodium_memzero(hash, sizeof hash);
	return result;
}

static int admin_set_flag(const struct config *config, struct store_admin *admin, char **words, char *problem)
{
	(void)config;
	bool is_off = words[1] && !strcmp(words[1], "off");
	if (words[1] && !is_off && strcmp(words[1], "on")) {
		strcpy(problem, "usage: brusiod user admin NAME [on|off]");
		return -1;
	}
	return admin_user_set_admin(admin, words[0], !is_off, problem);
}

static int drop_factor(const struct config *config, struct store_admin *admin, char **words, char *problem)
{
	(void)config;
	if (!strcmp(words[1], "off"))
		return admin_user_drop_factor(admin, words[0], problem);
	strcpy(problem, "write: brusiod user totp NAME off; the account itself turns it on");
	return -1;
}

static int delete_user(const struct config *config, struct store_admin *admin, char **words, char *problem)
{
	(void)config;
	return admin_user_delete(admin, words[0], problem);
}

static int list_users(const struct config *config, struct store_admin *admin, char **words, char *problem)
{
	(void)config;
	(void)words;
	return admin_user_list(admin, stdout, problem);
}

static int admin_list_sessions(const struct config *config, struct store_admin *admin, char **words,
			       char *problem)
{
	if (!config->end)
		return admin_user_list_sessions(admin, words[0], stdout, problem);
	return admin_user_end_sessions(admin, words[0], problem);
}

/* --- rooms --- */

/* 0: not given. */
static int read_idle_days(const struct config *config, int64_t *days, char *problem)
{
	char *end = NULL;
	*days = config->idle ? strtoll(config->idle, &end, 10) : 0;
	if (!config->idle || (end != config->idle && !*end && *days >= 1 && *days <= LIMIT_RETENTION_DAYS))
		return 0;
	snprintf(problem, ADMIN_PROBLEM_BYTES, "--idle takes a number of days from 1 to %d",
		 LIMIT_RETENTION_DAYS);
	return -1;
}

static int list_rooms(const struct config *config, struct store_admin *admin, char **words, char *problem)
{
	int64_t days;
	(void)words;
	if (read_idle_days(config, &days, problem))
		return -1;
	return admin_room_list(admin, days, stdout, problem);
}

static int delete_rooms(const struct config *config, struct store_admin *admin, char **words, char *problem)
{
	int64_t days;
	size_t removed;
	if (read_idle_days(config, &days, problem))
		return -1;
	if (!words[0] == !days) {
		strcpy(problem, "say which: brusiod room delete ROOM, or brusiod room delete --idle DAYS");
		return -1;
	}
	if (words[0])
		return admin_room_delete(admin, words[0], problem);
	if (admin_room_delete_idle(admin, days, &removed, problem))
		return -1;
	printf("brusiod: %zu rooms deleted\n", removed);
	return 0;
}

static int write_record(const struct config *config, struct store_admin *admin, char **words, char *problem)
{
	(void)config;
	return admin_room_record(admin, words[0], stdout, problem);
}

/* --- data --- */

static int backup(const struct config *config, struct store_admin *admin, char **words, char *problem)
{
	return admin->ops->backup(admin, words[0], config->force, !config->without_files, stderr, problem);
}

static int check(const struct config *config, struct store_admin *admin, char **words, char *problem)
{
	int found = 0;
	(void)config;
	(void)words;
	if (admin->ops->check(admin, stdout, &found, problem))
		return -1;
	if (!found) {
		puts("brusiod: every promise that the database can show is kept");
		return 0;
	}
	snprintf(problem, ADMIN_PROBLEM_BYTES,
		 "%d promises are broken: restore a backup, and keep this one for study", found);
	return -1;
}

static int export_entries(const struct config *config, struct store_admin *admin, char **words, char *problem)
{
	(void)words;
	struct export_wish wish = {config->room, config->since, config->files, config->data};
	return export_rooms(admin, &wish, stdout, stderr, problem);
}

static int import_entries(const struct config *config, struct store_admin *admin, char **words, char *problem)
{
	(void)admin;
	if (config->files && config->store && *config->store) {
		strcpy(problem,
		       "files are imported into a database in the data directory alone: leave --files away");
		return -1;
	}
	return import_file(config->data, config->store, words[0], config->files, problem);
}

static int admin_restore(const struct config *config, struct store_admin *admin, char **words, char *problem)
{
	char kept[STORE_KEPT_BYTES];
	(void)admin;
	if (store_restore(config->data, config->store, words[0], config->force, stderr, kept, problem))
		return -1;
	printf("brusiod: restored %s to %s; clients will load anew\n", words[0], config->data);
	if (*kept)
		printf("brusiod: what was there is kept in %s/%s\n", config->data, kept);
	return 0;
}

static int migrate(const struct config *config, struct store_admin *admin, char **words, char *problem)
{
	char done[STORE_DONE_BYTES];
	(void)admin;
	(void)words;
	if (store_migrate(config->store, done, problem))
		return -1;
	printf("brusiod: %s\n", done);
	return 0;
}

static int copy_store(const struct config *config, struct store_admin *admin, char **words, char *problem)
{
	char done[STORE_DONE_BYTES];
	const char *to = config->to ? config->to : config->store;
	(void)admin;
	(void)words;
	if (!to) {
		strcpy(problem,
		       "say where to: brusiod copy --from DIRECTORY --to postgres://user@host/database");
		return -1;
	}
	if (store_copy(config->from ? config->from : config->data, to, done, problem))
		return -1;
	printf("brusiod: %s\n", done);
	return 0;
}

static int status(const struct config *config, struct store_admin *admin, char **words, char *problem)
{
	(void)admin;
	(void)words;
	return control_ask(config->data, problem, ADMIN_PROBLEM_BYTES);
}

/* --- all of them --- */

struct command {
	const char *name, *second; /* "user", "add" */
	const char *arguments;
	int least, most; /* arguments behind the name */
	bool is_alone;   /* works without an open database: restore, import */
	int (*run)(const struct config *config, struct store_admin *admin, char **words, char *problem);
	const char *help;
};

static const struct command commands[] = {
    {"status", NULL, "", 0, 0, true, status, "what the running server has counted"},
    {"user", "add", "NAME", 1, 1, false, add_user, "make an account; the password is asked for"},
    {"user", "passwd", "NAME", 1, 1, false, change_password, "give an account another password"},
    {"user", "admin", "NAME [on|off]", 1, 2, false, admin_set_flag,
     "make a server administrator of an account, or not"},
    {"user", "totp", "NAME off", 2, 2, false, drop_factor,
     "turn off the second factor of an account, whose phone is lost"},
    {"user", "delete", "NAME", 1, 1, false, delete_user, "delete an account; what it said stays"},
    {"user", "list", "", 0, 0, false, list_users, "list the accounts"},
    {"user", "sessions", "NAME [--end]", 1, 1, false, admin_list_sessions,
     "list the sessions and tokens of an account, or end them all"},
    {"room", "list", "[--idle DAYS]", 0, 0, false, list_rooms,
     "list the rooms, or those in which nothing was said for so long"},
    {"room", "delete", "ROOM | --idle DAYS", 0, 1, false, delete_rooms, "delete rooms with their history"},
    {"record", NULL, "[ROOM]", 0, 1, false, write_record, "the record of moderation"},
    {"backup", NULL, "[--force] [--without-files] FILE", 1, 1, false, backup,
     "make a consistent copy, also while the server runs"},
    {"restore", NULL, "[--force] FILE", 1, 1, true, admin_restore,
     "put a backup in place; the server must be stopped"},
    {"check", NULL, "", 0, 0, false, check, "verify what is stored"},
    {"export", NULL, "[--room ROOM] [--since TIME] [--files FOLDER]", 0, 0, false, export_entries,
     "write what was said as JSON lines"},
    {"migrate", NULL, "", 0, 0, true, migrate,
     "make the tables of a PostgreSQL store, or bring them up to this version"},
    {"copy", NULL, "--from DIRECTORY --to URL", 0, 0, true, copy_store,
     "move everything to a PostgreSQL store; the server must be stopped"},
    {"import", NULL, "[--files FOLDER] FILE", 1, 1, true, import_entries,
     "read such lines; the server must be stopped"},
};

#define COMMANDS_COUNT (sizeof commands / sizeof *commands)

void admin_write_help(FILE *to)
{
	fputs("\nOther uses, with the same --data and --config:\n", to);
	for (size_t i = 0; i < COMMANDS_COUNT; i++) {
		char line[96];
		snprintf(line, sizeof line, "brusiod %s%s%s %s", commands[i].name,
			 commands[i].second ? " " : "", commands[i].second ? commands[i].second : "",
			 commands[i].arguments);
		fprintf(to, "  %-45s %s\n", line, commands[i].help);
	}
}

static const struct command *admin_find(int count, char **words)
{
	for (size_t i = 0; i < COMMANDS_COUNT; i++) {
		const struct command *one = &commands[i];
		int used = one->second ? 2 : 1;
		if (strcmp(one->name, words[0]) ||
		    (one->second && (count < 2 || strcmp(one->second, words[1]))))
			continue;
		if (count - used >= one->least && count - used <= one->most)
			return one;
	}
	return NULL;
}

int admin_run(const struct config *config, int count, char **words)
{
	char problem[ADMIN_PROBLEM_BYTES] = "";
	struct store_admin *admin = NULL;
	const struct command *command = admin_find(count, words);
	if (!command) {
		fprintf(stderr, "brusiod: there is no such command, or its arguments are wrong\n");
		admin_write_help(stderr);
		return 1;
	}
	/* Everything that was said is in what they write. */
	umask(077);
	if (!command->is_alone &&
	    store_admin_open(config->data, config->store, command->run == add_user, &admin, problem))
		return admin_fail(problem);
	int result = command->run(config, admin, words + (command->second ? 2 : 1), problem);
	if (admin)
		admin->ops->close(admin);
	return result ? admin_fail(problem) : 0;
}
