/* The keys of the configuration: one row each, with the kind of its value and its place in struct config.
 *
 * Layer: server, pure. A new key is a row in config_key.c and a field in struct config; a limit is a row of
 * base/limits.h. */
#ifndef BRUSIO_SERVER_CONFIG_KEY_H
#define BRUSIO_SERVER_CONFIG_KEY_H

#include "server/config.h"

enum config_kind {
	CONFIG_NUMBER, /* unsigned, from low to high */
	CONFIG_LIMIT,  /* int64_t, from low to high */
	CONFIG_SWITCH, /* bool: false is the first choice, true the second */
	CONFIG_CHOICE, /* an enum: the choice's index */
	CONFIG_TEXT,   /* char *, owned; of `low` bytes at least, and not empty */
	CONFIG_TEXTS,  /* struct config_list */
	CONFIG_RANGES, /* struct ranges */
};

struct config_key {
	const char *name; /* as in the file: log_level; the option is --log-level */
	enum config_kind kind;
	size_t offset; /* in struct config */
	int64_t low, high, standard;
	const char *const *choices;          /* NULL-ended */
	bool (*is_valid)(const char *value); /* a text's; NULL: any */
	const char *expected;                /* in words; NULL: the choices or the numbers say it */
	const char *shown;                   /* the value in the help: FILE; NULL: the kind says it */
	const char *help;
	bool is_live;   /* SIGHUP takes a new value */
	bool is_secret; /* nobody is told the value */
};

/* NULL-named at the end. */
extern const struct config_key config_keys[];

/* The key of this name, or NULL. */
const struct config_key *config_key_find(const char *name);
/* The key that was probably meant, with '-' or with '_'; or NULL. */
const struct config_key *config_key_nearest(const char *name);

static inline bool config_key_is_list(const struct config_key *key)
{
	return key->kind == CONFIG_TEXTS || key->kind == CONFIG_RANGES;
}

/* Sets the value, or adds it to a list. False where it is not allowed; the config is as before then. */
bool config_key_set(const struct config_key *key, struct config *config, const char *value);
/* Frees a text or the items of a list. */
void config_key_clear(const struct config_key *key, struct config *config);
bool config_key_is_same(const struct config_key *key, const struct config *one, const struct config *other);

/* The value as the help shows it: "on|required|off", NUMBER, FILE. */
void config_key_shown(const struct config_key *key, char *text, size_t bytes);

/* Says why a value is not allowed: the value, unless it is secret, and what is expected. */
void config_key_invalid(const struct config_key *key, const char *value, char *text, size_t bytes);
/* The allowed values: "on, required or off". */
void config_key_expected(const struct config_key *key, char *text, size_t bytes);

#endif
