#include "store/postgres/postgres_row.h"

#include "base/buffer.h"
#include "base/clock.h"
#include "base/memory.h"
#include "store/postgres/postgres_entry.h"
#include "store/reacting.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PERSON = POSTGRES_NUMBERS - 2, ROOM = POSTGRES_NUMBERS - 1 };

typedef void write_row(const struct store_command *command, struct arena *arena, struct postgres_row *row);

static const char *text_or_empty(const char *text)
{
	return text ? text : "";
}

static void put_bytes(struct postgres_row *row, size_t place, const void *bytes, size_t length)
{
	row->bytes[place] = bytes;
	row->length[place] = bytes ? length : 0;
}

/* --- people --- */

static void row_write_person(const struct store_command *command, struct arena *arena,
			     struct postgres_row *row)
{
	const struct store_person *person = &command->person;
	(void)arena;
	row->number[1] = person->kind;
	row->number[2] = person->is_admin;
	row->number[3] = clock_wall_ms();
	row->number[4] = person->is_disabled;
	row->number[PERSON] = command->op == STORE_ADD_PERSON ? 0 : person->id;
	row->text[0] = text_or_empty(person->name);
	row->text[1] = text_or_empty(person->folded);
	row->text[2] = person->password;
}

static void row_write_session(const struct store_command *command, struct arena *arena,
			      struct postgres_row *row)
{
	const struct store_session *session = &command->session;
	(void)arena;
	row->number[0] = session->since_ms;
	row->number[1] = session->seen_ms;
	row->number[PERSON] = session->person;
	row->text[0] = text_or_empty(session->device);
	row->text[1] = text_or_empty(session->client);
	row->text[2] = text_or_empty(session->address);
	put_bytes(row, 0, session->hash, STORE_SESSION_BYTES);
	put_bytes(row, 1, session->has_token ? session->token : NULL, STORE_TOKEN_BYTES);
}

static void row_write_token(const struct store_command *command, struct arena *arena,
			    struct postgres_row *row)
{
	const struct store_token *token = &command->token;
	(void)arena;
	row->number[0] = token->most;
	row->number[1] = clock_wall_ms();
	row->number[PERSON] = token->person;
	row->text[0] = text_or_empty(token->label);
	put_bytes(row, 0, token->hash, STORE_TOKEN_BYTES);
}

static void row_write_factor(const struct store_command *command, struct arena *arena,
			     struct postgres_row *row)
{
	const struct store_factor *factor = &command->factor;
	(void)arena;
	row->number[0] = factor->step;
	row->number[PERSON] = factor->person;
	row->text[0] = factor->secret;
	if (command->op == STORE_USE_RECOVERY)
		put_bytes(row, 0, factor->used, STORE_RECOVERY_BYTES);
	else if (command->op == STORE_PUT_FACTOR)
		put_bytes(row, 0, factor->recovery_count ? factor->recovery[0] : (const void *)"",
			  factor->recovery_count * STORE_RECOVERY_BYTES);
}

static void row_write_passkey(const struct store_command *command, struct arena *arena,
			      struct postgres_row *row)
{
	const struct store_passkey *passkey = &command->passkey;
	(void)arena;
	row->number[0] = passkey->counter;
	row->number[1] = passkey->challenge_ms;
	row->number[2] = command->op == STORE_USE_PASSKEY ? passkey->used_ms : passkey->made_ms;
	row->number[3] = passkey->most;
	row->number[PERSON] = passkey->person;
	row->text[0] = passkey->label;
	row->text[1] = passkey->host;
	row->text[2] = passkey->key;
	put_bytes(row, 0, passkey->hash, STORE_PASSKEY_BYTES);
}

