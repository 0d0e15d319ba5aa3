/* PROXY headers: any bytes, at any length cut, are told the same way, and stay within what came. */
#include "wire/proxy.h"

#include <arpa/inet.h>
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* In memory of exactly that size, so that reading past it is seen. */
static enum proxy_result parse(const uint8_t *data, size_t size, struct proxy_header *header)
{
	char *bytes = malloc(size ? size : 1);
	memcpy(bytes, data, size);
	enum proxy_result result = proxy_parse(bytes, size, header);
	free(bytes);
	return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct proxy_header whole, header;
	unsigned char address[16];
	enum proxy_result result = parse(data, size, &whole);
	if (result == PROXY_MORE)
		assert(size < PROXY_BYTES_MAX);
	if (result == PROXY_FOUND) {
		assert(whole.length && whole.length <= size && whole.length <= PROXY_BYTES_MAX);
		assert(!*whole.host || inet_pton(AF_INET, whole.host, address) == 1 ||
		       inet_pton(AF_INET6, whole.host, address) == 1);
		assert(parse(data, whole.length, &header) == PROXY_FOUND && !strcmp(header.host, whole.host));
	}
	/* A shorter beginning never says what a longer one takes back. */
	for (size_t cut = 0; cut < size && cut < 128; cut++) {
		enum proxy_result early = parse(data, cut, &header);
		assert(early == PROXY_MORE || early == result);
	}
	return 0;
}
