/* Codes that an authenticator app shows: TOTP (RFC 6238) with SHA-1, six digits and steps of 30 seconds, which is what
 * all of these apps know.
 *
 * Layer: base, pure. */
#ifndef BRUSIO_BASE_TOTP_H
#define BRUSIO_BASE_TOTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TOTP_SECRET_BYTES 20 /* as long as the hash (RFC 4226 section 4) */
#define TOTP_SECRET_CHARS 32 /* of its form in base32 */
#define TOTP_STEP_SECONDS 30
#define TOTP_DIGITS       6

/* The code of a step: Unix time divided by TOTP_STEP_SECONDS. */
uint32_t totp_code(const unsigned char secret[TOTP_SECRET_BYTES], uint64_t step);

/* The step, later than `after`, whose code this text is: the present one, or one beside it for a clock that is not
 * quite right. 0: none. The text may have spaces. */
int64_t totp_find(const unsigned char secret[TOTP_SECRET_BYTES], const char *text, int64_t wall_ms,
		  int64_t after);

/* True where the text has the form of a code, so that it is not a recovery code. */
bool totp_is_code(const char *text);

/* A secret as people type it (RFC 4648 base32): upper case, without padding. */
void totp_write_secret(const unsigned char secret[TOTP_SECRET_BYTES], char text[TOTP_SECRET_CHARS + 1]);
/* False where it is not one. Lower case and spaces are taken. */
bool totp_read_secret(const char *text, unsigned char secret[TOTP_SECRET_BYTES]);

#endif
