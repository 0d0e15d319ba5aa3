#include "base/mask.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

static bool is_same(char one, char other)
{
	return tolower((unsigned char)one) == tolower((unsigned char)other);
}

bool mask_matches(const char *mask, const char *text)
{
	const char *star = NULL, *mark = NULL;
	while (*text) {
		if (*mask == '*') {
			star = mask++;
			mark = text;
		} else if (*mask && (*mask == '?' || is_same(*mask, *text))) {
			mask++;
			text++;
		} else if (star) {
			mask = star + 1;
			text = ++mark;
		} else {
			return false;
		}
	}
	while (*mask == '*')
		mask++;
	return !*mask;
}

bool mask_is_one(const char *text)
{
	return strpbrk(text, "*?") != NULL;
}
