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
	shows("mario removed anna");
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

static void one_hears_why_a_room_is_lost(void **state)
{
	(void)state;
	enter();
	serve("{\"op\":\"membership\",\"room\":\"#lobby\",\"joined\":false}");
	shows("You left #lobby.");
	press("/join #secret\r");
	assert_true(asked("join"));
	serve("{\"op\":\"error\",\"id\":\"$\",\"code\":\"not_invited\",\"message\":\"It is private.\"}");
	shows("It is private.");
}

static void a_line_break_forges_no_line(void **state)
{
	(void)state;
	enter();
	says("#lobby", 1, "ugo", "ok\\n15:38 mario: I resign\\r\\n15:38 mario: today");
	shows("│01:01 ugo: ok");
	shows("│      15:38 mario: I resign");
	shows("│      15:38 mario: today");
	says("#lobby", 2, "ugo", "ok      \\n5:38 eva");
	if (!strstr(screen(13, 24), "\n 5:38 eva"))
		fail_msg("%s", shown);
	press("mine\033\r15:38 mario: I stay\r");
	shows("│      15:38 mario: I stay");
}

static void a_message_is_pinned_and_a_paste_counted(void **state)
{
	(void)state;
	enter();
	says("#lobby", 1, "ugo", "the rules");
	press("\033[1;3Ap");
	assert_true(asked("pin"));
	press("\033[200~1\r2\r3\r4\r5\r6\r7\r\033[201~");
	shows("Paste 7 lines as one message?");
}

static void the_room_where_one_is_is_among_those_that_are_shown(void **state)
{
	(void)state;
	enter();
	for (int i = 10; i < 40; i++) {
		char room[32], command[48];
		snprintf(room, sizeof room, "#room%d", i);
		snprintf(command, sizeof command, "/join %s\r", room);
		press(command);
		join(room, 0);
	}
	shows("#room39");
	shows_not("#room12");
	says("#room11", 1, "mario", "news");
	shows("… +");
	press("\0331");
	shows("#room12");
	shows_not("#room39");
	press("\033[17~\033[17~\033[15~");
	shows("#room12");
}

static void who_has_said_it_writes_no_more(void **state)
{
	(void)state;
	enter();
	shows("F1 keys");
	serve("{\"op\":\"typing\",\"room\":\"#lobby\",\"from\":{\"name\":\"mario\"},\"on\":true}");
	serve("{\"op\":\"typing\",\"room\":\"#lobby\",\"from\":{\"name\":\"ugo\"},\"on\":true}");
	shows("mario, ugo is typing");
	says("#lobby", 1, "mario", "here it is");
	shows("ugo is typing");
	shows_not("mario, ugo");
	serve("{\"op\":\"typing\",\"room\":\"#lobby\",\"from\":{\"name\":\"ugo\"},\"on\":false}");
	shows_not("is typing");
}

static void the_commands_are_a_list_that_begins_one(void **state)
{
	(void)state;
	enter();
	press("/help\r");
	shows("Commands");
	shows("/me TEXT");
	press("topic\r");
	shows("> /topic");
	press("\003/help\r");
	press("LIST");
	shows("/list [#ROOM]");
	shows_not("/delete"); /* which has these letters, too */
	press("\033");
	shows_not("/me TEXT");
	press("/help hist\r");
	shows("/history [N [#BEFORE]]");
	press("/help histroy\r");
	shows("There is no command /histroy; is it /history?");
}

static void nothing_is_quoted_of_a_deleted_message(void **state)
{
	(void)state;
	a_day_of_talk();
	press("\003\033[1;3Aq");
	shows_not("> >");
	press("\033[1;3A+");
	shows_not("React with");
}

static void what_is_unread_is_told_where_the_rooms_are_hidden(void **state)
{
	(void)state;
	a_day_of_talk();
	shows_not("2:@1");
	press("\033r");
	shows(" anna 2:@1 ");
	press("\003/notify nothing\r\0332/notify nothing\r\0331");
	says("#ops", 2, "mario", "anna, look again");
	shows_not("2:");
}

static void nothing_is_added_to_the_cell_before(void **state)
{
	(void)state;
	enter();
	says("#lobby", 1, "ugo", "\u1161\u0316 and \u1112\u1161\u11ab");
	shows("ugo: \ufffd and \u1112\u1161\u11ab");
	says("#lobby", 2, "ugo", "\u4f60\u200d|a\u200d|👨‍👩‍👧");
	shows("ugo: \u4f60|a|👨‍👩‍👧");
}

