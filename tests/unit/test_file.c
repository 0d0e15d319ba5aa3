/* Names and types of files. */
#include "base/file.h"
#include "wire/file_type.h"

#include "unit.h"

#include <sodium.h>
#include <stdlib.h>

static const char *clean(const char *given)
{
	static char name[LIMIT_FILE_NAME_BYTES + 1];
	file_clean_name(given, name);
	return name;
}

TEST(a_name_names_no_place_and_drives_no_terminal)
{
	assert_string_equal(clean("photo.jpg"), "photo.jpg");
	assert_string_equal(clean("Relazione finale è.pdf"), "Relazione finale è.pdf");
	assert_string_equal(clean("../../.bashrc"), "_bashrc");
	assert_string_equal(clean("C:\\Windows\\a.txt"), "a.txt");
	assert_string_equal(clean("-rf"), "_rf");
	assert_string_equal(clean("a\x1b[31mb"), "a_[31mb");
	assert_string_equal(clean("a\nb\tc"), "a_b_c");
	assert_string_equal(clean("exe.\xe2\x80\xaegpj"), "exe._gpj");
	assert_string_equal(clean("a\xc2\x9b"
				  "b"),
			    "a_b");
	assert_string_equal(clean("\"><script>"), "___script_");
	assert_string_equal(clean("dots..."), "dots");
	assert_string_equal(clean(""), "file");
	assert_string_equal(clean("/"), "file");
	assert_string_equal(clean(".."), "_");
	assert_string_equal(clean("\xff\xfe"), "file");
}

TEST(a_long_name_is_cut_between_letters)
{
	char given[1001] = "";
	for (int i = 0; i < 333; i++)
		strcat(given, "\xe2\x82\xac");
	assert_int_equal(strlen(clean(given)), LIMIT_FILE_NAME_BYTES / 3 * 3);
}

TEST(ids)
{
	char id[FILE_ID_BYTES], other[FILE_ID_BYTES];
	file_make_id(id);
	file_make_id(other);
	assert_true(file_is_id(id) && file_is_id(other) && strcmp(id, other) != 0);
	assert_false(file_is_id("") || file_is_id("../..") || file_is_id("0123456789ABCDEF0123456789ABCDEF"));
}

static const char *type_of(const char *bytes, size_t length)
{
	return file_type_of((const unsigned char *)bytes, length, true);
}

#define TYPE(bytes) type_of(bytes, sizeof(bytes) - 1)

TEST(a_type_comes_from_the_first_bytes)
{
	assert_string_equal(TYPE("\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), "image/png");
	assert_string_equal(TYPE("\xff\xd8\xff\xe0\0\x10JFIF"), "image/jpeg");
	assert_string_equal(TYPE("GIF89a"), "image/gif");
	assert_string_equal(TYPE("RIFF\0\0\0\0WEBPVP8 "), "image/webp");
	assert_string_equal(TYPE("RIFF\0\0\0\0WAVE"), "audio/wav");
	assert_string_equal(TYPE("\x1a\x45\xdf\xa3\x93\x42\x82\x88matroska"), "application/octet-stream");
	assert_string_equal(TYPE("\x1a\x45\xdf\xa3\x93\x42\x82\x84webm"), "video/webm");
	assert_string_equal(TYPE("\x1a\x45\xdf\xa3\x93\x42\x82\x84webm\x86\x85V_VP9\x86\x86"
				 "A_OPUS"),
			    "video/webm");
	assert_string_equal(TYPE("\x1a\x45\xdf\xa3\x93\x42\x82\x84webm\x86\x86"
				 "A_OPUS"),
			    "audio/webm");
	assert_string_equal(TYPE("ciao\n"), "text/plain; charset=utf-8");
	assert_string_equal(TYPE("\xff\xfe\0"), "application/octet-stream");
	assert_string_equal(TYPE("%PDF-1.7\n\0"), "application/octet-stream");
}

/* They are text to a browser too, which shows their source. */
TEST(what_could_run_is_never_more_than_text)
{
	static const char *const texts[] = {
	    "<html><script>alert(1)</script>", "<svg xmlns='http://www.w3.org/2000/svg' onload='a()'/>",
	    "<?xml version='1.0'?><a/>", "javascript:alert(1)", "GIF87<script>"};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		assert_string_equal(type_of(texts[i], strlen(texts[i])), "text/plain; charset=utf-8");
}

TEST(text_that_is_cut_in_a_letter_is_text_where_more_follows)
{
	const unsigned char cut[] = {'a', 0xe2, 0x82};
	assert_string_equal(file_type_of(cut, 3, false), "text/plain; charset=utf-8");
	assert_string_equal(file_type_of(cut, 3, true), "application/octet-stream");
}

static void has_size(const char *type, const char *bytes, size_t length, int32_t wanted_width,
		     int32_t wanted_height)
{
	int32_t width = 0, height = 0;
	bool is_known = file_type_size(type, (const unsigned char *)bytes, length, &width, &height);
	assert_int_equal(is_known, wanted_width > 0);
	if (is_known)
		assert_true(width == wanted_width && height == wanted_height);
}

#define SIZE(type, bytes, width, height) has_size(type, bytes, sizeof(bytes) - 1, width, height)
#define EXIF(side)       \
	"\xff\xe1\0\x22" \
	"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0" side "\0\0\0\0\0\0\0"
#define FRAME "\xff\xc0\0\x11\x08\x01\x02\x03\x04\x03"

TEST(sizes_of_pictures)
{
	SIZE("image/png", "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x02\x80\0\0\x01\xe0", 640, 480);
	SIZE("image/png", "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\xff\xff\xff\xff\0\0\x01\xe0", 0, 0);
	SIZE("image/png", "\x89PNG", 0, 0);
	SIZE("image/gif", "GIF89a\x40\x01\xf0\0", 320, 240);
	SIZE("image/webp", "RIFF\0\0\0\0WEBPVP8X\n\0\0\0\0\0\0\0\x7f\x02\0\xdf\x01\0", 640, 480);
	SIZE("image/jpeg", "\xff\xd8" FRAME, 0x304, 0x102);
	SIZE("image/jpeg", "\xff\xd8" EXIF("\x06") FRAME, 0x102, 0x304);
	SIZE("image/jpeg", "\xff\xd8" EXIF("\x03") FRAME, 0x304, 0x102);
	SIZE("image/jpeg", "\xff\xd8\xff\xe0\0\0\0\0\0\0\0\0", 0, 0);
	SIZE("text/plain", "0123456789012345678901234567890123456789", 0, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_name_names_no_place_and_drives_no_terminal),
	    cmocka_unit_test(a_long_name_is_cut_between_letters),
	    cmocka_unit_test(ids),
	    cmocka_unit_test(a_type_comes_from_the_first_bytes),
	    cmocka_unit_test(what_could_run_is_never_more_than_text),
	    cmocka_unit_test(text_that_is_cut_in_a_letter_is_text_where_more_follows),
	    cmocka_unit_test(sizes_of_pictures),
	};
	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
