#include "front/keys.h"

#include "base/text/code_point.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define ESCAPE_MS          40      /* a sequence comes at once; what follows later is another key */
#define PASTE_MS           2000    /* a paste without an end is taken as complete after this */
#define PASTE_BYTES_MAX    1048576 /* more is pasted in pieces */
#define SEQUENCE_BYTES_MAX 128     /* a longer one is not a sequence */
#define PARAMETERS_MAX     24

static const char paste_end[] = "\033[201~";

void keys_release(struct keys *keys)
{
	buffer_release(&keys->bytes);
	buffer_release(&keys->paste);
	*keys = (struct keys){0};
}

void keys_add(struct keys *keys, const char *bytes, size_t count, int64_t now_ms)
{
	buffer_add(&keys->bytes, bytes, count);
	keys->since_ms = now_ms;
}

void keys_take_bytes(struct keys *keys, struct buffer *to)
{
	size_t length = buffer_length(&keys->bytes);
	if (!length)
		return;
	buffer_add(to, buffer_bytes(&keys->bytes), length);
	explicit_bzero(buffer_bytes(&keys->bytes), length);
	buffer_clear(&keys->bytes);
}

int64_t keys_deadline(const struct keys *keys)
{
	if (!buffer_length(&keys->bytes) && !keys->is_pasting)
		return INT64_MAX;
	return keys->since_ms + (keys->is_pasting ? PASTE_MS : ESCAPE_MS);
}

/* --- sequences ----------------------------------------------------------------- */

struct sequence {
	char introducer; /* '[' or 'O' */
	char mark;       /* '<' or '?' before the parameters, or 0 */
	unsigned parameters[PARAMETERS_MAX];
	size_t count;
	char final;
};

static void set_key(struct key *key, enum key_code code, unsigned modifiers, uint32_t c)
{
	*key = (struct key){.code = code, .modifiers = modifiers, .c = c};
}

/* Xterm and kitty count one more than the sum; locks do not matter. */
static unsigned modifiers_of(unsigned parameter)
{
	return parameter ? (parameter - 1) & (KEY_SHIFT | KEY_ALT | KEY_CTRL) : 0;
}

/* A key that kitty or modifyOtherKeys give by its code point. */
static void set_coded(struct key *key, uint32_t c, unsigned modifiers)
{
	static const struct {
		uint32_t c;
		enum key_code code;
	} named[] = {{9, KEY_TAB},       {13, KEY_ENTER},    {27, KEY_ESCAPE},     {127, KEY_BACKSPACE},
		     {8, KEY_BACKSPACE}, {57414, KEY_ENTER}, {57417, KEY_LEFT},    {57418, KEY_RIGHT},
		     {57419, KEY_UP},    {57420, KEY_DOWN},  {57421, KEY_PAGE_UP}, {57422, KEY_PAGE_DOWN},
		     {57423, KEY_HOME},  {57424, KEY_END},   {57425, KEY_INSERT},  {57426, KEY_DELETE}};
	for (size_t i = 0; i < sizeof named / sizeof *named; i++)
		if (named[i].c == c) {
			set_key(key, named[i].code, modifiers, 0);
			return;
		}
	/* The private area has keys that do nothing here: locks, media, modifiers alone. */
	if (c < ' ' || (c >= 57344 && c <= 63743)) {
		set_key(key, KEY_UNKNOWN, modifiers, c);
		return;
	}
	if (c < 128 && (modifiers & KEY_CTRL) && c >= 'A' && c <= 'Z')
		c += 'a' - 'A';
	if (c < 128 && (modifiers & KEY_SHIFT) && !(modifiers & KEY_CTRL) && c >= 'a' && c <= 'z')
		c -= 'a' - 'A';
	if (!(modifiers & KEY_CTRL))
		modifiers &= ~(unsigned)KEY_SHIFT;
	set_key(key, KEY_CHAR, modifiers, c);
}

static void set_mouse(struct key *key, const struct sequence *sequence)
{
	unsigned button = sequence->parameters[0];
	unsigned modifiers =
	    (button & 4 ? KEY_SHIFT : 0) | (button & 8 ? KEY_ALT : 0) | (button & 16 ? KEY_CTRL : 0);
	enum key_code code = sequence->final == 'm' ? KEY_RELEASE : KEY_PRESS;
	if (button & 64)
		code = button & 1 ? KEY_WHEEL_DOWN : KEY_WHEEL_UP;
	else if (button & 32)
		code = KEY_DRAG;
	if (sequence->count < 3 || ((button & 64) && sequence->final == 'm')) {
		set_key(key, KEY_UNKNOWN, 0, 0);
		return;
	}
	set_key(key, code, modifiers, button & 3);
	key->column = sequence->parameters[1] ? sequence->parameters[1] - 1 : 0;
	key->row = sequence->parameters[2] ? sequence->parameters[2] - 1 : 0;
}

