#include "wire/upload_body.h"

#include "base/memory.h"

#include <assert.h>
#include <stdlib.h>

void upload_body_begin(struct upload_body *upload, const struct http_request *request)
{
	struct multipart *form = mem_zero(sizeof *form);
	*upload = (struct upload_body){.form = form};
	http_body_begin(&upload->body, request);
	if (!multipart_begin(form, http_value(request, "content-type")))
		upload_body_release(upload);
}

void upload_body_release(struct upload_body *upload)
{
	free(upload->form);
	upload->form = NULL;
}

int64_t upload_body_bytes(const struct upload_body *upload, const struct http_request *request)
{
	if (request->is_chunked)
		return -1;
	/* The bytes around the file are counted as little as they can be. */
	int64_t around = upload->form ? multipart_overhead(upload->form) : 0;
	return request->body_bytes > around ? request->body_bytes - around : 0;
}

const char *upload_body_name(const struct upload_body *upload)
{
	return upload->form ? upload->form->name : NULL;
}

static enum upload_body_result end_of(const struct upload_body *upload)
{
	return upload->form && !multipart_is_whole(upload->form) ? UPLOAD_BODY_NO_FILE : UPLOAD_BODY_END;
}

/* UPLOAD_BODY_MORE: this part of the form is used up. */
static enum upload_body_result next_of_form(struct upload_body *upload, struct http_text *piece)
{
	size_t used = 0;
	enum multipart_result result = MULTIPART_MORE;
	if (upload->part.bytes)
		result = multipart_next(upload->form, upload->part.at, upload->part.bytes, &used, piece);
	upload->part.at += used;
	upload->part.bytes -= used;
	return result == MULTIPART_PIECE   ? UPLOAD_BODY_PIECE
	       : result == MULTIPART_WRONG ? UPLOAD_BODY_BAD_FORM
					   : UPLOAD_BODY_MORE;
}

enum upload_body_result upload_body_next(struct upload_body *upload, const char *bytes, size_t length,
					 size_t *used, struct http_text *piece)
{
	assert(*used <= length);
	for (;;) {
		enum upload_body_result result =
		    upload->form ? next_of_form(upload, piece) : UPLOAD_BODY_MORE;
		if (result != UPLOAD_BODY_MORE)
			return result;
		switch (http_body_next(&upload->body, bytes, length, used, piece)) {
		case HTTP_BODY_MORE:
			return UPLOAD_BODY_MORE;
		case HTTP_BODY_WRONG:
			return UPLOAD_BODY_WRONG;
		case HTTP_BODY_END:
			return end_of(upload);
		case HTTP_BODY_PIECE:
			if (!upload->form)
				return UPLOAD_BODY_PIECE;
			upload->part = *piece;
		}
	}
}
