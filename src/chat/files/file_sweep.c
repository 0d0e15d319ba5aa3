#include "chat/files/file_sweep.h"

#include "base/logging.h"
#include "base/memory.h"
#include "chat/files/half.h"
#include "chat/state.h"
#include "store/blobs/blob.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* The ids that the store has of one folder of blobs: those that begin with its two digits. */
struct folder {
	struct store_query query; /* first */
	char (*ids)[FILE_ID_BYTES];
	size_t count, capacity;
	bool is_known, is_done;
	struct chat *chat;
	struct store *store;
};

static void folder_add(struct store_query *query, const struct store_command *row)
{
	assert(row->op == STORE_ADD_FILE);
	struct folder *folder = (struct folder *)query;
	folder->ids = mem_grow(folder->ids, &folder->capacity, folder->count + 1, sizeof *folder->ids);
	memcpy(folder->ids[folder->count++], row->file->id, FILE_ID_BYTES);
}

static void folder_done(struct store_query *query)
{
	((struct folder *)query)->is_done = true;
}

static void folder_read(struct folder *folder, const char *id)
{
	folder->query = (struct store_query){
	    .question = STORE_LIST_FILES, .text = {id[0], id[1]}, .visit = folder_add, .done = folder_done};
	folder->count = 0;
	folder->is_known = true;
	folder->is_done = false;
	folder->store->ops->ask(folder->store, &folder->query);
	for (folder->store->ops->collect(folder->store); !folder->is_done;
	     folder->store->ops->collect(folder->store))
		store_rest();
}

static int compare_ids(const void *one, const void *other)
{
	return memcmp(one, other, FILE_ID_BYTES);
}

static bool has_row(void *context, const char *id, bool is_part)
{
	struct folder *folder = context;
	if (is_part)
		return half_is_known(folder->chat, id);
	if (!folder->is_known || strncmp(folder->query.text, id, 2) != 0)
		folder_read(folder, id);
	/* In doubt it stays. */
	return folder->query.result != STORE_OK ||
	       (folder->count && bsearch(id, folder->ids, folder->count, sizeof *folder->ids, compare_ids));
}

void file_sweep(struct chat *chat)
{
	struct folder folder = {.chat = chat, .store = chat->config.store};
	half_load(chat);
	size_t dropped = chat->config.blobs ? blobs_sweep(chat->config.blobs, has_row, &folder) : 0;
	free(folder.ids);
	if (dropped)
		LOG_INFO("file.sweep", "dropped=%zu why=\"an earlier process left them\"", dropped);
}
