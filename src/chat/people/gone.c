#include "chat/people/gone.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/text/utf8.h"
#include "chat/answer.h"
#include "chat/need.h"
#include "chat/state.h"

#include <stdlib.h>
#include <string.h>

static void gone_clear(struct gone_name *one)
{
	free(one->name);
	free(one->user);
	free(one->real_name);
	free(one->ip);
	*one = (struct gone_name){0};
}

void gone_release(struct gone *gone)
{
	for (size_t i = 0; i < LIMIT_GONE; i++)
		gone_clear(&gone->names[i]);
}

void gone_note(struct gone *gone, const char *name, const struct peer *peer)
{
	struct gone_name *one = &gone->names[gone->next];
	gone->next = (gone->next + 1) % LIMIT_GONE;
	gone_clear(one);
	*one = (struct gone_name){.name = mem_string(name),
				  .user = mem_string(peer_user_name(peer)),
				  .real_name = mem_string(peer_real_name(peer)),
				  .ip = mem_string(peer_shown_ip(peer)),
				  .time_ms = clock_wall_ms()};
}

/* The newest first. */
void do_whowas(struct chat *chat, struct request *request)
{
	if (!need_user(chat, request))
		return;
	struct reply *reply = answer_new(request, REPLY_LOOK);
	struct reply_list *people = &reply->look.people;
	char *folded = utf8_fold(request->text[REQUEST_TEXT_NAME]);
	people->rows = arena_zero(&reply->arena, LIMIT_GONE * sizeof *people->rows);
	for (size_t i = 1; i <= LIMIT_GONE; i++) {
		const struct gone_name *one =
		    &chat->gone.names[(chat->gone.next + LIMIT_GONE - i) % LIMIT_GONE];
		char *other = one->name ? utf8_fold(one->name) : NULL;
		if (other && !strcmp(folded, other))
			people->rows[people->rows_count++] =
			    (struct reply_row){.name = reply_string(reply, one->name),
					       .user = reply_string(reply, one->user),
					       .real_name = reply_string(reply, one->real_name),
					       .ip = reply_string(reply, one->ip),
					       .since_ms = one->time_ms};
		free(other);
	}
	free(folded);
	batch_reply(chat, request->peer, reply);
}
