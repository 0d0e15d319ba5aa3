/* The people in the schedules of faults, and what their chat is not given. */
#ifndef BRUSIO_TESTS_UNIT_FAULT_PEOPLE_H
#define BRUSIO_TESTS_UNIT_FAULT_PEOPLE_H

#include "base/clock.h"
#include "store/store.h"

#include "fault_ledger.h"

#include <sodium.h>

/* The secret that lets each in, from their first life on: its bytes are all the same. */
static const char *const sessions[USERS] = {"11111111111111111111111111111111",
					    "22222222222222222222222222222222",
					    "33333333333333333333333333333333"};

static inline void take_founding(struct store_batch *batch, int result)
{
	(void)batch;
	if (result != STORE_OK)
		wrong("the first batch was refused");
}

static inline void pass_command(void *context, const struct store_command *command)
{
	(void)context;
	(void)command;
}

/* Two with an account and a guest, each with the session that lets them in: made while the disk is well. */
static inline void found_people(const char *directory)
{
	struct store *store;
	char problem[256];
	struct store_command commands[USERS * 2];
	if (store_open(directory, NULL, &store, problem, sizeof problem) != STORE_OK ||
	    store->ops->load(store, pass_command, NULL) != STORE_OK) {
		wrong("a new database cannot be opened: %s", problem);
		return;
	}
	for (unsigned i = 0; i < USERS; i++) {
		unsigned char secret[16];
		bool is_guest = i == 2;
		memset(secret, (int)(i + 1) * 0x11, sizeof secret);
		commands[2 * i] =
		    (struct store_command){.op = STORE_ADD_PERSON,
					   .begins_group = true,
					   .person = {.kind = is_guest ? PERSON_GUEST : PERSON_ACCOUNT,
						      .name = user_names[i],
						      .folded = user_names[i],
						      .password = is_guest ? NULL : "none"}};
		commands[2 * i + 1] = (struct store_command){
		    .op = STORE_PUT_SESSION,
		    .session = {
			.device = "default", .client = "", .address = "", .seen_ms = clock_wall_ms()}};
		crypto_generichash(commands[2 * i + 1].session.hash, STORE_SESSION_BYTES, secret,
				   sizeof secret, NULL, 0);
	}
	store->ops->submit(store, &(struct store_batch){commands, USERS * 2, take_founding});
	store->ops->close(store);
}

/* The indexer is stepped by this thread, so that the order of things is the seed's alone; the chat gets one
 * that has nothing to do. */
static inline int rest(struct store_indexer *idle, size_t limit, size_t *did)
{
	(void)idle;
	(void)limit;
	*did = 0;
	return STORE_OK;
}

static inline void close_idle(struct store_indexer *idle)
{
	(void)idle;
}

static inline int open_idle(struct store *of, struct store_indexer **made)
{
	static const struct store_indexer_ops idle_ops = {.close = close_idle, .step = rest};
	static struct store_indexer idle = {&idle_ops};
	(void)of;
	*made = &idle;
	return STORE_OK;
}

#endif