static bool set_by_number(struct key *key, unsigned number, unsigned modifiers)
{
	static const enum key_code codes[] = {
	    [1] = KEY_HOME,    [2] = KEY_INSERT,    [3] = KEY_DELETE, [4] = KEY_END,
	    [5] = KEY_PAGE_UP, [6] = KEY_PAGE_DOWN, [7] = KEY_HOME,   [8] = KEY_END};
	static const unsigned char functions[] = {
	    [11] = 1, [12] = 2, [13] = 3, [14] = 4,  [15] = 5,  [17] = 6,
	    [18] = 7, [19] = 8, [20] = 9, [21] = 10, [23] = 11, [24] = 12};
	if (number && number < sizeof codes / sizeof *codes)
		set_key(key, codes[number], modifiers, 0);
	else if (number < sizeof functions && functions[number])
		set_key(key, KEY_FUNCTION, modifiers, functions[number]);
	else
		return false;
	return true;
}

static void set_by_letter(struct key *key, char final, unsigned modifiers)
{
	static const struct {
		char final;
		enum key_code code;
		uint32_t c;
	} letters[] = {{'A', KEY_UP, 0},       {'B', KEY_DOWN, 0},     {'C', KEY_RIGHT, 0},
		       {'D', KEY_LEFT, 0},     {'H', KEY_HOME, 0},     {'F', KEY_END, 0},
		       {'P', KEY_FUNCTION, 1}, {'Q', KEY_FUNCTION, 2}, {'R', KEY_FUNCTION, 3},
		       {'S', KEY_FUNCTION, 4}, {'M', KEY_ENTER, 0}};
	for (size_t i = 0; i < sizeof letters / sizeof *letters; i++)
		if (letters[i].final == final) {
			set_key(key, letters[i].code, modifiers, letters[i].c);
			return;
		}
	if (final == 'Z')
		set_key(key, KEY_TAB, modifiers | KEY_SHIFT, 0);
	else
		set_key(key, KEY_UNKNOWN, 0, 0);
}

/* The attributes of a terminal are a list; sixels are the 4 in it. */
#define ATTRIBUTE_SIXELS 4

static void set_answer(struct key *key, enum key_answer answer, size_t column, size_t row)
{
	assert(answer <= ANSWER_KITTY);
	set_key(key, KEY_ANSWER, 0, answer);
	key->column = column;
	key->row = row;
}

/* "?62;4;22c", "?1;0;256S" */
static void set_marked_answer(struct key *key, const struct sequence *sequence)
{
	const unsigned *parameters = sequence->parameters;
	bool has_sixels = false;
	for (size_t i = 1; i < sequence->count; i++)
		has_sixels |= parameters[i] == ATTRIBUTE_SIXELS;
	if (sequence->mark == '?' && sequence->final == 'c')
		set_answer(key, ANSWER_ATTRIBUTES, 0, has_sixels);
	else if (sequence->mark == '?' && sequence->final == 'S' && sequence->count > 2 &&
		 parameters[0] == 1 && parameters[1] == 0)
		set_answer(key, ANSWER_COLOURS, 0, parameters[2]);
}

static void set_from_sequence(struct keys *keys, struct key *key, const struct sequence *sequence)
{
	const unsigned *parameters = sequence->parameters;
	unsigned modifiers = sequence->count > 1 ? modifiers_of(parameters[1]) : 0;
	set_key(key, KEY_UNKNOWN, 0, 0);
	if (sequence->mark == '<' && (sequence->final == 'M' || sequence->final == 'm'))
		set_mouse(key, sequence);
	else if (sequence->mark)
		set_marked_answer(key, sequence);
	else if (sequence->introducer == '[' && sequence->final == 't' && sequence->count > 2 &&
		 parameters[0] == 6)
		set_answer(key, ANSWER_CELL, parameters[2], parameters[1]);
	else if (sequence->introducer == '[' && sequence->final == 'u')
		set_coded(key, parameters[0], modifiers);
	else if (sequence->final == '~' && parameters[0] == 27 && sequence->count > 2)
		set_coded(key, parameters[2], modifiers);
	else if (sequence->final == '~' && parameters[0] == 200)
		keys->is_pasting = true;
	else if (sequence->final == '~')
		set_by_number(key, parameters[0], modifiers);
	else if (sequence->introducer == '[' && !sequence->count && sequence->final == 'I')
		set_key(key, KEY_FOCUS_IN, 0, 0);
	else if (sequence->introducer == '[' && !sequence->count && sequence->final == 'O')
		set_key(key, KEY_FOCUS_OUT, 0, 0);
	else if (sequence->final != 'M' || sequence->introducer == 'O')
		set_by_letter(key, sequence->final, modifiers);
}

