/* The part of the user's configuration that is for the client itself: where they chat, what calls them, what is run
 * for them. front/conf.c reads it from brusio.conf.
 *
 * Layer: client, pure. */
#ifndef BRUSIO_CLIENT_PREFERENCES_H
#define BRUSIO_CLIENT_PREFERENCES_H

#include "session/interest.h"

enum preferences_desktop { DESKTOP_AUTO, DESKTOP_OFF, DESKTOP_OSC9, DESKTOP_OSC777, DESKTOP_OSC99 };

struct preferences {
	struct interest interest;
	bool has_bell;
	enum preferences_desktop desktop;
	/* Owned; NULL where not given. */
	char *server, *name, *language;
	char *notify_command; /* a line for the shell */
	char *open_command;   /* the same; it gets a link as $1 */
	char *editor;
	char *log; /* a folder */
};

void preferences_init(struct preferences *preferences);
void preferences_release(struct preferences *preferences);

#endif
