#include "wire/file_type.h"

#include "base/text/utf8.h"

#include <string.h>

#define TEXT   "text/plain; charset=utf-8"
#define OTHERS "application/octet-stream"

#define WEBM_TRACKS_BYTES 4096

static const struct signature {
	const char *type;
	size_t at, bytes;
	const char *sign;
	size_t at_more, bytes_more; /* of `more`; 0: none */
	const char *more;
} signatures[] = {
    {"image/png", 0, 8, "\x89PNG\r\n\x1a\n", 12, 4, "IHDR"},
    {"image/jpeg", 0, 3, "\xff\xd8\xff", 0, 0, NULL},
    {"image/gif", 0, 6, "GIF87a", 0, 0, NULL},
    {"image/gif", 0, 6, "GIF89a", 0, 0, NULL},
    {"image/webp", 0, 4, "RIFF", 8, 4, "WEBP"},
    {"audio/wav", 0, 4, "RIFF", 8, 4, "WAVE"},
    {"audio/flac", 0, 4, "fLaC", 0, 0, NULL},
    {"audio/mpeg", 0, 3, "ID3", 0, 0, NULL},
    {"audio/mpeg", 0, 2, "\xff\xfb", 0, 0, NULL},
    {"audio/mpeg", 0, 2, "\xff\xf3", 0, 0, NULL},
    {"audio/ogg", 0, 5, "OggS\0", 28, 8, "OpusHead"},
    {"audio/ogg", 0, 5, "OggS\0", 28, 7, "\x01vorbis"},
    {"video/ogg", 0, 5, "OggS\0", 28, 7, "\x80theora"},
    {"audio/mp4", 4, 8, "ftypM4A ", 0, 0, NULL},
    {"video/mp4", 4, 8, "ftypisom", 0, 0, NULL},
    {"video/mp4", 4, 8, "ftypiso2", 0, 0, NULL},
    {"video/mp4", 4, 8, "ftypiso4", 0, 0, NULL},
    {"video/mp4", 4, 8, "ftypiso5", 0, 0, NULL},
    {"video/mp4", 4, 8, "ftypiso6", 0, 0, NULL},
    {"video/mp4", 4, 8, "ftypmp41", 0, 0, NULL},
    {"video/mp4", 4, 8, "ftypmp42", 0, 0, NULL},
    {"video/mp4", 4, 8, "ftypavc1", 0, 0, NULL},
    {"video/mp4", 4, 8, "ftypM4V ", 0, 0, NULL},
};

static bool has(const unsigned char *bytes, size_t length, size_t at, const char *sign, size_t sign_bytes)
{
	return length >= at + sign_bytes && !memcmp(bytes + at, sign, sign_bytes);
}

/* Matroska is not WebM, though it begins alike: the name of the format stands near. */
static bool is_webm(const unsigned char *bytes, size_t length)
{
	if (!has(bytes, length, 0, "\x1a\x45\xdf\xa3", 4))
		return false;
	for (size_t at = 4; at + 4 <= length && at < 64; at++)
		if (has(bytes, length, at, "webm", 4))
			return true;
	return false;
}

static bool names_codec(const unsigned char *bytes, size_t length, const char *codec)
{
	size_t codec_bytes = strlen(codec);
	for (size_t at = 0; at + codec_bytes <= length && at < WEBM_TRACKS_BYTES; at++)
		if (has(bytes, length, at, codec, codec_bytes))
			return true;
	return false;
}

/* The tracks stand near the beginning, each with its codec: without a picture it is sound. */
static bool is_webm_sound(const unsigned char *bytes, size_t length)
{
	bool is_heard = names_codec(bytes, length, "A_OPUS") || names_codec(bytes, length, "A_VORBIS");
	return is_heard && !names_codec(bytes, length, "V_VP") && !names_codec(bytes, length, "V_AV1");
}

/* The last code point may be cut where there is more behind. */
static bool is_text(const unsigned char *bytes, size_t length, bool is_whole)
{
	for (size_t i = 0; i < length; i++)
		if ((bytes[i] < ' ' && !strchr("\t\n\r\f\x1b", bytes[i])) || !bytes[i] || bytes[i] == 0x7f)
			return false;
	for (size_t cut = 0; cut < 4 && cut <= length; cut++) {
		if (utf8_valid((const char *)bytes, length - cut))
			return true;
		if (is_whole)
			return false;
	}
	return false;
}

const char *file_type_of(const unsigned char *bytes, size_t length, bool is_whole)
{
	for (size_t i = 0; i < sizeof signatures / sizeof *signatures; i++) {
		const struct signature *one = &signatures[i];
		if (has(bytes, length, one->at, one->sign, one->bytes) &&
		    (!one->more || has(bytes, length, one->at_more, one->more, one->bytes_more)))
			return one->type;
	}
	if (is_webm(bytes, length))
		return is_webm_sound(bytes, length) ? "audio/webm" : "video/webm";
	return is_text(bytes, length, is_whole) ? TEXT : OTHERS;
}

bool file_type_is_shown(const char *type)
{
	return strcmp(type, OTHERS) != 0;
}

