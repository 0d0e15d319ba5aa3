/* The job pool: every job runs once, with a reader where there can be one. */
#include "chat/jobs.h"

#include "fake_store.h"
#include "unit.h"

#include <unistd.h>

struct counted {
	struct job job; /* first */
	int number;
};

static struct fake_store fake;
static struct jobs *jobs;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int ran[2000], order[2000], count;
static bool had_reader;
static sem_t started, may_go;

static int setup(void **state)
{
	(void)state;
	fake_store_init(&fake);
	sem_init(&started, 0, 0);
	sem_init(&may_go, 0, 0);
	memset(ran, 0, sizeof ran);
	count = 0;
	had_reader = true;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fake_store_release(&fake);
	return 0;
}

static void run(struct job *job, struct store_reader *reader)
{
	struct counted *counted = (struct counted *)job;
	pthread_mutex_lock(&lock);
	ran[counted->number]++;
	order[count++] = counted->number;
	had_reader = had_reader && reader;
	pthread_mutex_unlock(&lock);
	free(counted);
}

static void run_when_told(struct job *job, struct store_reader *reader)
{
	sem_post(&started);
	while (sem_wait(&may_go))
		;
	run(job, reader);
}

static bool post_in(uint64_t lane, int number, void (*how)(struct job *, struct store_reader *))
{
	struct counted *counted = calloc(1, sizeof *counted);
	counted->job.run = how;
	counted->job.lane = lane;
	counted->number = number;
	bool is_taken = jobs_post(jobs, &counted->job);
	if (!is_taken)
		free(counted);
	return is_taken;
}

static bool post(int number, void (*how)(struct job *, struct store_reader *))
{
	return post_in(0, number, how);
}

TEST(every_job_runs_once)
{
	jobs = jobs_start(&fake.store, 4, 10000);
	for (int i = 0; i < 2000; i++)
		assert_true(post(i, run));
	/* Those that wait are run before the threads end. */
	jobs_stop(jobs);
	for (int i = 0; i < 2000; i++)
		assert_int_equal(ran[i], 1);
	assert_true(had_reader);
}

TEST(one_thread_keeps_the_order)
{
	jobs = jobs_start(&fake.store, 1, 10000);
	for (int i = 0; i < 500; i++)
		post(i, run);
	jobs_stop(jobs);
	for (int i = 0; i < 500; i++)
		assert_int_equal(order[i], i);
}

TEST(only_so_many_may_wait)
{
	jobs = jobs_start(&fake.store, 1, 3);
	assert_true(post(0, run_when_told));
	sem_wait(&started);
	for (int i = 1; i <= 3; i++)
		assert_true(post(i, run));
	assert_false(post(4, run));
	sem_post(&may_go);
	jobs_stop(jobs);
	assert_int_equal(count, 4);
	assert_int_equal(ran[4], 0);
}

/* One has posted many, then two others one each: they come behind one of the many. */
TEST(lanes_take_turns)
{
	static const int expected[] = {0, 1, 100, 200, 2, 101, 3, 4};
	jobs = jobs_start(&fake.store, 1, 1000);
	post(0, run_when_told);
	sem_wait(&started);
	for (int i = 1; i < 50; i++)
		post_in(1, i, run);
	post_in(2, 100, run);
	post_in(3, 200, run);
	post_in(2, 101, run);
	sem_post(&may_go);
	jobs_stop(jobs);
	assert_int_equal(count, 53);
	assert_memory_equal(order, expected, sizeof expected);
}

static int open_nothing(struct store *store, struct store_reader **reader)
{
	(void)store;
	(void)reader;
	return STORE_FAILED;
}

TEST(without_a_reader_the_job_is_told)
{
	struct store_ops ops = *fake.store.ops;
	ops.reader_open = open_nothing;
	fake.store.ops = &ops;
	jobs = jobs_start(&fake.store, 1, 10);
	post(0, run);
	jobs_stop(jobs);
	assert_int_equal(ran[0], 1);
	assert_false(had_reader);
}

TEST(a_pool_without_work_ends)
{
	jobs = jobs_start(&fake.store, 8, 10);
	jobs_stop(jobs);
	assert_int_equal(count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(every_job_runs_once, setup, teardown),
	    cmocka_unit_test_setup_teardown(one_thread_keeps_the_order, setup, teardown),
	    cmocka_unit_test_setup_teardown(only_so_many_may_wait, setup, teardown),
	    cmocka_unit_test_setup_teardown(lanes_take_turns, setup, teardown),
	    cmocka_unit_test_setup_teardown(without_a_reader_the_job_is_told, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_pool_without_work_ends, setup, teardown),
	};
	alarm(60);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
