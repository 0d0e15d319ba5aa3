/* The beginning of every unit test: cmocka, what it needs before it, and dice that fall the same in every
 * run. */
#ifndef BRUSIO_TESTS_UNIT_UNIT_H
#define BRUSIO_TESTS_UNIT_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* A test that takes no state. */
#define TEST(name) static void name(__attribute__((unused)) void **state)

/* xorshift64*: the same throws for the same seed, which is not 0. */
static inline uint64_t dice_throw(uint64_t *dice)
{
	*dice ^= *dice >> 12;
	*dice ^= *dice << 25;
	*dice ^= *dice >> 27;
	return *dice * UINT64_C(0x2545f4914f6cdd1d);
}

/* 0 to `below` - 1. */
static inline size_t dice_below(uint64_t *dice, size_t below)
{
	return (size_t)((dice_throw(dice) >> 16) % below);
}

#endif