/* Reads "[1;5C" behind an escape; returns its bytes, 0 where more must come. */
static size_t read_sequence(const char *bytes, size_t length, struct sequence *sequence)
{
	size_t at = 1;
	*sequence = (struct sequence){.introducer = bytes[0]};
	/* The console of Linux: ESC [ [ A is F1. */
	if (bytes[0] == '[' && length > 1 && bytes[1] == '[') {
		sequence->final = '?';
		return length > 2 ? 3 : 0;
	}
	if (at < length && strchr("<=>?", bytes[at]))
		sequence->mark = bytes[at++];
	bool is_in_number = false, is_sub = false;
	for (; at < length && at < SEQUENCE_BYTES_MAX; at++) {
		char c = bytes[at];
		if (c >= '0' && c <= '9') {
			if (!is_in_number && !is_sub && sequence->count < PARAMETERS_MAX)
				sequence->count++;
			is_in_number = true;
			unsigned *parameter =
			    &sequence->parameters[sequence->count ? sequence->count - 1 : 0];
			if (!is_sub && sequence->count <= PARAMETERS_MAX)
				*parameter =
				    *parameter < 1000000 ? *parameter * 10 + (unsigned)(c - '0') : *parameter;
		} else if (c == ';') {
			if (!is_in_number && !is_sub && sequence->count < PARAMETERS_MAX)
				sequence->count++;
			is_in_number = is_sub = false;
		} else if (c == ':') {
			is_sub = true; /* kitty's alternate keys and event types */
		} else if (c >= '@' && c <= '~') {
			sequence->final = c;
			return at + 1;
		} else {
			return at; /* broken off: what follows begins anew */
		}
	}
	return at >= SEQUENCE_BYTES_MAX ? at : 0;
}

/* The bytes of a string that a terminal answers with (OSC, DCS, APC). */
static size_t string_bytes(const char *bytes, size_t length)
{
	for (size_t i = 1; i < length; i++) {
		if (bytes[i] == '\a')
			return i + 1;
		if (bytes[i] == '\033')
			return i + 1 < length ? i + 2 : 0;
	}
	return length > 4 * SEQUENCE_BYTES_MAX ? length : 0;
}

/* --- single keys ----------------------------------------------------------------- */

static void set_control(struct key *key, unsigned char byte, unsigned modifiers)
{
	if (byte == '\r' || byte == '\n')
		set_key(key, KEY_ENTER, modifiers, 0);
	else if (byte == '\t')
		set_key(key, KEY_TAB, modifiers, 0);
	else if (byte == 0x7f || byte == 8)
		set_key(key, KEY_BACKSPACE, modifiers, 0);
	else if (byte == 27)
		set_key(key, KEY_ESCAPE, modifiers, 0);
	else
		set_key(key, KEY_CHAR, modifiers | KEY_CTRL,
			byte ? (byte | 0x60u) & (byte > 26 ? 0x5fu : 0xffu) : ' ');
}

/* How many bytes the code point that begins with `byte` has. */
static size_t character_bytes(unsigned char byte)
{
	return byte < 0xc0 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : byte < 0xf8 ? 4 : 1;
}

/* One character without an escape; 0 where its other bytes must still come. */
static size_t read_character(struct key *key, const char *bytes, size_t length, unsigned modifiers,
			     bool is_late)
{
	unsigned char first = (unsigned char)*bytes;
	uint32_t c;
	if (first < ' ' || first == 0x7f) {
		set_control(key, first, modifiers);
		return 1;
	}
	if (character_bytes(first) > length && !is_late)
		return 0;
	size_t used = code_point_read(bytes, length, &c);
	bool is_control = c >= 0x80 && c < 0xa0;
	set_key(key, is_control ? KEY_UNKNOWN : KEY_CHAR, modifiers, c);
	return used;
}

