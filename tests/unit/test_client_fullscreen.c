/* The full screen without a terminal: bytes of keys and lines of the server in, a screen out. The golden screens are in
 * tests/unit/golden; BRUSIO_GOLDEN=write makes them anew, to be looked at before they are committed. */
#include "full_screen_kit.h"

static void is_golden(const char *name, size_t columns, size_t rows)
{
	char path[128], kept[1 << 16] = "";
	const char *mode = getenv("BRUSIO_GOLDEN");
	snprintf(path, sizeof path, "tests/unit/golden/%s-%zux%zu.txt", name, columns, rows);
	screen(columns, rows);
	FILE *file = fopen(path, mode ? "w" : "r");
	assert_non_null(file);
	if (mode)
		fputs(shown, file);
	else
		kept[fread(kept, 1, sizeof kept - 1, file)] = '\0';
	fclose(file);
	if (!mode)
		assert_string_equal(shown, kept);
}

static void golden_screens(void **state)
{
	(void)state;
	a_day_of_talk();
	is_golden("talk", 40, 10);
	is_golden("talk", 80, 24);
	is_golden("talk", 200, 50);
}

static void a_draft_stays_in_its_room(void **state)
{
	(void)state;
	a_day_of_talk();
	press("\033"
	      "2");
	shows_not("half a draft");
	press("for ops");
	serve("{\"op\":\"kick\",\"room\":\"#ops\",\"name\":\"anna\",\"from\":{\"name\":\"mario\"},"
	      "\"message\":\"mario removed anna\"}");
	shows_not("for ops");
	asked("send");
	press("and this goes nowhere\r");
	assert_false(asked("send"));
	shows("You are not in a room");
	press("\003\033"
	      "1");
	shows("half a draft");
	press("\r");
	assert_true(asked("send"));
}

static void what_is_said_is_shown_until_it_is_acknowledged(void **state)
{
	(void)state;
	enter();
	press("hello there\r");
	shows("…   anna: hello there");
	assert_true(asked("send"));
	serve(
	    "{\"op\":\"ack\",\"id\":\"$\",\"room\":\"#lobby\",\"seq\":1,\"time\":\"2026-11-30T01:00:00Z\"}");
	shows("anna: hello there");
	shows_not("…   anna");
}

static void many(int count)
{
	for (int seq = 1; seq <= count; seq++) {
		char text[32];
		snprintf(text, sizeof text, "line %d.", seq);
		says("#lobby", seq, "mario", text);
	}
}

static void the_view_stays_put_while_new_ones_come(void **state)
{
	(void)state;
	enter();
	many(100);
	shows("line 100.");
	press("\033[5~");
	shows_not("line 100.");
	char before[4096];
	snprintf(before, sizeof before, "%.3000s", screen(100, 24));
	says("#lobby", 101, "ugo", "line 101.");
	shows("1 new below");
	shows_not("line 101.");
	assert_non_null(strstr(shown, strstr(before, "line 6") ? "line 6" : "line 7"));
	press("\033");
	shows("line 101.");
}

static void scrolling_up_reads_on_from_the_server(void **state)
{
	(void)state;
	assert_true(asked("hello"));
	serve("{\"op\":\"welcome\",\"id\":\"$\",\"user\":{\"name\":\"anna\"},\"session\":\"s\",\"epoch\":"
	      "\"e\",\"rooms\":[]}");
	assert_true(asked("join"));
	serve("{\"op\":\"joined\",\"id\":\"$\",\"room\":\"#lobby\",\"seq\":1000,\"topic\":\"\",\"count\":3}");
	assert_true(asked("history"));
	serve("{\"op\":\"history\",\"id\":\"$\",\"room\":\"#lobby\",\"more\":true,\"messages\":[{\"op\":"
	      "\"message\",\"seq\":1000,"
	      "\"room\":\"#lobby\",\"from\":{\"name\":\"ugo\"},\"message\":\"the last\"}]}");
	screen(100, 24);
	assert_true(asked("history"));
	serve("{\"op\":\"history\",\"id\":\"$\",\"room\":\"#lobby\",\"more\":false,\"messages\":[{\"op\":"
	      "\"message\",\"seq\":999,"
	      "\"room\":\"#lobby\",\"from\":{\"name\":\"ugo\"},\"message\":\"before it\"}]}");
	shows("before it");
	assert_false(asked("history"));
}