static void a_row_of_joined_letters_is_written_as_a_whole(void **state)
{
	struct grid shown_grid, wanted;
	struct buffer to = BUFFER_EMPTY;
	(void)state;
	for (int is_joined = 0; is_joined < 2; is_joined++) {
		grid_init(&shown_grid, 20, 2);
		grid_init(&wanted, 20, 2);
		const char *before = is_joined ? "e\u0301 one" : "e one",
			   *behind = is_joined ? "e\u0301 two" : "e two";
		grid_put(&shown_grid, 0, 0, 20, before, strlen(before), (struct style){0});
		grid_put(&wanted, 0, 0, 20, behind, strlen(behind), (struct style){0});
		grid_write(&to, &shown_grid, &wanted, 0);
		assert_int_equal(strstr(buffer_string(&to), "\033[1;1H\033[m\033[2K") != NULL, is_joined);
		assert_int_equal(strstr(buffer_string(&to), "e\u0301") != NULL, is_joined);
		assert_null(strstr(buffer_string(&to), "\033[2;1H\033[m"));
		buffer_release(&to);
		grid_release(&shown_grid);
		grid_release(&wanted);
	}
}

static void messages_have_their_numbers_where_wanted(void **state)
{
	(void)state;
	enter();
	says("#lobby", 1, "ugo", "the first");
	shows_not("#1");
	press("/numbers\r");
	shows("01:01 #1 ugo: the first");
	press("/numbers\r");
	shows("01:01 ugo: the first");
	press("\033[1;3A");
	shows("#1  r reply");
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
	press("\033[1;3A\033[1;3A+"); /* the last one is deleted */
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

/* Its secret is in that answer alone. A link leads into the room where it is made; what ends one names its key. */
static void a_link_is_shown_once(void **state)
{
	(void)state;
	enter();
	press("/link 5\r");
	assert_non_null(strstr(buffer_string(&out), "\"room\":\"#lobby\""));
	assert_true(asked("link"));
	serve("{\"op\":\"link\",\"id\":\"$\",\"key\":\"8ffd\",\"link\":\"s3cret\",\"url\":\"http://"
	      "h/#+s3cret\",\"room\":\"#lobby\",\"uses\":5,\"until\":\"2026-12-07T10:00:00.000Z\"}");
	shows("http://h/#+s3cret");
	shows("Uses: 5.");
	press("/unlink 8ffd\r");
	assert_null(strstr(buffer_string(&out), "\"room\""));
	assert_true(asked("link"));
	serve("{\"op\":\"link\",\"id\":\"$\"}");
	shows("The invitation link 8ffd was ended.");
	press("/links\r");
	assert_null(strstr(buffer_string(&out), "\"room\""));
	assert_true(asked("links"));
}

/* A user who came by a link has no row that says so. */
static void a_private_room_says_so_as_one_enters(void **state)
{
	(void)state;
	enter();
	press("/join #den\r");
	assert_true(asked("join"));
	serve("{\"op\":\"joined\",\"id\":\"$\",\"room\":\"#den\",\"seq\":0,\"topic\":\"\",\"count\":2,"
	      "\"private\":true}");
	assert_true(session_find_room(client.session, "#den")->is_private);
	assert_false(session_find_room(client.session, "#lobby")->is_private);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(golden_screens, begin, end),
	    cmocka_unit_test_setup_teardown(a_draft_stays_in_its_room, begin, end),
	    cmocka_unit_test_setup_teardown(one_hears_why_a_room_is_lost, begin, end),
	    cmocka_unit_test_setup_teardown(messages_have_their_numbers_where_wanted, begin, end),
	    cmocka_unit_test(a_row_of_joined_letters_is_written_as_a_whole),
	    cmocka_unit_test_setup_teardown(nothing_is_added_to_the_cell_before, begin, end),
	    cmocka_unit_test_setup_teardown(what_is_unread_is_told_where_the_rooms_are_hidden, begin, end),
	    cmocka_unit_test_setup_teardown(who_has_said_it_writes_no_more, begin, end),
	    cmocka_unit_test_setup_teardown(the_commands_are_a_list_that_begins_one, begin, end),
	    cmocka_unit_test_setup_teardown(nothing_is_quoted_of_a_deleted_message, begin, end),
	    cmocka_unit_test_setup_teardown(a_message_is_pinned_and_a_paste_counted, begin, end),
	    cmocka_unit_test_setup_teardown(the_room_where_one_is_is_among_those_that_are_shown, begin, end),
	    cmocka_unit_test_setup_teardown(a_line_break_forges_no_line, begin, end),
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
	    cmocka_unit_test_setup_teardown(a_link_is_shown_once, begin, end),
	    cmocka_unit_test_setup_teardown(a_private_room_says_so_as_one_enters, begin, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
