#include "server/admin.h"

#include "base/memory.h"
#include "net/address.h"
#include "server/admin_file.h"
#include "server/admin_link.h"
#include "server/admin_room.h"
#include "server/admin_user.h"
#include "server/bucket_helper.h"
#include "server/control.h"
#include "server/export.h"
#include "server/import.h"
#include "server/public_url.h"
#include "store/blobs/blob_bucket.h"

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

static int admin_disable_user(const struct config *config, struct store_admin *admin, char **words,
			      char *problem)
{
	(void)config;
	return admin_user_set_disabled(admin, words[0], true, problem);
}

static int admin_enable_user(const struct config *config, struct store_admin *admin, char **words,
			     char *problem)
{
	(void)config;
	return admin_user_set_disabled(admin, words[0], false, problem);
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
	char theirs[LIMIT_NAME_BYTES + 2];
	size_t removed;
	if (!config->with_files)
		return admin_user_delete(admin, words[0], problem);
	snprintf(theirs, sizeof theirs, "@%.*s", LIMIT_NAME_BYTES, words[0]);
	/* A guest of that name keeps theirs. */
	if (admin_user_is_there(admin, words[0], problem) ||
	    admin_file_delete(admin, theirs, &removed, problem) ||
	    admin_user_delete(admin, words[0], problem))
		return -1;
	printf("brusiod: %zu files deleted\n", removed);
	return 0;
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

/* --- invitation links --- */

static int add_link(const struct config *config, struct store_admin *admin, char **words, char *problem)
{
	char ip[ADDRESS_TEXT_BYTES], url[CONFIG_URL_BYTES];
	(void)words;
	if (config->links == CHAT_LINKS_OFF) {
		strcpy(problem, "links are off in the configuration: none can be made");
		return -1;
	}
	address_of_machine(ip);
	struct admin_link_wish wish = {config->room, config->uses, config->days,
				       public_url(config, ip, config->port, url)};
	return admin_link_add(admin, &wish, stdout, problem);
}

static int list_links(const struct config *config, struct store_admin *admin, char **words, char *problem)
{
	(void)config;
	(void)words;
	return admin_link_list(admin, stdout, problem);
}

static int revoke_link(const struct config *config, struct store_admin *admin, char **words, char *problem)
{
	(void)config;
	return admin_link_revoke(admin, words[0], problem);
}

/* --- data --- */

/* --- files --- */

static int admin_list_files(const struct config *config, struct store_admin *admin, char **words,
			    char *problem)
{
	(void)config;
	return admin_file_list(admin, words[0], stdout, problem);
}

static int admin_delete_files(const struct config *config, struct store_admin *admin, char **words,
			      char *problem)
{
	size_t removed;
	(void)config;
	if (admin_file_delete(admin, words[0], &removed, problem))
		return -1;
	printf("brusiod: %zu files deleted\n", removed);
	return 0;
}

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
	return import_file(config, words[0], problem);
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

static int rename_history(const struct config *config, struct store_admin *admin, char **words, char *problem)
{
	char done[STORE_DONE_BYTES];
	(void)admin;
	(void)words;
	if (store_new_epoch(config->data, config->store, done, problem))
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
    {"user", "disable", "NAME", 1, 1, false, admin_disable_user,
     "let nobody in by an account any more; its connections close"},
    {"user", "enable", "NAME", 1, 1, false, admin_enable_user, "let its owner in again"},
    {"user", "delete", "NAME [--files]", 1, 1, false, delete_user,
     "delete an account; what it said stays, what it sent as files where they are not to go"},
    {"user", "list", "", 0, 0, false, list_users, "list the accounts"},
    {"user", "sessions", "NAME [--end]", 1, 1, false, admin_list_sessions,
     "list the sessions and tokens of an account, or end them all"},
    {"room", "list", "[--idle DAYS]", 0, 0, false, list_rooms,
     "list the rooms, or those in which nothing was said for so long"},
    {"room", "delete", "ROOM | --idle DAYS", 0, 1, false, delete_rooms, "delete rooms with their history"},
    {"link", "add", "[--room ROOM] [--uses N] [--days N]", 0, 0, false, add_link,
     "make a link that lets people in, once or so many times"},
    {"link", "list", "", 0, 0, false, list_links, "list the invitation links that hold"},
    {"link", "revoke", "KEY", 1, 1, false, revoke_link, "end one of them"},
    {"files", "list", "[@NAME | #ROOM]", 0, 1, false, admin_list_files,
     "list the files of all, of a person or of a room"},
    {"files", "delete", "ID | @NAME | #ROOM", 1, 1, false, admin_delete_files,
     "delete them; their messages stay"},
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
    {"new-epoch", NULL, "", 0, 0, true, rename_history,
     "have clients load anew, after the database went back to an earlier time"},
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

/* Does it read or write the bytes of files? */
static bool admin_needs_bytes(int (*run)(const struct config *config, struct store_admin *admin, char **words,
					 char *problem))
{
	return run == backup || run == admin_restore || run == check || run == export_entries ||
	       run == import_entries;
}

/* A command speaks itself to the bucket that keeps the files. -1: there is none. */
static int reach_bucket(const struct config *config, struct bucket_client **client, char *problem)
{
	static struct bucket bucket = {.ask = bucket_client_ask, .is_direct = true};
	struct bucket_config place;
	char why[CONFIG_PROBLEM_BYTES] = "";
	if (!config->blobs)
		return 0;
	int result = bucket_helper_place(config, &place, why);
	if (!result && !(*client = bucket_client_new(&place, why, sizeof why)))
		result = -1;
	mem_wipe(&place, sizeof place);
	snprintf(problem, ADMIN_PROBLEM_BYTES, "%.900s", why);
	bucket.context = *client;
	if (!result)
		blob_bucket_set(&bucket);
	return result;
}

static int admin_run_command(const struct config *config, const struct command *command, char **words,
			     char *problem)
{
	struct store_admin *admin = NULL;
	struct bucket_client *client = NULL;
	int result = admin_needs_bytes(command->run) ? reach_bucket(config, &client, problem) : 0;
	if (!result && !command->is_alone)
		result =
		    store_admin_open(config->data, config->store, command->run == add_user, &admin, problem);
	if (!result)
		result = command->run(config, admin, words + (command->second ? 2 : 1), problem);
	if (admin)
		admin->ops->close(admin);
	blob_bucket_set(NULL);
	bucket_client_free(client);
	return result;
}

int admin_run(const struct config *config, int count, char **words)
{
	char problem[ADMIN_PROBLEM_BYTES] = "";
	const struct command *command = admin_find(count, words);
	if (!command) {
		fprintf(stderr, "brusiod: there is no such command, or its arguments are wrong\n");
		admin_write_help(stderr);
		return 1;
	}
	/* Everything that was said is in what they write. */
	umask(077);
	return admin_run_command(config, command, words, problem) ? admin_fail(problem) : 0;
}
