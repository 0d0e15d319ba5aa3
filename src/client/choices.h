/* Choices that the user made while they chatted and wants to find again: how much each room may call, and whom they
 * ignore. They go before the configuration.
 *
 * Layer: client. */
#ifndef BRUSIO_CLIENT_CHOICES_H
#define BRUSIO_CLIENT_CHOICES_H

#include <stdbool.h>

struct client;

/* Finds the file, and whom the user ignores on this server. */
void choices_init(struct client *client);
void choices_load_room(struct client *client, const char *room);

/* Commands. False where the argument is wrong. */
bool choices_notify(struct client *client, const char *argument);
bool choices_ignore(struct client *client, const char *argument);
bool choices_unignore(struct client *client, const char *argument);

#endif
