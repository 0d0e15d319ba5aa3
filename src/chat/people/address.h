/* Addresses: how others see them, and whether one is the machine's own.
 *
 * Layer: chat, pure. */
#ifndef BRUSIO_CHAT_ADDRESS_H
#define BRUSIO_CHAT_ADDRESS_H

#include <stdbool.h>

#define SHOWN_IP_BYTES 46
/* Private, link-local and loopback addresses as they are; of public ones only the network, unless `show_all`. */
void address_shown(const char *address, bool show_all, char shown[SHOWN_IP_BYTES]);

/* The machine's own address is that of everybody where a proxy in front does not say who connects, and that of the
 * operator's shell. It is nobody's in particular: rates and shares by address do not count it. */
bool address_is_machines_own(const char *address);

#endif
