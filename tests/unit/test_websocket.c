/* WebSocket frames: messages come out whole and valid, however they were cut; what is wrong ends it. */
#include "wire/websocket.h"

#include "unit.h"

#include <stdio.h>

#define MESSAGE_MAX 1000
#define SKIP_MAX    100000

static const struct websocket_reader fresh = {.message_max = MESSAGE_MAX, .skip_max = SKIP_MAX};

/* Adds a client's frame. `first` is the first byte: FIN, reserved bits and opcode. */
static void add_frame(struct buffer *to, unsigned first, const void *payload, size_t bytes)
{
	static const uint8_t mask[4] = {0x37, 0xfa, 0x21, 0x3d};
	buffer_add_char(to, (char)first);
	if (bytes < 126) {
		buffer_add_char(to, (char)(0x80 | bytes));
	} else if (bytes < 65536) {
		buffer_add_char(to, (char)(0x80 | 126));
		buffer_add_char(to, (char)(bytes >> 8));
		buffer_add_char(to, (char)bytes);
	} else {
		buffer_add_char(to, (char)(0x80 | 127));
		for (int shift = 56; shift >= 0; shift -= 8)
			buffer_add_char(to, (char)((uint64_t)bytes >> shift));
	}
	buffer_add(to, mask, 4);
	for (size_t i = 0; i < bytes; i++)
		buffer_add_char(to, (char)(((const uint8_t *)payload)[i] ^ mask[i % 4]));
}

static void add_text(struct buffer *to, unsigned first, const char *text)
{
	add_frame(to, first, text, strlen(text));
}

/* Reads everything in pieces of the size that `piece` gives, and writes what happened as text:
 * "text:…|ping:…|pong|large|close:1000|fault:1002". */
static void read_story(struct buffer *story, const struct buffer *bytes, size_t (*piece)(uint64_t *dice),
		       uint64_t *dice)
{
	struct websocket_reader reader = fresh;
	const char *at = buffer_bytes(bytes), *end = at + buffer_length(bytes);
	bool is_over = false;
	buffer_clear(story);
	while (at < end && !is_over) {
		size_t used, length = piece(dice), left = (size_t)(end - at);
		switch (websocket_read(&reader, at, length < left ? length : left, &used)) {
		case WEBSOCKET_MORE:
			assert_int_equal(used, length < left ? length : left);
			break;
		case WEBSOCKET_MESSAGE:
			buffer_printf(story, "text:%s|", buffer_string(&reader.message));
			break;
		case WEBSOCKET_TOO_LARGE:
			buffer_add_string(story, "large|");
			break;
		case WEBSOCKET_PING:
			buffer_printf(story, "ping:%s|", buffer_string(&reader.control));
			break;
		case WEBSOCKET_PONG:
			buffer_add_string(story, "pong|");
			break;
		case WEBSOCKET_CLOSE:
			buffer_printf(story, "close:%d|", reader.code);
			is_over = true;
			break;
		case WEBSOCKET_FAULT:
			buffer_printf(story, "fault:%d|", reader.code);
			is_over = true;
			break;
		}
		at += used;
	}
	websocket_reader_release(&reader);
}

static size_t all(uint64_t *dice)
{
	(void)dice;
	return SIZE_MAX;
}

static size_t one(uint64_t *dice)
{
	(void)dice;
	return 1;
}

static size_t some(uint64_t *dice)
{
	return 1 + dice_below(dice, dice_below(dice, 2) ? 5 : 300);
}

/* Whole, byte by byte and split at random it is the same story. Releases the bytes. */
static void tells(struct buffer *bytes, const char *expected)
{
	uint64_t dice = 11;
	struct buffer story = BUFFER_EMPTY;
	read_story(&story, bytes, all, &dice);
	assert_string_equal(buffer_string(&story), expected);
	read_story(&story, bytes, one, &dice);
	assert_string_equal(buffer_string(&story), expected);
	for (int round = 0; round < 50; round++) {
		read_story(&story, bytes, some, &dice);
		assert_string_equal(buffer_string(&story), expected);
	}
	buffer_release(&story);
	buffer_release(bytes);
}

