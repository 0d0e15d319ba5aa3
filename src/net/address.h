/* Socket addresses as text.
 *
 * Layer: net. */
#ifndef BRUSIO_NET_ADDRESS_H
#define BRUSIO_NET_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#define ADDRESS_TEXT_BYTES 64

/* The numeric host, without port; an IPv4 address inside IPv6 is shown as IPv4. */
void address_host(const struct sockaddr_storage *address, char text[ADDRESS_TEXT_BYTES]);
/* "127.0.0.1:5000", "[::1]:5000". */
void address_host_port(const struct sockaddr_storage *address, char text[ADDRESS_TEXT_BYTES]);
/* The same of this end of a connected socket. */
void address_of_socket(int fd, char text[ADDRESS_TEXT_BYTES]);
/* True for this machine's loopback. */
bool address_is_loopback(const char *host);
/* An address of this machine that others can reach, for showing; "127.0.0.1" where there is none. */
void address_of_machine(char text[ADDRESS_TEXT_BYTES]);

#endif
