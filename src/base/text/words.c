#include "base/text/words.h"

#include "base/text/code_point.h"
#include "base/text/emoji.h"
#include "base/text/utf8.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>
#include <utf8proc.h>

/* A piece is folded at a time. Nothing in Unicode becomes more than 18 code points, and that has 3 bytes. */
#define PIECE_BYTES  256
#define PIECE_POINTS (PIECE_BYTES * 6 + 4)

#define SIGNED_BYTES_MAX 16 /* a word that "+" or "#" may follow */

enum letter {
	LETTER_NONE, /* parts words */
	LETTER_PLAIN,
	LETTER_MARK,     /* belongs to the letter before it */
	LETTER_UNSPACED, /* a word of its own, with its marks */
	LETTER_EMOJI,
	LETTER_FLAG,  /* a regional indicator: two make one emoji */
	LETTER_HIDDEN /* makes no difference */
};

struct splitter {
	enum words_mode mode;
	words_visit *visit;
	void *context;
	int result; /* of the last visit; not 0: no more words */
	size_t length;
	bool is_unspaced; /* the word that is being made ends before the next letter */
	bool is_flag;     /* it is one half of a flag */
	char word[WORDS_BYTES_MAX];
};

/* --- letters --- */

/* Scripts that write no spaces between words, and Korean, which writes them between more than words. */
static bool is_unspaced(uint32_t point)
{
	static const struct {
		uint32_t first, last;
	} ranges[] = {
	    {0x0e00, 0x0eff},   /* Thai, Lao */
	    {0x1000, 0x109f},   /* Burmese */
	    {0x1100, 0x11ff},   /* Korean letters */
	    {0x1780, 0x17ff},   /* Khmer */
	    {0x1950, 0x19df},   /* Tai Le, New Tai Lue */
	    {0x1a20, 0x1aaf},   /* Tai Tham */
	    {0x3005, 0x3007},   /* Han */
	    {0x303b, 0x318f},   /* Kana, Bopomofo, Korean letters */
	    {0x31a0, 0x31ff},   /* Bopomofo, Kana */
	    {0x3400, 0x4dbf},   /* Han */
	    {0x4e00, 0x9fff},   /* Han */
	    {0xa960, 0xa97f},   /* Korean letters */
	    {0xa9e0, 0xa9ff},   /* Burmese */
	    {0xaa60, 0xaadf},   /* Burmese, Tai Viet */
	    {0xac00, 0xd7ff},   /* Korean syllables and letters */
	    {0xf900, 0xfaff},   /* Han */
	    {0x1aff0, 0x1b16f}, /* Kana */
	    {0x20000, 0x3ffff}, /* Han */
	};
	if (point < ranges[0].first)
		return false;
	for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
		if (point <= ranges[i].last)
			return point >= ranges[i].first;
	return false;
}

/* Bytes that mean the same whatever stands beside them: letters and digits of ASCII as small letters, ' ' for what parts
 * words. 0: anything else. */
static const char plain_bytes[256] = {
    [0 ... '\"'] = ' ',   ['$' ... '*'] = ' ', [',' ... '/'] = ' ', [':' ... '@'] = ' ', ['[' ... '`'] = ' ',
    ['{' ... 0x7f] = ' ', ['0'] = '0',         ['1'] = '1',         ['2'] = '2',         ['3'] = '3',
    ['4'] = '4',          ['5'] = '5',         ['6'] = '6',         ['7'] = '7',         ['8'] = '8',
    ['9'] = '9',          ['A'] = 'a',         ['B'] = 'b',         ['C'] = 'c',         ['D'] = 'd',
    ['E'] = 'e',          ['F'] = 'f',         ['G'] = 'g',         ['H'] = 'h',         ['I'] = 'i',
    ['J'] = 'j',          ['K'] = 'k',         ['L'] = 'l',         ['M'] = 'm',         ['N'] = 'n',
    ['O'] = 'o',          ['P'] = 'p',         ['Q'] = 'q',         ['R'] = 'r',         ['S'] = 's',
    ['T'] = 't',          ['U'] = 'u',         ['V'] = 'v',         ['W'] = 'w',         ['X'] = 'x',
    ['Y'] = 'y',          ['Z'] = 'z',         ['a'] = 'a',         ['b'] = 'b',         ['c'] = 'c',
    ['d'] = 'd',          ['e'] = 'e',         ['f'] = 'f',         ['g'] = 'g',         ['h'] = 'h',
    ['i'] = 'i',          ['j'] = 'j',         ['k'] = 'k',         ['l'] = 'l',         ['m'] = 'm',
    ['n'] = 'n',          ['o'] = 'o',         ['p'] = 'p',         ['q'] = 'q',         ['r'] = 'r',
    ['s'] = 's',          ['t'] = 't',         ['u'] = 'u',         ['v'] = 'v',         ['w'] = 'w',
    ['x'] = 'x',          ['y'] = 'y',         ['z'] = 'z',
};

