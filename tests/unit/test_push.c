#include "directory.h"
#include "push/endpoint.h"
#include "push/payload.h"
#include "push/seal.h"
#include "push/vapid.h"
#include "unit.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>

static struct directory directory;

static size_t decode(const char *text, unsigned char *bytes, size_t most)
{
	size_t count = 0;
	assert_int_equal(sodium_base642bin(bytes, most, text, strlen(text), NULL, &count, NULL,
					   sodium_base64_VARIANT_URLSAFE_NO_PADDING),
			 0);
	return count;
}

/* --- RFC 8291, section 5 and appendix A --- */

#define BROWSER_POINT \
	"BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
#define BROWSER_AUTH  "BTBZMqHH6r4Tts7J_aSIgg"
#define SERVER_POINT  "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8"
#define SERVER_SECRET "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
#define SALT          "DGv6ra1nlYgDCS1FRnbzlw"
#define BODY                                                             \
	"DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_"                 \
	"c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBr" \
	"u3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"

static EVP_PKEY *pair_of(const char *secret_text, const char *point_text)
{
	unsigned char secret[32], point[SEAL_POINT_BYTES], reversed[32];
	char group[] = "P-256";
	EVP_PKEY *key = NULL;
	decode(secret_text, secret, sizeof secret);
	decode(point_text, point, sizeof point);
	for (size_t i = 0; i < sizeof secret; i++)
		reversed[i] = secret[sizeof secret - 1 - i];
	OSSL_PARAM params[] = {
	    OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
	    OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point),
	    OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_PRIV_KEY, reversed, sizeof reversed),
	    OSSL_PARAM_construct_end()};
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	assert_true(EVP_PKEY_fromdata_init(context) > 0);
	assert_true(EVP_PKEY_fromdata(context, &key, EVP_PKEY_KEYPAIR, params) > 0);
	EVP_PKEY_CTX_free(context);
	return key;
}

TEST(a_payload_is_sealed_as_the_standard_shows)
{
	static const char text[] = "When I grow up, I want to be a watermelon";
	unsigned char salt[SEAL_SALT_BYTES], body[256];
	struct seal_keys keys;
	struct buffer sealed = BUFFER_EMPTY;
	EVP_PKEY *pair = pair_of(SERVER_SECRET, SERVER_POINT);
	decode(SALT, salt, sizeof salt);
	size_t count = decode(BODY, body, sizeof body);
	assert_true(seal_keys_read(&keys, BROWSER_POINT, BROWSER_AUTH));
	assert_true(seal_write_with(&sealed, &keys, pair, salt, text, strlen(text), strlen(text)));
	assert_int_equal(buffer_length(&sealed), count);
	assert_memory_equal(buffer_bytes(&sealed), body, count);
	buffer_release(&sealed);
	EVP_PKEY_free(pair);
}

TEST(a_payload_is_padded_and_never_sealed_twice_the_same)
{
	struct seal_keys keys;
	struct buffer one = BUFFER_EMPTY, other = BUFFER_EMPTY;
	assert_true(seal_keys_read(&keys, BROWSER_POINT, BROWSER_AUTH));
	assert_true(seal_write(&one, &keys, "a", 1, SEAL_TEXT_BYTES_MAX));
	assert_true(seal_write(&other, &keys, "a", 1, SEAL_TEXT_BYTES_MAX));
	assert_int_equal(buffer_length(&one), SEAL_BODY_BYTES_MAX);
	assert_int_equal(buffer_length(&other), SEAL_BODY_BYTES_MAX);
	assert_memory_not_equal(buffer_bytes(&one), buffer_bytes(&other), SEAL_SALT_BYTES);
	buffer_release(&one);
	buffer_release(&other);
}

TEST(keys_that_are_none_are_refused)
{
	struct seal_keys keys;
	/* Cut, not on the curve, not uncompressed, no base64url. */
	static const char *const points[] = {
	    "", "BCVxsr7N",
	    "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw8",
	    "AyVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
	    "BCVxsr7N/eNgVRqvHtD0zTZsEc6+VV+JvLexhqUzORcxaOzi6+AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"};
	for (size_t i = 0; i < sizeof points / sizeof *points; i++)
		assert_false(seal_keys_read(&keys, points[i], BROWSER_AUTH));
	assert_false(seal_keys_read(&keys, BROWSER_POINT, "BTBZMqHH6r4Tts7J_aSI"));
	assert_true(seal_keys_read(&keys, BROWSER_POINT "=", BROWSER_AUTH "=="));
}

/* --- addresses --- */