static void a_message_is_selected_and_answered(void **state)
{
	(void)state;
	a_day_of_talk();
	press("\003\033[1;3A");
	shows("r reply");
	press("\033[1;3A\033[1;3A\033[1;3A");
	press("r");
	shows("Reply to mario: ciao a tutti");
	press("bene\r");
	assert_true(asked("send"));
	shows_not("Reply to");
	press("\033[1;3A"
	      "+");
	shows("React with");
	press("fire\r");
	assert_true(asked("react"));
}

static void only_own_messages_are_edited(void **state)
{
	(void)state;
	enter();
	press("mine\r");
	assert_true(asked("send"));
	serve(
	    "{\"op\":\"ack\",\"id\":\"$\",\"room\":\"#lobby\",\"seq\":1,\"time\":\"2026-11-30T01:00:00Z\"}");
	says("#lobby", 2, "ugo", "not yours");
	press("\033[1;3A"
	      "e");
	shows("only edit messages of your own");
	press("draft\003\033[1;3A\033[1;3A"
	      "e");
	shows("Edit: mine");
	press(" and better\r");
	assert_true(asked("edit"));
	serve(
	    "{\"op\":\"ack\",\"id\":\"$\",\"room\":\"#lobby\",\"seq\":3,\"time\":\"2026-11-30T01:00:00Z\"}");
	shows("anna: mine and better (edited)");
}

static void a_long_paste_is_asked_about(void **state)
{
	(void)state;
	enter();
	press("\033[200~1\n2\n3\n4\n5\n6\n7\n\033[201~");
	shows("as one message?");
	press("n");
	press("\r");
	assert_false(asked("send"));
	press("\033[200~1\n2\n3\n4\n5\n6\n7\n\033[201~\r\r");
	assert_true(asked("send"));
}

static void what_was_not_on_the_screen_is_not_read(void **state)
{
	(void)state;
	enter();
	screen(100, 24);
	many(60);
	screen(100, 24);
	assert_true(client.front.sees_end(client.front.owner));
	session_mark_read(client.session, "#lobby");
	press("/join #ops\r");
	join("#ops", 0);
	for (int seq = 61; seq <= 160; seq++)
		says("#lobby", seq, "mario", "more");
	press("\033"
	      "1");
	screen(100, 24);
	assert_false(client.front.sees_end(client.front.owner));
	press("\033[1;5H");
	shows("──── new");
	shows("more");
	press("\033");
	screen(100, 24);
	assert_true(client.front.sees_end(client.front.owner));
}

static void hostile_texts_draw_nothing(void **state)
{
	(void)state;
	enter();
	says("#lobby", 1, "ugo\\u001b[2J",
	     "\\u001b[31mred\\u0007 \\u202eright\\u0300\\u0301\\u0302\\u0303\\u0304\\u0305\\u0306\\u0307");
	says("#lobby", 2, "ugo",
	     "ok                                                                                   01:38 "
	     "mario: I resign");
	screen(100, 24);
	assert_null(strchr(shown, '\033'));
	assert_null(strstr(shown, "│01:38 mario"));
	struct buffer bytes = BUFFER_EMPTY;
	grid_write(&bytes, NULL, fullscreen_draw(full, 100, 24, now_ms), GRID_COLOURS | GRID_LINKS);
	assert_null(strstr(buffer_string(&bytes), "\033[2J"));
	buffer_release(&bytes);
}

/* Two runs must not take the session from each other for ever. */
static void who_was_replaced_does_not_come_back(void **state)
{
	(void)state;
	enter();
	serve("{\"op\":\"notice\",\"code\":\"stopping\",\"from\":{\"name\":\"brusio\"},\"message\":\"back "
	      "soon\"}");
	assert_false(client.is_refused);
	serve("{\"op\":\"notice\",\"code\":\"replaced\",\"from\":{\"name\":\"brusio\"},\"message\":"
	      "\"elsewhere\"}");
	assert_true(client.is_refused);
	assert_false(client.may_retry);
}

