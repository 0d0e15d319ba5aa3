/* What the tests of the store have in common: a store in a directory of its own, and pages to look at. */
#ifndef BRUSIO_TESTS_UNIT_STORE_KIT_H
#define BRUSIO_TESTS_UNIT_STORE_KIT_H

#include "store/store.h"

#include "directory.h"
#include "unit.h"

static struct directory directory;
static struct store *store;
static char problem[1024];

static inline void pass_room(void *context, const struct store_room *room)
{
	(void)context;
	(void)room;
}

/* As the chat does it: the rooms are loaded before anything is written. */
static inline void open_store(void)
{
	if (sqlite_store_open(directory.path, &store, problem, sizeof problem) != STORE_OK)
		fail_msg("%s", problem);
	assert_int_equal(store->ops->load_rooms(store, pass_room, NULL), STORE_OK);
}

static inline void close_store(void)
{
	if (store)
		store->ops->close(store);
	store = NULL;
}

static inline int setup_store(void **state)
{
	(void)state;
	directory_make(&directory);
	open_store();
	return 0;
}

static inline int teardown_store(void **state)
{
	(void)state;
	close_store();
	directory_remove(&directory);
	return 0;
}

static inline void begin(void)
{
	assert_int_equal(store->ops->begin(store), STORE_OK);
}

static inline void commit(void)
{
	assert_int_equal(store->ops->commit(store), STORE_OK);
}

static inline int64_t make_room(const char *name)
{
	struct store_room room = {.name = name};
	begin();
	assert_int_equal(store->ops->create_room(store, &room, &room.id), STORE_OK);
	commit();
	return room.id;
}

/* Appends a message without a send id, in the open batch; returns its seq. */
static inline uint64_t say(int64_t room_id, const char *text)
{
	bool is_repeat = true;
	struct entry entry = {
	    .kind = ENTRY_MESSAGE, .room_id = room_id, .name = "mario", .ip = "", .text = text};
	assert_int_equal(store->ops->append(store, &entry, NULL, &is_repeat), STORE_OK);
	assert_false(is_repeat);
	return entry.seq;
}

static inline void say_many(int64_t room_id, int count)
{
	begin();
	for (int i = 0; i < count; i++) {
		char text[32];
		snprintf(text, sizeof text, "message %d", i + 1);
		say(room_id, text);
	}
	commit();
}

/* The seqs of a page, and how many rows may still come. */
struct seen {
	size_t count, wanted;
	uint64_t seqs[1000];
	char last_text[64];
};

static inline bool see(void *context, const struct entry *entry)
{
	struct seen *seen = context;
	assert_true(seen->count < 1000);
	seen->seqs[seen->count++] = entry->seq;
	snprintf(seen->last_text, sizeof seen->last_text, "%s", entry->text);
	return seen->count < seen->wanted;
}

static inline struct seen read_page(struct store_reader *reader, struct store_range range)
{
	struct seen seen = {.wanted = SIZE_MAX};
	assert_int_equal(reader->ops->page(reader, &range, see, &seen), STORE_OK);
	return seen;
}

static inline struct store_reader *open_reader(void)
{
	struct store_reader *reader;
	assert_int_equal(store->ops->reader_open(store, &reader), STORE_OK);
	return reader;
}

#endif