TEST(an_address_is_https_at_a_host_and_nothing_else)
{
	struct endpoint endpoint;
	static const char *const wrong[] = {
	    "",
	    "http://push.example/a",
	    "https://",
	    "https:///a",
	    "https://push.example",
	    "https://user@push.example/a",
	    "https://push.example@10.0.0.1/a",
	    "https://push.example:/a",
	    "https://push.example:0/a",
	    "https://push.example:65536/a",
	    "https://push.example:443:1/a",
	    "https://push.example\\@10.0.0.1/a",
	    "https://push.example#@10.0.0.1/a",
	    "https://push.example/a b",
	    "https://push.example/a\r\nHost: other",
	    "https://push.example/a#b",
	    "https://push.example./a",
	    "https://.push.example/a",
	    "https://[::1]/a",
	    "https://push_example/a",
	    "HTTPS://push.example/a",
	};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		if (endpoint_read(&endpoint, wrong[i]))
			fail_msg("%s", wrong[i]);
	assert_true(endpoint_read(&endpoint, "https://Push.Example/wp/a:b-c_d~?e=f@g"));
	assert_string_equal(endpoint.host, "push.example");
	assert_int_equal(endpoint.port, 443);
	assert_true(endpoint_read(&endpoint, "https://127.0.0.1:8443/"));
	assert_string_equal(endpoint.host, "127.0.0.1");
	assert_int_equal(endpoint.port, 8443);
	char longest[ENDPOINT_BYTES_MAX + 2];
	memset(longest, 'a', sizeof longest);
	memcpy(longest, "https://h/", 10);
	longest[ENDPOINT_BYTES_MAX + 1] = '\0';
	assert_false(endpoint_read(&endpoint, longest));
	longest[ENDPOINT_BYTES_MAX] = '\0';
	assert_true(endpoint_read(&endpoint, longest));
}

static bool is_at(const char *text, const char *list)
{
	struct endpoint endpoint;
	assert_true(endpoint_read(&endpoint, text));
	return endpoint_is_at(&endpoint, list);
}

TEST(only_hosts_of_the_list_are_reached)
{
	assert_true(endpoint_is_hosts(ENDPOINT_HOSTS));
	static const char *const wrong[] = {"",   ",",   "a,",      "*",         "*.",  "a b",   ".a",
					    "a:", "a:b", "a:70000", "A.example", "a/b", "*.*.a", "a,,b"};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		if (endpoint_is_hosts(wrong[i]))
			fail_msg("%s", wrong[i]);
	assert_true(is_at("https://fcm.googleapis.com/fcm/send/x", ENDPOINT_HOSTS));
	assert_true(is_at("https://web.push.apple.com/x", ENDPOINT_HOSTS));
	assert_true(is_at("https://db5p.notify.windows.com/w/?token=x", ENDPOINT_HOSTS));
	assert_false(is_at("https://push.apple.com/x", ENDPOINT_HOSTS));
	assert_false(is_at("https://evilpush.apple.com.example/x", ENDPOINT_HOSTS));
	assert_false(is_at("https://xpush.apple.com/x", ENDPOINT_HOSTS));
	assert_false(is_at("https://fcm.googleapis.com.example/x", ENDPOINT_HOSTS));
	assert_false(is_at("https://a.fcm.googleapis.com/x", ENDPOINT_HOSTS));
	assert_false(is_at("https://fcm.googleapis.com:8443/x", ENDPOINT_HOSTS));
	assert_true(is_at("https://push.example:8443/x", "other.example,*.example:8443"));
	assert_false(is_at("https://push.example/x", "other.example,*.example:8443"));
}

/* --- who sends --- */

static bool is_signed(const char *token, const char *public_text)
{
	unsigned char point[SEAL_POINT_BYTES], numbers[64], der[80] = {0x30, 0, 2};
	const char *dot = strrchr(token, '.');
	char group[] = "P-256";
	EVP_PKEY *key = NULL;
	assert_int_equal(decode(public_text, point, sizeof point), sizeof point);
	assert_int_equal(decode(dot + 1, numbers, sizeof numbers), sizeof numbers);
	size_t at = 2;
	for (int i = 0; i < 2; i++) {
		size_t pad = numbers[32 * i] >> 7;
		der[at++] = 2;
		der[at++] = (unsigned char)(32 + pad);
		if (pad)
			der[at++] = 0;
		memcpy(der + at, numbers + 32 * i, 32);
		at += 32;
	}
	der[1] = (unsigned char)(at - 2);
	OSSL_PARAM params[] = {
	    OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
	    OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point),
	    OSSL_PARAM_construct_end()};
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	assert_true(EVP_PKEY_fromdata_init(context) > 0);
	assert_true(EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, params) > 0);
	EVP_PKEY_CTX_free(context);
	EVP_MD_CTX *digest = EVP_MD_CTX_new();
	assert_true(EVP_DigestVerifyInit(digest, NULL, EVP_sha256(), NULL, key) > 0);
	bool is_right =
	    EVP_DigestVerify(digest, der, at, (const unsigned char *)token, (size_t)(dot - token)) == 1;
	EVP_MD_CTX_free(digest);
	EVP_PKEY_free(key);
	return is_right;
}

static struct vapid *open_vapid(const char *name)
{
	struct vapid *vapid;
	char problem[512] = "";
	if (vapid_open(directory_file(&directory, name), "mailto:admin@chat.example", &vapid, problem,
		       sizeof problem))
		fail_msg("%s", problem);
	return vapid;
}

