"""A push service of the tests' own, and the browsers that subscribe to it: RFC 8030, 8188, 8291, 8292."""
import base64
import collections
import datetime
import hashlib
import hmac
import http.server
import ipaddress
import json
import os
import queue
import ssl
import threading
import time

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.x509.oid import NameOID

from .server import deadline

Push = collections.namedtuple("Push", "path fields body claims")


def to_text(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def to_bytes(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def derive(salt, secret, info, count):
    """HKDF (RFC 5869) for one hash of output."""
    key = hmac.new(salt, secret, hashlib.sha256).digest()
    return hmac.new(key, info + b"\x01", hashlib.sha256).digest()[:count]


class Browser:
    """The subscription that pushManager.subscribe() gives, and the opening of a push."""

    def __init__(self, service):
        self.service = service
        self.private = ec.generate_private_key(ec.SECP256R1())
        self.point = self.private.public_key().public_bytes(serialization.Encoding.X962,
                                                            serialization.PublicFormat.UncompressedPoint)
        self.auth = os.urandom(16)
        self.path = f"/push/{to_text(os.urandom(12))}"
        self.endpoint = f"https://localhost:{service.port}{self.path}"

    def fields(self, label="web-1", **more):
        return {"endpoint": self.endpoint, "p256dh": to_text(self.point), "auth": to_text(self.auth), "label": label, **more}

    def open(self, push):
        """The payload; what is not sealed for this browser raises."""
        salt, size, length = push.body[:16], int.from_bytes(push.body[16:20], "big"), push.body[20]
        sender, sealed = push.body[21:21 + length], push.body[21 + length:]
        assert len(push.body) <= 4096 and len(sealed) <= size and length == 65, (size, length)
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender)
        agreed = self.private.exchange(ec.ECDH(), key)
        material = derive(self.auth, agreed, b"WebPush: info\0" + self.point + sender, 32)
        content_key = derive(salt, material, b"Content-Encoding: aes128gcm\0", 16)
        nonce = derive(salt, material, b"Content-Encoding: nonce\0", 12)
        plain = AESGCM(content_key).decrypt(nonce, sealed, None)
        text, padding = plain.rsplit(b"\x02", 1)
        assert not padding.strip(b"\0"), "the last record ends with 2 and zeros"
        return json.loads(text)

    def take(self, seconds=None):
        """The payload of the next push that the service has for this browser."""
        push = self.service.take(seconds)
        assert push.path == self.path, f"{push.path} is not {self.path}"
        return self.open(push)


class PushService:
    """Takes pushes and answers each with the next of `answers`: a status, or a status and more fields."""

    def __init__(self, directory):
        self.pushes = queue.Queue()
        self.answers = collections.deque()
        self.connections = 0
        self.key = None  # of the server, once it is known: others are refused
        self.ca = directory / "push-ca.pem"
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.make_certificate(directory))
        service = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self):
                service.connections += 1
                self.request.do_handshake()
                super().setup()

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status, *fields = service.judge(self.path, self.headers, body)
                self.send_response(status)
                for name, value in fields:
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format, *args):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request, client_address):
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.port = self.server.server_address[1]
        self.origin = f"https://localhost:{self.port}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def make_certificate(self, directory):
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
        now = datetime.datetime.utcnow()
        names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
        certificate = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
                       .serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(days=1))
                       .not_valid_after(now + datetime.timedelta(days=2))
                       .add_extension(x509.SubjectAlternativeName(names), False)
                       .add_extension(x509.BasicConstraints(True, None), True).sign(key, hashes.SHA256()))
        pem = certificate.public_bytes(serialization.Encoding.PEM)
        self.ca.write_bytes(pem)
        both = directory / "push-service.pem"
        both.write_bytes(pem + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                                 serialization.NoEncryption()))
        return both

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    @property
    def options(self):
        """The server's options by which it reaches this service."""
        return ("--push", "yes", "--push-hosts", f"localhost:{self.port}", "--push-private", "yes", "--push-ca",
                str(self.ca), "--push-contact", "mailto:admin@chat.example")

    def claims(self, authorization):
        """The claims that the server makes of itself, which its signature proves (RFC 8292)."""
        scheme, rest = authorization.split(" ", 1)
        parts = dict(part.strip().split("=", 1) for part in rest.split(","))
        assert scheme == "vapid" and set(parts) == {"t", "k"}, authorization
        assert self.key is None or parts["k"] == self.key, "another key than the subscription's"
        head, claims, signature = parts["t"].split(".")
        assert json.loads(to_bytes(head)) == {"typ": "JWT", "alg": "ES256"}
        numbers = to_bytes(signature)
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), to_bytes(parts["k"]))
        der = encode_dss_signature(int.from_bytes(numbers[:32], "big"), int.from_bytes(numbers[32:], "big"))
        key.verify(der, f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))
        found = json.loads(to_bytes(claims))
        assert found["aud"] == self.origin and time.time() < found["exp"] <= time.time() + 86400, found
        return found

    def judge(self, path, fields, body):
        try:
            claims = self.claims(fields["Authorization"])
        except (AssertionError, InvalidSignature, KeyError, ValueError) as wrong:
            self.pushes.put(AssertionError(f"not signed as it should be: {wrong!r}"))
            return (403,)
        self.pushes.put(Push(path, fields, body, claims))
        answer = self.answers.popleft() if self.answers else 201
        return answer if isinstance(answer, tuple) else (answer,)

    def take(self, seconds=None):
        """The next push; an AssertionError where none comes, or one that is not right."""
        try:
            push = self.pushes.get(timeout=deadline(seconds or 20))
        except queue.Empty:
            raise AssertionError("no push came") from None
        if isinstance(push, AssertionError):
            raise push
        return push
