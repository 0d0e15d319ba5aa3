/* What is said: messages. */
#include "chat/hub.h"

void do_send(struct chat *chat, struct request *request)
{
	struct room *room = hub_need_membership(chat, request);
	if (!room)
		return;
	const char *message = request->text[REQUEST_TEXT_MESSAGE];
	if (!message || !*message) {
		hub_bad_field(chat, request, "message");
		return;
	}
	char ip[SHOWN_IP_BYTES];
	address_shown(request->peer->address, chat->config.show_all_ips, ip);
	struct entry entry = {
	    .kind = ENTRY_MESSAGE,
	    .flags = request->number[REQUEST_NUMBER_ACTION] ? ENTRY_ACTION : 0,
	    .author = request->peer->author,
	    .account = request->peer->user->account,
	    .name = request->peer->user->name,
	    .ip = ip,
	    .text = message,
	    .ref = (uint64_t)request->number[REQUEST_NUMBER_REPLY_TO],
	};
	if (entry.ref > room->end_seq + chat->staged) {
		hub_error(chat, request, ERROR_NO_MESSAGE, NULL, &(struct text_args){.number = (int64_t)entry.ref});
		return;
	}
	hub_store_entry(chat, request, room, &entry);
}
