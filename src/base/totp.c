#include "base/totp.h"

#include <assert.h>
#include <endian.h>
#include <stdio.h>
#include <string.h>

#define SHA1_BYTES  20
#define BLOCK_BYTES 64

/* --- SHA-1 (FIPS 180-4), since libsodium has none --- */

struct sha1 {
	uint32_t state[5];
	unsigned char block[BLOCK_BYTES];
	uint64_t bytes;
};

static uint32_t sha1_rotate(uint32_t word, int bits)
{
	return word << bits | word >> (32 - bits);
}

static void sha1_take_block(struct sha1 *sha1)
{
	static const uint32_t constants[] = {0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6};
	uint32_t words[80], a = sha1->state[0], b = sha1->state[1], c = sha1->state[2], d = sha1->state[3],
			    e = sha1->state[4];
	memcpy(words, sha1->block, BLOCK_BYTES);
	for (int i = 0; i < 16; i++)
		words[i] = be32toh(words[i]);
	for (int i = 16; i < 80; i++)
		words[i] = sha1_rotate(words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16], 1);
	for (int i = 0; i < 80; i++) {
		uint32_t parity = b ^ c ^ d;
		uint32_t mixed = i < 20   ? (b & c) | (~b & d)
				 : i < 40 ? parity
				 : i < 60 ? (b & c) | (b & d) | (c & d)
					  : parity;
		uint32_t next = sha1_rotate(a, 5) + mixed + e + words[i] + constants[i / 20];
		e = d;
		d = c;
		c = sha1_rotate(b, 30);
		b = a;
		a = next;
	}
	sha1->state[0] += a;
	sha1->state[1] += b;
	sha1->state[2] += c;
	sha1->state[3] += d;
	sha1->state[4] += e;
}

static void sha1_take(struct sha1 *sha1, const unsigned char *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		sha1->block[sha1->bytes++ % BLOCK_BYTES] = bytes[i];
		if (sha1->bytes % BLOCK_BYTES == 0)
			sha1_take_block(sha1);
	}
}

static void sha1_begin(struct sha1 *sha1)
{
	*sha1 = (struct sha1){.state = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0}};
}

static void sha1_finish(struct sha1 *sha1, unsigned char digest[SHA1_BYTES])
{
	uint64_t bits = htobe64(sha1->bytes * 8);
	sha1_take(sha1, (const unsigned char *)"\x80", 1);
	while (sha1->bytes % BLOCK_BYTES != BLOCK_BYTES - sizeof bits)
		sha1_take(sha1, (const unsigned char *)"", 1);
	sha1_take(sha1, (const unsigned char *)&bits, sizeof bits);
	for (int i = 0; i < 5; i++)
		sha1->state[i] = htobe32(sha1->state[i]);
	memcpy(digest, sha1->state, SHA1_BYTES);
	explicit_bzero(sha1, sizeof *sha1);
}

/* HMAC (RFC 2104) of eight bytes. */
static void totp_authenticate(const unsigned char secret[TOTP_SECRET_BYTES], uint64_t counter,
			      unsigned char digest[SHA1_BYTES])
{
	struct sha1 sha1;
	unsigned char inner[BLOCK_BYTES], outer[BLOCK_BYTES];
	counter = htobe64(counter);
	memset(inner, 0x36, sizeof inner);
	memset(outer, 0x5c, sizeof outer);
	for (int i = 0; i < TOTP_SECRET_BYTES; i++) {
		inner[i] ^= secret[i];
		outer[i] ^= secret[i];
	}
	sha1_begin(&sha1);
	sha1_take(&sha1, inner, sizeof inner);
	sha1_take(&sha1, (const unsigned char *)&counter, sizeof counter);
	sha1_finish(&sha1, digest);
	sha1_begin(&sha1);
	sha1_take(&sha1, outer, sizeof outer);
	sha1_take(&sha1, digest, SHA1_BYTES);
	sha1_finish(&sha1, digest);
	explicit_bzero(inner, sizeof inner);
	explicit_bzero(outer, sizeof outer);
}

/* --- codes --- */

uint32_t totp_code(const unsigned char secret[TOTP_SECRET_BYTES], uint64_t step)
{
	unsigned char digest[SHA1_BYTES];
	uint32_t number;
	totp_authenticate(secret, step, digest);
	/* RFC 4226 section 5.3: the last four bits say where the number begins. */
	memcpy(&number, digest + (digest[SHA1_BYTES - 1] & 15), sizeof number);
	return (be32toh(number) & 0x7fffffff) % 1000000;
}

/* The digits of a code without its spaces; false where it is not one. */
static bool totp_read_digits(const char *text, char digits[TOTP_DIGITS + 1])
{
	size_t count = 0;
	for (; *text; text++) {
		if (*text == ' ')
			continue;
		if (*text < '0' || *text > '9' || count == TOTP_DIGITS)
			return false;
		digits[count++] = *text;
	}
	digits[count] = '\0';
	return count == TOTP_DIGITS;
}

bool totp_is_code(const char *text)
{
	char digits[TOTP_DIGITS + 1];
	return totp_read_digits(text, digits);
}

int64_t totp_find(const unsigned char secret[TOTP_SECRET_BYTES], const char *text, int64_t wall_ms,
		  int64_t after)
{
	assert(wall_ms >= 0);
	char digits[TOTP_DIGITS + 1], expected[16];
	int64_t now = wall_ms / 1000 / TOTP_STEP_SECONDS, found = 0;
	if (!totp_read_digits(text, digits))
		return 0;
	for (int64_t step = now - 1; step <= now + 1; step++) {
		snprintf(expected, sizeof expected, "%06u", totp_code(secret, (uint64_t)step));
		if (step > after && !found && !strcmp(expected, digits))
			found = step;
	}
	return found;
}

/* --- secrets --- */

static const char base32_letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

void totp_write_secret(const unsigned char secret[TOTP_SECRET_BYTES], char text[TOTP_SECRET_CHARS + 1])
{
	for (int i = 0; i < TOTP_SECRET_CHARS; i++) {
		int bit = i * 5, shift = 11 - bit % 8;
		unsigned next = bit / 8 + 1 < TOTP_SECRET_BYTES ? secret[bit / 8 + 1] : 0;
		unsigned pair = (unsigned)secret[bit / 8] << 8 | next;
		text[i] = base32_letters[pair >> shift & 31];
	}
	text[TOTP_SECRET_CHARS] = '\0';
}

static int base32_value(char letter)
{
	if (letter >= 'a' && letter <= 'z')
		letter = (char)(letter - 'a' + 'A');
	const char *found = letter ? strchr(base32_letters, letter) : NULL;
	return found ? (int)(found - base32_letters) : -1;
}

bool totp_read_secret(const char *text, unsigned char secret[TOTP_SECRET_BYTES])
{
	unsigned bits = 0, held = 0;
	size_t count = 0, letters = 0;
	for (; *text; text++) {
		if (*text == ' ')
			continue;
		int value = base32_value(*text);
		if (value < 0 || ++letters > TOTP_SECRET_CHARS)
			return false;
		held = held << 5 | (unsigned)value;
		bits += 5;
		if (bits >= 8) {
			bits -= 8;
			secret[count++] = (unsigned char)(held >> bits);
			held &= (1u << bits) - 1;
		}
	}
	return letters == TOTP_SECRET_CHARS;
}
