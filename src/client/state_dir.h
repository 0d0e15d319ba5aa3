/* The folder for what brusio keeps between its runs: $XDG_STATE_HOME/brusio, or ~/.local/state/brusio.
 *
 * Layer: client. */
#ifndef BRUSIO_CLIENT_STATE_DIR_H
#define BRUSIO_CLIENT_STATE_DIR_H

/* The path of a file in it, which the caller frees; the folder is made where it is missing. NULL where there
 * is none and none can be made: a home that does not exist is not ours to make. */
char *state_dir_file(const char *name);

#endif
