/* Slow readers: distant cursors that read on from the store, in order, without a gap, and cost nobody memory.
 */
#include "gateway_kit.h"

#include <sched.h>

/* Says `count` messages of about `bytes` bytes: "SEQ xxxx…", counting from `first`. */
static void flood(struct remote *remote, int first, int count, size_t bytes)
{
	char *pad = malloc(bytes + 1);
	memset(pad, 'x', bytes);
	pad[bytes] = '\0';
	for (int i = first; i < first + count;) {
		struct buffer text = BUFFER_EMPTY;
		for (int k = 0; k < 50 && i < first + count; k++, i++)
			buffer_printf(&text, "{\"op\":\"send\",\"room\":\"#lobby\",\"message\":\"%d %s\"}\n",
				      i, pad);
		say_bytes(remote, buffer_bytes(&text), buffer_length(&text));
		buffer_release(&text);
		hear_some(remote, SIZE_MAX);
	}
	free(pad);
	for (int acks = 0; acks < count; acks++) {
		const char *line = next_line(remote);
		/* Others come and go meanwhile. */
		while (strstr(line, "\"op\":\"enter\""))
			line = next_line(remote);
		assert_non_null(strstr(line, "\"op\":\"ack\""));
	}
}

/* The next `count` messages have these seqs and say so themselves. */
static void hears_seqs(struct remote *remote, int64_t first, int64_t count)
{
	for (int64_t seq = first; seq < first + count; seq++) {
		json_t *object = next_object(remote, "message");
		assert_int_equal(number_of(object, "seq"), seq);
		assert_int_equal(atoi(text_of(object, "message")), seq);
		json_decref(object);
	}
}

static void joins_after(struct remote *remote, int64_t after)
{
	char text[128];
	snprintf(text, sizeof text, "{\"op\":\"join\",\"id\":\"r\",\"room\":\"#lobby\",\"after\":%lld}\n",
		 (long long)after);
	say(remote, text);
}

static struct remote *stranger(const char *name)
{
	struct remote *remote = connect_remote(SOCK_STREAM);
	char text[128];
	snprintf(text, sizeof text, "{\"op\":\"hello\",\"name\":\"%s\"}\n", name);
	say(remote, text);
	hears(remote, "welcome");
	return remote;
}

TEST(a_reader_that_pauses_misses_nothing)
{
	struct remote *mario = full_remote("mario"), *slow = full_remote("slow"),
		      *quick = full_remote("quick");
	hears(slow, "enter");
	for (int64_t seq = 1; seq <= 5000; seq += 500) {
		flood(mario, (int)seq, 500, 1000);
		hears_seqs(quick, seq, 500);
	}
	hears_seqs(slow, 1, 5000);
	nothing_is_said(slow);
	assert_true(server->gateway.counters.bytes_uncopied > 100 * 1000);
}

/* The entries that a slow reader has not read are in the store and in its socket, not in our memory. */
TEST(a_reader_that_never_reads_holds_no_memory)
{
	struct remote *mario = full_remote("mario"), *slow = full_remote("slow");
	flood(mario, 1, 500, 1000);
	server->gateway.limits = &server->limits;
	server->limits.room_log_bytes = 65536;
	flood(mario, 501, 3000, 1000);
	assert_true(chunk_bytes_total() < 2 * 1024 * 1024);
	assert_true(buffer_length(&connection_of(slow)->out) < 10000);
	assert_null(connection_of(slow)->subscriptions->cursor.chunk);
}

TEST(a_reader_far_behind_reads_on_from_the_store)
{
	server->limits.room_log_bytes = 65536;
	struct remote *mario = full_remote("mario"), *slow = full_remote("slow");
	flood(mario, 1, 4000, 1000);
	hears_seqs(slow, 1, 4000);
	flood(mario, 4001, 10, 10);
	hears_seqs(slow, 4001, 10);
	nothing_is_said(slow);
}

