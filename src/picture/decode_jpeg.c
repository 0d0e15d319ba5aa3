#include "picture/decode.h"

#include "base/limits.h"
#include "base/memory.h"
#include "wire/file_type.h"

#include <stdio.h>
#include <stdlib.h>

#include <jpeglib.h>

static void jpeg_give_up(j_common_ptr jpeg)
{
	(void)jpeg;
	decode_give_up();
}

static void jpeg_say_nothing(j_common_ptr jpeg)
{
	(void)jpeg;
}

static int jpeg_orientation(const struct jpeg_decompress_struct *jpeg)
{
	for (const struct jpeg_marker_struct *marker = jpeg->marker_list; marker; marker = marker->next) {
		if (marker->marker != JPEG_APP0 + 1)
			continue;
		int orientation = file_type_orientation(marker->data, marker->data_length);
		if (orientation > 1 && orientation <= 8)
			return orientation;
	}
	return 1;
}

/* Programs that print write the inks inverted, and say so in a segment of Adobe's. */
static void convert_inks(const unsigned char *inks, size_t count, bool is_inverted, unsigned char *rgba)
{
	for (size_t i = 0; i < count; i++, inks += 4, rgba += 4) {
		unsigned black = is_inverted ? inks[3] : 255u - inks[3];
		for (int c = 0; c < 3; c++)
			rgba[c] = (unsigned char)((is_inverted ? inks[c] : 255u - inks[c]) * black / 255);
		rgba[3] = 255;
	}
}

/* The decoder halves it itself as often as it stays large enough. */
static void jpeg_choose_scale(struct jpeg_decompress_struct *jpeg, int32_t side)
{
	unsigned longest = jpeg->image_width > jpeg->image_height ? jpeg->image_width : jpeg->image_height;
	jpeg->scale_num = 1;
	jpeg->scale_denom = 1;
	while (jpeg->scale_denom < 8 && longest / (jpeg->scale_denom * 2) >= (unsigned)side)
		jpeg->scale_denom *= 2;
}

static void jpeg_find_profile(struct jpeg_decompress_struct *jpeg, struct colours *profile)
{
	JOCTET *bytes;
	unsigned length;
	if (!jpeg_read_icc_profile(jpeg, &bytes, &length))
		return;
	colours_take(profile, bytes, length);
	free(bytes);
}

void decode_jpeg(const unsigned char *bytes, size_t length, struct shrink *to, struct colours *profile)
{
	struct jpeg_decompress_struct jpeg;
	struct jpeg_error_mgr errors;
	jpeg.err = jpeg_std_error(&errors);
	errors.error_exit = jpeg_give_up;
	errors.output_message = jpeg_say_nothing;
	jpeg_create_decompress(&jpeg);
	jpeg_save_markers(&jpeg, JPEG_APP0 + 1, 0xffff);
	jpeg_save_markers(&jpeg, JPEG_APP0 + 2, 0xffff);
	jpeg_mem_src(&jpeg, bytes, length);
	if (jpeg_read_header(&jpeg, TRUE) != JPEG_HEADER_OK ||
	    (int64_t)jpeg.image_width * jpeg.image_height > LIMIT_PREVIEW_PIXELS)
		decode_give_up();
	bool has_inks = jpeg.jpeg_color_space == JCS_CMYK || jpeg.jpeg_color_space == JCS_YCCK;
	/* Inks are converted without theirs. */
	if (!has_inks)
		jpeg_find_profile(&jpeg, profile);
	jpeg.out_color_space = has_inks ? JCS_CMYK : JCS_EXT_RGBA;
	jpeg_choose_scale(&jpeg, to->side_max);
	jpeg_start_decompress(&jpeg);
	if (!shrink_begin(to, jpeg.output_width, jpeg.output_height))
		decode_give_up();
	unsigned char *row = mem_zero((size_t)jpeg.output_width * 4);
	unsigned char *inks = has_inks ? mem_zero((size_t)jpeg.output_width * 4) : row;
	while (jpeg.output_scanline < jpeg.output_height) {
		jpeg_read_scanlines(&jpeg, &inks, 1);
		if (has_inks)
			convert_inks(inks, jpeg.output_width, jpeg.saw_Adobe_marker, row);
		shrink_add(to, row);
	}
	shrink_turn(to, jpeg_orientation(&jpeg));
}
