/* Is this the server that it was last time? Trust on first use, as ssh(1) has it, in a file of lines
 *
 *   chat.example:5000 AB:CD:...:EF      the SHA-256 of the certificate that it had
 *   chat.example:5001 certified         it had one that an authority vouches for
 *
 * A certificate that an authority vouches for, for just this name, is always right; the file then only keeps
 * somebody in between from coming with a certificate of their own instead.
 *
 * Layer: client. Threads: one. */
#ifndef BRUSIO_CLIENT_TRUST_H
#define BRUSIO_CLIENT_TRUST_H

#include <stdbool.h>

enum trust_verdict {
	TRUST_KNOWN,         /* the same as last time, vouched for, or the one that was asked for */
	TRUST_FIRST,         /* never seen: remembered from now on */
	TRUST_FORGETFUL,     /* never seen, and the file cannot be written */
	TRUST_CHANGED,       /* not the one of last time: refused, as all that follow */
	TRUST_NOT_CERTIFIED, /* last time an authority vouched for it */
	TRUST_NOT_ASKED_FOR  /* not the one that was asked for */
};

static inline bool trust_is_refusal(enum trust_verdict verdict)
{
	return verdict >= TRUST_CHANGED;
}

/* $XDG_CONFIG_HOME/brusio/known_hosts or ~/.config/brusio/known_hosts; NULL without a home. The caller frees.
 */
char *trust_file(void);

/* Judges the certificate of host and port, and remembers what is new. `asked_for` is the fingerprint that the
 * user has given, or NULL; it overrides the file. `file` may be NULL. */
enum trust_verdict trust_judge(const char *file, const char *host, const char *port, const char *fingerprint,
			       bool is_certified, const char *asked_for);

/* Writes a fingerprint as trust_judge() wants it: capitals and colons. Takes it with or without colons, in
 * any case, and with "SHA256:" in front. False where it is none. */
bool trust_read_fingerprint(const char *text, char fingerprint[96]);

#endif
