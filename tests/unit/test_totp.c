#include "base/totp.h"

#include "unit.h"

#include <string.h>

static const unsigned char *secret(void)
{
	return (const unsigned char *)"12345678901234567890";
}

/* RFC 6238, appendix B: the last six of its eight digits. */
TEST(codes_are_those_of_the_standard)
{
	static const struct {
		int64_t seconds;
		uint32_t code;
	} known[] = {{59, 287082},       {1111111109, 81804},  {1111111111, 50471},
		     {1234567890, 5924}, {2000000000, 279037}, {20000000000, 353130}};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		assert_int_equal(totp_code(secret(), (uint64_t)(known[i].seconds / TOTP_STEP_SECONDS)),
				 known[i].code);
}

TEST(a_code_is_found_at_its_step_and_those_beside_it)
{
	int64_t step = 1234567890 / TOTP_STEP_SECONDS;
	for (int64_t off = -3; off <= 3; off++) {
		int64_t found =
		    totp_find(secret(), "005924", (1234567890 + off * TOTP_STEP_SECONDS) * 1000, 0);
		assert_int_equal(found, off >= -1 && off <= 1 ? step : 0);
	}
	assert_int_equal(totp_find(secret(), " 005 924 ", INT64_C(1234567890000), 0), step);
	assert_int_equal(totp_find(secret(), "005925", INT64_C(1234567890000), 0), 0);
}

/* Somebody who reads along must not come in with it, too. */
TEST(a_code_is_taken_once)
{
	int64_t step = 1234567890 / TOTP_STEP_SECONDS;
	assert_int_equal(totp_find(secret(), "005924", INT64_C(1234567890000), step), 0);
	assert_int_equal(totp_find(secret(), "005924", INT64_C(1234567890000), step - 1), step);
}

TEST(what_is_not_a_code_is_none)
{
	static const char *const none[] = {"", "5924", "0059240", "00592a", "005924-", "      ", "abcd-efgh"};
	for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
		assert_false(totp_is_code(none[i]));
		assert_int_equal(totp_find(secret(), none[i], INT64_C(1234567890000), 0), 0);
	}
}

TEST(secrets_are_written_and_read)
{
	char text[TOTP_SECRET_CHARS + 1];
	unsigned char read[TOTP_SECRET_BYTES];
	totp_write_secret(secret(), text);
	assert_string_equal(text, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
	assert_true(totp_read_secret(text, read));
	assert_memory_equal(read, secret(), TOTP_SECRET_BYTES);
	assert_true(totp_read_secret("gezd gnbv gy3t qojq gezd gnbv gy3t qojq", read));
	assert_memory_equal(read, secret(), TOTP_SECRET_BYTES);
	assert_false(totp_read_secret("", read));
	assert_false(totp_read_secret("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJ", read));
	assert_false(totp_read_secret("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQA", read));
	assert_false(totp_read_secret("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJ1", read));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(codes_are_those_of_the_standard),
	    cmocka_unit_test(a_code_is_found_at_its_step_and_those_beside_it),
	    cmocka_unit_test(a_code_is_taken_once),
	    cmocka_unit_test(what_is_not_a_code_is_none),
	    cmocka_unit_test(secrets_are_written_and_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