/* Characters, keys, chords, clicks and a paste. */
static const char *const any_keys[] = {"a",
				       "é",
				       "👨‍👩‍👧",
				       " ",
				       "\r",
				       "\033\r",
				       "\t",
				       "\177",
				       "\033[A",
				       "\033[B",
				       "\033[5~",
				       "\033[6~",
				       "\033",
				       "\033[1;3A",
				       "\033[1;3B",
				       "\v",
				       "\033"
				       "1",
				       "\033"
				       "2",
				       "\033a",
				       "\033u",
				       "\033r",
				       "\033p",
				       "r",
				       "e",
				       "d",
				       "+",
				       "q",
				       "y",
				       "\003",
				       "/",
				       "#",
				       "@",
				       ":",
				       "\033[<0;10;5M",
				       "\033[<64;10;5M",
				       "\033[<65;10;5M",
				       "\033OP",
				       "\033[200~x\ny\n\033[201~"};

/* The bytes written turn one screen into the next, whatever they are. */
static void any_keys_sizes_and_objects(void **state)
{
	const char *rounds = getenv("BRUSIO_SCREEN_ROUNDS");
	int seq = 7, ops = 1;
	(void)state;
	a_day_of_talk();
	srand(11);
	struct grid before = {0};
	for (int i = 0; i < (rounds ? atoi(rounds) : 3000); i++) {
		size_t columns = 1 + (size_t)rand() % 130, rows = 1 + (size_t)rand() % 45;
		if (rand() % 3)
			press(any_keys[(size_t)rand() % (sizeof any_keys / sizeof *any_keys)]);
		else if (rand() % 2)
			says("#lobby", ++seq, rand() % 2 ? "mario" : "anna",
			     "some words 世界 and more of them");
		else
			says("#ops", ++ops, "ugo", "here \\n and there");
		if (client.is_leaving || !client.room)
			client.is_leaving = false;
		if (asked("history"))
			serve("{\"op\":\"history\",\"id\":\"$\",\"room\":\"#lobby\",\"more\":false,"
			      "\"messages\":[]}");
		const struct grid *grid = fullscreen_draw(full, columns, rows, now_ms);
		assert_true(grid->cursor_row < grid->rows && grid->cursor_column < grid->columns);
		struct buffer bytes = BUFFER_EMPTY;
		grid_write(&bytes, before.cells ? &before : NULL, grid, GRID_COLOURS | GRID_LINKS);
		buffer_release(&bytes);
		grid_release(&before);
		grid_init(&before, grid->columns, grid->rows);
		memcpy(before.cells, grid->cells, grid->columns * grid->rows * sizeof *grid->cells);
	}
	grid_release(&before);
}

/* 20,000 lines and a key behind them. */
static void a_flood_costs_little(void **state)
{
	(void)state;
	enter();
	clock_t start = clock();
	for (int seq = 1; seq <= 20000; seq++)
		says("#lobby", seq, "mario", "a message of an ordinary length, as people write them");
	screen(200, 50);
	print_message("20000 lines: %ld ms\n", (long)((clock() - start) * 1000 / CLOCKS_PER_SEC));
	start = clock();
	for (int i = 0; i < 100; i++) {
		press("\033[5~");
		screen(200, 50);
	}
	print_message("a key: %ld us\n", (long)((clock() - start) * 10000 / CLOCKS_PER_SEC));
	assert_true(session_find_room(client.session, "#lobby")->log.count <= ROOMLOG_ITEMS_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(golden_screens, begin, end),
	    cmocka_unit_test_setup_teardown(a_draft_stays_in_its_room, begin, end),
	    cmocka_unit_test_setup_teardown(what_is_said_is_shown_until_it_is_acknowledged, begin, end),
	    cmocka_unit_test_setup_teardown(the_view_stays_put_while_new_ones_come, begin, end),
	    cmocka_unit_test_setup_teardown(scrolling_up_reads_on_from_the_server, begin, end),
	    cmocka_unit_test_setup_teardown(a_message_is_selected_and_answered, begin, end),
	    cmocka_unit_test_setup_teardown(only_own_messages_are_edited, begin, end),
	    cmocka_unit_test_setup_teardown(a_long_paste_is_asked_about, begin, end),
	    cmocka_unit_test_setup_teardown(what_was_not_on_the_screen_is_not_read, begin, end),
	    cmocka_unit_test_setup_teardown(hostile_texts_draw_nothing, begin, end),
	    cmocka_unit_test_setup_teardown(who_was_replaced_does_not_come_back, begin, end),
	    cmocka_unit_test_setup_teardown(any_keys_sizes_and_objects, begin, end),
	    cmocka_unit_test_setup_teardown(a_flood_costs_little, begin, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
