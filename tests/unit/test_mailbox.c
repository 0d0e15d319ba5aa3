/* The mailbox: nothing is lost, nothing comes twice, each poster's order is kept, and the owner is woken. */
#include "base/mailbox.h"

#include "unit.h"

#include <poll.h>
#include <unistd.h>

struct letter {
	struct mail mail; /* first */
	int poster, number;
};

static struct mailbox box;

static int setup(void **state)
{
	(void)state;
	return mailbox_init(&box);
}

static int teardown(void **state)
{
	(void)state;
	mailbox_release(&box);
	return 0;
}

static bool is_readable(void)
{
	struct pollfd wait = {.fd = box.fd, .events = POLLIN};
	return poll(&wait, 1, 0) == 1;
}

TEST(mail_comes_in_the_order_of_posting)
{
	struct letter letters[5] = {0};
	struct mail_chain chain = {0};
	for (int i = 0; i < 3; i++)
		mail_chain_add(&chain, &letters[i].mail);
	assert_int_equal(chain.count, 3);
	mailbox_post(&box, &chain);
	assert_null(chain.first);
	assert_int_equal(chain.count, 0);
	mailbox_post_one(&box, &letters[3].mail);
	/* A posted chain can be filled again at once. */
	mail_chain_add(&chain, &letters[4].mail);
	mailbox_post(&box, &chain);
	assert_int_equal(mailbox_length(&box), 5);
	struct mail *mail = mailbox_take(&box);
	for (int i = 0; i < 5; i++, mail = mail->next)
		assert_ptr_equal(mail, &letters[i].mail);
	assert_null(mail);
	assert_null(mailbox_take(&box));
	assert_int_equal(mailbox_length(&box), 0);
}

TEST(the_descriptor_is_readable_while_something_waits)
{
	struct letter letter = {0};
	assert_false(is_readable());
	mailbox_post_one(&box, &letter.mail);
	assert_true(is_readable());
	mailbox_wait(&box, -1);
	assert_ptr_equal(mailbox_take(&box), &letter.mail);
	assert_false(is_readable());
}

TEST(more_is_taken_behind_a_take)
{
	struct letter letters[3] = {0};
	mailbox_post_one(&box, &letters[0].mail);
	assert_ptr_equal(mailbox_take(&box), &letters[0].mail);
	assert_null(mailbox_take_more(&box));
	mailbox_post_one(&box, &letters[1].mail);
	assert_ptr_equal(mailbox_take_more(&box), &letters[1].mail);
	/* The wake for what was taken is still there; one for what comes now is there in any case. */
	mailbox_post_one(&box, &letters[2].mail);
	assert_true(is_readable());
	assert_ptr_equal(mailbox_take(&box), &letters[2].mail);
	assert_false(is_readable());
}

TEST(an_empty_chain_wakes_nobody)
{
	struct mail_chain chain = {0};
	mailbox_post(&box, &chain);
	assert_false(is_readable());
}

TEST(the_owner_can_be_woken_without_mail)
{
	mailbox_wake(&box);
	mailbox_wait(&box, -1);
	assert_null(mailbox_take(&box));
	assert_false(is_readable());
	mailbox_wait(&box, 1);
}

enum { POSTERS = 4, LETTERS = 20000 };

static void *post_all(void *context)
{
	struct letter *letters = context;
	uint64_t dice = (uint64_t)letters->poster + 1;
	struct mail_chain chain = {0};
	for (int i = 0; i < LETTERS; i++) {
		mail_chain_add(&chain, &letters[i].mail);
		if (!dice_below(&dice, 5))
			mailbox_post(&box, &chain);
	}
	mailbox_post(&box, &chain);
	return NULL;
}

TEST(several_posters_lose_nothing_and_keep_their_order)
{
	static struct letter letters[POSTERS][LETTERS];
	pthread_t threads[POSTERS];
	int next[POSTERS] = {0}, taken = 0;
	for (int poster = 0; poster < POSTERS; poster++)
		for (int i = 0; i < LETTERS; i++)
			letters[poster][i] = (struct letter){.poster = poster, .number = i};
	for (int poster = 0; poster < POSTERS; poster++)
		assert_int_equal(pthread_create(&threads[poster], NULL, post_all, letters[poster]), 0);
	while (taken < POSTERS * LETTERS) {
		/* Without a timeout: a lost wake-up would hang the test. */
		mailbox_wait(&box, -1);
		for (struct mail *mail = mailbox_take(&box); mail; mail = mail->next, taken++) {
			struct letter *letter = (struct letter *)mail;
			assert_int_equal(letter->number, next[letter->poster]++);
		}
	}
	for (int poster = 0; poster < POSTERS; poster++)
		pthread_join(threads[poster], NULL);
	assert_null(mailbox_take(&box));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(mail_comes_in_the_order_of_posting, setup, teardown),
	    cmocka_unit_test_setup_teardown(the_descriptor_is_readable_while_something_waits, setup,
					    teardown),
	    cmocka_unit_test_setup_teardown(an_empty_chain_wakes_nobody, setup, teardown),
	    cmocka_unit_test_setup_teardown(more_is_taken_behind_a_take, setup, teardown),
	    cmocka_unit_test_setup_teardown(the_owner_can_be_woken_without_mail, setup, teardown),
	    cmocka_unit_test_setup_teardown(several_posters_lose_nothing_and_keep_their_order, setup,
					    teardown),
	};
	alarm(120);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
