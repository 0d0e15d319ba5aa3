/* Coming and going of connections, and of guests with them.
 *
 * Layer: chat, private to it. Threads: the chat thread's alone. */
#ifndef BRUSIO_CHAT_ENTER_H
#define BRUSIO_CHAT_ENTER_H

#include "base/request.h"
#include "chat/people/user.h"

#include <stdbool.h>

struct change;
struct chat;

/* The store carries out the change only while the asker's session is there, since what it makes lets somebody in later:
 * another process may have ended the session, and nobody has heard of it here. STORE_NONE: it is not there. */
void enter_add_presence(struct chat *chat, struct change *change);

/* The peer has shown that it is this user: it becomes a connection of theirs. `token`: the hash of the one that it
 * showed, or NULL. `shown`: the command that takes the code of a second factor or the proof of a passkey, or that needs
 * the session or the password that it rests on, or NULL. Answers with a welcome. */
void enter_user(struct chat *chat, struct request *request, struct user *user, const unsigned char *token,
		const struct store_command *shown);

/* Somebody for whom the organisation vouches, and who has no account yet: their first login makes it, without a
 * password of its own. A guest of the name goes, since it has been given away. The name is one. */
void enter_first(struct chat *chat, struct request *request, const char *name);

/* A hello that shows a good invitation link: they become a guest of the name that it says, and the link is taken. */
struct store_link;
void enter_by_link(struct chat *chat, struct request *request, const struct store_link *link);

/* The same by the session that the request shows; false where the server does not know it: nothing is done. */
bool enter_resume(struct chat *chat, struct request *request, struct user *user);

/* The connection is one of this user's, by a session or, of the simple form, by none. */
void enter_attach(struct chat *chat, const struct request *request, struct user *user,
		  struct session *session);

/* Adds to the change a person of this name, which is reserved until it is done. Say their kind; valid until the next
 * batch_add(). */
struct store_person *enter_add_person(struct chat *chat, struct change *change, const char *name);

/* Closes all connections of the user, who may come again; `args` say by whom and why. */
void enter_kill_user(struct chat *chat, struct user *user, const struct text_args *args);

/* Adds to the change that the session ends. */
void enter_add_session_end(struct chat *chat, struct change *change, const struct user *user,
			   const struct session *session);
/* Ends a session that no connection uses. */
void enter_end_session(struct chat *chat, struct user *user, struct session *session);

/* Closes the connection, with a text for it. */
void enter_expel_peer(struct chat *chat, struct peer *peer, enum text key);
/* The same for all connections of the user, who does not stay anywhere as a guest. */
void enter_expel_user(struct chat *chat, struct user *user, enum text key);

/* The guest is gone for good, with their memberships. */
void enter_remove_guest(struct chat *chat, struct user *user);

/* Ends sessions whose time has come, and guests with their last one. */
void enter_expire(struct chat *chat);
/* Tries again to remove the guests whose removal could not be stored. */
void enter_remove_strays(struct chat *chat);

#endif
