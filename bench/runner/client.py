"""A small client of the native protocol that waits for each answer: for timing single requests."""
import json
import socket
import ssl
import time


class Client:
    def __init__(self, port, name, tls=False):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=120)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:
            # The server that is measured is our own and its certificate a new one of its own making.
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            self.socket = context.wrap_socket(self.socket)
        self.lines = self.socket.makefile("rb")
        self.next_id = 0
        answer = self.ask(op="hello", name=name)
        if answer["op"] != "welcome":
            raise ConnectionError(f"the server refused {name}: {answer}")

    def put(self, **request):
        self.next_id += 1
        request["id"] = f"{time.monotonic_ns():x}-{self.next_id}"
        self.socket.sendall((json.dumps(request) + "\n").encode())
        return request["id"]

    def get(self):
        line = self.lines.readline()
        if not line:
            raise ConnectionError("the server closed the connection")
        return json.loads(line)

    def ask(self, **request):
        """Sends a request and returns its answer; what is pushed meanwhile is passed over."""
        wanted = self.put(**request)
        while True:
            answer = self.get()
            if answer.get("id") == wanted:
                return answer

    def timed(self, **request):
        """The answer, and how many milliseconds it took."""
        start = time.perf_counter()
        answer = self.ask(**request)
        return answer, (time.perf_counter() - start) * 1e3

    def close(self):
        self.lines.close()
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
