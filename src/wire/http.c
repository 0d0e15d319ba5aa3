#include "wire/http.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

/* Digits of a number of bytes: fits 64 bits with room. */
#define LENGTH_DIGITS_MAX 18

/* RFC 9110 "tchar". */
static bool is_token_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr("!#$%&'*+-.^_`|~", c));
}

static bool is_http_token(struct http_text text)
{
	for (size_t i = 0; i < text.bytes; i++)
		if (!is_token_char(text.at[i]))
			return false;
	return text.bytes > 0;
}

static bool http_is_space(char c)
{
	return c == ' ' || c == '\t';
}

static struct http_text http_trim(struct http_text text)
{
	while (text.bytes && http_is_space(text.at[0])) {
		text.at++;
		text.bytes--;
	}
	while (text.bytes && http_is_space(text.at[text.bytes - 1]))
		text.bytes--;
	return text;
}

bool http_text_is(struct http_text text, const char *string)
{
	return text.bytes == strlen(string) && !memcmp(text.at, string, text.bytes);
}

bool http_text_is_nocase(struct http_text text, const char *string)
{
	return text.bytes == strlen(string) && !strncasecmp(text.at, string, text.bytes);
}

bool http_is_get(const struct http_request *request)
{
	return !request->is_post && !request->is_patch && !request->is_delete && !request->is_options;
}

/* --- fields --- */

size_t http_count(const struct http_request *request, const char *name)
{
	size_t count = 0;
	for (size_t i = 0; i < request->fields_count; i++)
		count += http_text_is_nocase(request->fields[i].name, name);
	return count;
}

struct http_text http_value(const struct http_request *request, const char *name)
{
	for (size_t i = 0; i < request->fields_count; i++)
		if (http_text_is_nocase(request->fields[i].name, name))
			return request->fields[i].value;
	return (struct http_text){"", 0};
}

/* Cuts the first element off a comma-separated list. False where none is left. */
static bool next_element(struct http_text *list, struct http_text *element)
{
	if (!list->bytes)
		return false;
	const char *comma = memchr(list->at, ',', list->bytes);
	size_t bytes = comma ? (size_t)(comma - list->at) : list->bytes;
	*element = http_trim((struct http_text){list->at, bytes});
	list->at += bytes + (comma != NULL);
	list->bytes -= bytes + (comma != NULL);
	return true;
}

bool http_has_token(const struct http_request *request, const char *name, const char *token)
{
	for (size_t i = 0; i < request->fields_count; i++) {
		struct http_text list = request->fields[i].value, element;
		if (!http_text_is_nocase(request->fields[i].name, name))
			continue;
		while (next_element(&list, &element))
			if (http_text_is_nocase(element, token))
				return true;
	}
	return false;
}

/* "q=0", "q=0.000": not acceptable. Anything else that may stand there is. */
static bool is_weight_zero(struct http_text parameters)
{
	parameters = http_trim(parameters);
	if (parameters.bytes < 3 || strncasecmp(parameters.at, "q=", 2))
		return false;
	for (size_t i = 2; i < parameters.bytes; i++)
		if (parameters.at[i] != '0' && parameters.at[i] != '.')
			return false;
	return true;
}

bool http_accepts(const struct http_request *request, const char *coding)
{
	bool is_accepted = false, is_named = false;
	for (size_t i = 0; i < request->fields_count; i++) {
		struct http_text list = request->fields[i].value, element;
		if (!http_text_is_nocase(request->fields[i].name, "accept-encoding"))
			continue;
		while (next_element(&list, &element)) {
			const char *semicolon = memchr(element.at, ';', element.bytes);
			struct http_text weight = {"", 0};
			if (semicolon) {
				weight.at = semicolon + 1;
				weight.bytes = element.bytes - (size_t)(semicolon + 1 - element.at);
				element.bytes = (size_t)(semicolon - element.at);
			}
			element = http_trim(element);
			bool is_it = http_text_is_nocase(element, coding);
			/* A weight of the coding itself counts more than one of "*". */
			if (!is_it && (is_named || !http_text_is(element, "*")))
				continue;
			is_named |= is_it;
			is_accepted = !is_weight_zero(weight);
		}
	}
	return is_accepted;
}