static enum letter words_letter(uint32_t point)
{
	if (point < 0x80)
		return plain_bytes[point] > ' ' ? LETTER_PLAIN : LETTER_NONE;
	if (point >= 0x1f1e6 && point <= 0x1f1ff)
		return LETTER_FLAG;
	if (emoji_is_symbol(point))
		return emoji_is_skin_tone(point) ? LETTER_HIDDEN : LETTER_EMOJI;
	const utf8proc_property_t *property = utf8proc_get_property((utf8proc_int32_t)point);
	switch (property->category) {
	case UTF8PROC_CATEGORY_LU:
	case UTF8PROC_CATEGORY_LL:
	case UTF8PROC_CATEGORY_LT:
	case UTF8PROC_CATEGORY_LM:
	case UTF8PROC_CATEGORY_LO:
	case UTF8PROC_CATEGORY_ND:
	case UTF8PROC_CATEGORY_NL:
	case UTF8PROC_CATEGORY_NO:
	case UTF8PROC_CATEGORY_CO:
		/* The line that lengthens Arabic words. */
		return point == 0x0640 ? LETTER_HIDDEN : is_unspaced(point) ? LETTER_UNSPACED : LETTER_PLAIN;
	case UTF8PROC_CATEGORY_MN:
	case UTF8PROC_CATEGORY_MC:
		return property->ignorable ? LETTER_HIDDEN : LETTER_MARK;
	case UTF8PROC_CATEGORY_ME:
	case UTF8PROC_CATEGORY_CF:
		return LETTER_HIDDEN;
	default:
		return property->ignorable ? LETTER_HIDDEN : LETTER_NONE;
	}
}

/* Accents, points of Arabic, Hebrew and Syriac, the dot of Indic scripts. Signs for vowels have class 0 or
 * one of their script, those that voice a Kana have class 8. */
static bool is_accent(utf8proc_int32_t point)
{
	int class = utf8proc_get_property(point)->combining_class;
	return class == 1 || class == 7 || (class >= 10 && class <= 36) || class >= 200;
}

/* Letters that Unicode does not take apart, and people do; NULL for any other. */
static const char *plain_form(uint32_t point)
{
	static const struct {
		uint32_t point;
		const char *plain;
	} forms[] = {
	    {0xe6, "ae"},  /* æ */
	    {0xf0, "d"},   /* ð */
	    {0xf8, "o"},   /* ø */
	    {0xfe, "th"},  /* þ */
	    {0x111, "d"},  /* đ */
	    {0x127, "h"},  /* ħ */
	    {0x131, "i"},  /* ı */
	    {0x142, "l"},  /* ł */
	    {0x153, "oe"}, /* œ */
	    {0x167, "t"},  /* ŧ */
	};
	for (size_t i = 0; i < sizeof forms / sizeof *forms && point < 0x180; i++)
		if (forms[i].point == point)
			return forms[i].plain;
	return NULL;
}

/* --- words --- */

static void show(struct splitter *splitter, const char *word, size_t bytes, bool is_same_place)
{
	if (!splitter->result && bytes)
		splitter->result = splitter->visit(splitter->context, word, bytes, is_same_place);
}

