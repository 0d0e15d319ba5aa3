/* The server's counters, for those who watch it.
 *
 * Layer: server. Threads: any. */
#ifndef BRUSIO_SERVER_METRICS_H
#define BRUSIO_SERVER_METRICS_H

#include "base/buffer.h"

/* Adds them in the text format of Prometheus; `workers` is a struct workers, as web_config wants it. */
void metrics_write(void *workers, struct buffer *to);

#endif
