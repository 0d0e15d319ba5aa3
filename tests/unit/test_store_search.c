/* Searching the index: how much one search looks at, and what it passes over. */
#include "base/limits.h"

#include "store_kit.h"

static struct store_indexer *indexer;
static int64_t lobby, mario;

static int setup(void **state)
{
	setup_store(state);
	lobby = make_room("#lobby");
	mario = make_person("mario", PERSON_ACCOUNT);
	assert_int_equal(store->ops->indexer_open(store, &indexer), STORE_OK);
	return 0;
}

static int teardown(void **state)
{
	indexer->ops->close(indexer);
	return teardown_store(state);
}

static void index_all(void)
{
	size_t did = 1;
	while (did)
		assert_int_equal(indexer->ops->step(indexer, 5000, &did), STORE_OK);
}

static uint64_t say_at(const char *text, int64_t time_ms, const char *name)
{
	struct entry entry = {.kind = ENTRY_MESSAGE,
			      .room_id = lobby,
			      .person = mario,
			      .name = name,
			      .ip = "",
			      .text = text,
			      .time_ms = time_ms};
	return append(entry);
}

/* Takes what is wanted of what is shown. */
struct taken {
	size_t count, shown;
	const char *wanted; /* NULL: all */
	int64_t last_id;
};

static bool take(void *context, const struct entry *entry)
{
	struct taken *taken = context;
	taken->shown++;
	taken->last_id = entry->id;
	if (!taken->wanted || !strcmp(entry->text, taken->wanted))
		taken->count++;
	return true;
}

static int search(struct store_search search, const char *word, struct taken *taken,
		  struct store_search_end *end)
{
	struct store_reader *reader = open_reader();
	const struct store_term term = {.text = word};
	search.terms = &term;
	search.terms_count = word ? 1 : 0;
	if (!search.limit)
		search.limit = SIZE_MAX;
	int result = reader->ops->search(reader, &search, take, taken, end);
	reader->ops->close(reader);
	return result;
}

static size_t found(struct store_search what, const char *word)
{
	struct taken taken = {.count = 0};
	struct store_search_end end;
	assert_int_equal(search(what, word, &taken, &end), STORE_OK);
	assert_int_equal(end.next, 0);
	assert_int_equal(end.lag, 0);
	return taken.count;
}

/* It is the same with a word that only rooms have which the asker may not read. */
TEST(a_search_that_shows_nothing_ends_and_goes_on_later)
{
	const size_t messages = LIMIT_SEARCH_LOOKS * 2 + 100;
	say(lobby, "common needle");
	assert_int_equal(try_many(lobby, (int)messages - 1, "common"), STORE_OK);
	index_all();
	struct taken taken = {.wanted = "common needle"};
	struct store_search_end end = {.next = 0};
	size_t rounds = 0;
	do {
		size_t before = taken.shown;
		assert_int_equal(search((struct store_search){.before = end.next}, "common", &taken, &end),
				 STORE_OK);
		assert_true(taken.shown - before <= LIMIT_SEARCH_LOOKS);
		assert_true(++rounds < 5);
	} while (end.next);
	assert_int_equal(rounds, 3);
	assert_int_equal(taken.shown, messages);
	assert_int_equal(taken.count, 1);
}

TEST(a_page_goes_on_where_the_one_before_ended)
{
	for (int i = 0; i < 25; i++)
		say(lobby, "paged");
	index_all();
	struct taken taken = {.count = 0};
	struct store_search_end end;
	for (size_t pages = 1; pages <= 3; pages++) {
		struct store_search page = {.before = (uint64_t)taken.last_id, .limit = 10};
		assert_int_equal(search(page, "paged", &taken, &end), STORE_OK);
		assert_int_equal(taken.count, pages < 3 ? pages * 10 : 25);
	}
}

TEST(a_day_is_found_by_the_time_of_the_message)
{
	say_at("word", 1000, "mario");
	uint64_t edited = say_at("other", 2000, "mario");
	say_at("word", 3000, "mario");
	struct entry edit = {.kind = ENTRY_EDIT,
			     .room_id = lobby,
			     .person = mario,
			     .ref = edited,
			     .name = "mario",
			     .ip = "",
			     .text = "word",
			     .time_ms = 9000};
	append(edit);
	index_all();
	assert_int_equal(found((struct store_search){.since_ms = 0}, "word"), 3);
	assert_int_equal(found((struct store_search){.since_ms = 2000}, "word"), 2);
	assert_int_equal(found((struct store_search){.until_ms = 2000}, "word"), 1);
	assert_int_equal(found((struct store_search){.since_ms = 2000, .until_ms = 2001}, "word"), 1);
	assert_int_equal(found((struct store_search){.since_ms = 4000}, "word"), 0);
	assert_int_equal(found((struct store_search){.since_ms = 2000}, NULL), 2);
}

TEST(nobody_of_a_name_is_not_nothing_found)
{
	struct taken taken = {.count = 0};
	struct store_search_end end;
	say_at("word", 1000, "mario");
	index_all();
	assert_int_equal(found((struct store_search){.from = "mario", .is_from_unknown = true}, NULL), 1);
	assert_int_equal(found((struct store_search){.from = "mario", .is_from_unknown = true}, "none"), 0);
	assert_int_equal(found((struct store_search){.from = "luigi"}, NULL), 0);
	assert_int_equal(
	    search((struct store_search){.from = "luigi", .is_from_unknown = true}, NULL, &taken, &end),
	    STORE_NONE);
}

TEST(excluded_words_are_not_there)
{
	struct store_reader *reader = open_reader();
	struct taken taken = {.count = 0};
	struct store_search_end end;
	static const struct store_term terms[] = {{.text = "apple"},
						  {.text = "red", .is_excluded = true},
						  {.text = "gr", .is_prefix = true, .is_excluded = true}};
	say(lobby, "red apple");
	say(lobby, "green apple");
	say(lobby, "apple");
	index_all();
	struct store_search what = {.terms = terms, .terms_count = 3, .limit = SIZE_MAX};
	assert_int_equal(reader->ops->search(reader, &what, take, &taken, &end), STORE_OK);
	assert_int_equal(taken.count, 1);
	reader->ops->close(reader);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(a_search_that_shows_nothing_ends_and_goes_on_later, setup,
					    teardown),
	    cmocka_unit_test_setup_teardown(a_page_goes_on_where_the_one_before_ended, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_day_is_found_by_the_time_of_the_message, setup, teardown),
	    cmocka_unit_test_setup_teardown(nobody_of_a_name_is_not_nothing_found, setup, teardown),
	    cmocka_unit_test_setup_teardown(excluded_words_are_not_there, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