/* Behind an escape: a sequence, or a key with Alt. */
static size_t read_escaped(struct keys *keys, struct key *key, bool is_late)
{
	const char *bytes = buffer_bytes(&keys->bytes);
	size_t length = buffer_length(&keys->bytes), used;
	struct sequence sequence;
	if (length == 1) {
		set_key(key, KEY_ESCAPE, 0, 0);
		return is_late;
	}
	char next = bytes[1];
	if (next == '[' || next == 'O') {
		used = read_sequence(bytes + 1, length - 1, &sequence);
		if (used) {
			set_from_sequence(keys, key, &sequence);
			return used + 1;
		}
		if (!is_late)
			return 0;
		/* Alt and this key; what followed is taken for itself. */
		set_key(key, KEY_CHAR, KEY_ALT, (uint32_t)next);
		return 2;
	}
	if (next == ']' || next == 'P' || next == '_' || next == '^') {
		static const char kitty[] = "_Gi=" KEYS_KITTY_QUESTION ";OK\033";
		used = string_bytes(bytes + 1, length - 1);
		set_key(key, KEY_UNKNOWN, 0, 0);
		if (used >= sizeof kitty - 1 && !memcmp(bytes + 1, kitty, sizeof kitty - 1))
			set_answer(key, ANSWER_KITTY, 0, 1);
		if (used || !is_late)
			return used ? used + 1 : 0;
	}
	if (next == '\033') {
		set_key(key, KEY_ESCAPE, 0, 0);
		return 1;
	}
	used = read_character(key, bytes + 1, length - 1, KEY_ALT, is_late);
	return used ? used + 1 : 0;
}

/* --- pasting ----------------------------------------------------------------- */

/* Pasted text is text: a tab and a line break are, other controls are left out. */
static void add_pasted(struct keys *keys, size_t count)
{
	const char *bytes = buffer_bytes(&keys->bytes);
	for (size_t at = 0; at < count;) {
		uint32_t c;
		char written[CODE_POINT_BYTES_MAX];
		at += code_point_read(bytes + at, count - at, &c);
		if (c == '\r') {
			if (at < count && bytes[at] == '\n')
				continue;
			c = '\n';
		}
		if ((c >= ' ' && c != 0x7f && !(c >= 0x80 && c < 0xa0)) || c == '\t' || c == '\n')
			buffer_add(&keys->paste, written, code_point_write(written, c));
	}
	buffer_take(&keys->bytes, count);
}

/* Finds the end of the paste; `*safe` bytes before it are certainly pasted. */
static bool find_paste_end(const struct buffer *bytes, size_t *safe)
{
	const char *text = buffer_bytes(bytes);
	size_t length = buffer_length(bytes), marker = sizeof paste_end - 1;
	const char *end = length ? memmem(text, length, paste_end, marker) : NULL;
	*safe = end ? (size_t)(end - text) : length;
	if (!end) {
		/* The last bytes may be the beginning of the marker, of a code point, or of CR LF. */
		size_t keep = length < marker ? length : marker;
		*safe = length - keep;
		while (*safe && code_point_is_inner(text[*safe]))
			--*safe;
		*safe -= *safe && text[*safe - 1] == '\r';
	}
	return end;
}

static bool read_paste(struct keys *keys, struct key *key, bool is_late)
{
	size_t safe;
	bool is_over = find_paste_end(&keys->bytes, &safe);
	if (!is_over && is_late)
		safe = buffer_length(&keys->bytes);
	if (safe)
		add_pasted(keys, safe);
	if (is_over)
		buffer_take(&keys->bytes, sizeof paste_end - 1);
	if (!is_over && !is_late && buffer_length(&keys->paste) < PASTE_BYTES_MAX)
		return false;
	keys->is_pasting = !is_over && !is_late;
	keys->was_pasted = true;
	set_key(key, KEY_PASTE, 0, 0);
	key->length = buffer_length(&keys->paste);
	key->text = buffer_string(&keys->paste);
	return true;
}

bool keys_next(struct keys *keys, struct key *key, int64_t now_ms)
{
	if (keys->was_pasted)
		buffer_release(&keys->paste);
	keys->was_pasted = false;
	while (keys->is_pasting || buffer_length(&keys->bytes)) {
		bool is_late = now_ms >= keys_deadline(keys);
		if (keys->is_pasting)
			return read_paste(keys, key, is_late);
		const char *bytes = buffer_bytes(&keys->bytes);
		size_t used = *bytes == '\033'
				  ? read_escaped(keys, key, is_late)
				  : read_character(key, bytes, buffer_length(&keys->bytes), 0, is_late);
		if (!used)
			return false;
		buffer_take(&keys->bytes, used);
		if (!keys->is_pasting)
			return true;
	}
	return false;
}
