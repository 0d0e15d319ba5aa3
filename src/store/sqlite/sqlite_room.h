/* Rooms in SQLite, and who may do what there: members, invitations, sanctions, the record.
 *
 * Layer: store, private to it. Threads: the writer's. All but sqlite_close_room() are commands of store.h. */
#ifndef BRUSIO_STORE_SQLITE_ROOM_H
#define BRUSIO_STORE_SQLITE_ROOM_H

#include "store/sqlite/sqlite_writer.h"

int sqlite_add_room(struct sqlite_writer *writer, struct store_command *command);
int sqlite_update_room(struct sqlite_writer *writer, struct store_command *command);
int sqlite_remove_room(struct sqlite_writer *writer, struct store_command *command);
int sqlite_skip_to(struct sqlite_writer *writer, struct store_command *command);

int sqlite_put_member(struct sqlite_writer *writer, struct store_command *command);
int sqlite_drop_member(struct sqlite_writer *writer, struct store_command *command);
int sqlite_set_read(struct sqlite_writer *writer, struct store_command *command);
int sqlite_pass_ownership(struct sqlite_writer *writer, struct store_command *command);

int sqlite_put_invitation(struct sqlite_writer *writer, struct store_command *command);
int sqlite_drop_invitation(struct sqlite_writer *writer, struct store_command *command);
int sqlite_put_sanction(struct sqlite_writer *writer, struct store_command *command);
int sqlite_drop_sanction(struct sqlite_writer *writer, struct store_command *command);
int sqlite_add_deed(struct sqlite_writer *writer, struct store_command *command);

/* Takes the room away from everybody and begins to remove what is in it. STORE_NONE: it is not there. */
int sqlite_close_room(struct sqlite_writer *writer, int64_t room_id);

#endif