static void one_frame_tells(unsigned first, const void *payload, size_t bytes, const char *expected)
{
	struct buffer frames = BUFFER_EMPTY;
	add_frame(&frames, first, payload, bytes);
	tells(&frames, expected);
}

TEST(texts_of_all_lengths)
{
	static const size_t lengths[] = {0, 1, 125, 126, 127, 300, MESSAGE_MAX};
	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		char text[MESSAGE_MAX + 1], expected[MESSAGE_MAX + 16];
		memset(text, 'a', lengths[i]);
		text[lengths[i]] = '\0';
		snprintf(expected, sizeof expected, "text:%s|", text);
		one_frame_tells(0x81, text, lengths[i], expected);
	}
}

TEST(fragments_with_control_frames_between)
{
	struct buffer frames = BUFFER_EMPTY;
	add_text(&frames, 0x01, "ci");
	add_text(&frames, 0x89, "are you there");
	add_text(&frames, 0x00, "");
	add_text(&frames, 0x8a, "");
	add_text(&frames, 0x00, "a");
	add_text(&frames, 0x80, "o");
	add_text(&frames, 0x81, "next");
	add_text(&frames, 0x89, "");
	tells(&frames, "ping:are you there|pong|text:ciao|text:next|ping:|");
}

TEST(code_points_may_be_cut_by_fragments)
{
	const char *text = "€𝄞è";
	struct buffer frames = BUFFER_EMPTY;
	add_frame(&frames, 0x01, text, 1);
	for (size_t i = 1; i < strlen(text) - 1; i++)
		add_frame(&frames, 0x00, text + i, 1);
	add_frame(&frames, 0x80, text + strlen(text) - 1, 1);
	tells(&frames, "text:€𝄞è|");
}

TEST(what_is_not_utf8_is_refused)
{
	static const char *const wrong[] = {"\x80",
					    "\xff",
					    "\xc0\xaf",
					    "\xc1\xbf",
					    "\xe0\x9f\xbf",
					    "\xed\xa0\x80",
					    "\xf0\x8f\xbf\xbf",
					    "\xf4\x90\x80\x80",
					    "\xf5\x80\x80\x80",
					    "a\xc3",
					    "\xe2\x82",
					    "\xc3(",
					    "\xe2(\xa1",
					    "\xf0\x9d\x84"};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		one_frame_tells(0x81, wrong[i], strlen(wrong[i]), "fault:1007|");
	struct buffer frames = BUFFER_EMPTY;
	add_text(&frames, 0x01, "\xe2\x82");
	add_text(&frames, 0x80, "x");
	tells(&frames, "fault:1007|");
}

TEST(what_is_wrong_is_seen_before_the_frame_is_whole)
{
	struct websocket_reader reader = fresh;
	struct buffer frames = BUFFER_EMPTY;
	size_t used;
	add_text(&frames, 0x81, "\xff and much more");
	assert_int_equal(websocket_read(&reader, buffer_bytes(&frames), 7, &used), WEBSOCKET_FAULT);
	assert_int_equal(reader.code, WEBSOCKET_NOT_UTF8);
	websocket_reader_release(&reader);
	reader = fresh;
	assert_int_equal(websocket_read(&reader, "\x81\x05", 2, &used), WEBSOCKET_FAULT);
	assert_int_equal(reader.code, WEBSOCKET_PROTOCOL_ERROR);
	buffer_release(&frames);
}

TEST(frames_that_break_the_protocol)
{
	static const unsigned reserved[] = {0x91, 0xa1, 0xc1, 0xf1, 0xc9, 0x83, 0x87, 0x8b, 0x8f, 0x03, 0x0b};
	for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
		one_frame_tells(reserved[i], "x", 1, "fault:1002|");
	one_frame_tells(0x80, "x", 1, "fault:1002|"); /* a continuation of nothing */
	one_frame_tells(0x00, "x", 1, "fault:1002|");
	one_frame_tells(0x09, "x", 1, "fault:1002|"); /* control frames are never cut */
	one_frame_tells(0x08, "", 0, "fault:1002|");
	char long_ping[126] = "";
	one_frame_tells(0x89, long_ping, 126, "fault:1002|");
	one_frame_tells(0x82, "x", 1, "fault:1003|");
	one_frame_tells(0x02, "x", 1, "fault:1003|");
	struct buffer frames = BUFFER_EMPTY;
	add_text(&frames, 0x01, "one");
	add_text(&frames, 0x81, "two");
	tells(&frames, "fault:1002|");
	frames = BUFFER_EMPTY;
	add_text(&frames, 0x01, "one");
	add_text(&frames, 0x82, "two");
	tells(&frames, "fault:1002|");
}

