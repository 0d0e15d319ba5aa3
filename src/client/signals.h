/* Signals as something that poll(2) can wait for.
 *
 * Layer: client. One user in the process: signals are blocked from signals_open() to signals_close(). */
#ifndef BRUSIO_CLIENT_SIGNALS_H
#define BRUSIO_CLIENT_SIGNALS_H

/* A descriptor that is readable when SIGINT, SIGTERM, SIGHUP, SIGTSTP, SIGCONT or SIGWINCH has come. */
int signals_open(void);
void signals_close(int fd);

/* The next signal that has come, or 0. */
int signals_take(int fd);

/* Stops the process and its group as Ctrl+Z does, and returns when they go on: at once where no shell could
 * wake them, since the kernel then lets nothing be stopped so. */
void signals_stop(void);

#endif
