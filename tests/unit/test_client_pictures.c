/* Pictures as pixels: their size in cells, what sixels and kitty's protocol make of them, what is read of a file, and
 * in which process. Which parts of the screen they take is in test_client_pictures.py. */
#include "base/memory.h"
#include "front/picture_decode.h"

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

#include <jpeglib.h>
#include <png.h>
#include <webp/encode.h>
#include <zlib.h>

#define WIDTH  24
#define HEIGHT 13

static unsigned char painted[WIDTH * HEIGHT * PICTURE_PIXEL_BYTES];

/* Red to the right, green downward, a blue edge, and a hole. */
static void paint(void)
{
	for (unsigned y = 0; y < HEIGHT; y++)
		for (unsigned x = 0; x < WIDTH; x++) {
			unsigned char *pixel = painted + (y * WIDTH + x) * PICTURE_PIXEL_BYTES;
			pixel[0] = (unsigned char)(x * 255 / (WIDTH - 1));
			pixel[1] = (unsigned char)(y * 255 / (HEIGHT - 1));
			pixel[2] = x == WIDTH - 1 ? 255 : 0;
			pixel[3] = x < 3 && y < 2 ? 0 : 255;
		}
}

static void a_picture_fits_its_cells(void **state)
{
	struct picture_size size;
	(void)state;
	assert_true(picture_fit(100, 60, 10, 20, &size));
	assert_int_equal(size.width, 100);
	assert_int_equal(size.columns, 10);
	assert_int_equal(size.rows, 3);
	/* Wider than its place, and higher. */
	assert_true(picture_fit(4800, 100, 10, 20, &size));
	assert_int_equal(size.width, 480);
	assert_int_equal(size.height, 10);
	assert_int_equal(size.columns, PICTURE_COLUMNS_MAX);
	assert_true(picture_fit(1, 30000, 10, 20, &size));
	assert_int_equal(size.width, 1);
	assert_int_equal(size.height, 240);
	assert_int_equal(size.rows, PICTURE_ROWS_MAX);
	assert_false(picture_fit(0, 60, 10, 20, &size));
	assert_false(picture_fit(60, -1, 10, 20, &size));
	assert_false(picture_fit(32000, 32000, 10, 20, &size));
	assert_false(picture_fit(INT64_MAX, INT64_MAX, 10, 20, &size));
}

/* --- sixels, read back as a terminal does --- */

struct drawn {
	int colour[HEIGHT + 6][WIDTH]; /* -1: not drawn */
	unsigned levels[256][3];
};

static unsigned number_at(const char **at)
{
	char *end;
	unsigned number = (unsigned)strtoul(*at, &end, 10);
	*at = end;
	return number;
}

static void draw_sixels(struct drawn *drawn, const char *at)
{
	unsigned x = 0, top = 0, colour = 0;
	memset(drawn->colour, 0xff, sizeof drawn->colour);
	at = strchr(at, '#');
	while (*at != '\033') {
		unsigned count = 1;
		if (*at == '#') {
			at++;
			colour = number_at(&at);
			for (int i = 0; *at == ';'; i++) {
				at++;
				unsigned value = number_at(&at);
				if (i)
					drawn->levels[colour][i - 1] = value;
			}
			continue;
		}
		if (*at == '$' || *at == '-') {
			top += *at == '-' ? 6 : 0;
			x = 0;
			at++;
			continue;
		}
		if (*at == '!') {
			at++;
			count = number_at(&at);
		}
		assert_in_range(*at, '?', '~');
		for (; count; count--, x++)
			for (unsigned bit = 0; bit < 6; bit++)
				if ((*at - '?') & 1 << bit) {
					assert_true(x < WIDTH && drawn->colour[top + bit][x] < 0);
					drawn->colour[top + bit][x] = (int)colour;
				}
		at++;
	}
}

static void sixels_are_near_the_picture(void **state)
{
	static struct drawn drawn;
	struct buffer out = BUFFER_EMPTY;
	(void)state;
	paint();
	picture_write_sixels(&out, painted, WIDTH, 0, HEIGHT, 256);
	assert_memory_equal(buffer_bytes(&out), "\033P0;1q\"1;1;24;13#0;", 19);
	draw_sixels(&drawn, buffer_string(&out));
	for (unsigned y = 0; y < HEIGHT + 5; y++)
		for (unsigned x = 0; x < WIDTH; x++) {
			bool is_seen = y < HEIGHT && !(x < 3 && y < 2);
			assert_int_equal(drawn.colour[y][x] >= 0, is_seen);
			if (!is_seen)
				continue;
			const unsigned char *pixel = painted + (y * WIDTH + x) * PICTURE_PIXEL_BYTES;
			for (int i = 0; i < 3; i++) {
				int level = (int)drawn.levels[drawn.colour[y][x]][i] * 255 / 100;
				assert_in_range(abs(level - pixel[i]), 0, 52);
			}
		}
	buffer_release(&out);
}

