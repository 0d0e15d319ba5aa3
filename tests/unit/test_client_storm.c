/* A storm of random keys, sizes and objects of the server over the full screen, as fuzz_client_screen.c plays them. Its
 * seed is printed where it fails: BRUSIO_STORM_SEED=n plays it again, BRUSIO_STORM_SECONDS=n goes on for so long. */
#include "../fuzz/fuzz_client_screen.c" // NOLINT(bugprone-suspicious-include): the player

#include "unit.h"

#include <unistd.h>

#define SECONDS   2
#define LINES_MAX 120

static const char *const keys[] = {"a",
				   "你",
				   "e\314\201",
				   "👨‍👩‍👧",
				   " ",
				   "\r",
				   "\033\r",
				   "\t",
				   "\177",
				   "\001",
				   "\005",
				   "\002",
				   "\006",
				   "\013",
				   "\025",
				   "\027",
				   "\031",
				   "\037",
				   "\033b",
				   "\033f",
				   "\033d",
				   "\033a",
				   "\0331",
				   "\0332",
				   "\033",
				   "\033[A",
				   "\033[B",
				   "\033[C",
				   "\033[D",
				   "\033[5~",
				   "\033[6~",
				   "\033[1;3A",
				   "\033[1;3B",
				   "\033[1;2A",
				   "\033OP",
				   "\033[H",
				   "\033[F",
				   "\033[3~",
				   "\033[I",
				   "\033[O",
				   "+",
				   "r",
				   "e",
				   "d",
				   "y",
				   "q",
				   "c",
				   "o",
				   "g",
				   "\003",
				   "/",
				   "/join #ops\r",
				   "/join #lobby\r",
				   "/search ciao\r",
				   "/goto 2026-11-30\r",
				   "/help\r",
				   "/nick bo\r",
				   "/me x\r",
				   "/ignore ugo\r",
				   "/notify nothing\r",
				   "/reply #3 yes\r",
				   "/leave\r",
				   "http://example.org/a?b=(c) ",
				   ":sm",
				   "@ma",
				   "\033[200~one\rtwo\r3\r4\r5\r6\r7\033[201~",
				   "\033[<0;30;8M",
				   "\033[<0;3;3M",
				   "\033[<64;30;8M",
				   "\033[<65;30;8M",
				   "\033[<35;1;1m",
				   "\033[6;20;10t",
				   "\033[6;18;9t",
				   "\033_Gi=31;OK\033\\",
				   "\033[?62;4;22c",
				   "\033[?62;22c",
				   "\033[?1;0;64S",
				   "\033[",
				   "\033]",
				   "\377"};

static const char *const texts[] = {
    "ciao",
    "anna: look",
    "@all",
    "a line that is longer than a narrow terminal has columns, by a good deal of words",
    "一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十",
    "👨‍👩‍👧‍👦🏳️‍🌈e\\u0301\\u0301\\u0301\\u0301",
    "https://example.org/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "a\\nb\\n\\nc\\td",
    "\\u001b[31m\\u0007\\u009b\\u202e",
    "",
    "\\u0627\\u0644\\u0633\\u0644\\u0627\\u0645 \\ufdfd"};

static unsigned pick(unsigned below)
{
	return (unsigned)rand() % below;
}

static const char *any_text(void)
{
	return texts[pick(sizeof texts / sizeof *texts)];
}

static void add_from(struct buffer *to)
{
	static const char *const names[] = {"anna", "mario", "ugo", "你好", "brusio"};
	buffer_printf(to, "\"from\":{\"name\":\"%s\",\"ip\":\"::1\"}", names[pick(5)]);
}

/* Mostly in the room, in order; sometimes neither. */
static void add_place(struct buffer *to, int64_t *seq)
{
	int64_t own = pick(8) ? ++*seq : (int64_t)pick(50);
	buffer_printf(to, "\"room\":\"%s\",\"seq\":%lld,\"time\":\"2026-1%u-%02uT%02u:00:00.000Z\",",
		      pick(8)   ? "#lobby"
		      : pick(2) ? "#ops"
				: "@ugo",
		      (long long)own, pick(3), 1 + pick(28), pick(24));
}

static void add_message(struct buffer *to, int64_t *seq)
{
	buffer_add_string(to, "{\"op\":\"message\",");
	add_place(to, seq);
	add_from(to);
	buffer_printf(to, ",\"message\":\"%s\"", any_text());
	if (!pick(4))
		buffer_printf(to, ",\"reply_to\":%u", 1 + pick((unsigned)*seq + 1));
	if (!pick(4))
		buffer_printf(
		    to,
		    ",\"files\":[{\"file\":\"%032x\",\"name\":\"a.png\",\"bytes\":%u,\"type\":\"image/png\","
		    "\"width\":%u,\"height\":%u}]",
		    pick(9), pick(100000), pick(2000), pick(2000));
	buffer_add_string(to, "}");
}

