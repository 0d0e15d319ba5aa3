/* Every limit of brusio, with its name, in one place.
 *
 * Layer: base. The first part is fixed by the protocol or by the shape of the program; the second is
 * set by the configuration (server/config_key.c makes keys, options and help from the table). What happens
 * at a limit is said beside it. */
#ifndef BRUSIO_BASE_LIMITS_H
#define BRUSIO_BASE_LIMITS_H

#include <stdint.h>

#define LIMIT_OBJECT_BYTES          65536 /* one client object; larger: too_large, the object is skipped */
#define LIMIT_MESSAGE_BYTES         8192  /* one text; larger: too_large */
#define LIMIT_LINE_BYTES            8192  /* one plain text line; larger: too_large, the line is skipped */
#define LIMIT_NAME_CODE_POINTS      32    /* a user's name; longer: bad_name */
#define LIMIT_ROOM_CODE_POINTS      48    /* a room's name after the '#'; longer: bad_name */
#define LIMIT_NAME_BYTES            (LIMIT_ROOM_CODE_POINTS * 4 + 2)
#define LIMIT_ID_BYTES              64    /* a request's id; longer: bad_field */
#define LIMIT_DEVICE_BYTES          64    /* longer: bad_field */
#define LIMIT_TOPIC_BYTES           512   /* longer: too_large */
#define LIMIT_REASON_BYTES          512   /* also away texts; longer: too_large */
#define LIMIT_EMOJI_BYTES           64    /* longer: bad_field */
#define LIMIT_PASSWORD_BYTES        512   /* one that is given, or made by IRC or `brusiod user` */
#define LIMIT_NEW_PASSWORD_BYTES    256   /* one that `register` and `passwd` make; longer: bad_field */
#define LIMIT_QUERY_BYTES           512   /* a search; longer: too_large */
#define LIMIT_RETENTION_DAYS        36525 /* more: bad_field */
#define LIMIT_QUERY_TERMS           32    /* words and phrases of a search; more: bad_field */
#define LIMIT_SEARCH_LOOKS          20000 /* messages that one search looks at; then "more" and where it goes on */
#define LIMIT_SEARCH_MS             300 /* that one search may take before it begins another segment; then the same */
#define LIMIT_PASSKEYS_SHOWN        1000     /* of one account: the most that passkeys_per_account can be */
#define LIMIT_LABEL_BYTES           64       /* a token's label; longer: bad_field */
#define LIMIT_LINK_USES             1000     /* people whom one invitation link lets in; more: bad_field */
#define LIMIT_LINK_SECONDS          31622400 /* how long one holds; more: bad_field */
#define LIMIT_LINK_S_DEFAULT        604800
#define LIMIT_LINKS_SHOWN           1000  /* in one list; of all that there are, the newest */
#define LIMIT_PUSH_SUBSCRIPTIONS    20    /* browsers of an account that are told while closed; more: limit */
#define LIMIT_PUSHES_WAITING        1000  /* for push services; more are dropped */
#define LIMIT_PUSHES_PER_SECOND     1     /* to one account; more are dropped */
#define LIMIT_PUSHES_AT_ONCE        30    /* the same at once */
#define LIMIT_PUSH_TRIES            5     /* then it is dropped */
#define LIMIT_PUSH_TTL_SECONDS      86400 /* for which a push service keeps what a browser does not fetch */
#define LIMIT_PINS                  50    /* pinned messages of a room; more: limit */
#define LIMIT_EDITS_SHOWN           50    /* texts of an edited message that are shown, the newest first */
#define LIMIT_REACTIONS             32    /* different ones of a message; more: limit */
#define LIMIT_INVITATIONS           100   /* for one person; one that a guest sent gives way, else: limit */
#define LIMIT_SANCTIONS             1000  /* bans and mutes of a room; more: limit */
#define LIMIT_BLOCKS                1000  /* people whom one account blocks; more: limit */
#define LIMIT_UNTOLD                256 /* people of a room who have blocked one; with more nobody there is told */
#define LIMIT_SETTINGS              256     /* of one account; more: limit */
#define LIMIT_SETTINGS_BYTES        16384   /* their keys and values together; more: limit */
#define LIMIT_SETTING_KEY_BYTES     210     /* a room's name and a word; longer: bad_field */
#define LIMIT_SETTING_BYTES         1024    /* of one value; longer: bad_field */
#define LIMIT_DISPLAY_CODE_POINTS   48      /* a name beside the name; longer: bad_name */
#define LIMIT_ABOUT_BYTES           256     /* a line about oneself; longer: bad_field */
#define LIMIT_PICTURE_BYTES         262144  /* a person's picture; larger: no_file */
#define LIMIT_SEEN_MEMBERS          20      /* in larger rooms nobody is told what others have read */
#define LIMIT_FILES                 10      /* of one message; more: bad_field */
#define LIMIT_FILE_NAME_BYTES       200     /* of a file's name; what is longer is cut */
#define LIMIT_FILE_UNSENT_MS        3600000 /* a file that no message took is removed then */
#define LIMIT_HALF_EMPTY_MS         900000  /* an upload of which nothing has come is removed then */
#define LIMIT_HALVES                10000   /* uploads that rest or come; more: rate_limited */
#define LIMIT_HALVES_PER_ADDRESS    200     /* the same of one address or IPv6 /64; more: rate_limited */
#define LIMIT_UPLOAD_METADATA_BYTES 2048    /* what a client says of an upload (tus); more: 400 */
#define LIMIT_UNKNOWN_FILE_DAYS     30  /* for which bytes that no message has are kept, as after a restore */
#define LIMIT_PAGE_ENTRIES          200 /* `limit` of history and search; more: bad_field */
#define LIMIT_PAGE_DEFAULT          50
#define LIMIT_IN_FLIGHT             256 /* unanswered requests of a connection; then its socket is not read */
#define LIMIT_IN_FLIGHT_BYTES       262144 /* memory of those requests; then its socket is not read */
#define LIMIT_PAGE_WEIGHT           65536  /* of a request for a page or a list there: its answer is large */
#define LIMIT_REPLY_BYTES           262144 /* private output not yet sent; then its socket is not read */
#define LIMIT_SEEN                  50000 /* places up to which clients of IRC have confirmed that they read */
#define LIMIT_READ_TIMES            20000 /* times up to which people have read, as their clients said them */
#define LIMIT_WATCHES               100   /* people that one connection wants to know of when they come */
#define LIMIT_PROPERTIES            30    /* of one person or room; more: limit */
#define LIMIT_PROPERTY_BYTES        300   /* longer: bad_field */
#define LIMIT_PROPERTIES_SHOWN \
	65536 /* bytes of values in one answer about a room's people; the rest is asked of each */
