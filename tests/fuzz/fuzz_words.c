/* Text into the words of a search: whatever it is, each word is bounded, valid, and the word of itself. */
#include "base/text/utf8.h"
#include "base/text/words.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int expect_word(void *context, const char *word, size_t bytes, bool is_same_place)
{
	const char **expected = context;
	assert(!is_same_place && *expected);
	assert(strlen(*expected) == bytes && !memcmp(*expected, word, bytes));
	*expected = NULL;
	return 0;
}

static int check_word(void *context, const char *word, size_t bytes, bool is_same_place)
{
	char text[WORDS_BYTES_MAX + 1];
	const char *expected = text;
	size_t *count = context;
	assert(bytes && bytes <= WORDS_BYTES_MAX && utf8_valid(word, bytes));
	assert(*count || !is_same_place);
	memcpy(text, word, bytes);
	text[bytes] = '\0';
	/* One that was cut may end with the beginning of something else. */
	if (bytes < WORDS_BYTES_MAX / 2) {
		words_split(text, bytes, WORDS_OF_QUERY, expect_word, &expected);
		assert(!expected);
	}
	++*count;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t count = 0, asked = 0;
	char *text = malloc(size ? size : 1);
	memcpy(text, data, size);
	words_split(text, size, WORDS_OF_TEXT, check_word, &count);
	words_split(text, size, WORDS_OF_QUERY, check_word, &asked);
	assert(asked <= count);
	words_may_go_on(text, size);
	free(text);
	return 0;
}
