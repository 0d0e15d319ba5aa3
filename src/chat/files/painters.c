#include "chat/files/painters.h"

#include "chat/state.h"

bool painters_take(struct chat *chat, struct errand *errand, struct request *request, void **context)
{
	const struct chat_config *config = &chat->config;
	if (!config->is_preparing_slow || !config->is_preparing_slow(config->prepare_context, request->file))
		return false;
	if (!chat->files.painters)
		chat->files.painters = jobs_start(NULL, 1, LIMIT_PAINTS_WAITING);
	*context = config->prepare_context;
	if (errand_send(chat, chat->files.painters, errand, request))
		return true;
	*context = NULL;
	return false;
}