#define LIMIT_PROPERTY_OWNERS 20000 /* people and rooms that have any; more: limit */
#define LIMIT_PROPERTY_OWNERS_PER_ADDRESS \
	1000 /* those that have them from one address or IPv6 /64 (not 127.0.0.1, ::1); more: limit */
#define LIMIT_SUBSCRIBED 50 /* keys that a connection of IRC wants to hear of; more are refused */
#define LIMIT_GONE_DIRECTS \
	200 /* conversations with people who are gone in a list; then the oldest leaves it */
#define LIMIT_GONE              200     /* names of people who are gone that are remembered */
#define LIMIT_EVENTS_BYTES      1048576 /* the same with events that no log holds; then it is closed */
#define LIMIT_WRITE_BYTES       262144  /* entries of one cursor in one turn; the rest waits for the next */
#define LIMIT_UNSENT_BYTES      131072  /* in the kernel, beside the bytes on their way; the rest waits */
#define LIMIT_WORKERS           64
#define LIMIT_LOCK_WAIT_MS      2000 /* for a data directory that another process has; then it is in use */
#define LIMIT_CONFIG_LINE_BYTES 4096 /* a line of the configuration; longer: refused */
#define LIMIT_LINGER_MS         2000 /* after our last byte, for the peer to read it and go */
#define LIMIT_CATCH_UP_MS       5000 /* for a peer that has ended its side to get what is on its way */
#define LIMIT_PACE_MS           40   /* between objects to a client that does not frame its own */
#define LIMIT_PACE_ITEMS        50   /* more than these waiting go out without pause */

