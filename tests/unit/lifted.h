/* The limits without those that are for people: tests do in a second what people do in an hour. */
#ifndef BRUSIO_TESTS_UNIT_LIFTED_H
#define BRUSIO_TESTS_UNIT_LIFTED_H

#include "base/limits.h"

static inline struct limits limits_lifted(void)
{
	struct limits limits = limits_default;
	limits.account_rate = limits.token_rate = limits.send_rate = limits.told_per_second = 0;
	limits.rooms_made_per_hour = limits.registrations_per_hour = limits.directs_per_hour = 0;
	limits.guests_made_per_hour = limits.guests_count_as = 0;
	limits.rooms_per_guest = limits.rooms_per_user;
	return limits;
}

#endif