static void finish(struct splitter *splitter)
{
	show(splitter, splitter->word, splitter->length, false);
	splitter->length = 0;
	splitter->is_unspaced = splitter->is_flag = false;
}

static void words_add(struct splitter *splitter, const char *text, size_t bytes)
{
	if (splitter->length + bytes > WORDS_BYTES_MAX)
		return;
	memcpy(splitter->word + splitter->length, text, bytes);
	splitter->length += bytes;
}

static void words_add_point(struct splitter *splitter, uint32_t point)
{
	char text[CODE_POINT_BYTES_MAX];
	if (point < 0x80) {
		if (splitter->length < WORDS_BYTES_MAX)
			splitter->word[splitter->length++] = (char)point;
		return;
	}
	const char *plain = plain_form(point);
	if (plain)
		words_add(splitter, plain, strlen(plain));
	else
		words_add(splitter, text, code_point_write(text, point));
}

/* The "++" or "#" at `at` behind the word that was made; returns how many of the signs belong to it. */
static size_t signs_behind(const struct splitter *splitter, const utf8proc_int32_t *at,
			   const utf8proc_int32_t *end)
{
	size_t count = 0;
	if (!splitter->length || splitter->length > SIGNED_BYTES_MAX || splitter->is_unspaced)
		return 0;
	while (at + count < end && at[count] == *at)
		count++;
	bool is_last = at + count == end || words_letter((uint32_t)at[count]) == LETTER_NONE;
	if (*at == '+')
		return count == 2 || (count == 1 && is_last) ? count : 0;
	return *at == '#' && count == 1 && is_last ? 1 : 0;
}

static void finish_signed(struct splitter *splitter, char sign, size_t signs)
{
	size_t bare = splitter->length;
	for (size_t i = 0; i < signs; i++)
		words_add(splitter, &sign, 1);
	assert(splitter->length == bare + signs);
	if (splitter->mode == WORDS_OF_TEXT) {
		show(splitter, splitter->word, bare, false);
		show(splitter, splitter->word, splitter->length, true);
		splitter->length = 0;
	}
	finish(splitter);
}

static void take_symbol(struct splitter *splitter, uint32_t point, bool is_flag)
{
	bool is_second = is_flag && splitter->is_flag;
	if (!is_second)
		finish(splitter);
	words_add_point(splitter, point);
	if (is_flag && !is_second)
		splitter->is_flag = true;
	else
		finish(splitter);
}

static void take_letter(struct splitter *splitter, uint32_t point, enum letter letter)
{
	bool is_new = letter == LETTER_UNSPACED || splitter->is_unspaced || splitter->is_flag;
	if (letter == LETTER_MARK && (!splitter->length || splitter->is_flag))
		return;
	if (letter != LETTER_MARK && is_new)
		finish(splitter);
	if (letter == LETTER_UNSPACED)
		splitter->is_unspaced = true;
	words_add_point(splitter, point);
}

static void take_points(struct splitter *splitter, const utf8proc_int32_t *points, size_t count)
{
	const utf8proc_int32_t *end = points + count;
	for (const utf8proc_int32_t *at = points; at < end && !splitter->result; at++) {
		enum letter letter = words_letter((uint32_t)*at);
		if (letter == LETTER_NONE) {
			size_t signs = signs_behind(splitter, at, end);
			if (signs)
				finish_signed(splitter, (char)*at, signs);
			else
				finish(splitter);
			at += signs ? signs - 1 : 0;
		} else if (letter == LETTER_EMOJI || letter == LETTER_FLAG) {
			take_symbol(splitter, (uint32_t)*at, letter == LETTER_FLAG);
		} else if (letter != LETTER_HIDDEN) {
			take_letter(splitter, (uint32_t)*at, letter);
		}
	}
	finish(splitter);
}

/* --- folding --- */

/* The order of combining classes (Unicode 3.11, D108): marks that something hidden kept apart now stand side by side. */
static void order_marks(utf8proc_int32_t *points, utf8proc_ssize_t count)
{
	for (utf8proc_ssize_t i = 1; i < count; i++) {
		utf8proc_int32_t point = points[i];
		utf8proc_ssize_t at = i;
		int class = utf8proc_get_property(point)->combining_class;
		while (class && at && utf8proc_get_property(points[at - 1])->combining_class > class) {
			points[at] = points[at - 1];
			at--;
		}
		points[at] = point;
	}
}