struct http_text http_bearer(const struct http_request *request)
{
	static const char scheme[] = "Bearer ";
	struct http_text value = http_value(request, "authorization");
	size_t head = sizeof scheme - 1;
	if (value.bytes <= head || strncasecmp(value.at, scheme, head) != 0)
		return (struct http_text){0};
	return (struct http_text){value.at + head, value.bytes - head};
}

bool http_matches(const struct http_request *request, const char *tag)
{
	for (size_t i = 0; i < request->fields_count; i++) {
		struct http_text list = request->fields[i].value, element;
		if (!http_text_is_nocase(request->fields[i].name, "if-none-match"))
			continue;
		while (next_element(&list, &element)) {
			if (element.bytes > 2 && !memcmp(element.at, "W/", 2)) {
				element.at += 2;
				element.bytes -= 2;
			}
			if (http_text_is(element, tag) || http_text_is(element, "*"))
				return true;
		}
	}
	return false;
}

/* --- the query --- */

static int hex_of(char c)
{
	const char *digits = "0123456789abcdef0123456789ABCDEF", *at = c ? strchr(digits, c) : NULL;
	return at ? (int)(at - digits) % 16 : -1;
}

int http_decode(struct http_text text, char *to, size_t room)
{
	assert(room);
	size_t used = 0;
	for (size_t i = 0; i < text.bytes; i++) {
		int c = (unsigned char)text.at[i];
		if (c == '%') {
			int high = i + 2 < text.bytes ? hex_of(text.at[i + 1]) : -1;
			int low = high >= 0 ? hex_of(text.at[i + 2]) : -1;
			if (low < 0)
				return -1;
			c = high * 16 + low;
			i += 2;
		}
		/* A NUL would end the text for whoever reads it on. */
		if (!c || used + 1 >= room)
			return -1;
		to[used++] = (char)c;
	}
	to[used] = '\0';
	return (int)used;
}

int http_query_value(struct http_text query, const char *name, char *to, size_t room)
{
	size_t name_bytes = strlen(name);
	while (query.bytes) {
		const char *end = memchr(query.at, '&', query.bytes);
		size_t bytes = end ? (size_t)(end - query.at) : query.bytes;
		if (bytes > name_bytes && query.at[name_bytes] == '=' && !memcmp(query.at, name, name_bytes))
			return http_decode(
			    (struct http_text){query.at + name_bytes + 1, bytes - name_bytes - 1}, to, room);
		query.at += bytes + (end != NULL);
		query.bytes -= bytes + (end != NULL);
	}
	return -1;
}

/* --- ranges --- */

/* Cuts a number off; -1: there is none, or it is larger than a file can be. */
static int64_t cut_number(struct http_text *text)
{
	int64_t number = 0;
	size_t digits = 0;
	for (; digits < text->bytes && text->at[digits] >= '0' && text->at[digits] <= '9'; digits++)
		if (digits < LENGTH_DIGITS_MAX)
			number = number * 10 + (text->at[digits] - '0');
	text->at += digits;
	text->bytes -= digits;
	return digits && digits <= LENGTH_DIGITS_MAX ? number : -1;
}

