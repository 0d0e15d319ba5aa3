/* The operations: one row for each thing that a client can ask for. Whatever else says what an operation is
 * comes from these rows: the enum, the parser of objects and the one of typed lines, /help, the declarations
 * and the table of the handlers, the queues of the gateway, the names of the answers. script/operations reads
 * them too, and script/lint holds the documents and the clients against them.
 *
 * Layer: base. Adding an operation takes a row here, its handler do_NAME() in chat/, and its texts in lang/:
 * doc/design.md shows one.
 *
 *   X(ID, name, needs, may, flags, answer, commands)
 *
 *   ID, name   REQUEST_ID; "op" on the wire, and do_name() in chat/
 *   needs      the fields without which it is refused: T() for texts, N() for numbers and switches
 *   may        the fields that it takes besides; others are ignored. `id` belongs to all
 *   flags      enum operation_flag
 *   answer     "op" of the answer, where that is not an error
 *   commands   the lines that people type for it: COMMAND(ID, name, preset, arguments)
 *              preset      SETS(number, value): what the command says by its name alone; or SETS_NOTHING
 *              arguments   NEED(kind, "shown as", field) and MAY(...): enum operation_argument_kind */
#ifndef BRUSIO_BASE_OPERATIONS_H
#define BRUSIO_BASE_OPERATIONS_H

