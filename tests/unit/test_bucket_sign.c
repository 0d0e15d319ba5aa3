/* Signatures of requests to a bucket against the examples of Amazon's documentation. */
#include "store/blobs/bucket_sign.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define MAY_24 1369353600 /* 2013-05-24T00:00:00Z */

static const struct bucket_config config = {.region = "us-east-1",
					    .key = "AKIAIOSFODNN7EXAMPLE",
					    .secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"};

static void assert_signed(const char *query, const char *expected)
{
	char hash[BUCKET_HASH_BYTES];
	struct bucket_signature signature;
	bucket_hash("", 0, hash);
	bucket_sign(&config, "examplebucket.s3.amazonaws.com", "GET", "/", query, hash, MAY_24, &signature);
	assert_string_equal(signature.date, "20130524T000000Z");
	assert_string_equal(strstr(signature.authorization, "Signature=") + 10, expected);
	assert_non_null(strstr(signature.authorization,
			       "Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "));
}

static void the_examples_of_amazon(void **state)
{
	(void)state;
	assert_signed("lifecycle=", "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
	assert_signed("max-keys=2&prefix=J",
		      "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

static void places(void **state)
{
	static const struct {
		const char *url, *endpoint;
		bool is_good;
	} cases[] = {{"s3://bucket", NULL, true},
		     {"s3://my.bucket-1/a/b", "https://minio.example:9000", true},
		     {"s3://bucket/a/", "http://localhost:1", true},
		     {"s3://", NULL, false},
		     {"s3://Bucket", NULL, false},
		     {"s3:///a", NULL, false},
		     {"s3://bucket//a", NULL, false},
		     {"s3://bucket/a b", NULL, false},
		     {"https://bucket", NULL, false},
		     {"s3://bucket", "ftp://x", false},
		     {"s3://bucket", "https://x/y", false},
		     {"s3://bucket", "https://x:", false},
		     {"s3://bucket", "https://x:1a", false},
		     {"s3://bucket", "https://", false}};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct bucket_config placed = {.region = "eu-south-1"};
		assert_int_equal(bucket_config_place(&placed, cases[i].url, cases[i].endpoint),
				 cases[i].is_good);
	}
	struct bucket_config placed = {.region = "eu-south-1"};
	assert_true(bucket_config_place(&placed, "s3://bucket/a/b", NULL));
	assert_string_equal(placed.host, "s3.eu-south-1.amazonaws.com");
	assert_string_equal(placed.port, "443");
	assert_string_equal(placed.prefix, "a/b/");
	assert_true(placed.is_tls);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(the_examples_of_amazon),
					   cmocka_unit_test(places)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
