"""The authenticator of a laptop or a phone: makes passkeys (Web Authentication) and shows them, by ES256."""
import base64
import hashlib
import json
import os
import subprocess
import tempfile

PRESENT, VERIFIED, HAS_KEY = 0x01, 0x04, 0x40


def to_text(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


class Authenticator:
    def __init__(self, host="localhost", counts=False):
        self.host = host
        self.counter = 0 if counts else None
        self.credential = os.urandom(16)
        self.private = self.run("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")

    @staticmethod
    def run(*words, given=None):
        return subprocess.run(("openssl", *words), input=given, capture_output=True, check=True).stdout

    def client_data(self, kind, challenge, origin=None):
        fields = {
            "type": f"webauthn.{kind}",
            "challenge": challenge,
            "origin": origin or f"https://{self.host}:5000",
            "crossOrigin": False,
        }
        return json.dumps(fields, separators=(",", ":")).encode()

    def auth_data(self, flags, rest=b""):
        if self.counter is not None:
            self.counter += 1
        counted = (self.counter or 0).to_bytes(4, "big")
        return hashlib.sha256(self.host.encode()).digest() + bytes([flags]) + counted + rest

    def make(self, challenge, origin=None, flags=PRESENT | VERIFIED | HAS_KEY):
        """The fields of `passkey` that make one."""
        attested = bytes(16) + len(self.credential).to_bytes(2, "big") + self.credential + b"\xa0"
        return {
            "credential": to_text(self.credential),
            "key": to_text(self.run("pkey", "-pubout", "-outform", "DER", given=self.private)),
            "client_data": to_text(self.client_data("create", challenge, origin)),
            "auth_data": to_text(self.auth_data(flags, attested)),
        }

    def show(self, challenge, origin=None, flags=PRESENT | VERIFIED):
        """The fields of a hello."""
        client = self.client_data("get", challenge, origin)
        auth = self.auth_data(flags)
        signed = auth + hashlib.sha256(client).digest()
        return {
            "credential": to_text(self.credential),
            "client_data": to_text(client),
            "auth_data": to_text(auth),
            "signature": to_text(self.sign(signed)),
        }

    def sign(self, data):
        with tempfile.NamedTemporaryFile() as key:
            key.write(self.private)
            key.flush()
            return self.run("dgst", "-sha256", "-sign", key.name, given=data)
