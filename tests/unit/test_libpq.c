/* Holds store/postgres/libpq.h's declarations of PostgreSQL's client library against the library's own header where that is installed. */
#include "store/postgres/libpq.h"

#include "unit.h"

#include <assert.h>

TEST(the_library_is_loaded_or_its_package_is_named)
{
	char problem[500];
	if (!libpq_load(problem, sizeof problem)) {
		assert_non_null(libpq.connectStartParams);
		assert_non_null(libpq.freemem);
	} else {
		assert_non_null(strstr(problem, "libpq5"));
	}
}

#if __has_include(<postgresql/libpq-fe.h>)

#include <postgresql/libpq-fe.h>

TEST(values_are_those_of_the_library)
{
	assert_int_equal(LIBPQ_CONNECTION_OK, CONNECTION_OK);
	assert_int_equal(LIBPQ_CONNECTION_BAD, CONNECTION_BAD);
	assert_int_equal(LIBPQ_COMMAND_OK, PGRES_COMMAND_OK);
	assert_int_equal(LIBPQ_TUPLES_OK, PGRES_TUPLES_OK);
	assert_int_equal(LIBPQ_COPY_IN, PGRES_COPY_IN);
	assert_int_equal(LIBPQ_POLLING_FAILED, PGRES_POLLING_FAILED);
	assert_int_equal(LIBPQ_POLLING_READING, PGRES_POLLING_READING);
	assert_int_equal(LIBPQ_POLLING_WRITING, PGRES_POLLING_WRITING);
	assert_int_equal(LIBPQ_POLLING_OK, PGRES_POLLING_OK);
	assert_int_equal(LIBPQ_DIAG_SQLSTATE, PG_DIAG_SQLSTATE);
	assert_int_equal(LIBPQ_DIAG_MESSAGE, PG_DIAG_MESSAGE_PRIMARY);
	assert_int_equal(sizeof(struct libpq_option), sizeof(PQconninfoOption));
	assert_int_equal(offsetof(struct libpq_option, val), offsetof(PQconninfoOption, val));
}

/* Both have as many parameters, of the same kinds: a call through one type would be good through the other. */
#define IS_LIKE(ours, theirs) __builtin_types_compatible_p(__typeof__(*libpq.ours), __typeof__(theirs))
static_assert(IS_LIKE(connectStartParams, PQconnectStartParams) && IS_LIKE(finish, PQfinish) &&
		  IS_LIKE(socket, PQsocket) && IS_LIKE(sendPrepare, PQsendPrepare) &&
		  IS_LIKE(sendQueryPrepared, PQsendQueryPrepared) && IS_LIKE(putCopyData, PQputCopyData) &&
		  IS_LIKE(getvalue, PQgetvalue) && IS_LIKE(getlength, PQgetlength) &&
		  IS_LIKE(flush, PQflush) && IS_LIKE(setNoticeReceiver, PQsetNoticeReceiver) &&
		  IS_LIKE(clear, PQclear) && IS_LIKE(resultErrorField, PQresultErrorField) &&
		  IS_LIKE(cmdTuples, PQcmdTuples),
	      "libpq.h declares what the library has");

#else

TEST(values_are_those_of_the_library)
{
	puts("# libpq-dev is not here: the header is not compared");
}

#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_library_is_loaded_or_its_package_is_named),
	    cmocka_unit_test(values_are_those_of_the_library),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
