/* Forms with a file: any bytes, whole and in pieces, give the same content and the same end. */
#include "wire/multipart.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct outcome {
	bool is_wrong, is_whole;
	size_t content;
	uint64_t hash;
	char name[sizeof((struct multipart *)0)->name];
};

static void take(struct outcome *outcome, struct http_text piece)
{
	assert(piece.bytes);
	outcome->content += piece.bytes;
	for (size_t i = 0; i < piece.bytes; i++)
		outcome->hash = outcome->hash * 31 + (unsigned char)piece.at[i];
}

static void read_form(const char *bytes, size_t length, size_t step, struct outcome *outcome)
{
	static const char type[] = "multipart/form-data; boundary=b";
	struct multipart form;
	assert(multipart_begin(&form, (struct http_text){type, sizeof type - 1}));
	*outcome = (struct outcome){0};
	for (size_t at = 0; at < length && !outcome->is_wrong; at += step) {
		size_t used = 0, here = length - at < step ? length - at : step;
		while (used < here && !outcome->is_wrong) {
			struct http_text piece;
			enum multipart_result result = multipart_next(&form, bytes + at, here, &used, &piece);
			assert(used <= here);
			if (result == MULTIPART_PIECE)
				take(outcome, piece);
			outcome->is_wrong = result == MULTIPART_WRONG;
		}
	}
	outcome->is_whole = multipart_is_whole(&form);
	memcpy(outcome->name, form.name, sizeof outcome->name);
	assert(memchr(form.name, '\0', sizeof form.name));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct outcome whole, pieces;
	struct multipart form;
	if (size < 2)
		return 0;
	/* The first byte says how large the pieces are. */
	size_t length = size - 1;
	char *bytes = malloc(length);
	memcpy(bytes, data + 1, length);
	multipart_begin(&form, (struct http_text){bytes, length});
	read_form(bytes, length, length, &whole);
	read_form(bytes, length, 1 + data[0] % 16, &pieces);
	assert(whole.is_wrong == pieces.is_wrong);
	if (!whole.is_wrong)
		assert(whole.is_whole == pieces.is_whole && whole.content == pieces.content &&
		       whole.hash == pieces.hash && !strcmp(whole.name, pieces.name));
	free(bytes);
	return 0;
}
