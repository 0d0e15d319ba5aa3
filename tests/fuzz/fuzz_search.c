/* The query that people type: whatever it is, it is refused with a reason or the store answers; FTS5 never
 * takes their signs for its own language. */
#include "base/logging.h"
#include "base/text/utf8.h"
#include "chat/talk/query.h"
#include "store/store.h"

#include "../unit/directory.h"

#include <assert.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct store *store;
static struct store_reader *reader;
static struct directory directory;

static void remove_directory(void)
{
	directory_remove(&directory);
}

static void pass_command(void *context, const struct store_command *command)
{
	(void)context;
	(void)command;
}

static void check_done(struct store_batch *batch, int result)
{
	(void)batch;
	assert(result == STORE_OK);
}

static void submit(struct store_command *commands, size_t count)
{
	struct store_batch batch = {commands, count, check_done};
	store->ops->submit(store, &batch);
}

#define TEXTS 5

/* A room with a few messages. */
static void fill_store(void)
{
	static const char *const texts[TEXTS] = {"ciao a tutti", "hello NEAR the end", "caffè \"nero\"",
						 "日本語 text", "a-b c:d"};
	struct store_command commands[1 + TEXTS] = {{.op = STORE_ADD_ROOM, .room.name = "#lobby"}};
	struct entry entries[TEXTS];
	for (size_t i = 0; i < TEXTS; i++) {
		entries[i] =
		    (struct entry){.kind = ENTRY_MESSAGE, .name = "mario", .ip = "", .text = texts[i]};
		commands[1 + i] = (struct store_command){.op = STORE_APPEND, .append.entry = &entries[i]};
	}
	submit(commands, 1 + TEXTS);
}

static void open_store(void)
{
	struct store_indexer *indexer;
	char problem[256];
	size_t did = 1;
	directory_make(&directory);
	atexit(remove_directory);
	int result = store_open(directory.path, NULL, &store, problem, sizeof problem);
	assert(result == STORE_OK);
	result = store->ops->load(store, pass_command, NULL);
	assert(result == STORE_OK);
	fill_store();
	result = store->ops->indexer_open(store, &indexer);
	assert(result == STORE_OK);
	while (did && result == STORE_OK)
		result = indexer->ops->step(indexer, 100, &did);
	indexer->ops->close(indexer);
	result |= store->ops->reader_open(store, &reader);
	assert(result == STORE_OK);
}

static bool count_row(void *context, const struct entry *entry)
{
	assert(entry->seq >= 1 && *entry->text);
	return ++*(size_t *)context < 100;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t count = 0;
	struct query query;
	struct store_search_end end;
	if (!reader)
		open_store();
	char *text = malloc(size + 1);
	memcpy(text, data, size);
	text[size] = '\0';
	if (query_read(&query, text)) {
		char *from = query.from ? utf8_fold(query.from) : NULL;
		struct store_search search = {.terms = query.terms,
					      .terms_count = query.terms_count,
					      .room_id = size % 3 == 0,
					      .from = from,
					      .is_from_unknown = size % 2 == 0,
					      .has_link = query.has_link,
					      .has_file = query.has_file,
					      .has_reaction = query.has_reaction,
					      .since_ms = query.since_ms,
					      .until_ms = query.until_ms,
					      .limit = 100};
		int result = reader->ops->search(reader, &search, count_row, &count, &end);
		assert(result == STORE_OK || (result == STORE_NONE && !count && from));
		free(from);
	} else {
		assert(query.problem);
	}
	query_release(&query);
	free(text);
	return 0;
}
