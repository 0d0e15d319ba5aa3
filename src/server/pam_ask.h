/* Asks the helper process whether a password is right: brusiod-pam, which has the rights that PAM needs and the server
 * does not have.
 *
 *   connect --"NAME\0PASSWORD\0"--> brusiod-pam --"y" or "n"--> the end
 *
 * Layer: server. Threads: any. */
#ifndef BRUSIO_SERVER_PAM_ASK_H
#define BRUSIO_SERVER_PAM_ASK_H

/* 1: it is right; 0: it is not; -1: the helper at this path does not answer, which is logged. */
int pam_ask(const void *path, const char *name, const char *password);

#endif
