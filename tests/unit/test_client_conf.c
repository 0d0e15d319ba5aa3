/* brusio.conf, its themes, its keys, and the links of the talk. */
#include "front/conf.h"
#include "front/links.h"
#include "front/styled.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

static struct conf conf;
static struct buffer problems;

static void read_text(const char *text, size_t bytes)
{
	char path[] = "/tmp/brusio-conf-XXXXXX";
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	FILE *file = fdopen(fd, "w");
	fwrite(text, 1, bytes, file);
	fclose(file);
	conf_release(&conf);
	conf_init(&conf);
	buffer_clear(&problems);
	assert_true(conf_read(&conf, path, LANG_EN, &problems));
	unlink(path);
}

static bool is_right(const char *text)
{
	read_text(text, strlen(text));
	return !buffer_length(&problems);
}

static int leave(void **state)
{
	(void)state;
	conf_release(&conf);
	buffer_release(&problems);
	return 0;
}

static void each_key_is_read(void **state)
{
	(void)state;
	assert_true(is_right(
	    "# mine\n\n; too\nserver = anna@chat.example:5001\nname = anna\nroom = #ops\nroom = #lobby\n"
	    "language = it\nmode = line\nmouse = off\nclock = %H.%M\nrooms_width = 0\n"
	    "people_width = 30\ntheme = dark\nstyle = mention 137 bold\nstyle = bar white on 24\n"
	    "style = people 31 64\nbind = ctrl+g date\nbind = f9 /away lunch\nnotify = all\n"
	    "notify_room = #ops nothing\nbell = off\ndesktop = osc9\nnotify_command = true\n"
	    "open_command = xdg-open \"$1\"\neditor = vim\nhighlight = deploy\nhighlight = brusio\n"
	    "ignore = troll\nlog = /tmp/logs\r\n"));
	assert_int_equal(conf.room_count, 2);
	assert_string_equal(conf.preferences.open_command, "xdg-open \"$1\"");
	assert_int_equal(interest_of(&conf.preferences.interest, "#OPS"), INTEREST_NOTHING);
	assert_int_equal(interest_of(&conf.preferences.interest, "#other"), INTEREST_ALL);
	assert_int_equal(conf.theme.styles[THEME_BAR].background, 25);
	assert_int_equal(conf.theme.people_count, 2);
	assert_true(conf.is_line_mode && !conf.has_mouse && !conf.preferences.has_bell);
}

static void what_is_wrong_is_named_with_its_line(void **state)
{
	static const char *const wrong[] = {"server = a b",
					    "name = 1x",
					    "room = ops",
					    "language = de",
					    "mode = half",
					    "mouse = perhaps",
					    "clock = %n",
					    "rooms_width = 7",
					    "people_width = 99",
					    "theme = pink",
					    "style = mention",
					    "style = nobody red",
					    "style = bar red on",
					    "style = bar 256",
					    "bind = a date",
					    "bind = ctrl+g",
					    "bind = ctrl+g fly",
					    "bind = f9 /awya lunch",
					    "bind = f13 date",
					    "notify = loud",
					    "notify_room = #a",
					    "bell = 1",
					    "desktop = osc1",
					    "ignore = a b",
					    "log = here",
					    "colour = red",
					    "no pair",
					    "highlight =",
					    "mode = line\nmode = full"};
	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		if (is_right(wrong[i]))
			fail_msg("%s", wrong[i]);
	assert_false(is_right("\n\nthemes = dark\nbell = loud\n"));
	assert_non_null(
	    strstr(buffer_string(&problems), ":3: unknown key \"themes\"; did you mean \"theme\"?\n"));
	assert_non_null(strstr(buffer_string(&problems), ":4: invalid value for bell; possible: on, off\n"));
	assert_false(is_right("style = mentoin red\nbind = f2 fly\n"));
	assert_non_null(strstr(buffer_string(&problems), "; PART: text, own, mention, "));
	assert_non_null(strstr(buffer_string(&problems), "; COLOUR: 0-255, default, black, red, "));
	assert_non_null(strstr(buffer_string(&problems), "; ACTION: room-N, none, switch, next-room, "));
	assert_false(is_right("buffer = dark\n"));
	assert_non_null(
	    strstr(buffer_string(&problems), ":1: unknown key \"buffer\"; the keys are: server, "));
}

/* The file is read to its end, whatever it holds. */
static void any_bytes_are_read(void **state)
{
	static const char letters[] = "abk =#\n\t;+%\\\"'\0\377\303\251styleroombind";
	(void)state;
	srand(5);
	for (int round = 0; round < 200; round++) {
		char text[400];
		for (size_t i = 0; i < sizeof text; i++)
			text[i] = letters[(size_t)rand() % (sizeof letters - 1)];
		read_text(text, sizeof text);
	}
	static char line[8192];
	memset(line, 'a', sizeof line);
	read_text(line, sizeof line);
	assert_non_null(strstr(buffer_string(&problems), "too long"));
}

