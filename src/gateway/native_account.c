#include "gateway/native_account.h"

#include "gateway/web/file_link.h"

#include <assert.h>

void native_write_token(struct json_out *out, const struct reply *reply, enum lang lang)
{
	assert(reply->kind == REPLY_TOKEN);
	(void)lang;
	json_text(out, "token", reply->token.text);
	if (!reply->token.is_list)
		return;
	json_array_begin(out, "labels");
	for (size_t i = 0; i < reply->token.labels_count; i++)
		json_text(out, NULL, reply->token.labels[i]);
	json_array_end(out);
}

void native_write_totp(struct json_out *out, const struct reply *reply, enum lang lang)
{
	assert(reply->kind == REPLY_TOTP);
	const struct reply_totp *totp = &reply->totp;
	(void)lang;
	json_text(out, "secret", totp->secret);
	json_text(out, "uri", totp->uri);
	if (!totp->codes_count)
		return;
	json_array_begin(out, "recovery");
	for (size_t i = 0; i < totp->codes_count; i++)
		json_text(out, NULL, totp->codes[i]);
	json_array_end(out);
}

void native_write_passkeys(struct json_out *out, const struct reply *reply, enum lang lang)
{
	assert(reply->kind == REPLY_PASSKEYS);
	const struct reply_passkeys *passkeys = &reply->passkeys;
	(void)lang;
	json_text(out, "challenge", passkeys->challenge);
	json_text(out, "user", passkeys->user);
	if (!passkeys->is_list)
		return;
	json_array_begin(out, "passkeys");
	for (size_t i = 0; i < passkeys->rows_count; i++) {
		const struct passkey_row *row = &passkeys->rows[i];
		json_element_begin(out);
		json_text(out, "label", row->label);
		json_time(out, "since", row->made_ms);
		if (row->used_ms)
			json_time(out, "used", row->used_ms);
		json_element_end(out);
	}
	json_array_end(out);
}

void native_write_link(struct json_out *out, const struct reply *reply, enum lang lang)
{
	assert(reply->kind == REPLY_LINK);
	const struct reply_link *link = &reply->link;
	(void)lang;
	json_text(out, "key", link->key);
	json_text(out, "link", link->secret);
	if (link->secret) {
		struct buffer url = BUFFER_EMPTY;
		file_link_invitation(&url, link->secret);
		json_text(out, "url", buffer_string(&url));
		buffer_release(&url);
	}
	json_text(out, "room", reply->room);
	json_text(out, "by", link->by);
	if (link->secret)
		json_number(out, "uses", link->uses);
	if (link->until_ms)
		json_time(out, "until", link->until_ms);
	if (link->until_ms)
		json_bool(out, "newcomers", link->admits);
	if (link->by)
		json_bool(out, "register", link->registers);
}
