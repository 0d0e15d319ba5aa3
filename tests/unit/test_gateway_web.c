/* HTTP on the port of the chat: where the first bytes do not tell yet what is spoken. */
#include "gateway_kit.h"

TEST(an_empty_line_before_the_first_request_may_come_in_pieces)
{
	static const char request[] = "\r\nGET /healthz HTTP/1.1\r\nHost: a\r\n\r\n";
	static const char fine[] = "HTTP/1.1 200 ";
	for (size_t cut = 1; cut < 12; cut++) {
		struct remote *browser = connect_remote(SOCK_STREAM);
		say_bytes(browser, request, cut);
		nothing_is_said(browser);
		say_bytes(browser, request + cut, sizeof request - 1 - cut);
		hear_all(browser);
		assert_true(buffer_length(&browser->in) > sizeof fine);
		assert_memory_equal(buffer_bytes(&browser->in), fine, sizeof fine - 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    GATEWAY_TEST(an_empty_line_before_the_first_request_may_come_in_pieces),
	};
	alarm(60);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