enum http_range http_range(struct http_text value, int64_t total, int64_t *first, int64_t *length)
{
	assert(total >= 0);
	if (value.bytes < 7 || strncasecmp(value.at, "bytes=", 6))
		return HTTP_RANGE_WHOLE;
	struct http_text rest = {value.at + 6, value.bytes - 6};
	bool has_first = *rest.at != '-';
	int64_t from = cut_number(&rest);
	if (!rest.bytes || *rest.at != '-')
		return HTTP_RANGE_WHOLE;
	rest.at++;
	rest.bytes--;
	bool has_end = rest.bytes;
	bool is_number = has_end && *rest.at >= '0' && *rest.at <= '9';
	int64_t to = cut_number(&rest);
	/* Players ask for all of it by the largest number that they have. */
	if (is_number && to < 0)
		to = INT64_MAX;
	/* Several ranges, and texts that are not a range, are ignored, as RFC 9110 allows. */
	if (rest.bytes || (has_end && to < 0) || (from < 0 && !has_first && !has_end) ||
	    (from >= 0 && has_end && to < from))
		return HTTP_RANGE_WHOLE;
	if (has_first && from < 0)
		return HTTP_RANGE_NONE;
	if (from < 0) {
		from = to < total ? total - to : 0;
		to = to ? total - 1 : -1;
	}
	if (from >= total || (has_end && to < 0))
		return HTTP_RANGE_NONE;
	*first = from;
	*length = (has_end && to < total ? to + 1 : total) - from;
	return HTTP_RANGE_PART;
}

/* --- the head --- */

/* Looks for the empty line that ends the head. Returns the head's bytes, 0 or a negative status. */
static int find_end(const char *bytes, size_t length, size_t *scanned)
{
	for (size_t i = *scanned; i < length; i++) {
		if (i >= HTTP_HEAD_BYTES_MAX)
			return -431;
		if (bytes[i] == '\n' && (i == 0 || bytes[i - 1] != '\r'))
			return -400;
		if (i > 0 && bytes[i - 1] == '\r' && bytes[i] != '\n')
			return -400;
		if (!bytes[i])
			return -400;
		if (i >= 3 && bytes[i] == '\n' && bytes[i - 2] == '\n')
			return (int)i + 1;
	}
	*scanned = length;
	return 0;
}

/* Cuts a line off the head, which consists of whole lines. */
static struct http_text next_line(struct http_text *head)
{
	const char *end = memchr(head->at, '\r', head->bytes);
	struct http_text line = {head->at, (size_t)(end - head->at)};
	head->at += line.bytes + 2;
	head->bytes -= line.bytes + 2;
	return line;
}

/* Cuts off what stands before the next space; false where there is no space. */
static bool next_word(struct http_text *line, struct http_text *word)
{
	const char *space = memchr(line->at, ' ', line->bytes);
	if (!space)
		return false;
	*word = (struct http_text){line->at, (size_t)(space - line->at)};
	line->at += word->bytes + 1;
	line->bytes -= word->bytes + 1;
	return true;
}

/* "http://host/path": RFC 9112, section 3.2.2, has servers take it, and its host goes before the Host field.
 * Leaves the path in `target`. */
static void take_authority(struct http_text *target, struct http_request *request)
{
	static const char *const schemes[] = {"http://", "https://"};
	for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
		size_t skip = strlen(schemes[i]), at = skip;
		if (target->bytes < skip || strncasecmp(target->at, schemes[i], skip))
			continue;
		while (at < target->bytes && target->at[at] != '/' && target->at[at] != '?')
			at++;
		request->host = (struct http_text){target->at + skip, at - skip};
		request->is_absolute = true;
		*target = (struct http_text){target->at + at, target->bytes - at};
	}
	/* An absolute target may have no path: "http://host", "http://host?query". */
	if (request->is_absolute && (!target->bytes || target->at[0] == '?'))
		*target = (struct http_text){"/", 1};
}

static bool is_path(struct http_text target)
{
	if (!target.bytes || target.at[0] != '/')
		return false;
	for (size_t i = 0; i < target.bytes; i++)
		if (target.at[i] <= ' ' || target.at[i] == 0x7f || target.at[i] == '#' ||
		    target.at[i] == '\\')
			return false;
	return true;
}

static int parse_version(struct http_text version, struct http_request *request)
{
	bool has_shape = version.bytes == 8 && !memcmp(version.at, "HTTP/", 5) && version.at[5] >= '0' &&
			 version.at[5] <= '9' && version.at[6] == '.' && version.at[7] >= '0' &&
			 version.at[7] <= '9';
	if (!has_shape)
		return -400;
	if (version.at[5] != '1')
		return -505;
	request->is_1_0 = version.at[7] == '0';
	return 0;
}