/* A page may end with the reader's own messages, or hold nothing else: they must read on all the same. */
TEST(own_entries_do_not_hold_up_a_distant_reader)
{
	server->limits.room_log_bytes = 65536;
	struct remote *mario = full_remote("mario"), *slow = full_remote("slow");
	int64_t seq = 1;
	/* Enough to block the reader, then pages of their own words, then one of somebody else. */
	flood(mario, 1, 2000, 1000);
	assert_false(connection_of(slow)->is_writable);
	for (seq = 2001; seq <= 3000; seq++) {
		char text[100];
		snprintf(text, sizeof text, "{\"op\":\"send\",\"room\":\"#lobby\",\"message\":\"%d own\"}\n",
			 (int)seq);
		say(slow, text);
		hear_some(mario, SIZE_MAX);
	}
	hear_all(mario);
	buffer_clear(&mario->in);
	flood(mario, 3001, 300, 100);
	int acks = 0;
	for (int64_t expected = 1; expected <= 3300;) {
		json_t *object = json_loads(next_line(slow), 0, NULL);
		if (!object)
			fail_msg("stuck before %d", (int)expected);
		if (!strcmp(text_of(object, "op"), "ack")) {
			acks++;
		} else {
			assert_int_equal(number_of(object, "seq"), expected);
			expected = expected == 2000 ? 3001 : expected + 1;
		}
		json_decref(object);
	}
	assert_int_equal(acks, 1000);
	nothing_is_said(slow);
}

TEST(a_replay_goes_over_to_live_without_a_seam)
{
	struct remote *mario = full_remote("mario");
	flood(mario, 1, 1000, 50);
	struct remote *late = stranger("late");
	joins_after(late, 300);
	hears(late, "joined");
	hears_seqs(late, 301, 700);
	flood(mario, 1001, 10, 50);
	hears_seqs(late, 1001, 10);
	nothing_is_said(late);
}

/* Messages go on while the replay is under way; the reader takes a little at a time. */
TEST(a_replay_in_the_middle_of_a_stream)
{
	uint64_t dice = 77;
	struct remote *mario = full_remote("mario");
	flood(mario, 1, 2000, 300);
	struct remote *late = stranger("late");
	joins_after(late, 0);
	int said = 2000;
	for (int turn = 0; turn < 100; turn++) {
		int count = (int)dice_below(&dice, 20);
		flood(mario, said + 1, count, dice_below(&dice, 500));
		said += count;
		hear_some(late, 1 + dice_below(&dice, 20000));
	}
	hears(late, "joined");
	hears_seqs(late, 1, said);
	nothing_is_said(late);
}

/* Own entries are a part of a replay, and not of what is live: promises 5 and 6. */
/* A page that is read while the newest entry is stored and not yet published must not show it: the live log
 * will. */
TEST(what_is_stored_and_not_yet_published_comes_once)
{
	struct remote *mario = full_remote("mario"), *slow = stranger("slow");
	const char send[] = "{\"op\":\"send\",\"room\":\"#lobby\",\"message\":\"11 last\"}\n";
	flood(mario, 1, 10, 20);
	/* The live log begins anew, so that the past is read from the store. */
	say(mario, "{\"op\":\"leave\",\"room\":\"#lobby\"}\n{\"op\":\"join\",\"room\":\"#lobby\"}\n");
	hears(mario, "ok");
	hears(mario, "joined");
	server->fake.are_pages_held = true;
	const char join[] = "{\"op\":\"join\",\"room\":\"#lobby\",\"after\":0}\n";
	write_some(slow, join, sizeof join - 1);
	while (small_server_turn(server), sem_trywait(&server->fake.page_reached))
		;
	server->fake.is_held_behind = true;
	write_some(mario, send, sizeof send - 1);
	while (small_server_turn(server), sem_trywait(&server->fake.reached))
		;
	server->fake.are_pages_held = false;
	sem_post(&server->fake.page_go);
	while (!mailbox_length(&server->gateway.mailbox))
		sched_yield();
	for (int i = 0; i < 5; i++)
		small_server_turn(server);
	server->fake.is_held_behind = false;
	sem_post(&server->fake.go);
	settle();
	hears(slow, "joined");
	hears_seqs(slow, 1, 11);
	nothing_is_said(slow);
}