/* Lines that nodes tell each other and do not store. */
#define LIMIT_TOLD_BYTES      33554432 /* that wait to be told; then they are dropped, and all is told anew */
#define LIMIT_TOLD_IDLE_BYTES 262144   /* then nobody is told who types, and everything only later */
#define LIMIT_TOLD_PAGES      128 /* of one person; browsers with further ones are pushed to as if closed */
#define LIMIT_TOLD_WAITING    1000 /* messages that wait to be heard; then the node that told is asked for all */

/* Previews of pictures. What is larger, or takes more, has none. */
#define LIMIT_PREVIEW_SIDE          800      /* pixels of the longer side */
#define LIMIT_PREVIEW_SMALL_SIDE    160      /* of the small one; a picture that is no larger needs none */
#define LIMIT_PREVIEW_PIXELS        40000000 /* of the picture */
#define LIMIT_PREVIEW_FILE_BYTES    67108864
#define LIMIT_PREVIEW_PROFILE_BYTES 16384   /* of its colours; a larger one is left out */
#define LIMIT_PREVIEW_BYTES         2097152 /* of one preview */
#define LIMIT_PAINT_MEMORY          268435456
#define LIMIT_PAINT_CPU_SECONDS     5
#define LIMIT_PAINT_SECONDS         10
#define LIMIT_PAINTS_WAITING        64 /* pictures; further ones have no preview */

/* Bounds on requests to an S3 bucket, where files are kept in one. */
#define LIMIT_BUCKET_IDLE_MS  10000 /* for it to take or give something; then the try has failed */
#define LIMIT_BUCKET_TRIES    4     /* of one question; then what waits for it is refused, or tried later */
#define LIMIT_BUCKET_REST_MS  250   /* before the second try; four times as long before each further one */
#define LIMIT_BUCKET_FIELDS   100   /* of the head of an answer; more: the try has failed */
#define LIMIT_BUCKET_DROPS    64    /* files that one request deletes */
#define LIMIT_BUCKET_PAUSE_MS 10000 /* after a deletion that failed */
#define LIMIT_CACHE_SECONDS   600   /* for which what was read stays in the folder, however full it is */
#define LIMIT_CACHE_LOOK_MS   60000 /* between two looks at how full it is */

#define LIMIT_EMPTY_LINE_MS   500     /* after an empty first line, before it is answered as plain text */
#define LIMIT_HTTP_IDLE_MS    15000   /* for a whole request behind the last answer; then 408 or the end */
#define LIMIT_HTTP_ANSWER_MS  60000   /* for an answer to be read; then the connection is closed */
#define LIMIT_UPLOAD_IDLE_MS  60000   /* between two pieces of a file that comes; then 408 */
#define LIMIT_HTTP_FILE_BYTES 4194304 /* a file of --web-root; larger: 404 */
/* A WebSocket message above LIMIT_OBJECT_BYTES that is only skipped; larger: closed with 1009. */
#define LIMIT_SKIPPED_BYTES 16777216

#define LIMIT_CHUNK_BYTES_MIN 1024   /* a quiet room's piece of log */
#define LIMIT_CHUNK_BYTES_MAX 262144 /* a busy room's */
/* From this size on its bytes can be sent without a copy: base/sendable.h. */
#define LIMIT_CHUNK_BYTES_SENDABLE 32768
#define LIMIT_SENDFILE_BYTES       8192 /* shorter writes cost less as a copy */
#define LIMIT_CROWD                64   /* followers from which on writing to each costs more than a commit */
#define LIMIT_PAGE_SEQS            128  /* entries in a page of log read back from the store */

