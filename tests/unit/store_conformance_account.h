/* The part of store_conformance.h about what an account keeps besides its proofs, which includes it behind its own. */
#ifndef BRUSIO_TESTS_UNIT_STORE_CONFORMANCE_ACCOUNT_H
#define BRUSIO_TESTS_UNIT_STORE_CONFORMANCE_ACCOUNT_H

#include "store_kit.h"

#include "base/clock.h"

static void visit_setting(struct store_query *query, const struct store_command *row)
{
	size_t used = strlen(query->text);
	snprintf(query->text + used, sizeof query->text - used, "%s=%s ", row->setting.key,
		 row->setting.value);
}

static int put_setting(int64_t person, const char *key, const char *value)
{
	struct store_command put = {
	    .op = STORE_PUT_SETTING,
	    .setting = {.person = person, .key = key, .value = value, .most = 3, .bytes_most = 32}};
	return carry_out(&put);
}

static const char *settings_of(int64_t person)
{
	static struct store_query list;
	list =
	    (struct store_query){.question = STORE_LIST_SETTINGS, .person = person, .visit = visit_setting};
	assert_int_equal(ask_store(&list), STORE_OK);
	return list.text;
}

TEST(settings_are_kept_and_bounded)
{
	int64_t anna = make_person("anna", PERSON_ACCOUNT), bruno = make_person("bruno", PERSON_ACCOUNT);
	assert_int_equal(put_setting(anna, "theme", "dark"), STORE_OK);
	assert_int_equal(put_setting(anna, "size", "large"), STORE_OK);
	assert_int_equal(put_setting(anna, "theme", "light"), STORE_OK);
	assert_int_equal(put_setting(bruno, "theme", "dark"), STORE_OK);
	assert_string_equal(settings_of(anna), "size=large theme=light ");
	/* In bytes, in number; what is there already may change. */
	assert_int_equal(put_setting(anna, "x", "\303\250\303\250\303\250\303\250\303\250\303\250\303\250"),
			 STORE_LIMIT);
	assert_int_equal(put_setting(anna, "x", "12345678901"), STORE_OK);
	assert_int_equal(put_setting(anna, "y", "1"), STORE_LIMIT);
	assert_int_equal(put_setting(anna, "x", "1"), STORE_OK);
	assert_int_equal(put_setting(anna, "theme", ""), STORE_OK);
	assert_int_equal(put_setting(anna, "none", ""), STORE_OK);
	assert_string_equal(settings_of(anna), "size=large x=1 ");
	assert_string_equal(settings_of(bruno), "theme=dark ");
}

TEST(settings_are_those_of_an_account)
{
	int64_t guest = make_person("luca", PERSON_GUEST), anna = make_person("anna", PERSON_ACCOUNT);
	assert_int_equal(put_setting(guest, "theme", "dark"), STORE_NONE);
	assert_int_equal(put_setting(99, "theme", "dark"), STORE_NONE);
	assert_int_equal(put_setting(anna, "theme", "dark"), STORE_OK);
	assert_int_equal(CARRY_OUT(.op = STORE_REMOVE_PERSON, .person.id = anna), STORE_OK);
	assert_string_equal(settings_of(anna), "");
}

static void add_picture(int64_t owner, const char *id, const char *type, int64_t bytes)
{
	struct file file = {.owner = owner, .bytes = bytes, .name = "me.png", .made_ms = 100};
	snprintf(file.id, sizeof file.id, "%s", id);
	snprintf(file.key, sizeof file.key, "%.4s7777777777777777777777777777", id + 4);
	snprintf(file.type, sizeof file.type, "%s", type);
	assert_int_equal(CARRY_OUT(.op = STORE_ADD_FILE, .file = &file), STORE_OK);
}

static int put_profile(int64_t person, const char *display, const char *picture, bool hides)
{
	return CARRY_OUT(.op = STORE_PUT_PROFILE, .profile = {.person = person,
							      .display = display,
							      .about = "says this",
							      .picture = picture,
							      .hides_reading = hides,
							      .picture_bytes_most = 100});
}

#define PICTURE_ONE   "aaaa1111bbbb1111aaaa1111bbbb1111"
#define PICTURE_TWO   "aaaa2222bbbb2222aaaa2222bbbb2222"
#define PICTURE_LARGE "aaaa3333bbbb3333aaaa3333bbbb3333"
#define PICTURE_TEXT  "aaaa4444bbbb4444aaaa4444bbbb4444"
#define PICTURE_OTHER "aaaa5555bbbb5555aaaa5555bbbb5555"