TEST(a_replay_shows_own_entries)
{
	struct remote *mario = full_remote("mario");
	flood(mario, 1, 10, 10);
	joins_after(mario, 4);
	hears(mario, "joined");
	hears_seqs(mario, 5, 6);
	flood(mario, 11, 3, 10);
	nothing_is_said(mario);
}

TEST(what_retention_took_is_told_as_a_gap)
{
	struct remote *mario = full_remote("mario");
	flood(mario, 1, 600, 10);
	close(mario->fd);
	mario->fd = -1;
	small_server_wait(server, server->limits.session_seconds * 1000 + 1);
	fake_text(&server->fake, "DELETE FROM entries WHERE seq <= 400");
	struct remote *late = stranger("late");
	joins_after(late, 100);
	hears(late, "joined");
	json_t *gap = next_object(late, "gap");
	assert_int_equal(number_of(gap, "from_seq"), 101);
	assert_int_equal(number_of(gap, "to_seq"), 400);
	json_decref(gap);
	hears_seqs(late, 401, 200);
	nothing_is_said(late);
}

TEST(a_history_that_cannot_be_read_ends_the_connection_with_a_reason)
{
	server->limits.room_log_bytes = 65536;
	struct remote *mario = full_remote("mario");
	flood(mario, 1, 600, 1000);
	struct remote *late = stranger("late");
	server->fake.fails_always[FAKE_READ] = true;
	joins_after(late, 0);
	hears(late, "joined");
	json_t *notice = next_object(late, "notice");
	assert_non_null(strstr(text_of(notice, "message"), "cannot be read"));
	json_decref(notice);
	assert_true(late->has_ended);
	/* The others go on. */
	server->fake.fails_always[FAKE_READ] = false;
	say(mario, "{\"op\":\"ping\"}");
}

/* How much the reader reads does not matter, as long as it reads: the kernel tells us that there is room
 * again only when there is much of it, so the connection stays blocked all the while. */
TEST(who_makes_no_progress_at_all_is_let_go)
{
	struct remote *mario = full_remote("mario"), *slow = connect_remote(0);
	say(slow, "{\"op\":\"hello\",\"name\":\"slow\"}{\"op\":\"join\",\"room\":\"#lobby\"}");
	while (connection_of(slow)->is_writable)
		flood(mario, (int)fake_number(&server->fake, "SELECT count(*) FROM entries") + 1, 500, 1000);
	flood(mario, (int)fake_number(&server->fake, "SELECT count(*) FROM entries") + 1, 1000, 1000);
	for (int turn = 0; turn < 5; turn++) {
		small_server_wait(server, server->limits.stall_seconds * 1000 - 10);
		assert_non_null(connection_of(slow));
		uint64_t confirmed = stream_confirmed(&connection_of(slow)->stream);
		while (stream_confirmed(&connection_of(slow)->stream) == confirmed)
			hear_some(slow, 10000);
		assert_false(connection_of(slow)->is_writable);
		small_server_wait(server, 20);
		assert_non_null(connection_of(slow));
	}
	/* The last read may be confirmed a moment later; then it is over, or the alarm rings. */
	while (connection_of(slow))
		small_server_wait(server, server->limits.stall_seconds * 1000 + 10);
}

