#include "base/switch_word.h"

#include <string.h>
#include <strings.h>

bool switch_word(const char *word, size_t length, bool *is_on)
{
	static const struct {
		const char *word;
		bool is_on;
	} words[] = {{"on", true},     {"off", false}, {"yes", true}, {"no", false}, {"true", true},
		     {"false", false}, {"1", true},    {"0", false},  {"sì", true},  {"si", true}};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (strlen(words[i].word) != length || strncasecmp(words[i].word, word, length))
			continue;
		*is_on = words[i].is_on;
		return true;
	}
	return false;
}