static void row_write_push(const struct store_command *command, struct arena *arena, struct postgres_row *row)
{
	assert(command->op == STORE_PUT_PUSH || command->op == STORE_DROP_PUSH);
	const struct store_push *push = &command->push;
	(void)arena;
	row->number[0] = push->shows_text;
	row->number[1] = push->made_ms;
	row->number[2] = push->most;
	row->number[PERSON] = push->person;
	row->text[0] = text_or_empty(push->label);
	row->text[1] = text_or_empty(push->endpoint);
	row->text[2] = text_or_empty(push->point);
	row->text[3] = text_or_empty(push->auth);
	row->text[4] = text_or_empty(push->lang);
	put_bytes(row, 0, push->hash, STORE_PUSH_BYTES);
}

static void row_write_setting(const struct store_command *command, struct arena *arena,
			      struct postgres_row *row)
{
	assert(command->op == STORE_PUT_SETTING);
	const struct store_setting *setting = &command->setting;
	(void)arena;
	row->number[0] = setting->most;
	row->number[1] = setting->bytes_most;
	row->number[PERSON] = setting->person;
	row->text[0] = setting->key;
	row->text[1] = setting->value;
}

static void row_write_pin(const struct store_command *command, struct arena *arena, struct postgres_row *row)
{
	assert(command->op == STORE_PUT_PIN || command->op == STORE_DROP_PIN);
	const struct store_pin *pin = &command->pin;
	(void)arena;
	row->number[0] = (int64_t)pin->seq;
	row->number[1] = pin->time_ms;
	row->number[2] = pin->most;
	row->number[ROOM] = pin->room_id;
	row->text[0] = text_or_empty(pin->by);
}

static void row_write_link(const struct store_command *command, struct arena *arena, struct postgres_row *row)
{
	const struct store_link *link = &command->link;
	(void)arena;
	row->number[0] = link->maker;
	row->number[1] = link->uses;
	row->number[2] = link->made_ms;
	row->number[3] = link->until_ms;
	row->number[4] = link->most;
	row->number[PERSON] = link->person;
	row->number[ROOM] = link->room_id;
	row->text[0] = text_or_empty(link->key);
	put_bytes(row, 0, link->hash, STORE_LINK_BYTES);
}

static void row_write_profile(const struct store_command *command, struct arena *arena,
			      struct postgres_row *row)
{
	assert(command->op == STORE_PUT_PROFILE);
	const struct store_profile *profile = &command->profile;
	(void)arena;
	row->number[0] = profile->hides_reading;
	row->number[1] = profile->picture_bytes_most;
	row->number[PERSON] = profile->person;
	row->text[0] = profile->display;
	row->text[1] = profile->about;
	row->text[2] = profile->picture;
}

static void row_write_block(const struct store_command *command, struct arena *arena,
			    struct postgres_row *row)
{
	assert(command->op == STORE_PUT_BLOCK);
	(void)arena;
	row->number[0] = command->block.blocked;
	row->number[1] = command->block.on;
	row->number[PERSON] = command->block.person;
}

/* --- rooms --- */

static void row_write_room(const struct store_command *command, struct arena *arena, struct postgres_row *row)
{
	const struct store_room *room = &command->room;
	(void)arena;
	row->number[0] = command->op == STORE_SKIP_TO ? (int64_t)room->end_seq : room->fields;
	row->number[1] = room->is_direct;
	row->number[2] = room->is_private;
	row->number[3] = room->is_read_only;
	row->number[4] = room->is_topic_locked;
	row->number[5] = room->retention_days;
	row->number[6] = room->sides[0];
	row->number[7] = room->sides[1];
	row->number[8] = room->created_ms ? room->created_ms : clock_wall_ms();
	row->number[9] = room->keeps_edits;
	row->number[ROOM] = room->id;
	row->text[0] = text_or_empty(room->name);
	row->text[1] = text_or_empty(room->topic);
	row->text[2] = text_or_empty(room->maker);
}

