/* The file of the configuration: "key = value" lines, with comments after '#' or ';'.
 *
 * Layer: server. */
#ifndef BRUSIO_SERVER_CONFIG_FILE_H
#define BRUSIO_SERVER_CONFIG_FILE_H

#include "server/config.h"

/* Reads config->file. Everything that is wrong is added to `problem`, each with the file and the line. */
void config_file_read(struct config *config, char problem[CONFIG_PROBLEM_BYTES]);

#endif
