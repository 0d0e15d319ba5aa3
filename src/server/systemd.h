/* systemd's side of a service: the sockets that it passes, and what it is told. See sd_listen_fds(3) and
 * sd_notify(3); both protocols are a few lines, so no library is needed.
 *
 * Layer: server. Threads: main's alone. Without systemd all of it does nothing. */
#ifndef BRUSIO_SERVER_SYSTEMD_H
#define BRUSIO_SERVER_SYSTEMD_H

#include "net/listener.h"

#include <stdbool.h>
#include <stdint.h>

struct systemd {
	int notify_fd;       /* connected to $NOTIFY_SOCKET, or -1 */
	int64_t watchdog_ms; /* 0: systemd does not watch */
};

/* This process is one that the unit of a service names. */
bool systemd_has_started_us(void);

/* Reads the environment and connects; later the sandbox would not allow it. */
void systemd_open(struct systemd *systemd);
void systemd_close(struct systemd *systemd);

/* Takes the listening sockets that systemd passed: at most `max`. Returns how many, or -1 with `problem` filled in
 * where one of them is not a listening TCP socket. */
int systemd_take_listeners(struct listener *listeners, size_t max, char *problem, size_t problem_bytes);

/* Sends a notification such as "READY=1". An error is ignored: systemd then finds out by itself. */
void systemd_tell(const struct systemd *systemd, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The milliseconds between two signs of life; -1: nobody waits for them. */
int systemd_rest_ms(const struct systemd *systemd);

#endif