static void row_write_member(const struct store_command *command, struct arena *arena,
			     struct postgres_row *row)
{
	const struct store_member *member = &command->member;
	(void)arena;
	row->number[0] = command->op == STORE_SET_READ ? member->goes_back : member->role;
	row->number[1] = (int64_t)member->read_seq;
	row->number[2] = clock_wall_ms();
	row->number[PERSON] = member->person;
	row->number[ROOM] = member->room_id;
}

static void row_write_invitation(const struct store_command *command, struct arena *arena,
				 struct postgres_row *row)
{
	assert(command->op == STORE_PUT_INVITATION || command->op == STORE_DROP_INVITATION);
	const struct store_invitation *invitation = &command->invitation;
	(void)arena;
	row->number[0] = invitation->role;
	row->number[1] = invitation->time_ms;
	row->number[2] = invitation->until_ms;
	row->number[3] = invitation->by_person;
	row->number[PERSON] = invitation->person;
	row->number[ROOM] = invitation->room_id;
	row->text[0] = text_or_empty(invitation->by);
}

static void row_write_sanction(const struct store_command *command, struct arena *arena,
			       struct postgres_row *row)
{
	assert(command->op == STORE_PUT_SANCTION || command->op == STORE_DROP_SANCTION);
	const struct store_sanction *sanction = &command->sanction;
	(void)arena;
	row->number[0] = sanction->kind;
	row->number[1] = sanction->by_role;
	row->number[2] = sanction->time_ms ? sanction->time_ms : clock_wall_ms();
	row->number[3] = sanction->until_ms;
	row->number[ROOM] = sanction->room_id;
	row->text[0] = text_or_empty(sanction->target);
	row->text[1] = text_or_empty(sanction->folded);
	row->text[2] = text_or_empty(sanction->name);
	row->text[3] = text_or_empty(sanction->by);
	row->text[4] = text_or_empty(sanction->reason);
}

static void row_write_deed(const struct store_command *command, struct arena *arena, struct postgres_row *row)
{
	assert(command->op == STORE_ADD_DEED);
	const struct store_deed *deed = &command->deed;
	row->number[PERSON] = deed->person;
	(void)arena;
	row->number[0] = deed->time_ms ? deed->time_ms : clock_wall_ms();
	row->number[1] = deed->until_ms;
	row->number[ROOM] = deed->room_id;
	row->text[0] = text_or_empty(deed->op);
	row->text[1] = text_or_empty(deed->by);
	row->text[2] = text_or_empty(deed->target);
	row->text[3] = text_or_empty(deed->reason);
}

static void row_write_purge(const struct store_command *command, struct arena *arena,
			    struct postgres_row *row)
{
	assert(command->op == STORE_PURGE);
	(void)arena;
	row->number[0] = command->purge.before_ms;
	row->number[1] = (int64_t)command->purge.limit;
	row->number[ROOM] = command->purge.room_id;
}

static void row_write_sweep(const struct store_command *command, struct arena *arena,
			    struct postgres_row *row)
{
	assert(command->op == STORE_FORGET_SENDS);
	(void)arena;
	row->number[0] = command->sweep.before_ms;
	row->number[1] = (int64_t)command->sweep.limit;
}

/* --- files --- */

static void row_write_file(const struct store_command *command, struct arena *arena, struct postgres_row *row)
{
	assert(command->op == STORE_ADD_FILE);
	const struct file *file = command->file;
	(void)arena;
	row->number[0] = file->bytes;
	row->number[1] = file->width;
	row->number[2] = file->height;
	row->number[3] = file->made_ms;
	row->number[4] = file->preview_bytes;
	row->number[PERSON] = file->owner;
	row->text[0] = file->id;
	row->text[1] = file->key;
	row->text[2] = file->name;
	row->text[3] = file->type;
	put_bytes(row, 0, file->hash, FILE_HASH_BYTES);
}

