#include "client/secret.h"

#include "base/text/code_point.h"

#include <string.h>

#define CTRL(letter) ((letter)&0x1f)

void secret_clear(struct secret *secret)
{
	explicit_bzero(secret, sizeof *secret);
}

/* The last code point, whatever its bytes. */
static void take_back(struct secret *secret)
{
	while (secret->length && code_point_is_inner(secret->text[--secret->length]))
		continue;
	secret->text[secret->length] = '\0';
	secret->is_too_long = false;
}

static void secret_add(struct secret *secret, char byte)
{
	if (secret->length == LIMIT_PASSWORD_BYTES) {
		secret->is_too_long = true;
		return;
	}
	secret->text[secret->length++] = byte;
	secret->text[secret->length] = '\0';
}

/* Arrow keys and the marks around pasted text are not part of a password. */
static bool is_in_sequence(struct secret *secret, char byte)
{
	if (secret->state == SECRET_ESCAPE) {
		secret->state = byte == '[' || byte == 'O' ? SECRET_SEQUENCE : SECRET_PLAIN;
		return secret->state == SECRET_SEQUENCE;
	}
	if (secret->state == SECRET_SEQUENCE) {
		if (byte >= '@' && byte <= '~')
			secret->state = SECRET_PLAIN;
		return true;
	}
	return false;
}

size_t secret_take(struct secret *secret, const char *bytes, size_t count, enum secret_result *result)
{
	*result = SECRET_MORE;
	for (size_t i = 0; i < count; i++) {
		char byte = bytes[i];
		if (is_in_sequence(secret, byte))
			continue;
		if (byte == '\r' || byte == '\n')
			*result = SECRET_DONE;
		else if (byte == CTRL('C') || (byte == CTRL('D') && !secret->length))
			*result = SECRET_CANCELLED;
		else if (byte == '\033')
			secret->state = SECRET_ESCAPE;
		else if (byte == 0x7f || byte == CTRL('H'))
			take_back(secret);
		else if (byte == CTRL('U'))
			secret_clear(secret);
		else if ((unsigned char)byte >= ' ')
			secret_add(secret, byte);
		if (*result != SECRET_MORE)
			return i + 1;
	}
	return count;
}