/* Takes the text apart, drops accents and what is hidden, and puts together what is left, so that a Korean syllable
 * is one code point again. Returns how many there are; a text that is not UTF-8 is a space. */
static size_t fold(const char *text, size_t bytes, utf8proc_int32_t points[PIECE_POINTS])
{
	utf8proc_ssize_t count =
	    utf8proc_decompose((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)bytes, points, PIECE_POINTS,
			       UTF8PROC_STABLE | UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE | UTF8PROC_CASEFOLD);
	assert(count <= PIECE_POINTS);
	if (count < 0) {
		points[0] = ' ';
		return 1;
	}
	utf8proc_ssize_t kept = 0;
	for (utf8proc_ssize_t i = 0; i < count; i++)
		if (!is_accent(points[i]) && words_letter((uint32_t)points[i]) != LETTER_HIDDEN)
			points[kept++] = points[i];
	if (kept < count)
		order_marks(points, kept);
	kept = utf8proc_normalize_utf32(points, kept, UTF8PROC_STABLE | UTF8PROC_COMPOSE);
	return kept < 0 ? 0 : (size_t)kept;
}

static bool words_is_space(char byte)
{
	return byte == ' ' || byte == '\n' || byte == '\t';
}

/* Up to a space; a piece that would be too long ends before a letter that begins something new, if it can. */
static size_t piece_of(const char *text, size_t bytes)
{
	size_t length = 0;
	while (length < bytes && length < PIECE_BYTES && !words_is_space(text[length]))
		length++;
	if (length < PIECE_BYTES || length == bytes)
		return length;
	size_t cut = length;
	for (int back = 0; cut && back < 32; back++) {
		uint32_t point;
		do
			cut--;
		while (cut && code_point_is_inner(text[cut]));
		code_point_read(text + cut, bytes - cut, &point);
		enum letter letter = words_letter(point);
		if (cut && (letter == LETTER_PLAIN || letter == LETTER_UNSPACED || letter == LETTER_NONE))
			return cut;
	}
	/* 0: no code point begins in it, so it is not UTF-8. */
	cut = utf8_prefix(text, bytes, length);
	return cut ? cut : length;
}

/* The short way for nearly all text. Returns how many bytes are done: up to the word in which the first byte
 * stands that is not plain. */
static size_t take_plain(struct splitter *splitter, const char *text, size_t bytes)
{
	size_t start = 0, end = 0;
	while (end < bytes && !splitter->result) {
		char letter = plain_bytes[(unsigned char)text[end]];
		for (; letter > ' '; letter = end < bytes ? plain_bytes[(unsigned char)text[end]] : ' ') {
			if (end - start < WORDS_BYTES_MAX)
				splitter->word[splitter->length++] = letter;
			end++;
		}
		if (!letter) {
			splitter->length = 0;
			return start;
		}
		if (splitter->length)
			finish(splitter);
		start = ++end;
	}
	return start < bytes ? start : bytes;
}

int words_split(const char *text, size_t bytes, enum words_mode mode, words_visit *visit, void *context)
{
	struct splitter splitter = {.mode = mode, .visit = visit, .context = context};
	utf8proc_int32_t points[PIECE_POINTS];
	while (bytes && !splitter.result) {
		size_t done = take_plain(&splitter, text, bytes);
		size_t length = splitter.result ? 0 : piece_of(text + done, bytes - done);
		if (length)
			take_points(&splitter, points, fold(text + done, length, points));
		text += done + length;
		bytes -= done + length;
	}
	return splitter.result;
}

bool words_may_go_on(const char *text, size_t bytes)
{
	uint32_t point = 0;
	for (size_t at = 0; at < bytes;)
		at += code_point_read(text + at, bytes - at, &point);
	return is_unspaced(point) &&
	       (point < 0x1100 || (point >= 0x1780 && point < 0x3000) || (point >= 0xa9e0 && point < 0xac00));
}