static void the_last_word_for_a_key_counts(void **state)
{
	struct key key = {.code = KEY_CHAR, .modifiers = KEY_ALT, .c = 'a'};
	(void)state;
	assert_true(is_right(""));
	assert_int_equal(bindings_find(&conf.bindings, &key)->action, ACTION_NEXT_UNREAD);
	assert_true(is_right(
	    "bind = alt+a date\nbind = alt+a room-12\nbind = ctrl+alt+page-up end\nbind = alt+é none\n"));
	assert_int_equal(bindings_find(&conf.bindings, &key)->action, ACTION_ROOM);
	assert_int_equal(bindings_find(&conf.bindings, &key)->number, 12);
	key = (struct key){.code = KEY_PAGE_UP, .modifiers = KEY_ALT | KEY_CTRL};
	assert_int_equal(bindings_find(&conf.bindings, &key)->action, ACTION_END);
	key = (struct key){.code = KEY_CHAR, .modifiers = KEY_ALT, .c = 0xe9};
	assert_int_equal(bindings_find(&conf.bindings, &key)->action, ACTION_NONE);
	key = (struct key){.code = KEY_CHAR, .c = 'a'};
	assert_null(bindings_find(&conf.bindings, &key));
}

static void a_person_has_one_colour(void **state)
{
	(void)state;
	assert_true(is_right("theme = light\n"));
	assert_int_equal(theme_person(&conf.theme, "Mario").foreground,
			 theme_person(&conf.theme, "mario").foreground);
	assert_true(is_right("theme = mono\n"));
	assert_int_equal(theme_person(&conf.theme, "mario").foreground, 0);
	assert_true(is_right("style = people plain\n"));
	assert_int_equal(theme_person(&conf.theme, "mario").foreground, 0);
}

static void links_are_found(void **state)
{
	static const struct {
		const char *text, *link;
	} cases[] = {{"see https://a.example/x.", "https://a.example/x"},
		     {"(http://a.example)", "http://a.example"},
		     {"https://it.wikipedia.org/wiki/Mario_(nome), ecco",
		      "https://it.wikipedia.org/wiki/Mario_(nome)"},
		     {"<https://a.example/?q=1&b=2>", "https://a.example/?q=1&b=2"},
		     {"HTTPS://A.example", "HTTPS://A.example"},
		     {"**https://a.example**", "https://a.example"},
		     {"http:// and https://", NULL},
		     {"xhttp://a.example", NULL},
		     {"ftp://a.example", NULL},
		     {"", NULL}};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		size_t bytes = 0;
		const char *found = links_find(cases[i].text, &bytes);
		assert_int_equal(found != NULL, cases[i].link != NULL);
		if (found && (bytes != strlen(cases[i].link) || strncmp(found, cases[i].link, bytes) != 0))
			fail_msg("%s: %.*s", cases[i].text, (int)bytes, found);
	}
}

/* A link that goes over two rows is one link, and the pen lets it go behind it. */
static void links_lead_somewhere(void **state)
{
	struct styled styled = {0};
	struct grid grid;
	struct buffer to = BUFFER_EMPTY;
	(void)state;
	grid_init(&grid, 20, 3);
	styled_add_linked(&styled, "see https://a.example/perché?no ok", (struct style){0},
			  (struct style){0});
	styled_wrap(&styled, 20, 0);
	for (size_t i = 0; i < styled.row_count; i++)
		styled_draw(&styled, i, &grid, i, 0, 20, (struct style){0});
	assert_null(grid_link_at(&grid, 0, 0));
	assert_string_equal(grid_link_at(&grid, 1, 5), "https://a.example/perch%C3%A9?no");
	grid_write(&to, NULL, &grid, GRID_LINKS);
	assert_non_null(
	    strstr(buffer_string(&to), "\033]8;id=1;https://a.example/perch%C3%A9?no\033\\https:"));
	assert_non_null(strstr(buffer_string(&to), "\033]8;;\033\\"));
	buffer_clear(&to);
	grid_write(&to, NULL, &grid, 0);
	assert_null(strstr(buffer_string(&to), "\033]8"));
	buffer_clear(&to);
	grid_write(&to, &grid, &grid, GRID_LINKS);
	assert_int_equal(buffer_length(&to), 0);
	buffer_release(&to);
	styled_release(&styled);
	grid_release(&grid);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_teardown(each_key_is_read, leave),
	    cmocka_unit_test_teardown(what_is_wrong_is_named_with_its_line, leave),
	    cmocka_unit_test_teardown(any_bytes_are_read, leave),
	    cmocka_unit_test_teardown(the_last_word_for_a_key_counts, leave),
	    cmocka_unit_test_teardown(a_person_has_one_colour, leave),
	    cmocka_unit_test(links_are_found),
	    cmocka_unit_test(links_lead_somewhere),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