static void row_write_file_sweep(const struct store_command *command, struct arena *arena,
				 struct postgres_row *row)
{
	assert(command->op == STORE_SWEEP_FILES);
	(void)arena;
	row->number[0] = command->file_sweep.unsent_before_ms;
	row->text[0] = text_or_empty(command->file_sweep.dropped);
	row->text[1] = text_or_empty(command->file_sweep.removed);
}

/* --- entries --- */

enum { MAY_CHANGE_OTHERS = 1, UNCHECKED = 2, MOVES_READ = 4, HAS_ID = 8, HAS_FILES = 16 };

/* "{7,12}", which SQL reads as an array. */
static const char *list_persons(const struct store_append *append, struct arena *arena)
{
	struct buffer list = BUFFER_EMPTY;
	for (size_t i = 0; i < append->mentioned_count; i++)
		buffer_printf(&list, "%s%" PRId64, i ? "," : "{", append->mentioned[i]);
	if (append->mentioned_count)
		buffer_add_char(&list, '}');
	const char *copy = append->mentioned_count ? arena_string(arena, buffer_string(&list)) : NULL;
	buffer_release(&list);
	return copy;
}

static void row_write_append(const struct store_command *command, struct arena *arena,
			     struct postgres_row *row)
{
	assert(command->op == STORE_APPEND);
	const struct store_append *append = &command->append;
	const struct entry *entry = append->entry;
	const struct store_send_id *send_id = &append->send_id;
	bool has_id = send_id->id && *send_id->id;
	row->number[1] = entry->time_ms;
	row->number[2] = entry->kind;
	row->number[3] = entry->flags;
	row->number[4] = (int64_t)entry->author;
	row->number[5] = entry->person;
	row->number[6] = (int64_t)entry->ref;
	row->number[8] = (append->may_change_others ? MAY_CHANGE_OTHERS : 0) |
			 (append->is_unchecked ? UNCHECKED : 0) | (append->moves_read ? MOVES_READ : 0) |
			 (has_id ? HAS_ID : 0) | (entry->files ? HAS_FILES : 0);
	row->number[9] = (int64_t)append->reactions_most;
	row->number[10] = entry->kind == ENTRY_REACT ? reacting_number(entry) : 0;
	row->number[PERSON] = send_id->person;
	row->number[ROOM] = entry->room_id;
	row->text[0] = text_or_empty(entry->name);
	row->text[1] = text_or_empty(entry->ip);
	row->text[2] = text_or_empty(entry->text);
	row->text[3] = has_id ? text_or_empty(send_id->device) : NULL;
	row->text[4] = has_id ? send_id->id : NULL;
	row->text[5] = list_persons(append, arena);
	row->text[6] = entry->file_ids;
}

/* --- all of them --- */

struct row_kind {
	int code;
	bool may_refuse;
	write_row *write;
};

