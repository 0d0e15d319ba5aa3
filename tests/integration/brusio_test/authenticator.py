"""The app that shows the codes of a second factor (RFC 6238)."""
import base64
import hashlib
import hmac
import time

STEP = 30


def code_at(secret, step):
    digest = hmac.digest(base64.b32decode(secret), step.to_bytes(8, "big"), hashlib.sha1)
    at = digest[-1] & 15
    return f"{(int.from_bytes(digest[at:at + 4], 'big') & 0x7FFFFFFF) % 1_000_000:06}"


class App:
    """An authenticator app that shows no code twice: each is of the earliest step that may still be taken."""

    def __init__(self, secret):
        self.secret = secret
        self.last = 0

    def code(self):
        # A code that would be too old before it is typed is not shown.
        while time.time() % STEP > STEP - 4:
            time.sleep(0.2)
        now = int(time.time()) // STEP
        self.last = max(self.last + 1, now - 1)
        while self.last > int(time.time()) // STEP + 1:
            time.sleep(0.2)  # the server takes a code one step ahead, and no more
        return code_at(self.secret, self.last)