static void sixels_keep_to_the_colours_that_there_are(void **state)
{
	static const unsigned most[] = {2, 16, 64, 128, 256, 1024};
	(void)state;
	for (size_t i = 0; i < sizeof most / sizeof *most; i++) {
		struct buffer out = BUFFER_EMPTY;
		unsigned limit = most[i] < 8 ? 8 : most[i];
		picture_write_sixels(&out, painted, WIDTH, 6, 1, most[i]);
		for (const char *at = buffer_string(&out); (at = strchr(at, '#')); at++)
			assert_true(strtoul(at + 1, NULL, 10) < limit);
		buffer_release(&out);
	}
}

static void kitty_gets_pieces_with_a_last_one(void **state)
{
	static unsigned char noise[200 * 100 * PICTURE_PIXEL_BYTES];
	struct buffer out = BUFFER_EMPTY;
	size_t pieces = 0;
	(void)state;
	srand(5);
	for (size_t i = 0; i < sizeof noise; i++)
		noise[i] = (unsigned char)rand();
	picture_write_kitty(&out, noise, 200, 100, 7);
	assert_memory_equal(buffer_bytes(&out), "\033_Ga=t,f=32,o=z,s=200,v=100,i=7,q=2,m=1;", 40);
	for (const char *at = buffer_string(&out); (at = strstr(at, "\033_G")); pieces++) {
		const char *data = strchr(at, ';') + 1, *end = strchr(data, '\033');
		assert_true(end - data <= 4096 && (end - data) % 4 == 0);
		assert_int_equal(data[-2] == '0', !strstr(data, "\033_G"));
		at = end;
	}
	assert_in_range(pieces, 20, 40);
	buffer_release(&out);
}

/* --- files --- */

static size_t as_png(unsigned char **bytes)
{
	png_image image = {
	    .version = PNG_IMAGE_VERSION, .width = WIDTH, .height = HEIGHT, .format = PNG_FORMAT_RGBA};
	png_alloc_size_t length = 0;
	assert_true(png_image_write_to_memory(&image, NULL, &length, 0, painted, 0, NULL));
	*bytes = mem_alloc(length);
	assert_true(png_image_write_to_memory(&image, *bytes, &length, 0, painted, 0, NULL));
	return length;
}

/* With the orientation behind its head. */
static size_t as_turned_png(unsigned char **bytes, int orientation)
{
	unsigned char chunk[38] = "\0\0\0\32eXIfMM\0*\0\0\0\10\0\1\1\22\0\3\0\0\0\1";
	enum { HEAD = 33, CHUNK = sizeof chunk, VALUE = 27 };
	unsigned char *plain;
	size_t length = as_png(&plain);
	chunk[VALUE] = (unsigned char)orientation;
	unsigned long sum = crc32(0, chunk + 4, CHUNK - 8);
	for (int i = 0; i < 4; i++)
		chunk[CHUNK - 4 + i] = (unsigned char)(sum >> (24 - 8 * i));
	*bytes = mem_alloc(length + CHUNK);
	memcpy(*bytes, plain, HEAD);
	memcpy(*bytes + HEAD, chunk, CHUNK);
	memcpy(*bytes + HEAD + CHUNK, plain + HEAD, length - HEAD);
	free(plain);
	return length + CHUNK;
}

static void write_jpeg_rows(struct jpeg_compress_struct *jpeg)
{
	while (jpeg->next_scanline < jpeg->image_height) {
		unsigned char row[WIDTH * 3];
		for (unsigned x = 0; x < WIDTH; x++)
			memcpy(row + x * 3, painted + (jpeg->next_scanline * WIDTH + x) * PICTURE_PIXEL_BYTES,
			       3);
		JSAMPROW rows = row;
		jpeg_write_scanlines(jpeg, &rows, 1);
	}
}

static size_t as_jpeg(unsigned char **bytes, int orientation)
{
	struct jpeg_compress_struct jpeg;
	struct jpeg_error_mgr errors;
	unsigned char exif[] = "Exif\0\0MM\0*\0\0\0\10\0\1\1\22\0\3\0\0\0\1\0\0\0\0\0\0\0\0", *made = NULL;
	unsigned long length = 0;
	exif[25] = (unsigned char)orientation;
	jpeg.err = jpeg_std_error(&errors);
	jpeg_create_compress(&jpeg);
	jpeg_mem_dest(&jpeg, &made, &length);
	jpeg.image_width = WIDTH;
	jpeg.image_height = HEIGHT;
	jpeg.input_components = 3;
	jpeg.in_color_space = JCS_RGB;
	jpeg_set_defaults(&jpeg);
	jpeg_set_quality(&jpeg, 100, TRUE);
	jpeg_start_compress(&jpeg, TRUE);
	jpeg_write_marker(&jpeg, JPEG_APP0 + 1, exif, sizeof exif - 1);
	write_jpeg_rows(&jpeg);
	jpeg_finish_compress(&jpeg);
	jpeg_destroy_compress(&jpeg);
	*bytes = made;
	return length;
}

static size_t as_webp(unsigned char **bytes)
{
	uint8_t *made;
	size_t length = WebPEncodeLosslessRGBA(painted, WIDTH, HEIGHT, WIDTH * PICTURE_PIXEL_BYTES, &made);
	*bytes = mem_alloc(length);
	memcpy(*bytes, made, length);
	WebPFree(made);
	return length;
}

