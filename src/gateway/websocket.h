/* The native dialect in WebSocket frames: one object a text message. Contract: doc/protocol.md.
 *
 * Layer: gateway. Threads: the connection's worker. */
#ifndef BRUSIO_GATEWAY_WEBSOCKET_H
#define BRUSIO_GATEWAY_WEBSOCKET_H

struct connection;
struct websocket;

/* The handshake was answered: from here on the connection speaks in frames. */
void websocket_begin(struct connection *connection);
/* NULL is allowed. */
void websocket_free(struct websocket *websocket);

#endif