TEST(the_key_is_made_once_and_is_its_owners_alone)
{
	char first[VAPID_PUBLIC_CHARS + 1], problem[512] = "";
	struct stat about;
	struct vapid *vapid = open_vapid("push.key");
	strcpy(first, vapid_public(vapid));
	assert_int_equal(strlen(first), VAPID_PUBLIC_CHARS);
	vapid_close(vapid);
	assert_int_equal(stat(directory_file(&directory, "push.key"), &about), 0);
	assert_int_equal(about.st_mode & 0777, 0600);
	vapid = open_vapid("push.key");
	assert_string_equal(vapid_public(vapid), first);
	vapid_close(vapid);
	FILE *file = fopen(directory_file(&directory, "broken.key"), "w");
	fputs("not a key\n", file);
	fclose(file);
	assert_int_equal(vapid_open(directory_file(&directory, "broken.key"), "mailto:a@b", &vapid, problem,
				    sizeof problem),
			 -1);
	assert_non_null(strstr(problem, "mend or remove it"));
}

TEST(a_push_is_signed_for_its_service_and_time)
{
	struct endpoint one, other;
	struct vapid *vapid = open_vapid("push.key");
	char token[VAPID_AUTHORIZATION_BYTES], claims[256] = "";
	assert_true(endpoint_read(&one, "https://push.example/a"));
	assert_true(endpoint_read(&other, "https://push.example:8443/b"));
	strcpy(token, vapid_authorization(vapid, &one, 1000000));
	assert_string_equal(vapid_authorization(vapid, &one, 1001000), token);
	assert_string_not_equal(vapid_authorization(vapid, &one, 43200000), token);
	strcpy(token, vapid_authorization(vapid, &other, 1000000));
	assert_memory_equal(token, "vapid t=", 8);
	char *end = strstr(token, ", k=");
	assert_string_equal(end + 4, vapid_public(vapid));
	*end = '\0';
	char *body = strchr(token + 8, '.') + 1;
	assert_true(is_signed(token + 8, vapid_public(vapid)));
	*strchr(body, '.') = '\0';
	claims[decode(body, (unsigned char *)claims, sizeof claims - 1)] = '\0';
	assert_string_equal(claims, "{\"aud\":\"https://push.example:8443\",\"exp\":44200,"
				    "\"sub\":\"mailto:admin@chat.example\"}");
	vapid_close(vapid);
}

/* --- what is told --- */

static const char *payload_of(const struct push *push)
{
	static struct buffer payload;
	buffer_release(&payload);
	payload_write(&payload, push);
	return buffer_string(&payload);
}

TEST(a_payload_has_the_text_only_where_it_is_wanted)
{
	struct push push = {.room = "#lobby", .seq = 7, .name = "mario", .lang = LANG_EN};
	assert_string_equal(payload_of(&push), "{\"room\":\"#lobby\",\"seq\":7,\"title\":\"mario in #lobby\","
					       "\"body\":\"mario mentioned or answered you in #lobby.\"}");
	push.text = "ciao \"anna\"";
	assert_non_null(strstr(payload_of(&push), "\"body\":\"ciao \\\"anna\\\"\""));
	push.text = "";
	push.room = "@mario";
	push.is_direct = true;
	push.lang = LANG_IT;
	assert_string_equal(payload_of(&push), "{\"room\":\"@mario\",\"seq\":7,\"title\":\"mario\","
					       "\"body\":\"mario ti ha mandato un messaggio.\"}");
}

TEST(a_long_text_is_cut_and_the_longest_fits)
{
	char text[8192], name[32 * 4 + 1], room[49 * 4 + 1];
	struct push push = {.room = room, .seq = UINT64_C(1) << 62, .name = name, .text = text};
	memset(text, 1, sizeof text - 1);
	memset(name, 'n', sizeof name - 1);
	memset(room, 'r', sizeof room - 1);
	text[sizeof text - 1] = name[sizeof name - 1] = room[sizeof room - 1] = '\0';
	assert_true(strlen(payload_of(&push)) <= PAYLOAD_BYTES);
	for (size_t i = 0; i + 2 < sizeof text; i += 2)
		memcpy(text + i, "é", 2);
	memcpy(text, "a", 1);
	memmove(text + 1, text + 2, sizeof text - 2);
	assert_non_null(strstr(payload_of(&push), "é…\"}"));
}

static int setup(void **state)
{
	(void)state;
	directory_make(&directory);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	directory_remove(&directory);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_payload_is_sealed_as_the_standard_shows),
	    cmocka_unit_test(a_payload_is_padded_and_never_sealed_twice_the_same),
	    cmocka_unit_test(keys_that_are_none_are_refused),
	    cmocka_unit_test(an_address_is_https_at_a_host_and_nothing_else),
	    cmocka_unit_test(only_hosts_of_the_list_are_reached),
	    cmocka_unit_test(the_key_is_made_once_and_is_its_owners_alone),
	    cmocka_unit_test(a_push_is_signed_for_its_service_and_time),
	    cmocka_unit_test(a_payload_has_the_text_only_where_it_is_wanted),
	    cmocka_unit_test(a_long_text_is_cut_and_the_longest_fits),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
