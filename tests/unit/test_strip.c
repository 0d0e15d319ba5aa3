/* Pictures without what was written about them: each format in pieces of any size, and what must not be touched. */
#include "unit.h"

#include "base/buffer.h"
#include "wire/file_type.h"
#include "wire/strip.h"

#define JPEG_HEAD "\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
#define JPEG_SCAN                                                                                   \
	"\xff\xc0\x00\x0b\x08\x00\x10\x00\x20\x01\x01\x11\x00\xff\xda\x00\x08\x01\x01\x00\x00?\x00" \
	"ab\xff\x00\xff\xd0"                                                                        \
	"cd"
#define JPEG_END "\xff\xd9"
#define ICC      "\xff\xe2\x00\x11ICC_PROFILE\x00\x01\x01x"
#define ADOBE              \
	"\xff\xee\x00\x0e" \
	"Adobe\x00\x64\x00\x00\x00\x00\x00"
/* One entry of Exif, the orientation 6, and another one. */
#define EXIF                                               \
	"\xff\xe1\x00\x2e"                                 \
	"Exif\x00\x00II*\x00\x08\x00\x00\x00\x02\x00"      \
	"\x12\x01\x03\x00\x01\x00\x00\x00\x06\x00\x00\x00" \
	"\x25\x88\x04\x00\x01\x00\x00\x00\x26\x00\x00\x00\x00\x00\x00\x00"
#define TURNED                                        \
	"\xff\xe1\x00\x22"                            \
	"Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01" \
	"\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00\x00\x00\x00\x00"
#define XMP "\xff\xe1\x00\x08http:/"
#define COMMENT            \
	"\xff\xfe\x00\x07" \
	"GPS!!"
#define IPTC "\xff\xed\x00\x06GPS!"

#define PNG_HEAD "\x89PNG\r\n\x1a\n\x00\x00\x00\x02IHDR..crc0"
#define PNG_TEXT "\x00\x00\x00\x03tEXtGPScrc1"
#define PNG_EXIF           \
	"\x00\x00\x00\x03" \
	"eXIfGPScrc2"
/* The orientation 6, and another entry; behind it what stays of it. */
#define PNG_TURNS                                                          \
	"\x00\x00\x00\x26"                                                 \
	"eXIfII*\x00\x08\x00\x00\x00\x02\x00"                              \
	"\x12\x01\x03\x00\x01\x00\x00\x00\x06\x00\x00\x00"                 \
	"\x25\x88\x04\x00\x01\x00\x00\x00\x26\x00\x00\x00\x00\x00\x00\x00" \
	"crc6"
#define PNG_TURNED                                                         \
	"\x00\x00\x00\x1a"                                                 \
	"eXIfMM\x00*\x00\x00\x00\x08\x00\x01"                              \
	"\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00\x00\x00\x00\x00" \
	"\xd6gKi"
#define PNG_OTHER "\x00\x00\x00\x00prVtcrc3"
#define PNG_DATA  "\x00\x00\x00\x05IDAT.....crc4"
#define PNG_END   "\x00\x00\x00\x00IENDcrc5"
#define PNG_REST  PNG_DATA PNG_END

#define GIF_HEAD                             \
	"GIF89a\x01\x00\x01\x00\x80\x00\x00" \
	"abcdef"
#define GIF_LOOPS   "!\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00"
#define GIF_COMMENT "!\xfe\x03GPS\x00"
#define GIF_XMP     "!\xff\x0bXMP DataXMP\x04<x/>\x03GPS\x00"
#define GIF_REST    "!\xf9\x04\x00\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02\x44\x01\x00;"

#define WEBP_BODY(flags, exif, gps)                                                                 \
	"RIFF\x3c\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00" flags "\x00\x00\x00\x00\x00\x00\x00\x00\x00" \
	"VP8L\x05\x00\x00\x00/....\x00" exif "\x03\x00\x00\x00" gps "\x00"                          \
	"ICCP\x02\x00\x00\x00xy"

#define CHECK(type, given, expected) check(type, given, sizeof(given) - 1, expected, sizeof(expected) - 1)

static bool run(const char *type, const char *given, size_t length, size_t step, struct buffer *to)
{
	struct strip *strip = strip_new(type);
	assert_non_null(strip);
	buffer_clear(to);
	for (size_t at = 0; at < length; at += step)
		strip_take(strip, given + at, length - at < step ? length - at : step, to);
	bool has_changed = strip_has_changed(strip);
	strip_free(strip);
	return has_changed;
}

static void check(const char *type, const char *given, size_t length, const char *expected, size_t bytes)
{
	struct buffer out = BUFFER_EMPTY;
	bool is_same = length == bytes && !memcmp(given, expected, bytes);
	for (size_t step = 1; step <= length; step++) {
		assert_int_equal(run(type, given, length, step, &out), !is_same);
		assert_int_equal(buffer_length(&out), bytes);
		assert_memory_equal(buffer_bytes(&out), expected, bytes);
	}
	buffer_release(&out);
}