/* name, default, minimum, maximum, what it is (shown by --help and the man page) */
#define LIMITS(X)                                                                                           \
	X(connections_max, 20000, 1, 1000000, "connections in all; further ones are told busy and closed")  \
	X(connections_per_address, 12000, 1, 1000000, "connections from one address or IPv6 /64")           \
	X(rooms_max, 10000, 1, 1000000, "rooms in all; then no new one can be made")                        \
	X(rooms_per_user, 200, 1, 10000, "rooms that one user can be in")                                   \
	X(rooms_per_guest, 20, 1, 10000, "rooms that a guest can be in")                                    \
	X(rooms_made_per_hour, 20, 0, 1000000,                                                              \
	  "rooms made an hour from one address or IPv6 /64 (not 127.0.0.1, ::1); 0: any")                   \
	X(room_idle_days, 0, 0, LIMIT_RETENTION_DAYS,                                                       \
	  "days without a message after which a room goes with its history; 0: never")                      \
	X(directs_per_hour, 60, 0, 1000000,                                                                 \
	  "direct conversations that one account, or the guests of one address, begin in an hour; 0: any")  \
	X(tokens_per_account, 50, 1, 10000, "tokens that one account can have")                             \
	X(sessions_per_user, 50, 1, 10000,                                                                  \
	  "devices of one user, those that came in by a token apart; one that is away gives way")           \
	X(guests_made_per_hour, 12000, 0, 1000000,                                                          \
	  "new guests an hour from one address or IPv6 /64 (not 127.0.0.1, ::1); 0: any")                   \
	X(guests_waiting_max, 20000, 1, 10000000,                                                           \
	  "guests' sessions without a connection; then who left first is not waited for any more")          \
	X(guests_waiting_per_address, 12000, 1, 10000000, "the same from one address or IPv6 /64")          \
	X(passkeys_per_account, 20, 0, 1000, "passkeys that one account can have; 0: none")                 \
	X(links_per_account, 20, 0, 1000, "invitation links of one account that hold; 0: none")             \
	X(presence_members_max, 1000, 0, 1000000,                                                           \
	  "members who are present above which enter, exit and away are not told")                          \
	X(file_bytes_max, 33554432, 0, 1099511627776,                                                       \
	  "bytes of one file that people send; 0: they send none")                                          \
	X(file_user_bytes_per_day, 536870912, 0, 1099511627776000,                                          \
	  "bytes of files that one person sends in 24 hours; 0: any")                                       \
	X(files_bytes_max, 10737418240, 0, 1125899906842624, "bytes of all files together; 0: any")         \
	X(files_free_min, 5, 0, 99, "percent of the disk that files leave free")                            \
	X(blobs_cache_bytes, 1073741824, 0, 1125899906842624,                                               \
	  "bytes of files that stay in the data directory, too, where they are kept in a bucket")           \
	X(blobs_wait_seconds, 60, 1, 3600, "seconds that one file may take to or from the bucket")          \
	X(uploads_per_user, 4, 1, 1000, "files that one person sends at the same time")                     \
	X(uploads_per_address, 20, 1, 100000, "the same from one address or IPv6 /64 (not 127.0.0.1, ::1)") \
	X(uploads_max, 500, 1, 100000, "the same from all together")                                        \
	X(upload_hours, 24, 1, 8760, "hours for which the half of a file that has come is kept")            \
	X(uploads_kept_per_user, 20, 1, 1000,                                                               \
	  "such halves of one person; then the one that began first gives way")                             \
	X(who_max, 1000, 1, 100000, "members that one answer to who shows")                                 \
	X(room_log_bytes, 1048576, 65536, 1073741824, "a room's entries kept in memory for each dialect")   \
	X(log_bytes_max, 67108864, 1048576, 68719476736, "the same for all rooms together")                 \
	X(greet_seconds, 60, 1, 86400, "how long a connection may take to say who it is")                   \
	X(handshakes_per_second, 500, 1, 1000000,                                                           \
	  "TLS handshakes from one address or IPv6 /64; more have to wait")                                 \
	X(logins_per_second, 20, 1, 1000000, "passwords checked for one address or IPv6 /64")               \
	X(wrong_passwords_per_minute, 60, 1, 1000000,                                                       \
	  "wrong passwords from one address or IPv6 /64, as many again at once")                            \
	X(registrations_per_hour, 60, 0, 1000000, "accounts made from one address or IPv6 /64; 0: any")     \
	X(stall_seconds, 600, 1, 86400, "how long a reader may make no progress at all")                    \
	X(ping_seconds, 30, 1, 86400,                                                                       \
	  "how long a WebSocket may be silent before it is pinged, and then until it is closed")            \
	X(irc_replay, 200, 0, 100000,                                                                       \
	  "entries of a room that a client of IRC is shown that it has not read; 0: none")                  \
	X(irc_sts, 0, 0, 63072000,                                                                          \
	  "seconds for which clients of IRC come in TLS only, with a tls_cert; 0: not said")                \
	X(session_seconds, 600, 1, 86400, "how long a guest's name is kept after their last connection")    \
	X(send_ids_days, 7, 7, 3650, "how long a send's id is remembered")                                  \
	X(typing_ms, 1000, 100, 60000, "milliseconds between two typing notices of one connection")         \
	X(send_rate, 500, 0, 10000000,                                                                      \
	  "requests a second from one connection, then it is read slower; 0: any")                          \
	X(account_rate, 20, 0, 10000000,                                                                    \
	  "entries a second from one user, a hundred times as many at once, then rate_limited; 0: any")     \
	X(token_rate, 100, 0, 10000000,                                                                     \
	  "the same from one account's programs, which came in by a token; 0: any")                         \
	X(told_per_second, 2, 0, 1000000,                                                                   \
	  "joins, leaves, names, topics, settings, blocks, tokens and other changes of one user; what "     \
	  "reaches many rooms counts for each; 0: any")                                                     \
	X(told_burst, 200, 1, 1000000, "the same at once")                                                  \
	X(guests_count_as, 5, 0, 1000,                                                                      \
	  "people as whom the guests of one address or IPv6 /64 (not 127.0.0.1, ::1) count together in "    \
	  "account_rate, told_per_second, told_burst and file_user_bytes_per_day; 0: any")                  \
	X(account_young_hours, 24, 0, 8760,                                                                 \
	  "hours for which a new account still counts with the guests of its address there; 0: none")       \
	X(password_bytes_min, 8, 1, 256, "bytes that a new password has at least")                          \
	X(hash_memory_kib, 19456, 8192, 4194304, "memory that hashing one password takes")                  \
	X(store_wait_seconds, 5, 1, 3600,                                                                   \
	  "seconds of a store's silence after which what it was not given is told busy")                    \
	X(drain_seconds, 0, 0, 3600,                                                                        \
	  "seconds over which a server that stops ends its connections, while nobody new comes")            \
	X(node_return_seconds, 30, 1, 3600,                                                                 \
	  "seconds in which people of a node that is gone may come back before they are seen to leave")     \
	X(store_replicas, 0, 0, 1, "standbys of a PostgreSQL store without which messages are refused")     \
	X(jobs, 2, 1, 64, "threads for history, search and passwords")                                      \
	X(jobs_max, 10000, 16, 1000000, "jobs waiting for those threads; further ones are told busy")

struct limits {
#define X(name, value, low, high, help) int64_t name;
	LIMITS(X)
#undef X
};

extern const struct limits limits_default, limits_lowest, limits_highest;

#endif
