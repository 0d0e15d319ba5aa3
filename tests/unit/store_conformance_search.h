/* The part of store_conformance.h about searching, which includes it behind its own. */
#ifndef BRUSIO_TESTS_UNIT_STORE_CONFORMANCE_SEARCH_H
#define BRUSIO_TESTS_UNIT_STORE_CONFORMANCE_SEARCH_H

#include "store_kit.h"

#include "base/limits.h"

static inline void index_everything(void)
{
	struct store_indexer *indexer;
	assert_int_equal(store->ops->indexer_open(store, &indexer), STORE_OK);
	for (size_t did = 1; did;)
		assert_int_equal(indexer->ops->step(indexer, 5000, &did), STORE_OK);
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

/* Turns pages of one message each until there is nothing more; how many messages were shown. */
static inline size_t turn_pages(struct store_search search)
{
	struct store_reader *reader = open_reader();
	size_t shown = 0;
	bool goes_on = true;
	for (search.limit = 1; goes_on;) {
		struct seen page = {.wanted = 1};
		struct store_search_end end;
		assert_int_equal(reader->ops->search(reader, &search, see, &page, &end), STORE_OK);
		shown += page.count;
		goes_on = end.next || page.count;
		search.before = end.next;
		if (!end.next && page.count)
			search.before = (uint64_t)reader->ops->entry_id(reader, search.room_id, page.seqs[0]);
	}
	reader->ops->close(reader);
	return shown;
}

TEST(pages_of_found_messages_skip_none_at_the_bound_of_a_search)
{
	int64_t lobby = make_room("#lobby"), mario = make_person("mario", PERSON_ACCOUNT);
	for (int said = 0; said < LIMIT_SEARCH_LOOKS; said += 500)
		say_many(lobby, 500);
	say_many(lobby, 10);
	/* Both are among the last that the first search looks at. */
	for (uint64_t seq = 20; seq <= 30; seq += 10) {
		struct entry reaction = {.kind = ENTRY_REACT,
					 .flags = ENTRY_ON,
					 .room_id = lobby,
					 .person = mario,
					 .ref = seq,
					 .name = "mario",
					 .ip = "",
					 .text = "+"};
		struct store_command command = append_command(&reaction);
		assert_int_equal(carry_out(&command), STORE_OK);
	}
	index_everything();
	assert_int_equal(turn_pages((struct store_search){.room_id = lobby, .has_reaction = true}), 2);
}

#define CONFORMANCE_SEARCH_TESTS                                                      \
	CONFORMANCE_TEST(messages_are_found_by_what_they_say_now_and_by_their_files), \
	    CONFORMANCE_TEST(pages_of_found_messages_skip_none_at_the_bound_of_a_search)

#endif
