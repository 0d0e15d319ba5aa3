/* Text that may be one emoji. */
#include "base/text/emoji.h"
#include "base/limits.h"
#include "base/text/utf8.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), *folded = malloc(size + 1), *twice = malloc(size * 2 + 1);
	memcpy(text, data, size);
	text[size] = '\0';
	strcpy(folded, text);
	emoji_fold(folded);
	assert(strlen(folded) <= strlen(text));
	bool is_one = emoji_is_one(text);
	/* It is one without its selectors, too, and two of them are not one. */
	if (is_one) {
		assert(*folded && utf8_valid(text, strlen(text)) && emoji_is_one(folded));
		strcpy(twice, text);
		strcat(twice, text);
		/* Two halves of a flag are a flag. */
		assert(!emoji_is_one(twice) || strlen(text) == 4);
	}
	/* Bytes that are not UTF-8 may become new selectors. */
	strcpy(twice, folded);
	emoji_fold(twice);
	assert(!strcmp(twice, folded) || !utf8_valid(text, strlen(text)));
	free(text);
	free(folded);
	free(twice);
	return 0;
}
