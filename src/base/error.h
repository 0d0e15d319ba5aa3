/* The errors that a client can be told, as doc/protocol.md section "Errors" lists them.
 *
 * Layer: base. Functions return 0 or the negative of one of these. */
#ifndef BRUSIO_BASE_ERROR_H
#define BRUSIO_BASE_ERROR_H

#define ERRORS(X)                       \
	X(BAD_JSON, bad_json)           \
	X(TOO_LARGE, too_large)         \
	X(UNKNOWN_OP, unknown_op)       \
	X(BAD_FIELD, bad_field)         \
	X(NEED_HELLO, need_hello)       \
	X(NAME_TAKEN, name_taken)       \
	X(BAD_NAME, bad_name)           \
	X(AUTH_REQUIRED, auth_required) \
	X(AUTH_FAILED, auth_failed)     \
	X(INSECURE, insecure)           \
	X(NO_ROOM, no_room)             \
	X(NO_USER, no_user)             \
	X(NOT_MEMBER, not_member)       \
	X(FORBIDDEN, forbidden)         \
	X(MUTED, muted)                 \
	X(BANNED, banned)               \
	X(RATE_LIMITED, rate_limited)   \
	X(LIMIT, limit)                 \
	X(ID_REUSED, id_reused)         \
	X(NO_MESSAGE, no_message)       \
	X(NO_FILE, no_file)             \
	X(STORE_FAILED, store_failed)   \
	X(BUSY, busy)

enum error_code {
	ERROR_NONE,
#define X(upper, lower) ERROR_##upper,
	ERRORS(X)
#undef X
};

/* The code as it stands on the wire: "not_member". */
const char *error_wire_name(enum error_code code);

#endif
