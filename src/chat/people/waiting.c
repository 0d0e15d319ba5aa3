#include "chat/people/waiting.h"

#include "base/container_of.h"
#include "base/memory.h"
#include "chat/talk/marks.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct waiting_network {
	struct table_link link;
	struct waiting_list list;
	char name[];
};

static void waiting_list_init(struct waiting_list *list)
{
	*list = (struct waiting_list){0};
	list->last = &list->first;
}

static void waiting_list_add(struct waiting_list *list, struct waiting_link *link)
{
	*link = (struct waiting_link){.at = list->last};
	*list->last = link;
	list->last = &link->next;
	list->count++;
}

static void waiting_list_remove(struct waiting_list *list, struct waiting_link *link)
{
	assert(list->count);
	*link->at = link->next;
	if (link->next)
		link->next->at = link->at;
	else
		list->last = link->at;
	list->count--;
}

void waiting_init(struct waiting *waiting)
{
	*waiting = (struct waiting){0};
	waiting_list_init(&waiting->all);
}

void waiting_release(struct waiting *waiting)
{
	assert(!waiting->all.count && !waiting->by_network.count); /* 1 */
	table_release(&waiting->by_network);
}

static struct waiting_network *waiting_find_network(const struct waiting *waiting, const char *address)
{
	char name[INET6_ADDRSTRLEN];
	mark_network(address, name);
	uint64_t hash = table_hash_string(name);
	struct table_link *link = table_first(&waiting->by_network, hash);
	while (link && strcmp(TABLE_OF(link, struct waiting_network, link)->name, name))
		link = table_next(link, hash);
	return link ? TABLE_OF(link, struct waiting_network, link) : NULL;
}

static struct waiting_network *waiting_add_network(struct waiting *waiting, const char *address)
{
	char name[INET6_ADDRSTRLEN];
	mark_network(address, name);
	struct waiting_network *network = mem_zero(sizeof *network + strlen(name) + 1);
	strcpy(network->name, name);
	waiting_list_init(&network->list);
	table_insert(&waiting->by_network, &network->link, table_hash_string(name));
	return network;
}

void waiting_add(struct waiting *waiting, struct waiter *waiter, const char *address)
{
	assert(!waiter->network);
	struct waiting_network *network = waiting_find_network(waiting, address);
	if (!network)
		network = waiting_add_network(waiting, address);
	waiter->network = network;
	waiting_list_add(&waiting->all, &waiter->of_all);
	waiting_list_add(&network->list, &waiter->of_network);
}

void waiting_remove(struct waiting *waiting, struct waiter *waiter)
{
	struct waiting_network *network = waiter->network;
	if (!network)
		return;
	waiting_list_remove(&waiting->all, &waiter->of_all);
	waiting_list_remove(&network->list, &waiter->of_network);
	waiter->network = NULL;
	if (network->list.count)
		return;
	table_remove(&waiting->by_network, &network->link);
	free(network);
}

struct waiter *waiting_surplus(const struct waiting *waiting, const char *address, size_t most,
			       size_t most_here)
{
	const struct waiting_network *network = waiting_find_network(waiting, address);
	size_t here = network ? network->list.count : 0;
	bool is_full = waiting->all.count > most;
	if (here > most_here || (is_full && here > 1))
		return CONTAINER_OF(network->list.first, struct waiter, of_network);
	return is_full ? CONTAINER_OF(waiting->all.first, struct waiter, of_all) : NULL;
}
