#include "picture/decode.h"

#include "base/limits.h"
#include "base/memory.h"

#include <string.h>
#include <webp/decode.h>
#include <webp/demux.h>

/* Has the decoder scale the picture down while it reads, to no more than is needed. */
static void scale_down(WebPDecoderConfig *webp, int32_t side)
{
	int width = webp->input.width, height = webp->input.height;
	int longest = width > height ? width : height;
	if (longest <= 2 * side)
		return;
	webp->options.use_scaling = 1;
	webp->options.scaled_width = (int)((int64_t)width * 2 * side / longest);
	webp->options.scaled_height = (int)((int64_t)height * 2 * side / longest);
	if (!webp->options.scaled_width)
		webp->options.scaled_width = 1;
	if (!webp->options.scaled_height)
		webp->options.scaled_height = 1;
}

static void webp_read(WebPDecoderConfig *webp, const unsigned char *bytes, size_t length)
{
	webp->output.colorspace = MODE_RGBA;
	if (WebPDecode(bytes, length, webp) != VP8_STATUS_OK)
		decode_give_up();
}

static const unsigned char *webp_row(const WebPDecoderConfig *webp, int row)
{
	return webp->output.u.RGBA.rgba + (ptrdiff_t)row * webp->output.u.RGBA.stride;
}

static void decode_still(WebPDecoderConfig *webp, const unsigned char *bytes, size_t length,
			 struct shrink *to)
{
	if ((int64_t)webp->input.width * webp->input.height > LIMIT_PREVIEW_PIXELS)
		decode_give_up();
	scale_down(webp, to->side_max);
	webp_read(webp, bytes, length);
	if (!shrink_begin(to, webp->output.width, webp->output.height))
		decode_give_up();
	for (int row = 0; row < webp->output.height; row++)
		shrink_add(to, webp_row(webp, row));
}

/* The first picture may cover only a part of the whole. */
static void decode_first(WebPDecoderConfig *webp, const unsigned char *bytes, size_t length,
			 struct shrink *to)
{
	WebPData all = {bytes, length};
	WebPIterator first;
	WebPDemuxer *frames = WebPDemux(&all);
	if (!frames || !WebPDemuxGetFrame(frames, 1, &first) ||
	    !shrink_begin(to, WebPDemuxGetI(frames, WEBP_FF_CANVAS_WIDTH),
			  WebPDemuxGetI(frames, WEBP_FF_CANVAS_HEIGHT)) ||
	    (int64_t)first.width * first.height > LIMIT_PREVIEW_PIXELS || first.x_offset < 0 ||
	    first.x_offset + first.width > to->from_width)
		decode_give_up();
	webp_read(webp, first.fragment.bytes, first.fragment.size);
	if (webp->output.width != first.width || webp->output.height != first.height)
		decode_give_up();
	unsigned char *row = mem_zero((size_t)to->from_width * 4);
	for (int y = 0; y < to->from_height; y++) {
		int inside = y - first.y_offset;
		memset(row, 0, (size_t)to->from_width * 4);
		if (inside >= 0 && inside < first.height)
			memcpy(row + (size_t)first.x_offset * 4, webp_row(webp, inside),
			       (size_t)first.width * 4);
		shrink_add(to, row);
	}
}

static void webp_find_profile(const unsigned char *bytes, size_t length, struct colours *profile)
{
	WebPData all = {bytes, length};
	WebPChunkIterator chunk;
	WebPDemuxer *chunks = WebPDemux(&all);
	if (chunks && WebPDemuxGetChunk(chunks, "ICCP", 1, &chunk))
		colours_take(profile, chunk.chunk.bytes, chunk.chunk.size);
}

void decode_webp(const unsigned char *bytes, size_t length, struct shrink *to, struct colours *profile)
{
	WebPDecoderConfig webp;
	if (!WebPInitDecoderConfig(&webp) || WebPGetFeatures(bytes, length, &webp.input) != VP8_STATUS_OK)
		decode_give_up();
	webp_find_profile(bytes, length, profile);
	if (webp.input.has_animation)
		decode_first(&webp, bytes, length, to);
	else
		decode_still(&webp, bytes, length, to);
}
