/* The commands that people type: the lines of base/operations.h become requests.
 *
 * Layer: chat, pure. "/nick mario" becomes the same request as {"op":"nick","name":"mario"}. */
#ifndef BRUSIO_CHAT_COMMAND_H
#define BRUSIO_CHAT_COMMAND_H

#include "base/operation.h"
#include "base/request.h"

enum command_result {
	COMMAND_OK,
	COMMAND_UNKNOWN, /* no such command: `wrong` is its name */
	COMMAND_USAGE    /* `wrong` is the right usage: "/nick NAME" */
};

#define COMMAND_WRONG_BYTES OPERATION_USAGE_BYTES

/* `line` begins with '/'. On COMMAND_OK `*request` is the caller's. */
enum command_result command_parse(const char *line, struct request **request,
				  char wrong[COMMAND_WRONG_BYTES]);

#endif
