#include "front/picture_format.h"

#include "base/memory.h"
#include "front/picture.h"
#include "wire/file_type.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <png.h>
#include <webp/decode.h>

static bool is_sane(size_t width, size_t height)
{
	return width && height && width <= PICTURE_SOURCE_MAX && height <= PICTURE_SOURCE_MAX &&
	       width * height <= PICTURE_SOURCE_AREA;
}

static unsigned char *pixels_for(struct picture_source *source, size_t width, size_t height)
{
	source->width = (unsigned)width;
	source->height = (unsigned)height;
	source->pixels = mem_alloc(width * height * PICTURE_PIXEL_BYTES);
	return source->pixels;
}

/* Turns it as the camera was held: from 5 on rows become columns, and then an edge or two change sides. */
static void turn(struct picture_source *source, int orientation)
{
	unsigned width = source->width, height = source->height;
	bool is_on_side = orientation >= 5;
	bool is_mirrored = orientation == 2 || orientation == 3 || orientation == 6 || orientation == 7;
	bool is_upside_down = orientation == 3 || orientation == 4 || orientation == 7 || orientation == 8;
	if (orientation < 2 || orientation > 8)
		return;
	unsigned char *from = source->pixels, *to = pixels_for(source, width, height);
	source->width = is_on_side ? height : width;
	source->height = is_on_side ? width : height;
	for (unsigned y = 0; y < source->height; y++)
		for (unsigned x = 0; x < source->width; x++) {
			unsigned across = is_mirrored ? source->width - 1 - x : x;
			unsigned down = is_upside_down ? source->height - 1 - y : y;
			size_t at =
			    is_on_side ? (size_t)across * width + down : (size_t)down * width + across;
			memcpy(to + ((size_t)y * source->width + x) * PICTURE_PIXEL_BYTES,
			       from + at * PICTURE_PIXEL_BYTES, PICTURE_PIXEL_BYTES);
		}
	free(from);
}

static bool read_png(const unsigned char *bytes, size_t length, struct picture_source *source)
{
	png_image image = {.version = PNG_IMAGE_VERSION};
	if (!png_image_begin_read_from_memory(&image, bytes, length))
		return false;
	image.format = PNG_FORMAT_RGBA;
	bool is_read =
	    is_sane(image.width, image.height) &&
	    png_image_finish_read(&image, NULL, pixels_for(source, image.width, image.height), 0, NULL);
	png_image_free(&image);
	if (is_read)
		turn(source, file_type_png_orientation(bytes, length));
	return is_read;
}

static bool read_webp(const unsigned char *bytes, size_t length, struct picture_source *source)
{
	int width = 0, height = 0;
	if (!WebPGetInfo(bytes, length, &width, &height) || width < 0 || height < 0 ||
	    !is_sane((size_t)width, (size_t)height))
		return false;
	size_t size = (size_t)width * (size_t)height * PICTURE_PIXEL_BYTES;
	return WebPDecodeRGBAInto(bytes, length, pixels_for(source, (size_t)width, (size_t)height), size,
				  width * PICTURE_PIXEL_BYTES);
}

/* --- JPEG: the library jumps out of what it cannot read --------------------------------- */

#define EXIF_MARKER (JPEG_APP0 + 1)
#define MARKER_MAX  65533

struct jpeg_reader {
	struct jpeg_decompress_struct jpeg;
	struct jpeg_error_mgr errors;
	jmp_buf wrong;
};

__attribute__((noreturn)) static void jpeg_is_wrong(j_common_ptr about)
{
	struct jpeg_reader *reader = about->client_data;
	longjmp(reader->wrong, 1);
}

/* It would be written to a terminal that is not its own. */
static void say_nothing(j_common_ptr about)
{
	(void)about;
}

static int orientation_of(const struct jpeg_decompress_struct *jpeg)
{
	for (jpeg_saved_marker_ptr one = jpeg->marker_list; one; one = one->next)
		if (one->marker == EXIF_MARKER)
			return file_type_orientation(one->data, one->data_length);
	return 1;
}

/* The library makes it up to eight times smaller with less work than we would have. */
static void choose_scale(struct jpeg_decompress_struct *jpeg, const struct picture_source *source)
{
	bool is_on_side = orientation_of(jpeg) >= 5;
	unsigned width = is_on_side ? source->wanted_height : source->wanted_width;
	unsigned height = is_on_side ? source->wanted_width : source->wanted_height;
	jpeg->scale_num = 1;
	jpeg->scale_denom = 8;
	while (jpeg->scale_denom > 1 && (jpeg->image_width / jpeg->scale_denom < width ||
					 jpeg->image_height / jpeg->scale_denom < height))
		jpeg->scale_denom /= 2;
	jpeg->out_color_space = JCS_EXT_RGBA;
}

static void read_rows(struct jpeg_decompress_struct *jpeg, unsigned char *pixels)
{
	while (jpeg->output_scanline < jpeg->output_height) {
		JSAMPROW row =
		    pixels + (size_t)jpeg->output_scanline * jpeg->output_width * PICTURE_PIXEL_BYTES;
		jpeg_read_scanlines(jpeg, &row, 1);
	}
}

static bool read_jpeg(const unsigned char *bytes, size_t length, struct picture_source *source)
{
	struct jpeg_reader *reader = mem_zero(sizeof *reader);
	volatile bool is_read = false;
	reader->jpeg.err = jpeg_std_error(&reader->errors);
	reader->jpeg.client_data = reader;
	reader->errors.error_exit = jpeg_is_wrong;
	reader->errors.output_message = say_nothing;
	if (!setjmp(reader->wrong)) {
		jpeg_create_decompress(&reader->jpeg);
		jpeg_mem_src(&reader->jpeg, bytes, length);
		jpeg_save_markers(&reader->jpeg, EXIF_MARKER, MARKER_MAX);
		jpeg_read_header(&reader->jpeg, TRUE);
		if (is_sane(reader->jpeg.image_width, reader->jpeg.image_height)) {
			choose_scale(&reader->jpeg, source);
			jpeg_start_decompress(&reader->jpeg);
			read_rows(&reader->jpeg,
				  pixels_for(source, reader->jpeg.output_width, reader->jpeg.output_height));
			turn(source, orientation_of(&reader->jpeg));
			is_read = true;
		}
	}
	jpeg_destroy_decompress(&reader->jpeg);
	free(reader);
	return is_read;
}

const struct picture_format *picture_format_find(const char *type)
{
	static const struct picture_format formats[] = {
	    {"image/png", read_png}, {"image/jpeg", read_jpeg}, {"image/webp", read_webp}};
	for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
		if (!strcmp(formats[i].type, type))
			return &formats[i];
	return NULL;
}
