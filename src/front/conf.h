/* brusio.conf: "key = value" lines, and comments, which are lines that begin with '#' or ';'. brusio.conf(5) has the keys.
 *
 * Layer: front. */
#ifndef BRUSIO_FRONT_CONF_H
#define BRUSIO_FRONT_CONF_H

#include "client/preferences.h"
#include "front/bindings.h"
#include "front/theme.h"
#include "wire/lang.h"

struct conf {
	struct preferences preferences;
	struct theme theme;
	struct bindings bindings;
	char *clock; /* for strftime(3), before each message; "" for none */
	char **rooms;
	size_t room_count, room_capacity;
	unsigned rooms_width, people_width; /* columns; 0 hides them */
	bool is_line_mode, has_mouse;
	bool has_pictures; /* where the terminal can show them */
};

/* Sets everything to what holds without a file. */
void conf_init(struct conf *conf);
void conf_release(struct conf *conf);

/* $XDG_CONFIG_HOME/brusio/brusio.conf, or ~/.config/brusio/brusio.conf. The caller frees; NULL without a home. */
char *conf_path(void);

/* Reads the file. Everything that is wrong is added to `problems`, a line each, as "FILE:LINE: what". False
 * where the file cannot be opened: errno says why. */
bool conf_read(struct conf *conf, const char *path, enum lang lang, struct buffer *problems);

#endif
