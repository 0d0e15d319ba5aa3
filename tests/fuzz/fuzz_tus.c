/* The fields of tus: a head with any of them never breaks, and a name that comes out is one. */
#include "wire/tus.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_fields(const struct http_request *request)
{
	char name[64];
	struct tus_checksum checksum;
	assert(tus_number(request, "upload-length") >= -1 && tus_number(request, "upload-offset") >= -1);
	bool is_read = tus_read_metadata(http_value(request, "upload-metadata"), name, sizeof name);
	assert(!is_read || memchr(name, '\0', sizeof name));
	if (!tus_checksum_begin(&checksum, request))
		return;
	tus_checksum_add(&checksum, request->path.at, request->path.bytes);
	tus_checksum_fits(&checksum);
	assert(!checksum.state);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char begin[] = "PATCH /files/a HTTP/1.1\r\nHost: a\r\n";
	size_t head = sizeof begin - 1, scanned = 0;
	struct http_request request;
	char *bytes = malloc(head + size + 4);
	memcpy(bytes, begin, head);
	memcpy(bytes + head, data, size);
	memcpy(bytes + head + size, "\r\n\r\n", 4);
	if (http_parse(bytes, head + size + 4, &scanned, &request) > 0)
		read_fields(&request);
	free(bytes);
	return 0;
}
