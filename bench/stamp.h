/*
 * The stamp that the load generator writes into every message so that each delivery can
 * be checked without parsing the protocol around it:
 *
 *     `ss nnnnnnnn tttttttttttttttt ..........$      (without the spaces)
 *
 * `ss` is the sender's number in its room, `n` the message's number of that
 * sender, `t` the scheduled time of sending (CLOCK_MONOTONIC, ns), all in
 * lower-case hexadecimal; dots fill the text up to its size. The backtick and `$`
 * occur nowhere else in what the measured servers send, so memchr() for the backtick
 * finds a message in any dialect.
 */
#ifndef BENCH_STAMP_H
#define BENCH_STAMP_H

#include <stdint.h>
#include <string.h>
#include <time.h>

enum {
	STAMP_SENDER_AT = 1,
	STAMP_SEQ_AT = 3,
	STAMP_TIME_AT = 11,
	STAMP_BYTES = 27, /* without the filling and the `$` */
	STAMP_TEXT_BYTES_MIN = 28,
};

/* IRC servers put `~` before user names, so that is no mark; no measured server writes a backtick. */
#define STAMP_MARK '`'

/* The number of a message that only proves that its receiver is in the room. */
#define STAMP_SEQ_BARRIER 0xffffffffu

static inline uint64_t stamp_now_ns(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ull + (uint64_t)ts.tv_nsec;
}

static inline void stamp_put_hex(char *out, uint64_t value, int digits)
{
	while (digits-- > 0) {
		out[digits] = "0123456789abcdef"[value & 15];
		value >>= 4;
	}
}

/* Reads eight lower-case hexadecimal digits at once; what is not a digit gives a wrong number, never a fault.
 */
static inline uint32_t stamp_get_hex8(const char *in)
{
	uint64_t v;
	memcpy(&v, in, 8);
	v = (v & 0x0f0f0f0f0f0f0f0full) + 9 * ((v >> 6) & 0x0101010101010101ull);
	v = __builtin_bswap64(v);
	v = (v | (v >> 4)) & 0x00ff00ff00ff00ffull;
	v = (v | (v >> 8)) & 0x0000ffff0000ffffull;
	return (uint32_t)(v | (v >> 16));
}

static inline unsigned stamp_get_hex2(const char *in)
{
	unsigned hi = ((unsigned)in[0] & 15) + 9 * (((unsigned)in[0] >> 6) & 1);
	unsigned lo = ((unsigned)in[1] & 15) + 9 * (((unsigned)in[1] >> 6) & 1);
	return (hi << 4 | lo) & 0xff;
}

static inline uint64_t stamp_get_hex16(const char *in)
{
	return (uint64_t)stamp_get_hex8(in) << 32 | stamp_get_hex8(in + 8);
}

/* Writes a text of `bytes` (at least STAMP_TEXT_BYTES_MIN) bytes; seq and time are patched in per message. */
static inline void stamp_init(char *text, unsigned bytes, unsigned sender)
{
	memset(text, '.', bytes);
	text[0] = STAMP_MARK;
	stamp_put_hex(text + STAMP_SENDER_AT, sender, 2);
	stamp_put_hex(text + STAMP_SEQ_AT, 0, 8);
	stamp_put_hex(text + STAMP_TIME_AT, 0, 16);
	text[bytes - 1] = '$';
}

static inline void stamp_set(char *text, uint32_t seq, uint64_t time_ns)
{
	stamp_put_hex(text + STAMP_SEQ_AT, seq, 8);
	stamp_put_hex(text + STAMP_TIME_AT, time_ns, 16);
}

#endif
