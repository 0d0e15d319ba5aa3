/* How an address is shown to others.
 *
 * Layer: chat, pure. */
#ifndef BRUSIO_CHAT_ADDRESS_H
#define BRUSIO_CHAT_ADDRESS_H

#include <stdbool.h>

#define SHOWN_IP_BYTES 46
/* Private, link-local and loopback addresses as they are; of public ones only the network, unless `show_all`. */
void address_shown(const char *address, bool show_all, char shown[SHOWN_IP_BYTES]);

#endif
