#!/usr/bin/env python3
"""The didactic Python chat that brusio grew out of, written anew from doc/original.md.

A thread a client, a lock around the client list, broadcast to all but the sender, join and leave
notices. Two things differ, so that it can be measured with many messages in flight: objects end
with a newline, and one read may hold several of them or a part of one.

usage: original.py [PORT [ADDRESS]]
"""
import json
import socket
import sys
import threading

clients = []
clients_lock = threading.Lock()


def broadcast(text, sender):
    """Sends to everyone but the sender, one after the other, while nobody can join or leave."""
    data = (json.dumps(text) + "\n").encode()
    with clients_lock:
        for client in clients:
            if client is not sender:
                try:
                    client.sendall(data)
                except OSError:
                    pass  # its own thread notices and takes it out


def notice(text, about, ip):
    broadcast({"from": {"name": "server", "ip": ip}, "message": text}, about)


def messages(client):
    """The objects that a client sends, as they come."""
    decoder = json.JSONDecoder()
    pending = ""
    while True:
        data = client.recv(4096)
        if not data:
            return
        pending += data.decode(errors="replace")
        while pending:
            pending = pending.lstrip()
            try:
                message, end = decoder.raw_decode(pending)
            except ValueError:
                break  # the rest of it is still to come
            pending = pending[end:]
            yield message


def serve(client, address):
    name = None
    try:
        for message in messages(client):
            text = message.get("message", "")
            if name is None:
                name = message["from"]["name"]
                with clients_lock:
                    clients.append(client)
                notice(f"{name} joined", client, address[0])
            if text == "/quit":
                break
            if text:
                broadcast({"from": {"name": name, "ip": address[0]}, "message": text}, client)
    except OSError:
        pass
    with clients_lock:
        if client in clients:
            clients.remove(client)
    client.close()
    if name is not None:
        notice(f"{name} left", client, address[0])


def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 5000
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind((sys.argv[2] if len(sys.argv) > 2 else "0.0.0.0", port))
    server.listen()
    while True:
        client, address = server.accept()
        threading.Thread(target=serve, args=(client, address), daemon=True).start()


if __name__ == "__main__":
    main()