TEST(a_profile_keeps_its_picture)
{
	int64_t anna = make_person("anna", PERSON_ACCOUNT), bruno = make_person("bruno", PERSON_ACCOUNT);
	add_picture(anna, PICTURE_ONE, "image/png", 100);
	add_picture(anna, PICTURE_TWO, "image/png", 100);
	add_picture(anna, PICTURE_LARGE, "image/png", 101);
	add_picture(anna, PICTURE_TEXT, "text/plain", 10);
	add_picture(bruno, PICTURE_OTHER, "image/png", 10);
	assert_int_equal(put_profile(anna, "Anna B", PICTURE_LARGE, false), STORE_NO_FILE);
	assert_int_equal(put_profile(anna, "Anna B", PICTURE_TEXT, false), STORE_NO_FILE);
	assert_int_equal(put_profile(anna, "Anna B", PICTURE_OTHER, false), STORE_NO_FILE);
	assert_int_equal(put_profile(anna, "Anna B", "ffff", false), STORE_NO_FILE);
	assert_null(strstr(shown_by(store->ops->load), "profile"));
	assert_int_equal(put_profile(anna, "Anna B", PICTURE_ONE, true), STORE_OK);
	assert_int_equal(put_profile(anna, "Anna B", PICTURE_ONE, true), STORE_OK);
	assert_non_null(
	    strstr(shown_by(store->ops->load), "profile 1 'Anna B' 'says this' aaaa 1111 hides\n"));
	/* The sweep takes what was not sent, and no picture; another picture takes its place. */
	assert_int_equal(CARRY_OUT(.op = STORE_SWEEP_FILES, .file_sweep = {.unsent_before_ms = 101}),
			 STORE_OK);
	assert_int_equal(put_profile(anna, "Anna B", PICTURE_TWO, false), STORE_NO_FILE);
	struct file file;
	struct store_query find = {.question = STORE_FIND_FILE, .text = PICTURE_ONE, .file = &file};
	assert_int_equal(ask_store(&find), STORE_OK);
	assert_int_equal(file.entry, -1);
	assert_int_equal(put_profile(anna, "", "", false), STORE_OK);
	assert_int_equal(ask_store(&find), STORE_NONE);
	assert_non_null(strstr(shown_by(store->ops->load), "profile 1 '' 'says this'   shows\n"));
}

TEST(a_profile_goes_with_its_account)
{
	int64_t guest = make_person("luca", PERSON_GUEST), anna = make_person("anna", PERSON_ACCOUNT);
	assert_int_equal(put_profile(guest, "Luca", "", false), STORE_NONE);
	add_picture(anna, PICTURE_ONE, "image/png", 100);
	assert_int_equal(put_profile(anna, "Anna B", PICTURE_ONE, true), STORE_OK);
	assert_int_equal(CARRY_OUT(.op = STORE_REMOVE_PERSON, .person.id = anna), STORE_OK);
	assert_null(strstr(shown_by(store->ops->load), "profile"));
	struct file file;
	struct store_query find = {.question = STORE_FIND_FILE, .text = PICTURE_ONE, .file = &file};
	assert_int_equal(ask_store(&find), STORE_NONE);
}

TEST(a_session_is_by_a_token_that_is_there)
{
	int64_t anna = make_person("anna", PERSON_ACCOUNT), bruno = make_person("bruno", PERSON_ACCOUNT);
	struct store_command put = {.op = STORE_PUT_SESSION,
				    .session = {.hash = {1},
						.person = bruno,
						.device = "phone",
						.client = "",
						.address = "::1",
						.token = {9},
						.has_token = true}};
	assert_int_equal(carry_out(&put), STORE_NONE);
	assert_int_equal(CARRY_OUT(.op = STORE_PUT_TOKEN, .token = {anna, "bot", {9}}), STORE_OK);
	assert_int_equal(carry_out(&put), STORE_NONE);
	put.session.person = anna;
	assert_int_equal(carry_out(&put), STORE_OK);
	/* What was ended by another process is not there. */
	assert_int_equal(CARRY_OUT(.op = STORE_DROP_SESSIONS, .session.person = anna), STORE_OK);
	assert_int_equal(CARRY_OUT(.op = STORE_DROP_TOKENS, .token.person = anna), STORE_OK);
	assert_int_equal(carry_out(&put), STORE_NONE);
	struct store_command tokens[] = {
	    {.op = STORE_SEE_SESSION, .session = {.hash = {1}, .person = anna}},
	    {.op = STORE_PUT_TOKEN, .token = {anna, "another", {8}}},
	};
	assert_int_not_equal(submit(tokens, 2), STORE_FAILED);
	assert_int_equal(tokens[0].result, STORE_NONE);
	struct store_query query = {.question = STORE_FIND_TOKEN, .hash = {8}};
	assert_int_equal(ask_store(&query), STORE_NONE);
}

static void note_made(void *context, const struct store_command *command)
{
	if (command->op != STORE_ADD_PERSON)
		return;
	assert_in_range(command->person.id, 1, 2);
	((int64_t *)context)[command->person.id] = command->person.made_ms;
}