/* --- sizes --- */

static int32_t big(const unsigned char *at, int bytes)
{
	uint32_t value = 0;
	for (int i = 0; i < bytes; i++)
		value = value << 8 | at[i];
	return value > INT32_MAX ? 0 : (int32_t)value;
}

static int32_t little(const unsigned char *at, int bytes)
{
	uint32_t value = 0;
	while (bytes--)
		value = value << 8 | at[bytes];
	return value > INT32_MAX ? 0 : (int32_t)value;
}

int file_type_tiff_orientation(const unsigned char *tiff, size_t bytes)
{
	if (bytes < 8)
		return 1;
	bool is_little = tiff[0] == 'I';
	int32_t (*number)(const unsigned char *, int) = is_little ? little : big;
	size_t at = (size_t)number(tiff + 4, 4);
	if (at > bytes || bytes - at < 2)
		return 1;
	size_t count = (size_t)number(tiff + at, 2);
	for (at += 2; count && bytes - at >= 12; count--, at += 12)
		if (number(tiff + at, 2) == 0x112)
			return number(tiff + at + 8, 2);
	return 1;
}

int file_type_png_orientation(const unsigned char *bytes, size_t length)
{
	for (size_t at = 8; length >= 12 && at <= length - 12 && memcmp(bytes + at + 4, "IDAT", 4) != 0;) {
		size_t chunk = (size_t)big(bytes + at, 4);
		if (chunk > length - at - 12)
			break;
		int orientation = !memcmp(bytes + at + 4, "eXIf", 4)
				      ? file_type_tiff_orientation(bytes + at + 8, chunk)
				      : 1;
		if (orientation > 1 && orientation <= 8)
			return orientation;
		at += chunk + 12;
	}
	return 1;
}

static bool png_size(const unsigned char *bytes, size_t length, int32_t *width, int32_t *height)
{
	if (length < 24)
		return false;
	int32_t across = big(bytes + 16, 4), down = big(bytes + 20, 4);
	bool is_on_side = file_type_png_orientation(bytes, length) >= 5;
	*width = is_on_side ? down : across;
	*height = is_on_side ? across : down;
	return true;
}

static bool gif_size(const unsigned char *bytes, size_t length, int32_t *width, int32_t *height)
{
	if (length < 10)
		return false;
	*width = little(bytes + 6, 2);
	*height = little(bytes + 8, 2);
	return true;
}

static bool webp_size(const unsigned char *bytes, size_t length, int32_t *width, int32_t *height)
{
	if (length < 30)
		return false;
	if (has(bytes, length, 12, "VP8X", 4)) {
		*width = little(bytes + 24, 3) + 1;
		*height = little(bytes + 27, 3) + 1;
	} else if (has(bytes, length, 12, "VP8L", 4)) {
		uint32_t bits = (uint32_t)little(bytes + 21, 3) | (uint32_t)bytes[24] << 24;
		*width = (int32_t)(bits & 0x3fff) + 1;
		*height = (int32_t)(bits >> 14 & 0x3fff) + 1;
	} else if (has(bytes, length, 12, "VP8 ", 4)) {
		*width = little(bytes + 26, 2) & 0x3fff;
		*height = little(bytes + 28, 2) & 0x3fff;
	} else {
		return false;
	}
	return true;
}

int file_type_orientation(const unsigned char *exif, size_t length)
{
	return length > 6 && !memcmp(exif, "Exif\0", 6) ? file_type_tiff_orientation(exif + 6, length - 6)
							: 1;
}

/* From segment to segment to the frame, which says how large it is. */
static bool jpeg_size(const unsigned char *bytes, size_t length, int32_t *width, int32_t *height)
{
	int orientation = 1;
	for (size_t at = 2; at + 9 <= length && bytes[at] == 0xff;) {
		int marker = bytes[at + 1];
		size_t segment = (size_t)big(bytes + at + 2, 2);
		bool is_frame =
		    marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
		if (marker == 0xff) {
			at++;
			continue;
		}
		if (segment < 2 || marker == 0xda)
			return false;
		if (marker == 0xe1 && segment <= length - at - 2)
			orientation = file_type_orientation(bytes + at + 4, segment - 2);
		if (is_frame) {
			int32_t across = big(bytes + at + 7, 2), down = big(bytes + at + 5, 2);
			*width = orientation >= 5 && orientation <= 8 ? down : across;
			*height = orientation >= 5 && orientation <= 8 ? across : down;
			return true;
		}
		at += 2 + segment;
	}
	return false;
}

bool file_type_size(const char *type, const unsigned char *bytes, size_t length, int32_t *width,
		    int32_t *height)
{
	static const struct {
		const char *type;
		bool (*size)(const unsigned char *, size_t, int32_t *, int32_t *);
	} kinds[] = {{"image/png", png_size},
		     {"image/gif", gif_size},
		     {"image/webp", webp_size},
		     {"image/jpeg", jpeg_size}};
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (!strcmp(kinds[i].type, type))
			return kinds[i].size(bytes, length, width, height) && *width > 0 && *height > 0;
	return false;
}