static const struct row_kind kinds[STORE_OPS] = {
    [STORE_ADD_PERSON] = {1, true, row_write_person},
    [STORE_RENAME_PERSON] = {2, true, row_write_person},
    [STORE_MAKE_ACCOUNT] = {3, true, row_write_person},
    [STORE_SET_PASSWORD] = {4, true, row_write_person},
    [STORE_SET_ADMIN] = {5, true, row_write_person},
    [STORE_REMOVE_PERSON] = {6, true, row_write_person},
    [STORE_PUT_SESSION] = {7, true, row_write_session},
    [STORE_SEE_SESSION] = {8, true, row_write_session},
    [STORE_NEED_SESSION] = {58, true, row_write_session},
    [STORE_NEED_PASSWORD] = {59, true, row_write_person},
    [STORE_DROP_SESSION] = {9, true, row_write_session},
    [STORE_DROP_SESSIONS] = {10, false, row_write_session},
    [STORE_PUT_TOKEN] = {11, true, row_write_token},
    [STORE_DROP_TOKEN] = {12, true, row_write_token},
    [STORE_DROP_TOKENS] = {13, false, row_write_token},
    [STORE_ADD_ROOM] = {14, true, row_write_room},
    [STORE_UPDATE_ROOM] = {15, true, row_write_room},
    [STORE_REMOVE_ROOM] = {16, true, row_write_room},
    [STORE_SKIP_TO] = {17, false, row_write_room},
    [STORE_PUT_MEMBER] = {18, false, row_write_member},
    [STORE_DROP_MEMBER] = {19, false, row_write_member},
    [STORE_SET_READ] = {20, true, row_write_member},
    [STORE_PASS_OWNERSHIP] = {21, false, row_write_member},
    [STORE_PUT_INVITATION] = {22, false, row_write_invitation},
    [STORE_DROP_INVITATION] = {23, false, row_write_invitation},
    [STORE_PUT_SANCTION] = {24, false, row_write_sanction},
    [STORE_DROP_SANCTION] = {25, true, row_write_sanction},
    [STORE_PUT_BLOCK] = {26, false, row_write_block},
    [STORE_ADD_DEED] = {27, false, row_write_deed},
    [STORE_APPEND] = {28, true, row_write_append},
    [STORE_PURGE] = {29, false, row_write_purge},
    [STORE_FORGET_SENDS] = {30, false, row_write_sweep},
    [STORE_PUT_FACTOR] = {31, true, row_write_factor},
    [STORE_DROP_FACTOR] = {32, true, row_write_factor},
    [STORE_USE_FACTOR] = {33, true, row_write_factor},
    [STORE_USE_RECOVERY] = {34, true, row_write_factor},
    [STORE_ADD_FILE] = {35, true, row_write_file},
    [STORE_SWEEP_FILES] = {36, false, row_write_file_sweep},
    [STORE_PUT_PASSKEY] = {37, true, row_write_passkey},
    [STORE_USE_PASSKEY] = {38, true, row_write_passkey},
    [STORE_DROP_PASSKEY] = {39, true, row_write_passkey},
    [STORE_PUT_SETTING] = {40, true, row_write_setting},
    [STORE_PUT_LINK] = {50, true, row_write_link},
    [STORE_USE_LINK] = {51, true, row_write_link},
    [STORE_DROP_LINK] = {52, true, row_write_link},
    [STORE_PUT_PROFILE] = {41, true, row_write_profile},
    [STORE_PUT_PIN] = {53, true, row_write_pin},
    [STORE_DROP_PIN] = {54, true, row_write_pin},
    [STORE_PUT_PUSH] = {55, true, row_write_push},
    [STORE_DROP_PUSH] = {56, true, row_write_push},
    [STORE_SET_DISABLED] = {57, true, row_write_person},
};

int postgres_row_code(enum store_op op)
{
	assert((unsigned)op < STORE_OPS && kinds[op].code);
	return kinds[op].code;
}

bool postgres_row_may_refuse(enum store_op op)
{
	return kinds[op].may_refuse;
}

void postgres_row_write(const struct store_command *command, int64_t seen, struct arena *arena,
			struct postgres_row *row)
{
	*row = (struct postgres_row){0};
	kinds[command->op].write(command, arena, row);
	if (command->op == STORE_FORGET_SENDS)
		row->number[2] = seen;
}

/* --- what is answered --- */

static void row_resolve(const struct postgres_added *added, int64_t *person, int64_t *room_id)
{
	if (person && !*person)
		*person = added->person;
	if (!room_id || *room_id > 0)
		return;
	size_t place = *room_id ? (size_t) - *room_id : added->count;
	*room_id = place && place <= added->count ? added->rooms[place - 1] : 0;
}

static int64_t *subject_person(struct store_command *command)
{
	switch (command->op) {
	case STORE_MAKE_ACCOUNT:
		return &command->person.id;
	case STORE_PUT_SESSION:
		return &command->session.person;
	case STORE_PUT_TOKEN:
		return &command->token.person;
	case STORE_PUT_MEMBER:
		return &command->member.person;
	case STORE_PUT_INVITATION:
		return &command->invitation.person;
	case STORE_USE_LINK:
		return &command->link.person;
	case STORE_APPEND:
		return &command->append.send_id.person;
	default:
		return NULL;
	}
}

