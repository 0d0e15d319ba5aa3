#include "picture/decode.h"

#include "base/limits.h"
#include "base/memory.h"
#include "wire/file_type.h"

#include <png.h>
#include <string.h>

#define CHUNK_BYTES_MAX (8 << 20)

struct source {
	const unsigned char *at;
	size_t left;
};

static noreturn void png_give_up(png_structp png, png_const_charp why)
{
	(void)png;
	(void)why;
	decode_give_up();
}

static void pass_over(png_structp png, png_const_charp why)
{
	(void)png;
	(void)why;
}

static void png_take_bytes(png_structp png, png_bytep to, size_t length)
{
	struct source *source = png_get_io_ptr(png);
	if (length > source->left)
		decode_give_up();
	memcpy(to, source->at, length);
	source->at += length;
	source->left -= length;
}

static void make_rgba(png_structp png)
{
	png_set_expand(png);
	png_set_scale_16(png);
	png_set_gray_to_rgb(png);
	png_set_add_alpha(png, 255, PNG_FILLER_AFTER);
}

/* Seven pictures over each other: all of it has to be there. */
static void read_interlaced(png_structp png, struct shrink *to)
{
	size_t row_bytes = (size_t)to->from_width * 4, rows = (size_t)to->from_height;
	unsigned char *all = mem_zero(row_bytes * rows);
	png_bytep *row = mem_zero(rows * sizeof *row);
	for (size_t i = 0; i < rows; i++)
		row[i] = all + i * row_bytes;
	png_read_image(png, row);
	for (size_t i = 0; i < rows; i++)
		shrink_add(to, row[i]);
}

static void png_take_rows(png_structp png, struct shrink *to)
{
	unsigned char *row = mem_zero((size_t)to->from_width * 4);
	for (int32_t i = 0; i < to->from_height; i++) {
		png_read_row(png, row, NULL);
		shrink_add(to, row);
	}
}

static void png_find_profile(png_structp png, png_infop info, struct colours *profile)
{
	png_charp name;
	png_bytep bytes;
	int compression;
	png_uint_32 length;
	if (png_get_iCCP(png, info, &name, &compression, &bytes, &length))
		colours_take(profile, bytes, length);
}

void decode_png(const unsigned char *bytes, size_t length, struct shrink *to, struct colours *profile)
{
	struct source source = {bytes, length};
	png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, NULL, png_give_up, pass_over);
	png_infop info = png ? png_create_info_struct(png) : NULL;
	if (!info)
		decode_give_up();
	png_set_user_limits(png, LIMIT_PREVIEW_PIXELS, LIMIT_PREVIEW_PIXELS);
	png_set_chunk_malloc_max(png, CHUNK_BYTES_MAX);
	png_set_read_fn(png, &source, png_take_bytes);
	png_read_info(png, info);
	if (!shrink_begin(to, png_get_image_width(png, info), png_get_image_height(png, info)))
		decode_give_up();
	png_find_profile(png, info, profile);
	make_rgba(png);
	bool is_interlaced = png_set_interlace_handling(png) > 1;
	png_read_update_info(png, info);
	if (png_get_rowbytes(png, info) != (size_t)to->from_width * 4)
		decode_give_up();
	if (is_interlaced)
		read_interlaced(png, to);
	else
		png_take_rows(png, to);
	shrink_turn(to, file_type_png_orientation(bytes, length));
}