static void raw_tells(const char *bytes, size_t length, const char *expected)
{
	struct buffer frames = BUFFER_EMPTY;
	buffer_add(&frames, bytes, length);
	tells(&frames, expected);
}

TEST(headers_have_one_form)
{
	raw_tells("\x81\x01x", 3, "fault:1002|");                         /* no mask */
	raw_tells("\x81\xfe\x00\x7dmask", 8, "fault:1002|");              /* 125 in 16 bits */
	raw_tells("\x81\xff\0\0\0\0\0\0\xff\xffmask", 14, "fault:1002|"); /* 65535 in 64 bits */
	raw_tells("\x81\xff\x80\0\0\0\0\x01\0\0mask", 14, "fault:1002|"); /* the highest bit */
	raw_tells("\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xffmask", 14, "fault:1009|");
}

TEST(large_messages_are_skipped_and_told_once)
{
	static char large[SKIP_MAX + 1];
	memset(large, 'x', sizeof large);
	struct buffer frames = BUFFER_EMPTY;
	add_frame(&frames, 0x81, large, MESSAGE_MAX + 1);
	add_text(&frames, 0x81, "next");
	tells(&frames, "large|text:next|");

	frames = BUFFER_EMPTY;
	add_frame(&frames, 0x01, large, MESSAGE_MAX);
	add_text(&frames, 0x89, "p");
	add_text(&frames, 0x00, "");
	add_text(&frames, 0x00, "x");
	add_frame(&frames, 0x00, large, 70000);
	add_text(&frames, 0x80, "x");
	add_text(&frames, 0x81, "next");
	tells(&frames, "ping:p|large|text:next|");

	frames = BUFFER_EMPTY;
	add_frame(&frames, 0x01, large, SKIP_MAX);
	add_frame(&frames, 0x00, large, 1);
	tells(&frames, "large|fault:1009|");
	one_frame_tells(0x81, large, SKIP_MAX + 1, "fault:1009|");
}

TEST(what_is_skipped_is_not_kept)
{
	static char large[SKIP_MAX];
	memset(large, 'x', sizeof large);
	struct websocket_reader reader = fresh;
	struct buffer frames = BUFFER_EMPTY;
	size_t used, at = 0;
	add_frame(&frames, 0x81, large, sizeof large);
	while (at < buffer_length(&frames)) {
		websocket_read(&reader, buffer_bytes(&frames) + at, buffer_length(&frames) - at, &used);
		at += used;
		assert_true(reader.message.capacity <= 2 * MESSAGE_MAX);
	}
	websocket_reader_release(&reader);
	buffer_release(&frames);
}

static void close_tells(unsigned code, const char *reason, const char *expected)
{
	char payload[64] = {(char)(code >> 8), (char)code};
	strcpy(payload + 2, reason);
	one_frame_tells(0x88, payload, 2 + strlen(reason), expected);
}

TEST(closing)
{
	static const unsigned good[] = {1000, 1001, 1002, 1003, 1007, 1008, 1009,
					1010, 1011, 3000, 3999, 4000, 4999};
	static const unsigned bad[] = {0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535};
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		char expected[32];
		snprintf(expected, sizeof expected, "close:%u|", good[i]);
		close_tells(good[i], "", expected);
		close_tells(good[i], "perché no", expected);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		close_tells(bad[i], "", "fault:1002|");
	one_frame_tells(0x88, "", 0, "close:0|");
	one_frame_tells(0x88, "x", 1, "fault:1002|");
	close_tells(1000, "\xff", "fault:1007|");
	close_tells(1000, "cut \xe2\x82", "fault:1007|");
}