static int take_method(struct http_text method, struct http_request *request)
{
	request->is_head = http_text_is(method, "HEAD");
	request->is_post = http_text_is(method, "POST");
	request->is_patch = http_text_is(method, "PATCH");
	request->is_delete = http_text_is(method, "DELETE");
	request->is_options = http_text_is(method, "OPTIONS");
	if (request->is_head || request->is_post || request->is_patch || request->is_delete ||
	    request->is_options || http_text_is(method, "GET"))
		return 0;
	static const char *const known[] = {"PUT", "TRACE", "CONNECT"};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (http_text_is(method, known[i]))
			return -405;
	return -501;
}

/* METHOD SP TARGET SP VERSION, with exactly those spaces. The method is checked last: a line that is not a request at
 * all should not be answered as a method that is not allowed. */
static int parse_request_line(struct http_text line, struct http_request *request)
{
	struct http_text method, target;
	if (!next_word(&line, &method) || !is_http_token(method) || !next_word(&line, &target))
		return -400;
	if (target.bytes > HTTP_TARGET_BYTES_MAX)
		return -414;
	int error = parse_version(line, request);
	if (error)
		return error;
	error = take_method(method, request);
	if (error)
		return error;
	take_authority(&target, request);
	if (!is_path(target))
		return -400;
	const char *query = memchr(target.at, '?', target.bytes);
	request->path = (struct http_text){target.at, query ? (size_t)(query - target.at) : target.bytes};
	if (query)
		request->query = (struct http_text){query + 1, target.bytes - request->path.bytes - 1};
	return 0;
}

static int parse_field(struct http_text line, struct http_request *request)
{
	if (request->fields_count == HTTP_FIELDS_MAX)
		return -431;
	const char *colon = memchr(line.at, ':', line.bytes);
	if (!colon)
		return -400;
	struct http_field *field = &request->fields[request->fields_count++];
	field->name = (struct http_text){line.at, (size_t)(colon - line.at)};
	field->value = http_trim((struct http_text){colon + 1, line.bytes - field->name.bytes - 1});
	/* A line that begins with a space, or has one before its colon, fails here too. */
	if (!is_http_token(field->name))
		return -400;
	for (size_t i = 0; i < field->value.bytes; i++) {
		unsigned char c = (unsigned char)field->value.at[i];
		if ((c < ' ' && c != '\t') || c == 0x7f)
			return -400;
	}
	return 0;
}

/* A name or address and maybe a port: what may be quoted back, in a policy or a page. */
static bool is_host(struct http_text host)
{
	for (size_t i = 0; i < host.bytes; i++) {
		char c = host.at[i];
		bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
		if (!is_plain && !strchr("-._~:[]", c))
			return false;
	}
	return host.bytes > 0;
}

static int check_host(struct http_request *request)
{
	size_t count = http_count(request, "host");
	if (!count && request->is_1_0)
		return !request->is_absolute || is_host(request->host) ? 0 : -400;
	if (!request->is_absolute)
		request->host = http_value(request, "host");
	return count == 1 && is_host(http_value(request, "host")) && is_host(request->host) ? 0 : -400;
}

/* Digits alone, and no more of them than a number of bytes can have: two readers cannot see two numbers. */
static int take_length(struct http_text text, int64_t *bytes)
{
	*bytes = 0;
	if (!text.bytes || text.bytes > LENGTH_DIGITS_MAX)
		return -400;
	for (size_t i = 0; i < text.bytes; i++) {
		if (text.at[i] < '0' || text.at[i] > '9')
			return -400;
		*bytes = *bytes * 10 + (text.at[i] - '0');
	}
	return 0;
}

static bool http_may_have_body(const struct http_request *request)
{
	return request->is_post || request->is_patch;
}

