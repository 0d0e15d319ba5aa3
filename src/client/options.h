/* The command line of brusio: what it says, and what is wrong with it.
 *
 * Layer: client. Pure but for getopt's own state. */
#ifndef BRUSIO_CLIENT_OPTIONS_H
#define BRUSIO_CLIENT_OPTIONS_H

#include "client/preferences.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OPTIONS_PORT            "5000"
#define OPTIONS_HISTORY_DEFAULT 20 /* on a terminal */
#define OPTIONS_TIMEOUT_DEFAULT 60 /* seconds */

struct options {
	char *name; /* NULL where not given; all texts are owned */
	char *host; /* NULL where no address was given */
	char *port;
	char *link;   /* the secret of an invitation link; NULL where not given */
	char **rooms; /* "#name"; at least one after options_read() */
	size_t room_count, room_capacity;
	bool has_rooms;   /* they were named: "#lobby" is not the default */
	int history;      /* messages shown on entering; -1 where not given */
	int timeout_s;    /* of the filter; 0 waits for ever */
	char *token_file; /* NULL where not given */
	bool json;
	bool is_line_mode;     /* no full screen */
	bool follow;           /* the filter goes on after the end of its input */
	int64_t since_ms;      /* wall clock: what was said from then on is shown; 0 where not given */
	int64_t since_seq;     /* ... or from this message on */
	bool literal;          /* the filter sends lines that begin with '/' as they are */
	bool is_plain;         /* no TLS */
	char *fingerprint;     /* as trust_judge() wants it; NULL where not given */
	bool tells_insecurely; /* passwords also over a line that others can read */
	char *conf;            /* the configuration file; NULL for the usual one */
	bool checks_conf;
	struct preferences *preferences; /* borrowed; NULL for none */
	char **sends;                    /* files that are sent, and then it ends */
	size_t send_count, send_capacity;
	char *send_to;   /* "#room" or "@name"; NULL: the first room */
	char *send_name; /* what the first of them is called; NULL: as it is */
	bool help, version;
};

/* Problems that getopt does not find. */
enum options_problem {
	OPTIONS_RIGHT,
	OPTIONS_UNKNOWN, /* an unknown option, or one without its value */
	OPTIONS_BAD_ADDRESS,
	OPTIONS_BAD_NAME,
	OPTIONS_BAD_ROOM,
	OPTIONS_BAD_NUMBER,
	OPTIONS_BAD_FINGERPRINT,
	OPTIONS_BAD_SINCE,
	OPTIONS_BAD_TO,
	OPTIONS_TOO_MANY_FILES, /* of --send */
	OPTIONS_TOO_MANY,       /* more than one address */
};

/* `*culprit` is the argument that is wrong. Either way options_release() frees. */
enum options_problem options_read(struct options *options, int argc, char **argv, const char **culprit);
void options_release(struct options *options);

/* Fills in what the command line left open: an address, a name, rooms. Either text may be NULL. */
void options_fill(struct options *options, const char *address, const char *name, char *const *rooms,
		  size_t room_count);

/* Takes "[USER@]HOST[:PORT]" apart: "anna@chat.example:5001", "[::1]:5000", "::1". An empty host is
 * localhost. The same with an invitation link, "https://chat.example/#+SECRET". What stands in no address stays as it was in `options`. */
enum options_problem options_set_address(struct options *options, const char *address);

#endif
