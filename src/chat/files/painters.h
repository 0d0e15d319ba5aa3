/* The thread for files whose preparing takes longer, as previews of pictures do, so that others do not wait behind them.
 *
 * Layer: chat, private to it. Threads: the chat thread's alone. */
#ifndef BRUSIO_CHAT_PAINTERS_H
#define BRUSIO_CHAT_PAINTERS_H

#include "chat/errand.h"

/* Sends the errand of an upload there, and sets what prepare_file() is to be called with. False where it is not slow, or too
 * many wait: nothing was sent or set, and it goes without what is slow. */
bool painters_take(struct chat *chat, struct errand *errand, struct request *request, void **context);

#endif