/* What one has been as a guest does not make an account older; nor does what comes later make it younger. */
TEST(an_account_is_as_old_as_its_registration)
{
	int64_t made[3] = {0};
	clock_fake(1000, 200000);
	int64_t guest = make_person("luca", PERSON_GUEST), anna = make_person("anna", PERSON_ACCOUNT);
	clock_fake(1000, 300000);
	assert_int_equal(CARRY_OUT(.op = STORE_MAKE_ACCOUNT, .person = {.id = guest, .password = "one"}),
			 STORE_OK);
	clock_fake(1000, 400000);
	assert_int_equal(CARRY_OUT(.op = STORE_SET_PASSWORD, .person = {.id = guest, .password = "two"}),
			 STORE_OK);
	assert_int_equal(store->ops->load(store, note_made, made), STORE_OK);
	assert_int_equal(made[guest], 300000);
	assert_int_equal(made[anna], 200000);
}

/* 0: it is there. */
static inline int find_session(unsigned char first)
{
	struct store_query query = {.question = STORE_FIND_SESSION, .hash = {first}};
	return ask_store(&query);
}

static inline void put_session(int64_t person, unsigned char first, const char *device, unsigned char token)
{
	struct store_session session = {.hash = {first},
					.person = person,
					.device = device,
					.client = "",
					.address = "::1",
					.token = {token},
					.has_token = token != 0};
	assert_int_equal(CARRY_OUT(.op = STORE_PUT_SESSION, .session = session), STORE_OK);
}

TEST(a_session_ends_with_its_token)
{
	int64_t anna = make_person("anna", PERSON_ACCOUNT);
	assert_int_equal(CARRY_OUT(.op = STORE_PUT_TOKEN, .token = {anna, "bot", {9}}), STORE_OK);
	assert_int_equal(CARRY_OUT(.op = STORE_PUT_TOKEN, .token = {anna, "desk", {8}}), STORE_OK);
	put_session(anna, 1, "bot", 9);
	put_session(anna, 2, "desk", 8);
	put_session(anna, 3, "phone", 0);
	assert_int_equal(CARRY_OUT(.op = STORE_DROP_TOKEN, .token = {anna, "bot"}), STORE_OK);
	assert_int_equal(find_session(1), STORE_NONE);
	assert_int_equal(CARRY_OUT(.op = STORE_DROP_TOKEN, .token = {anna, "bot"}), STORE_NONE);
	assert_int_equal(find_session(2), STORE_OK);
	assert_int_equal(CARRY_OUT(.op = STORE_PUT_TOKEN, .token = {anna, "desk", {7}}), STORE_OK);
	assert_int_equal(find_session(2), STORE_NONE);
	assert_int_equal(find_session(3), STORE_OK);
}

TEST(what_somebody_came_by_is_needed_and_left_as_it_is)
{
	int64_t anna = make_person("anna", PERSON_ACCOUNT);
	put_session(anna, 1, "phone", 0);
	assert_int_equal(CARRY_OUT(.op = STORE_SEE_SESSION, .session = {.hash = {1}, .seen_ms = 77}),
			 STORE_OK);
	struct store_session shown = {.hash = {1}, .person = anna};
	assert_int_equal(CARRY_OUT(.op = STORE_NEED_SESSION, .session = shown), STORE_OK);
	assert_non_null(strstr(shown_by(store->ops->load), "77"));
	shown.person++;
	assert_int_equal(CARRY_OUT(.op = STORE_NEED_SESSION, .session = shown), STORE_NONE);
	struct store_person person = {.id = anna, .password = "hash"};
	assert_int_equal(CARRY_OUT(.op = STORE_NEED_PASSWORD, .person = person), STORE_OK);
	assert_int_equal(CARRY_OUT(.op = STORE_SET_PASSWORD, .person = {.id = anna, .password = "another"}),
			 STORE_OK);
	assert_int_equal(CARRY_OUT(.op = STORE_NEED_PASSWORD, .person = person), STORE_NONE);
}

#define CONFORMANCE_ACCOUNT_TESTS                                                \
	CONFORMANCE_TEST(a_session_is_by_a_token_that_is_there),                 \
	    CONFORMANCE_TEST(a_session_ends_with_its_token),                     \
	    CONFORMANCE_TEST(what_somebody_came_by_is_needed_and_left_as_it_is), \
	    CONFORMANCE_TEST(an_account_is_as_old_as_its_registration),          \
	    CONFORMANCE_TEST(settings_are_kept_and_bounded),                     \
	    CONFORMANCE_TEST(settings_are_those_of_an_account),                  \
	    CONFORMANCE_TEST(a_profile_keeps_its_picture), CONFORMANCE_TEST(a_profile_goes_with_its_account)

#endif