/* Random bytes end in a fault or are read on, and the reader holds no more than it may. */
TEST(noise)
{
	uint64_t dice = 3;
	for (int round = 0; round < 20000; round++) {
		struct websocket_reader reader = fresh;
		char bytes[64];
		size_t used, at = 0, length = dice_below(&dice, sizeof bytes);
		enum websocket_event event = WEBSOCKET_MORE;
		for (size_t i = 0; i < length; i++)
			bytes[i] = (char)dice_below(&dice, 256);
		/* A good beginning gets further. */
		if (length > 2 && round % 2) {
			bytes[0] = (char)(0x81 + dice_below(&dice, 2) * 8);
			bytes[1] |= (char)0x80;
		}
		while (at < length && event != WEBSOCKET_FAULT && event != WEBSOCKET_CLOSE) {
			event = websocket_read(&reader, bytes + at, length - at, &used);
			assert_true(used > 0 && used <= length - at);
			at += used;
		}
		websocket_reader_release(&reader);
	}
}

TEST(the_handshake_of_the_rfc)
{
	char accept[WEBSOCKET_ACCEPT_BYTES];
	assert_true(websocket_accept("dGhlIHNhbXBsZSBub25jZQ==", 24, accept));
	assert_string_equal(accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
	assert_false(websocket_accept("dGhlIHNhbXBsZSBub25jZQ=", 23, accept));
	assert_false(websocket_accept("dGhlIHNhbXBsZSBub25jZQ===", 25, accept));
	assert_false(websocket_accept("dGhlIHNhbXBsZSBub25jZWE=", 24, accept));
	assert_false(websocket_accept("dGhlIHNhbXBsZSBub25 ZQ==", 24, accept));
	assert_false(websocket_accept("dGhlIHNhbXBsZSBub25jZR==", 24, accept));
	assert_false(websocket_accept("", 0, accept));
}

static void framed(size_t bytes, const char *header, size_t header_bytes)
{
	struct buffer out = BUFFER_EMPTY;
	char *text = malloc(bytes + 1);
	memset(text, 'y', bytes);
	buffer_add_string(&out, "before");
	buffer_take(&out, 2);
	buffer_add(&out, text, bytes);
	websocket_frame_text(&out, 4);
	assert_int_equal(buffer_length(&out), 4 + header_bytes + bytes);
	assert_memory_equal(buffer_bytes(&out), "fore", 4);
	assert_memory_equal(buffer_bytes(&out) + 4, header, header_bytes);
	assert_memory_equal(buffer_bytes(&out) + 4 + header_bytes, text, bytes);
	buffer_release(&out);
	free(text);
}

TEST(frames_out)
{
	framed(0, "\x81\x00", 2);
	framed(125, "\x81\x7d", 2);
	framed(126, "\x81\x7e\x00\x7e", 4);
	framed(65535, "\x81\x7e\xff\xff", 4);
	framed(65536, "\x81\x7f\0\0\0\0\0\x01\0\0", 10);
	struct buffer out = BUFFER_EMPTY;
	websocket_add_ping(&out);
	websocket_add_pong(&out, "abc", 3);
	websocket_add_close(&out, WEBSOCKET_GOING_AWAY);
	websocket_add_close(&out, WEBSOCKET_NO_CODE);
	assert_int_equal(buffer_length(&out), 13);
	assert_memory_equal(buffer_bytes(&out),
			    "\x89\x00\x8a\x03"
			    "abc\x88\x02\x03\xe9\x88\x00",
			    13);
	buffer_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(texts_of_all_lengths),
	    cmocka_unit_test(fragments_with_control_frames_between),
	    cmocka_unit_test(code_points_may_be_cut_by_fragments),
	    cmocka_unit_test(what_is_not_utf8_is_refused),
	    cmocka_unit_test(what_is_wrong_is_seen_before_the_frame_is_whole),
	    cmocka_unit_test(frames_that_break_the_protocol),
	    cmocka_unit_test(headers_have_one_form),
	    cmocka_unit_test(large_messages_are_skipped_and_told_once),
	    cmocka_unit_test(what_is_skipped_is_not_kept),
	    cmocka_unit_test(closing),
	    cmocka_unit_test(noise),
	    cmocka_unit_test(the_handshake_of_the_rfc),
	    cmocka_unit_test(frames_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