static int64_t *subject_room(struct store_command *command)
{
	switch (command->op) {
	case STORE_UPDATE_ROOM:
	case STORE_SKIP_TO:
		return &command->room.id;
	case STORE_PUT_MEMBER:
		return &command->member.room_id;
	case STORE_PUT_INVITATION:
		return &command->invitation.room_id;
	case STORE_ADD_DEED:
		return &command->deed.room_id;
	case STORE_APPEND:
		return &command->append.entry->room_id;
	default:
		return NULL;
	}
}

static void row_read_append(struct store_append *append, const struct postgres_outcome *outcome, char *text)
{
	struct entry *entry = append->entry;
	append->target_author = outcome->d;
	entry->seq = (uint64_t)outcome->a;
	entry->id = outcome->b;
	if (outcome->result != STORE_OK)
		entry->time_ms = outcome->c;
	else if (entry->files)
		postgres_entry_cut_files(entry, text);
}

static void row_read_token(struct store_token *token, const char *text)
{
	unsigned byte;
	for (size_t i = 0; i < STORE_TOKEN_BYTES && text && sscanf(text + 2 * i, "%2x", &byte) == 1; i++)
		token->hash[i] = (unsigned char)byte;
}

static void row_read_member(struct store_member *member, const struct postgres_outcome *outcome)
{
	member->person = outcome->a;
	if (!outcome->a)
		return;
	member->role = ROLE_OWNER;
	member->read_seq = (uint64_t)outcome->b;
}

static void row_read_room(struct store_room *room, int64_t id, struct postgres_added *added)
{
	room->id = id;
	added->rooms = mem_grow(added->rooms, &added->capacity, added->count + 1, sizeof *added->rooms);
	added->rooms[added->count++] = id;
}

static void row_read_good(struct store_command *command, const struct postgres_outcome *outcome,
			  const char *text, struct postgres_added *added)
{
	switch (command->op) {
	case STORE_ADD_PERSON:
		command->person.id = added->person = outcome->a;
		break;
	case STORE_REMOVE_PERSON:
		command->person.kind = (enum person_kind)outcome->a;
		command->person.name = text_or_empty(text);
		break;
	case STORE_DROP_TOKEN:
		row_read_token(&command->token, text);
		break;
	case STORE_ADD_ROOM:
		row_read_room(&command->room, outcome->a, added);
		break;
	case STORE_PASS_OWNERSHIP:
		row_read_member(&command->member, outcome);
		break;
	case STORE_PUT_PROFILE:
		snprintf(command->profile.picture_key, FILE_ID_BYTES, "%.32s", text_or_empty(text));
		break;
	case STORE_ADD_DEED:
		command->deed.id = outcome->a;
		break;
	case STORE_PURGE:
		command->purge.purged_seq = (uint64_t)outcome->a;
		break;
	case STORE_FORGET_SENDS:
		command->sweep.is_done = outcome->a;
		break;
	default:
		break;
	}
}

void postgres_row_read(struct store_command *command, const struct postgres_outcome *outcome,
		       struct postgres_added *added, struct arena *arena)
{
	char *text = outcome->text ? arena_zero(arena, outcome->text_bytes + 1) : NULL;
	if (text)
		memcpy(text, outcome->text, outcome->text_bytes);
	command->result = outcome->result;
	if (outcome->result != STORE_SKIPPED)
		row_resolve(added, subject_person(command), subject_room(command));
	if (outcome->result == STORE_OK)
		row_read_good(command, outcome, text, added);
	if (command->op == STORE_APPEND && outcome->result != STORE_SKIPPED)
		row_read_append(&command->append, outcome, text);
}
