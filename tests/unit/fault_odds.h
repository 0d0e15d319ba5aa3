/* How often a disk fails in one life of a fault schedule. */
#ifndef BRUSIO_TESTS_UNIT_FAULT_ODDS_H
#define BRUSIO_TESTS_UNIT_FAULT_ODDS_H

#include "faulty_disk.h"
#include "unit.h"

static inline struct disk_odds any_odds(uint64_t *dice)
{
	static const unsigned rates[] = {0, 0, 0, 400, 100, 30};
	static const unsigned rare[] = {0, 0, 0, 2000, 500, 100};
	return (struct disk_odds){.read = rare[dice_below(dice, 6)],
				  .write = rates[dice_below(dice, 6)],
				  .sync = rates[dice_below(dice, 6)] / 4,
				  .meta = rare[dice_below(dice, 6)],
				  .delay = rates[dice_below(dice, 6)],
				  .memory = dice_below(dice, 6) ? 0 : 3000};
}

#endif