/* clang-format off */
#define OPERATIONS(X) \
	X(HELLO, hello, 0, T(NAME) | T(PASSWORD) | T(CODE) | T(TOKEN) | T(SESSION) | T(DEVICE) | T(CLIENT) | T(LANG) | \
	  T(CREDENTIAL) | T(CLIENT_DATA) | T(AUTH_DATA) | T(SIGNATURE) | T(LINK), GREETS, "welcome",) \
	X(REGISTER, register, T(PASSWORD), 0, PLAIN, "ok", \
	  COMMAND(REGISTER, register, SETS_NOTHING, NEED(TEXT, "PASSWORD", TEXT_PASSWORD))) \
	X(JOIN, join, T(ROOM), N(AFTER) | T(EPOCH) | T(LINK), PLAIN, "joined", \
	  COMMAND(JOIN, join, SETS_NOTHING, NEED(ROOM, "#ROOM", TEXT_ROOM))) \
	X(LEAVE, leave, T(ROOM), T(REASON), IN_ROOM, "ok", \
	  COMMAND(LEAVE, leave, SETS_NOTHING, MAY(ROOM, "#ROOM", TEXT_ROOM))) \
	X(SEND, send, T(ROOM), T(MESSAGE) | T(FILES) | N(REPLY_TO) | N(ACTION) | N(NOTICE), IN_ROOM | SAYS, "ack", \
	  COMMAND(SEND, me, SETS(ACTION, 1), NEED(TEXT, "TEXT", TEXT_MESSAGE)) \
	  COMMAND(SEND, msg, SETS_NOTHING, NEED(NAME, "NAME", TEXT_ROOM) NEED(TEXT, "TEXT", TEXT_MESSAGE))) \
	X(EDIT, edit, T(ROOM) | N(TARGET) | T(MESSAGE), 0, IN_ROOM | SAYS, "ack", \
	  COMMAND(EDIT, edit, SETS_NOTHING, \
		  NEED(TARGET, "NUMBER", NUMBER_TARGET) NEED(TEXT, "TEXT", TEXT_MESSAGE))) \
	X(DELETE, delete, T(ROOM) | N(TARGET), T(REASON), IN_ROOM | SAYS, "ack", \
	  COMMAND(DELETE, delete, SETS_NOTHING, NEED(TARGET, "NUMBER", NUMBER_TARGET))) \
	X(REACT, react, T(ROOM) | N(TARGET) | T(EMOJI) | N(ON), 0, IN_ROOM | SAYS, "ack", \
	  COMMAND(REACT, react, SETS(ON, 1), \
		  NEED(TARGET, "NUMBER", NUMBER_TARGET) NEED(WORD, "EMOJI", TEXT_EMOJI)) \
	  COMMAND(REACT, unreact, SETS(ON, 0), \
		  NEED(TARGET, "NUMBER", NUMBER_TARGET) NEED(WORD, "EMOJI", TEXT_EMOJI))) \
	X(HISTORY, history, T(ROOM), N(BEFORE) | N(AFTER) | N(AROUND) | N(LIMIT), IN_ROOM | PAGES, "history", \
	  COMMAND(HISTORY, history, SETS_NOTHING, MAY(COUNT, "N", NUMBER_LIMIT))) \
	X(SEARCH, search, T(QUERY), T(ROOM) | T(FROM) | N(BEFORE) | N(LIMIT), PAGES, "results", \
	  COMMAND(SEARCH, search, SETS_NOTHING, NEED(TEXT, "TEXT", TEXT_QUERY))) \
	X(ROOMS, rooms, 0, 0, LISTS, "rooms", \
	  COMMAND(ROOMS, rooms, SETS_NOTHING,)) \
	X(WHO, who, T(ROOM), 0, IN_ROOM | LISTS, "who", \
	  COMMAND(WHO, list, SETS_NOTHING, MAY(ROOM, "#ROOM", TEXT_ROOM))) \
	X(NICK, nick, T(NAME), 0, SAYS, "ok", \
	  COMMAND(NICK, nick, SETS_NOTHING, NEED(NAME, "NAME", TEXT_NAME))) \
	X(TOPIC, topic, T(ROOM) | T(TOPIC), 0, IN_ROOM | SAYS, "ok", \
	  COMMAND(TOPIC, topic, SETS_NOTHING, NEED(TEXT, "TEXT", TEXT_TOPIC))) \
	X(READ, read, T(ROOM) | N(SEQ), N(BACK), IN_ROOM, "ok",) \
	X(AWAY, away, 0, T(MESSAGE), SAYS, "ok", \
	  COMMAND(AWAY, away, SETS_NOTHING, MAY(TEXT, "TEXT", TEXT_MESSAGE))) \
	X(KICK, kick, T(ROOM) | T(NAME), T(REASON) | N(SECONDS), IN_ROOM | SAYS, "ok", \
	  COMMAND(KICK, kick, SETS_NOTHING, NEED(NAME, "NAME", TEXT_NAME) MAY(TEXT, "REASON", TEXT_REASON))) \
	X(BAN, ban, T(ROOM) | T(NAME), T(REASON) | N(SECONDS) | N(ADDRESS), IN_ROOM | SAYS, "ok", \
	  COMMAND(BAN, ban, SETS_NOTHING, NEED(NAME, "NAME", TEXT_NAME) \
		  MAY(SECONDS, "SECONDS", NUMBER_SECONDS) MAY(TEXT, "REASON", TEXT_REASON))) \
	X(UNBAN, unban, T(ROOM) | T(NAME), T(REASON) | N(SECONDS), IN_ROOM | SAYS, "ok", \
	  COMMAND(UNBAN, unban, SETS_NOTHING, NEED(NAME, "NAME", TEXT_NAME) MAY(TEXT, "REASON", TEXT_REASON))) \
	X(MUTE, mute, T(ROOM) | T(NAME), T(REASON) | N(SECONDS) | N(ADDRESS), IN_ROOM | SAYS, "ok", \
	  COMMAND(MUTE, mute, SETS_NOTHING, NEED(NAME, "NAME", TEXT_NAME) \
		  MAY(SECONDS, "SECONDS", NUMBER_SECONDS) MAY(TEXT, "REASON", TEXT_REASON))) \
	X(UNMUTE, unmute, T(ROOM) | T(NAME), T(REASON) | N(SECONDS), IN_ROOM | SAYS, "ok", \
	  COMMAND(UNMUTE, unmute, SETS_NOTHING, NEED(NAME, "NAME", TEXT_NAME) MAY(TEXT, "REASON", TEXT_REASON))) \
	X(ROLE, role, T(ROOM) | T(NAME) | T(ROLE), 0, IN_ROOM | SAYS, "ok", \
	  COMMAND(ROLE, role, SETS_NOTHING, \
		  NEED(NAME, "NAME", TEXT_NAME) NEED(WORD, "owner|moderator|speaker|member", TEXT_ROLE))) \
	X(INVITE, invite, T(ROOM) | T(NAME), 0, IN_ROOM | SAYS, "ok", \
	  COMMAND(INVITE, invite, SETS_NOTHING, NEED(NAME, "NAME", TEXT_NAME))) \
	X(PIN, pin, T(ROOM) | N(TARGET) | N(ON), 0, IN_ROOM | SAYS, "ok", \
	  COMMAND(PIN, pin, SETS(ON, 1), NEED(TARGET, "NUMBER", NUMBER_TARGET)) \
	  COMMAND(PIN, unpin, SETS(ON, 0), NEED(TARGET, "NUMBER", NUMBER_TARGET))) \
	X(PINS, pins, T(ROOM), 0, IN_ROOM | LISTS, "pins", \
	  COMMAND(PINS, pins, SETS_NOTHING, MAY(ROOM, "#ROOM", TEXT_ROOM))) \
	X(EDITS, edits, T(ROOM) | N(TARGET), 0, IN_ROOM | LISTS, "edits", \
	  COMMAND(EDITS, edits, SETS_NOTHING, NEED(TARGET, "NUMBER", NUMBER_TARGET))) \
	X(MENTIONS, mentions, 0, N(LIMIT), LISTS, "mentions", \
	  COMMAND(MENTIONS, mentions, SETS_NOTHING, MAY(COUNT, "N", NUMBER_LIMIT))) \
	X(LINK, link, 0, T(ROOM) | N(USES) | N(SECONDS) | T(KEY) | N(REVOKE), HERE, "link", \
	  COMMAND(LINK, link, SETS_NOTHING, MAY(COUNT, "USES", NUMBER_USES) MAY(SECONDS, "SECONDS", NUMBER_SECONDS)) \
	  COMMAND(LINK, unlink, SETS(REVOKE, 1), NEED(WORD, "KEY", TEXT_KEY))) \
	X(LINKS, links, 0, T(ROOM), LISTS, "links", \
	  COMMAND(LINKS, links, SETS_NOTHING, MAY(ROOM, "#ROOM", TEXT_ROOM))) \
	X(INVITATION, invitation, T(LINK), 0, GREETS, "invitation",) \
	X(SET, set, T(ROOM), N(PRIVATE) | N(READ_ONLY) | N(TOPIC_LOCKED) | N(KEEP_EDITS) | N(RETENTION_DAYS), \
	  IN_ROOM | SAYS, "ok", \
	  COMMAND(SET, private, SETS_NOTHING, NEED(SWITCH, "on|off", NUMBER_PRIVATE)) \
	  COMMAND(SET, keep, SETS_NOTHING, NEED(DAYS, "DAYS", NUMBER_RETENTION_DAYS)) \
	  COMMAND(SET, readonly, SETS_NOTHING, NEED(SWITCH, "on|off", NUMBER_READ_ONLY)) \
	  COMMAND(SET, locktopic, SETS_NOTHING, NEED(SWITCH, "on|off", NUMBER_TOPIC_LOCKED)) \
	  COMMAND(SET, keepedits, SETS_NOTHING, NEED(SWITCH, "on|off", NUMBER_KEEP_EDITS))) \
	X(BANS, bans, T(ROOM), 0, IN_ROOM | LISTS, "bans", \
	  COMMAND(BANS, bans, SETS_NOTHING, MAY(ROOM, "#ROOM", TEXT_ROOM))) \
	X(RECORD, record, T(ROOM), N(BEFORE) | N(LIMIT), IN_ROOM | PAGES, "record", \
	  COMMAND(RECORD, record, SETS_NOTHING, MAY(COUNT, "N", NUMBER_LIMIT))) \
	X(CLOSE, close, T(ROOM), 0, IN_ROOM | SAYS, "ok", \
	  COMMAND(CLOSE, close, SETS_NOTHING, NEED(ROOM, "#ROOM", TEXT_ROOM))) \
	X(SESSIONS, sessions, 0, T(END) | T(NAME), LISTS, "sessions", \
	  COMMAND(SESSIONS, sessions, SETS_NOTHING, MAY(WORD, "all|others|KEY", TEXT_END))) \
	X(ACCOUNTS, accounts, 0, T(NAME) | T(QUERY) | N(LIMIT), LISTS, "accounts", \
	  COMMAND(ACCOUNTS, accounts, SETS_NOTHING, MAY(TEXT, "TEXT", TEXT_QUERY))) \
	X(ACCOUNT, account, T(NAME), T(PASSWORD) | N(ADMIN) | N(DISABLED) | N(FORGET), SAYS, "ok",) \
	X(STATUS, status, 0, 0, LISTS, "status", \
	  COMMAND(STATUS, status, SETS_NOTHING,)) \
	X(CONFIG, config, 0, T(KEY) | T(VALUE), LISTS, "config", \
	  COMMAND(CONFIG, config, SETS_NOTHING, MAY(WORD, "KEY", TEXT_KEY) MAY(TEXT, "VALUE", TEXT_VALUE))) \
	X(PASSWD, passwd, T(OLD) | T(NEW), 0, PLAIN, "ok",) \
	X(TOKEN, token, T(LABEL), N(REVOKE), PLAIN, "token",) \
	X(PASSKEY, passkey, 0, T(LABEL) | N(REVOKE) | T(PASSWORD) | T(CREDENTIAL) | T(KEY) | T(CLIENT_DATA) | T(AUTH_DATA), \
	  PLAIN, "passkey",) \
	X(TOTP, totp, N(ON), T(PASSWORD) | T(SECRET) | T(CODE), PLAIN, "totp",) \
	X(SETTINGS, settings, 0, T(SET), PLAIN, "settings", \
	  COMMAND(SETTINGS, settings, SETS_NOTHING,)) \
	X(PROFILE, profile, 0, T(NAME) | T(SET), SAYS, "profile", \
	  COMMAND(PROFILE, whois, SETS_NOTHING, NEED(NAME, "NAME", TEXT_NAME))) \
	X(PUSH, push, 0, T(ENDPOINT) | T(P256DH) | T(AUTH) | T(LABEL) | T(LANG) | N(TEXTS) | N(REVOKE), PLAIN, "push",) \
	X(BLOCK, block, T(NAME), 0, SAYS, "ok", \
	  COMMAND(BLOCK, block, SETS_NOTHING, NEED(NAME, "NAME", TEXT_NAME))) \
	X(UNBLOCK, unblock, T(NAME), 0, SAYS, "ok", \
	  COMMAND(UNBLOCK, unblock, SETS_NOTHING, NEED(NAME, "NAME", TEXT_NAME))) \
	X(TYPING, typing, T(ROOM) | N(ON), 0, IN_ROOM | SAYS | UNANSWERED, NULL,) \
	X(VISIBLE, visible, N(ON), 0, UNANSWERED, NULL,) \
	X(PING, ping, 0, 0, GREETS, "pong",) \
	X(QUIT, quit, 0, T(REASON) | N(FORGET), GREETS, "bye", \
	  COMMAND(QUIT, quit, SETS_NOTHING,))