/* Private answers pile up only to their bound; then the requests are not read. */
TEST(who_asks_without_reading_is_not_read_either)
{
	struct remote *mario = full_remote("mario");
	static const char who[] = "{\"op\":\"who\",\"room\":\"#lobby\"}";
	size_t said = 0, length = sizeof who - 1;
	for (int i = 0; i < 20000; i++) {
		size_t count = write_some(mario, who, length);
		said += count;
		if (count < length)
			break;
		if (i % 100 == 0)
			settle();
	}
	settle();
	struct connection *connection = connection_of(mario);
	assert_true(buffer_length(&connection->out) < LIMIT_REPLY_BYTES + 65536);
	assert_true(connection->in.capacity <= 2 * (LIMIT_OBJECT_BYTES + GATEWAY_READ_BYTES));
	/* Everything taken is answered once they read. */
	size_t answers = 0;
	for (const char *line; *(line = next_line(mario)); answers++)
		assert_non_null(strstr(line, "\"op\":\"who\""));
	assert_int_equal(answers, said / length);
}

/* One guest who enters and leaves the lobby so many times. */
static void come_and_go(struct remote *guest, int times)
{
	for (int i = 0; i < times; i++) {
		say(guest, "{\"op\":\"join\",\"room\":\"#lobby\"}\n{\"op\":\"leave\",\"room\":\"#lobby\"}\n");
		hear_all(guest);
		buffer_clear(&guest->in);
	}
}

static void hears_coming_and_going(struct remote *remote, int times)
{
	for (int i = 0; i < times; i++) {
		hears(remote, "enter");
		hears(remote, "exit");
	}
	nothing_is_said(remote);
}

TEST(what_was_told_of_a_crowd_goes_when_all_have_heard_it)
{
	struct remote *mario = full_remote("Mario"), *guest = stranger("Guest");
	size_t before = chunk_bytes_total();
	come_and_go(guest, 100);
	/* Some 25 KB of events went through the room. */
	assert_true(chunk_bytes_total() <= before + 2 * LIMIT_CHUNK_BYTES_MIN);
	hears_coming_and_going(mario, 100);
}

TEST(who_reads_slowly_is_told_of_a_crowd_all_the_same)
{
	struct remote *mario = full_remote("Mario"), *luigi = full_remote("Luigi"),
		      *guest = stranger("Guest");
	hears(mario, "enter");
	size_t before = chunk_bytes_total();
	for (int i = 0; i < 20; i++) {
		come_and_go(guest, 100);
		hears_coming_and_going(luigi, 100);
	}
	/* Mario did not read; bytes that the socket did not take are kept. */
	assert_true(chunk_bytes_total() > before + 20 * LIMIT_CHUNK_BYTES_MIN);
	hears_coming_and_going(mario, 2000);
	come_and_go(guest, 1);
	assert_true(chunk_bytes_total() <= before + 2 * LIMIT_CHUNK_BYTES_MIN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    GATEWAY_TEST(what_was_told_of_a_crowd_goes_when_all_have_heard_it),
	    GATEWAY_TEST(who_reads_slowly_is_told_of_a_crowd_all_the_same),
	    GATEWAY_TEST(a_reader_that_pauses_misses_nothing),
	    GATEWAY_TEST(a_reader_that_never_reads_holds_no_memory),
	    GATEWAY_TEST(a_reader_far_behind_reads_on_from_the_store),
	    GATEWAY_TEST(own_entries_do_not_hold_up_a_distant_reader),
	    GATEWAY_TEST(a_replay_goes_over_to_live_without_a_seam),
	    GATEWAY_TEST(a_replay_in_the_middle_of_a_stream),
	    GATEWAY_TEST(what_is_stored_and_not_yet_published_comes_once),
	    GATEWAY_TEST(a_replay_shows_own_entries),
	    GATEWAY_TEST(what_retention_took_is_told_as_a_gap),
	    GATEWAY_TEST(a_history_that_cannot_be_read_ends_the_connection_with_a_reason),
	    GATEWAY_TEST(who_makes_no_progress_at_all_is_let_go),
	    GATEWAY_TEST(who_asks_without_reading_is_not_read_either),
	};
	alarm(120);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