static void add_change(struct buffer *to, int64_t *seq)
{
	static const char *const ops[] = {"edit", "delete", "react", "topic"};
	buffer_printf(to, "{\"op\":\"%s\",", ops[pick(4)]);
	add_place(to, seq);
	add_from(to);
	buffer_printf(to, ",\"target\":%u,\"emoji\":\"🎉\",\"on\":%s,\"topic\":\"%s\",\"message\":\"%s\"}",
		      1 + pick((unsigned)*seq + 1), pick(3) ? "true" : "false", any_text(), any_text());
}

static void add_event(struct buffer *to)
{
	static const char *const ops[] = {"enter", "exit", "typing", "nick", "kick",   "notice",
					  "role",  "gap",  "set",    "away", "invite", "membership"};
	buffer_printf(
	    to,
	    "{\"op\":\"%s\",\"room\":\"%s\",\"name\":\"%s\",\"new\":\"bo\",\"on\":true,\"from_seq\":1,"
	    "\"to_seq\":%u,\"joined\":%s,",
	    ops[pick(12)], pick(3) ? "#lobby" : "#ops", pick(3) ? "ugo" : "anna", pick(9),
	    pick(2) ? "true" : "false");
	add_from(to);
	buffer_printf(to, ",\"message\":\"%s\"}", any_text());
}

static void add_page(struct buffer *to, const char *op)
{
	buffer_printf(to, "{\"op\":\"%s\",\"id\":\"$\",\"room\":\"#lobby\",\"messages\":[", op);
	for (unsigned i = pick(6); i; i--) {
		int64_t seq = (int64_t)pick(40);
		add_message(to, &seq);
		buffer_add_string(to, i > 1 ? "," : "");
	}
	buffer_printf(to, "],\"more\":%s}", pick(2) ? "true" : "false");
}

static void add_answer(struct buffer *to)
{
	switch (pick(6)) {
	case 0:
		add_page(to, "history");
		break;
	case 1:
		add_page(to, "results");
		break;
	case 2:
		buffer_add_string(
		    to, "{\"op\":\"ack\",\"id\":\"$\",\"room\":\"#lobby\",\"seq\":9,\"time\":\"\"}");
		break;
	case 3:
		buffer_printf(to,
			      "{\"op\":\"joined\",\"id\":\"$\",\"room\":\"%s\",\"seq\":%u,\"topic\":\"%s\","
			      "\"count\":3}",
			      pick(2) ? "#ops" : "#lobby", pick(9), any_text());
		break;
	case 4:
		buffer_add_string(
		    to, "{\"op\":\"who\",\"id\":\"$\",\"room\":\"#lobby\",\"members\":[{\"name\":\"ugo\","
			"\"role\":\"owner\",\"online\":true},{\"name\":\"你好\",\"online\":false}]}");
		break;
	default:
		buffer_add_string(to, "{\"op\":\"error\",\"id\":\"$\",\"code\":\"busy\",\"message\":\"no\"}");
	}
}

static void add_line(struct buffer *to, int64_t *seq)
{
	switch (pick(10)) {
	case 0:
	case 1:
		add_message(to, seq);
		break;
	case 2:
		pick(2) ? add_change(to, seq) : add_event(to);
		break;
	case 3:
		add_answer(to);
		break;
	case 4:
		buffer_printf(to, "!%c", "ptudp"[pick(5)]);
		break;
	case 5:
		/* A line break would end the line. */
		buffer_printf(to, "!r%c%c", 11 + (int)pick(110), 11 + (int)pick(60));
		break;
	default:
		buffer_add_string(to, "!k");
		for (unsigned i = 1 + pick(4); i; i--)
			buffer_add_string(to, keys[pick(sizeof keys / sizeof *keys)]);
	}
	buffer_add_char(to, '\n');
}

static void play(unsigned seed)
{
	struct buffer input = BUFFER_EMPTY;
	int64_t seq = 0;
	srand(seed);
	buffer_add_string(
	    &input,
	    "{\"op\":\"welcome\",\"id\":\"$\",\"user\":{\"name\":\"anna\"},\"session\":\"s\",\"epoch\":"
	    "\"e\",\"rooms\":[],\"limits\":{\"message_bytes\":8192}}\n{\"op\":\"joined\",\"id\":\"$\","
	    "\"room\":\"#lobby\",\"seq\":0,\"topic\":\"t\",\"count\":3}\n"
	    "!k\033[6;20;10t\033[?62;4c\n");
	for (unsigned i = pick(LINES_MAX); i; i--)
		add_line(&input, &seq);
	LLVMFuzzerTestOneInput((const uint8_t *)buffer_bytes(&input), buffer_length(&input));
	buffer_release(&input);
}

TEST(any_keys_sizes_and_objects_leave_a_screen)
{
	const char *seed = getenv("BRUSIO_STORM_SEED"), *seconds = getenv("BRUSIO_STORM_SECONDS");
	time_t end = time(NULL) + (seconds ? atoi(seconds) : SECONDS);
	unsigned number = seed ? (unsigned)strtoul(seed, NULL, 10) : 1;
	do {
		print_message("\r# BRUSIO_STORM_SEED=%u ", number);
		fflush(stdout);
		play(number++);
	} while (!seed && time(NULL) < end);
	print_message("\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(any_keys_sizes_and_objects_leave_a_screen),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
