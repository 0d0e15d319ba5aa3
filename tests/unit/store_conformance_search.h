/* The part of store_conformance.h about searching, which includes it behind its own. */
#ifndef BRUSIO_TESTS_UNIT_STORE_CONFORMANCE_SEARCH_H
#define BRUSIO_TESTS_UNIT_STORE_CONFORMANCE_SEARCH_H

#include "store_kit.h"

static inline void index_everything(void)
{
	struct store_indexer *indexer;
	assert_int_equal(store->ops->indexer_open(store, &indexer), STORE_OK);
	for (size_t did = 1; did;)
		assert_int_equal(indexer->ops->step(indexer, 100, &did), STORE_OK);
	indexer->ops->close(indexer);
}

/* How many messages are found, with the seq and the text of the last one in *seen. */
static inline size_t search_for(struct store_search search, const char *word, struct seen *seen)
{
	struct store_reader *reader = open_reader();
	const struct store_term term = {.text = word};
	struct store_search_end end;
	*seen = (struct seen){.wanted = SIZE_MAX};
	search.terms = &term;
	search.terms_count = 1;
	search.limit = 100;
	assert_int_equal(reader->ops->search(reader, &search, see, seen, &end), STORE_OK);
	assert_int_equal(end.lag, 0);
	reader->ops->close(reader);
	return seen->count;
}

static inline uint64_t say_with_file(int64_t room_id, int64_t person, const char *text, const char *file_name)
{
	struct file file = {.type = "image/png", .bytes = 5, .owner = person};
	memset(file.id, 'a', sizeof file.id - 1);
	memset(file.key, 'b', sizeof file.key - 1);
	snprintf(file.name, sizeof file.name, "%s", file_name);
	assert_int_equal(CARRY_OUT(.op = STORE_ADD_FILE, .file = &file), STORE_OK);
	struct entry_file taken[1];
	struct entry entry = message(room_id, text);
	entry.person = person;
	entry.flags = ENTRY_FILES;
	entry.file_ids = file.id;
	entry.files = taken;
	return append(entry);
}

TEST(messages_are_found_by_what_they_say_now_and_by_their_files)
{
	int64_t lobby = make_room("#lobby"), mario = make_person("mario", PERSON_ACCOUNT);
	struct seen seen;
	say(lobby, "a word by itself");
	uint64_t seq = say_with_file(lobby, mario, "my draft", "holiday.png");
	index_everything();
	assert_int_equal(search_for((struct store_search){0}, "word", &seen), 1);
	assert_int_equal(search_for((struct store_search){.has_file = true}, "word", &seen), 0);
	assert_int_equal(search_for((struct store_search){.has_file = true}, "holiday", &seen), 1);
	assert_int_equal(seen.seqs[0], seq);
	struct entry edit = message(lobby, "my essay");
	edit.kind = ENTRY_EDIT;
	edit.person = mario;
	edit.ref = seq;
	edit.time_ms = 2000;
	append(edit);
	index_everything();
	assert_int_equal(search_for((struct store_search){0}, "draft", &seen), 0);
	assert_int_equal(search_for((struct store_search){.until_ms = 1500}, "essay", &seen), 1);
	assert_int_equal(seen.seqs[0], seq);
	assert_string_equal(seen.last_text, "my essay");
	assert_int_equal(search_for((struct store_search){.has_file = true}, "holiday", &seen), 1);
	struct entry delete = message(lobby, "");
	delete.kind = ENTRY_DELETE;
	delete.person = mario;
	delete.ref = seq;
	append(delete);
	index_everything();
	assert_int_equal(search_for((struct store_search){0}, "holiday", &seen), 0);
	assert_int_equal(search_for((struct store_search){0}, "essay", &seen), 0);
	assert_int_equal(search_for((struct store_search){0}, "word", &seen), 1);
}

#define CONFORMANCE_SEARCH_TESTS CONFORMANCE_TEST(messages_are_found_by_what_they_say_now_and_by_their_files)

#endif