/* Red to the right and green downward, as near as the format is. */
static void is_painted(const unsigned char *pixels, int about)
{
	for (unsigned y = 3; y < HEIGHT; y++)
		for (unsigned x = 4; x < WIDTH - 4; x++)
			for (int i = 0; i < 2; i++) {
				size_t at = (y * WIDTH + x) * PICTURE_PIXEL_BYTES + (size_t)i;
				assert_in_range(abs(pixels[at] - painted[at]), 0, about);
			}
}

static void each_format_is_read_and_none_that_is_torn(void **state)
{
	static const char *const types[] = {"image/png", "image/webp", "image/jpeg"};
	unsigned char pixels[sizeof painted], *bytes;
	(void)state;
	paint();
	for (int i = 0; i < 3; i++) {
		size_t length = i == 0 ? as_png(&bytes) : i == 1 ? as_webp(&bytes) : as_jpeg(&bytes, 1);
		assert_true(picture_decode_knows(types[i]));
		assert_true(picture_decode_pixels(bytes, length, types[i], WIDTH, HEIGHT, pixels));
		is_painted(pixels, i == 2 ? 24 : 0);
		/* Another type than it is, and the first bytes alone. */
		assert_false(picture_decode_pixels(bytes, length, types[(i + 1) % 3], WIDTH, HEIGHT, pixels));
		assert_false(picture_decode_pixels(bytes, 20, types[i], WIDTH, HEIGHT, pixels));
		/* Any byte may be wrong: it is read or not, and nothing else. */
		for (size_t at = 0; at < length; at++) {
			bytes[at] ^= 0xff;
			picture_decode_pixels(bytes, length, types[i], 7, 5, pixels);
			bytes[at] ^= 0xff;
		}
		free(bytes);
	}
	assert_false(picture_decode_knows("image/gif"));
}

/* The corner where red and green begin, wherever the camera was turned to. */
static void a_photograph_stands_upright(void **state)
{
	static const struct {
		int orientation;
		bool is_right, is_low;
	} corners[] = {{1, false, false}, {2, true, false}, {3, true, true}, {4, false, true},
		       {5, false, false}, {6, true, false}, {7, true, true}, {8, false, true}};
	unsigned char pixels[sizeof painted], *bytes;
	(void)state;
	paint();
	for (size_t i = 0; i < sizeof corners / sizeof *corners; i++) {
		bool is_on_side = corners[i].orientation >= 5;
		unsigned width = is_on_side ? HEIGHT : WIDTH, height = is_on_side ? WIDTH : HEIGHT;
		unsigned x = corners[i].is_right ? width - 1 : 0, y = corners[i].is_low ? height - 1 : 0;
		const unsigned char *corner = pixels + (y * width + x) * PICTURE_PIXEL_BYTES;
		size_t length = as_jpeg(&bytes, corners[i].orientation);
		assert_true(picture_decode_pixels(bytes, length, "image/jpeg", width, height, pixels));
		assert_true(corner[0] < 60 && corner[1] < 60);
		free(bytes);
		memset(pixels, 255, sizeof pixels);
		length = as_turned_png(&bytes, corners[i].orientation);
		assert_true(picture_decode_pixels(bytes, length, "image/png", width, height, pixels));
		assert_true(corner[0] < 60 && corner[1] < 60);
		free(bytes);
	}
}

/* --- the process --- */

static enum picture_state decode(const unsigned char *bytes, size_t length, struct picture_decode *to)
{
	struct picture_size size = {.width = WIDTH, .height = HEIGHT, .columns = 3, .rows = 1};
	enum picture_state state = PICTURE_RUNNING;
	int file = memfd_create("picture", MFD_CLOEXEC);
	assert_int_equal(write(file, bytes, length), length);
	assert_true(picture_decode_begin(to, file, "image/png", &size));
	close(file);
	while (state == PICTURE_RUNNING) {
		struct pollfd end = {.fd = to->fd, .events = POLLIN};
		assert_int_equal(poll(&end, 1, 20000), 1);
		state = picture_decode_ready(to);
	}
	return state;
}

static void it_is_decoded_by_a_process_of_its_own(void **state)
{
	struct picture_decode one = {0};
	unsigned char *bytes;
	(void)state;
	paint();
	size_t length = as_png(&bytes);
	assert_int_equal(decode(bytes, length, &one), PICTURE_DONE);
	is_painted(one.pixels, 0);
	picture_decode_stop(&one);
	assert_int_equal(decode(bytes, length / 2, &one), PICTURE_FAILED);
	assert_null(one.pixels);
	picture_decode_stop(&one);
	free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_picture_fits_its_cells),
	    cmocka_unit_test(sixels_are_near_the_picture),
	    cmocka_unit_test(sixels_keep_to_the_colours_that_there_are),
	    cmocka_unit_test(kitty_gets_pieces_with_a_last_one),
	    cmocka_unit_test(each_format_is_read_and_none_that_is_torn),
	    cmocka_unit_test(a_photograph_stands_upright),
	    cmocka_unit_test(it_is_decoded_by_a_process_of_its_own),
	};
	alarm(120);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
