#include "server/admin_link.h"

#include "base/clock.h"
#include "base/limits.h"
#include "chat/chat.h"
#include "chat/people/link_secret.h"
#include "server/admin_room.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

/* A number from 1 to `most`; `otherwise` where none was given. */
static int link_read_number(const char *text, const char *option, int64_t most, int64_t otherwise,
			    int64_t *number, char *problem)
{
	char *end = NULL;
	*number = text ? strtoll(text, &end, 10) : otherwise;
	if (!text || (end != text && !*end && *number >= 1 && *number <= most))
		return 0;
	snprintf(problem, ADMIN_PROBLEM_BYTES, "%s takes a number from 1 to %" PRId64, option, most);
	return -1;
}

/* `room_id`: whose record says so; 0: the lobby's, as for what leads onto the server. */
static int link_carry_out(struct store_admin *admin, struct store_command *first, int64_t room_id,
			  const char *op, const char *no_such, char *problem)
{
	if (!room_id && admin_room_find(admin, CHAT_LOBBY, &room_id, problem))
		return -1;
	struct store_command commands[] = {*first,
					   {.op = STORE_ADD_DEED,
					    .deed = {.room_id = room_id,
						     .op = op,
						     .by = CHAT_SERVER_NAME,
						     .target = first->link.key,
						     .reason = "",
						     .time_ms = clock_wall_ms()}}};
	if (admin->ops->carry_out(admin, commands, 2, problem))
		return -1;
	if (commands[0].result == STORE_OK)
		return 0;
	if (commands[0].result == STORE_LIMIT) {
		snprintf(problem, ADMIN_PROBLEM_BYTES, "%d links hold; end some of them first",
			 LIMIT_LINKS_SHOWN);
		return -1;
	}
	snprintf(problem, ADMIN_PROBLEM_BYTES, "%.300s: %s", first->link.key, no_such);
	return -1;
}

int admin_link_add(struct store_admin *admin, const struct admin_link_wish *wish, FILE *to, char *problem)
{
	struct store_command put = {.op = STORE_PUT_LINK,
				    .link = {.made_ms = clock_wall_ms(), .most = LIMIT_LINKS_SHOWN}};
	struct link_secret drawn;
	int64_t days;
	if (link_read_number(wish->uses, "--uses", LIMIT_LINK_USES, 1, &put.link.uses, problem) ||
	    link_read_number(wish->days, "--days", LIMIT_LINK_SECONDS / 86400, 7, &days, problem) ||
	    admin_room_find(admin, wish->room, &put.link.room_id, problem))
		return -1;
	link_secret_draw(&drawn, put.link.hash);
	put.link.key = drawn.key;
	put.link.until_ms = put.link.made_ms + days * CLOCK_DAY_MS;
	int result = link_carry_out(admin, &put, put.link.room_id, "link",
				    "the room is gone; no link was made", problem);
	if (!result)
		fprintf(to, "%s/#+%s\n", wish->url, drawn.text);
	sodium_memzero(&drawn, sizeof drawn);
	return result;
}

static int link_write(void *context, const struct store_admin_link *shown)
{
	char until[CLOCK_TEXT_BYTES];
	clock_format(shown->link.until_ms, until);
	fprintf(context, "%s\t%s\t%s\t%" PRId64 "/%" PRId64 "\t%s\n", shown->link.key,
		shown->room ? shown->room : "-", shown->maker ? shown->maker : CHAT_SERVER_NAME,
		shown->link.used, shown->link.uses, until);
	return 0;
}

int admin_link_list(struct store_admin *admin, FILE *to, char *problem)
{
	return admin->ops->each_link(admin, clock_wall_ms(), link_write, to, problem);
}

struct link_search {
	const char *key;
	char room[LIMIT_NAME_BYTES];
};

static int link_note_room(void *context, const struct store_admin_link *shown)
{
	struct link_search *search = context;
	if (!strcmp(shown->link.key, search->key) && shown->room)
		snprintf(search->room, sizeof search->room, "%s", shown->room);
	return 0;
}

int admin_link_revoke(struct store_admin *admin, const char *key, char *problem)
{
	struct store_command drop = {.op = STORE_DROP_LINK, .link.key = key};
	struct link_search search = {.key = key};
	int64_t room_id;
	if (admin->ops->each_link(admin, clock_wall_ms(), link_note_room, &search, problem) ||
	    admin_room_find(admin, search.room, &room_id, problem))
		return -1;
	return link_carry_out(admin, &drop, room_id, "unlink",
			      "there is no such link; brusiod link list shows those that hold", problem);
}
