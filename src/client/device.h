/* Which of the user's devices we are: the same one in every run, so that the server knows it again. Runs at
 * the same time are different devices, for one would take the line of the other.
 *
 * Layer: client. One in the process. */
#ifndef BRUSIO_CLIENT_DEVICE_H
#define BRUSIO_CLIENT_DEVICE_H

#include <stdbool.h>

#define DEVICE_BYTES 40

/* Takes the first device that no other run has, until device_release() or the end of the process. False where
 * nothing can be kept: then this run is a device of its own. */
bool device_claim(char device[DEVICE_BYTES]);
void device_release(void);

#endif