static int take_framing(struct http_request *request)
{
	size_t codings = http_count(request, "transfer-encoding");
	size_t lengths = http_count(request, "content-length");
	if (codings + lengths > 1 || (codings && request->is_1_0))
		return -400;
	if (codings && !http_text_is_nocase(http_value(request, "transfer-encoding"), "chunked"))
		return http_may_have_body(request) ? -501 : -400;
	request->is_chunked = codings;
	request->has_length = lengths;
	return lengths ? take_length(http_value(request, "content-length"), &request->body_bytes) : 0;
}

/* Only a POST and a PATCH have a body: another request that announces one is refused. */
static int check_body(struct http_request *request)
{
	int error = take_framing(request);
	if (error)
		return error;
	if (!http_may_have_body(request))
		return !request->is_chunked && !request->body_bytes ? 0
		       : request->is_delete || request->is_options  ? -405
								    : -400;
	request->awaits_go_on = http_text_is_nocase(http_value(request, "expect"), "100-continue");
	bool is_plain = !http_count(request, "expect") || request->is_1_0;
	if (!request->awaits_go_on && !is_plain)
		return -417;
	request->awaits_go_on &= !request->is_1_0;
	return 0;
}

int http_parse(const char *bytes, size_t length, size_t *scanned, struct http_request *request)
{
	int head_bytes = find_end(bytes, length, scanned);
	if (head_bytes == 0)
		return 0;
	*scanned = 0;
	if (head_bytes < 0)
		return head_bytes;
	struct http_text head = {bytes, (size_t)head_bytes - 2};
	request->fields_count = 0;
	request->is_absolute = request->is_chunked = request->has_length = request->awaits_go_on = false;
	request->body_bytes = 0;
	request->host = request->query = (struct http_text){"", 0};
	/* The fields are looked at even where the line is wrong: of two answers the graver one is given. */
	int line_error = parse_request_line(next_line(&head), request);
	if (line_error == -400 || line_error == -505)
		return line_error;
	while (head.bytes) {
		int error = parse_field(next_line(&head), request);
		if (error)
			return error;
	}
	if (line_error)
		return line_error;
	int error = check_host(request);
	if (!error)
		error = check_body(request);
	request->keeps_alive = !request->is_1_0 && !http_has_token(request, "connection", "close");
	return error ? error : head_bytes;
}

const char *http_reason(int status)
{
	static const struct {
		int status;
		const char *reason;
	} reasons[] = {
	    {100, "Continue"},
	    {101, "Switching Protocols"},
	    {200, "OK"},
	    {201, "Created"},
	    {204, "No Content"},
	    {206, "Partial Content"},
	    {304, "Not Modified"},
	    {308, "Permanent Redirect"},

	    {400, "Bad Request"},
	    {401, "Unauthorized"},
	    {403, "Forbidden"},
	    {404, "Not Found"},
	    {405, "Method Not Allowed"},
	    {408, "Request Timeout"},
	    {409, "Conflict"},
	    {410, "Gone"},
	    {411, "Length Required"},
	    {412, "Precondition Failed"},
	    {413, "Content Too Large"},
	    {414, "URI Too Long"},
	    {415, "Unsupported Media Type"},
	    {416, "Range Not Satisfiable"},
	    {417, "Expectation Failed"},
	    {423, "Locked"},
	    {426, "Upgrade Required"},
	    {429, "Too Many Requests"},
	    {431, "Request Header Fields Too Large"},
	    {460, "Checksum Mismatch"},
	    {500, "Internal Server Error"},
	    {501, "Not Implemented"},
	    {503, "Service Unavailable"},
	    {505, "HTTP Version Not Supported"},
	    {507, "Insufficient Storage"},
	};
	for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
		if (reasons[i].status == status)
			return reasons[i].reason;
	return "Error";
}

static bool http_is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr("-._~", c));
}

void http_encode(struct buffer *to, const char *text)
{
	for (; *text; text++) {
		if (http_is_plain(*text))
			buffer_add_char(to, *text);
		else
			buffer_printf(to, "%%%02X", (unsigned char)*text);
	}
}