TEST(jpeg_keeps_colours_and_orientation_alone)
{
	CHECK("image/jpeg", JPEG_HEAD EXIF XMP ICC IPTC ADOBE COMMENT JPEG_SCAN COMMENT JPEG_END "film",
	      JPEG_HEAD TURNED ICC ADOBE JPEG_SCAN JPEG_END);
	CHECK("image/jpeg", JPEG_HEAD TURNED ICC JPEG_SCAN JPEG_END, JPEG_HEAD TURNED ICC JPEG_SCAN JPEG_END);
	/* One that turns nothing, and a second one. */
	CHECK("image/jpeg", JPEG_HEAD TURNED EXIF JPEG_SCAN JPEG_END, JPEG_HEAD TURNED JPEG_SCAN JPEG_END);
}

TEST(jpeg_with_rubbish_between_segments_hides_nothing)
{
	CHECK("image/jpeg", JPEG_HEAD "??" COMMENT "\xff\xff\xff" XMP "?" JPEG_SCAN JPEG_END,
	      JPEG_HEAD JPEG_SCAN JPEG_END);
	CHECK("image/jpeg", "\xff\xd8\xff\xfe\x00\x01\xff\xfe\x00", "\xff\xd8");
	CHECK("image/jpeg", JPEG_HEAD JPEG_SCAN, JPEG_HEAD JPEG_SCAN);
}

TEST(jpeg_has_the_size_that_it_had)
{
	static const char given[] = JPEG_HEAD EXIF JPEG_SCAN JPEG_END;
	struct buffer out = BUFFER_EMPTY;
	int32_t width = 0, height = 0;
	run("image/jpeg", given, sizeof given - 1, 7, &out);
	assert_true(file_type_size("image/jpeg", (unsigned char *)buffer_bytes(&out), buffer_length(&out),
				   &width, &height));
	assert_int_equal(width, 16);
	assert_int_equal(height, 32);
	buffer_release(&out);
}

TEST(png_keeps_the_orientation_alone)
{
	CHECK("image/png", PNG_HEAD PNG_TURNS PNG_TEXT PNG_REST, PNG_HEAD PNG_TURNED PNG_REST);
	CHECK("image/png", PNG_HEAD PNG_TURNED PNG_REST, PNG_HEAD PNG_TURNED PNG_REST);
	/* One that turns nothing, a second one, and one that comes too late. */
	CHECK("image/png", PNG_HEAD PNG_EXIF PNG_TURNS PNG_TURNS PNG_REST, PNG_HEAD PNG_TURNED PNG_REST);
	CHECK("image/png", PNG_HEAD PNG_DATA PNG_TURNS PNG_END, PNG_HEAD PNG_DATA PNG_END);
}

TEST(png_keeps_what_draws)
{
	CHECK("image/png", PNG_HEAD PNG_TEXT PNG_EXIF PNG_OTHER PNG_REST "behind", PNG_HEAD PNG_REST);
	CHECK("image/png", PNG_HEAD PNG_REST, PNG_HEAD PNG_REST);
	CHECK("image/png", PNG_HEAD "\xff\xff\xff\xfftEXtGPS", PNG_HEAD);
}

TEST(gif_keeps_what_draws_and_loops)
{
	CHECK("image/gif", GIF_HEAD GIF_COMMENT GIF_LOOPS GIF_XMP GIF_REST "behind",
	      GIF_HEAD GIF_LOOPS GIF_REST);
	CHECK("image/gif", GIF_HEAD GIF_LOOPS GIF_REST, GIF_HEAD GIF_LOOPS GIF_REST);
	CHECK("image/gif", GIF_HEAD "!\xff\x02GPS", GIF_HEAD);
	CHECK("image/gif", GIF_HEAD "?GPS", GIF_HEAD);
}

TEST(webp_blanks_what_does_not_draw)
{
	CHECK("image/webp", WEBP_BODY("\x3c", "EXIF", "GPS") "behind", WEBP_BODY("\x30", "JUNK", "\0\0\0"));
	CHECK("image/webp", WEBP_BODY("\x34", "XMP ", "GPS"), WEBP_BODY("\x30", "JUNK", "\0\0\0"));
	CHECK("image/webp", WEBP_BODY("\x10", "JUNK", "\0\0\0"), WEBP_BODY("\x10", "JUNK", "\0\0\0"));
	CHECK("image/webp", "RIFF\x03\x00\x00\x00WEBPEXIFGPS", "RIFF\x03\x00\x00\x00WEBP");
}

TEST(others_are_left_as_they_are)
{
	assert_null(strip_new("video/mp4"));
	assert_null(strip_new("application/octet-stream"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(jpeg_keeps_colours_and_orientation_alone),
	    cmocka_unit_test(jpeg_with_rubbish_between_segments_hides_nothing),
	    cmocka_unit_test(jpeg_has_the_size_that_it_had),
	    cmocka_unit_test(png_keeps_the_orientation_alone),
	    cmocka_unit_test(png_keeps_what_draws),
	    cmocka_unit_test(gif_keeps_what_draws_and_loops),
	    cmocka_unit_test(webp_blanks_what_does_not_draw),
	    cmocka_unit_test(others_are_left_as_they_are),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
