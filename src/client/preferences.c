#include "client/preferences.h"

#include <stdlib.h>

void preferences_init(struct preferences *preferences)
{
	*preferences = (struct preferences){.has_bell = true, .interest.level = INTEREST_MENTIONS};
}

void preferences_release(struct preferences *preferences)
{
	interest_release(&preferences->interest);
	free(preferences->server);
	free(preferences->name);
	free(preferences->language);
	free(preferences->notify_command);
	free(preferences->open_command);
	free(preferences->editor);
	free(preferences->log);
	*preferences = (struct preferences){0};
}