/* Asked in other ways than by "op": an object without it, the command /help, a connection that is gone (the last
 * request of its peer), what people look like to those who need no membership for it, when they come and go, who they were, times up to which one has read, what a client has seen,
 * conversations of a span of time, what people and rooms say of themselves, what administrators do to all, tags that are only passed on, files over HTTP (one may be sent,
 * is here, does not come any more, is to be read; of an upload that may be resumed: how much is there, more comes, it
 * rests, it is given up), and a job that has come back for the request in `errand`. */
#define OPERATIONS_INSIDE(X) \
	X(SIMPLE, simple, 0, 0, GREETS | SAYS, NULL,) \
	X(HELP, help, 0, 0, GREETS, NULL, \
	  COMMAND(HELP, help, SETS_NOTHING,)) \
	X(LOOK, look, 0, T(NAME), PLAIN, NULL,) \
	X(PEOPLE, people, T(ROOM), 0, LISTS, NULL,) \
	X(REALNAME, realname, 0, T(MESSAGE) | T(NAME) | N(ON), SAYS, NULL,) \
	X(MARK, mark, T(ROOM), N(UNTIL_MS), PLAIN, NULL,) \
	X(TARGETS, targets, 0, N(SINCE_MS) | N(UNTIL_MS) | N(LIMIT), PAGES, NULL,) \
	X(SEEN, seen, T(ROOM) | N(SEQ), 0, UNANSWERED, NULL,) \
	X(WATCH, watch, 0, T(NAME) | N(ON), PLAIN, NULL,) \
	X(WHOWAS, whowas, T(NAME), 0, PLAIN, NULL,) \
	X(OPER, oper, T(NAME) | T(PASSWORD), 0, PLAIN, NULL,) \
	X(KILL, kill, T(NAME), T(REASON), SAYS, NULL,) \
	X(PROPERTIES, properties, T(NAME), N(ON), LISTS, NULL,) \
	X(PROPERTY, property, T(NAME), T(LABEL) | T(MESSAGE), SAYS, NULL,) \
	X(WALLOPS, wallops, T(MESSAGE), 0, SAYS, NULL,) \
	X(TAGGED, tagged, T(ROOM) | T(MESSAGE), 0, SAYS, NULL,) \
	X(CLOSED, closed, 0, 0, GREETS | UNANSWERED, NULL,) \
	X(UPLOAD, upload, 0, 0, GREETS, NULL,) \
	X(UPLOADED, uploaded, 0, 0, GREETS, NULL,) \
	X(ABANDON, abandon, 0, 0, GREETS | UNANSWERED, NULL,) \
	X(FETCH, fetch, 0, 0, GREETS, NULL,) \
	X(HALF, half, 0, 0, GREETS, NULL,) \
	X(RESUME, resume, 0, 0, GREETS, NULL,) \
	X(PAUSE, pause, 0, 0, GREETS, NULL,) \
	X(DISCARD, discard, 0, 0, GREETS, NULL,) \
	X(DONE, done, 0, 0, GREETS | UNANSWERED, NULL,)
/* clang-format on */

#endif
