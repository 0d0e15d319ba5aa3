"""A bucket of S3's kind that tests hold themselves: it checks each signature with code of its own, and fails on demand."""
import base64
import datetime
import hashlib
import hmac
import http.server
import re
import socket
import threading
import time
import urllib.parse

KEY, SECRET, REGION = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "eu-south-1"


def digest(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


class Refused(Exception):
    def __init__(self, status, code):
        super().__init__(code)
        self.status, self.code = status, code


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    bucket = None

    def log_message(self, *args):
        pass

    def check_signature(self, body):
        scheme, _, rest = self.headers.get("Authorization", "").partition(" ")
        fields = dict(part.strip().split("=", 1) for part in rest.split(",") if "=" in part)
        if scheme != "AWS4-HMAC-SHA256":
            raise Refused(403, "AccessDenied")
        key, day, region, service, end = fields["Credential"].split("/")
        stamp, names = self.headers["X-Amz-Date"], fields["SignedHeaders"].split(";")
        sent = datetime.datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.timezone.utc)
        if abs(sent.timestamp() - time.time()) > 900:
            raise Refused(403, "RequestTimeTooSkewed")
        if (key, region, service, end) != (KEY, REGION, "s3", "aws4_request") or not stamp.startswith(day):
            raise Refused(403, "InvalidAccessKeyId")
        if not {"host", "x-amz-content-sha256", "x-amz-date"} <= set(names):
            raise Refused(403, "AccessDenied")
        path, _, query = self.path.partition("?")
        pairs = sorted(pair if "=" in pair else pair + "=" for pair in query.split("&") if pair)
        told = self.headers["X-Amz-Content-Sha256"]
        if told != hashlib.sha256(body).hexdigest():
            raise Refused(400, "XAmzContentSHA256Mismatch")
        canonical = "\n".join([self.command, path, "&".join(pairs), *(f"{name}:{self.headers[name].strip()}" for name in names), "",
                               ";".join(names), told])
        scope = f"{day}/{region}/s3/aws4_request"
        text = "\n".join(["AWS4-HMAC-SHA256", stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()])
        key = ("AWS4" + self.bucket.secret).encode()
        for part in (day, region, "s3", "aws4_request"):
            key = digest(key, part)
        if not hmac.compare_digest(hmac.new(key, text.encode(), hashlib.sha256).hexdigest(), fields["Signature"]):
            raise Refused(403, "SignatureDoesNotMatch")

    def answer(self, status, body=b"", cut=None, **fields):
        self.send_response(status)
        for name, value in fields.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if cut is None:
            self.wfile.write(body)
            return
        self.wfile.write(body[:cut])
        self.wfile.flush()
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def name_of(self, path):
        """The key that a path names, "" for the bucket itself."""
        if self.bucket.is_virtual_host:
            if not self.headers["Host"].startswith(self.bucket.name + "."):
                raise Refused(404, "NoSuchBucket")
            return path[1:]
        if not path.startswith(f"/{self.bucket.name}/"):
            raise Refused(404, "NoSuchBucket")
        return path[len(self.bucket.name) + 2:]

    def serve(self):
        bucket = self.bucket
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        path, _, query = self.path.partition("?")
        asked = dict(urllib.parse.parse_qsl(query, keep_blank_values=True))
        what = "list" if "list-type" in asked else "drop" if "delete" in asked or self.command == "DELETE" else self.command.lower()
        with bucket.lock:
            bucket.asked.append((what, path, self.headers.get("Range")))
            fault = bucket.faults.get(what, [])
            fault = fault.pop(0) if fault else None
        try:
            if fault == "hang":
                bucket.released.wait(60)
                self.close_connection = True
                return
            if fault == "end":
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            if isinstance(fault, int):
                raise Refused(fault, "SlowDown" if fault == 503 else "InternalError")
            self.check_signature(body)
            getattr(self, "do_" + what)(self.name_of(path), asked, body, fault)
        except Refused as refused:
            self.answer(refused.status, f"<?xml version='1.0'?><Error><Code>{refused.code}</Code></Error>".encode())

    do_GET = do_PUT = do_DELETE = do_POST = serve

    def do_put(self, name, asked, body, fault):
        if fault == "late":
            self.bucket.released.wait(60)
        with self.bucket.lock:
            self.bucket.objects[name] = body
            self.bucket.made[name] = time.time()
        self.answer(200)

    def do_get(self, name, asked, body, fault):
        with self.bucket.lock:
            content = self.bucket.objects.get(name)
        if content is None:
            raise Refused(404, "NoSuchKey")
        if fault == "late":
            self.bucket.released.wait(60)
        if fault == "untold":
            # Its length stands nowhere, and the line breaks.
            self.send_response(200)
            self.end_headers()
            self.wfile.write(content[:len(content) // 2])
            self.close_connection = True
            return
        cut = len(content) // 2 if fault == "cut" else None
        range_ = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range") or "")
        if range_ and self.bucket.has_ranges:
            at = int(range_[1])
            self.answer(206, content[at:], (len(content) - at) // 2 if cut else None, Content_Range=f"bytes {at}-{len(content) - 1}/{len(content)}")
        else:
            self.answer(200, content, cut)

    def do_drop(self, name, asked, body, fault):
        names = [name]
        if "delete" in asked:
            if not self.bucket.has_batches:
                raise Refused(501, "NotImplemented")
            if self.headers["Content-MD5"] != base64.b64encode(hashlib.md5(body).digest()).decode():
                raise Refused(400, "BadDigest")
            names = re.findall(r"<Key>([^<]+)</Key>", body.decode())
        with self.bucket.lock:
            for one in names:
                self.bucket.objects.pop(one, None)
        if "delete" in asked:
            self.answer(200, b"<?xml version='1.0'?><DeleteResult/>")
        else:
            self.answer(204)

    def do_list(self, name, asked, body, fault):
        with self.bucket.lock:
            names = sorted(one for one in self.bucket.objects if one.startswith(asked["prefix"]) and one > asked["start-after"])
            names = names[:int(asked["max-keys"])]
            made = {one: time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(self.bucket.made[one])) for one in names}
        text = "".join(f"<Contents><Key>{one}</Key><LastModified>{made[one]}</LastModified><Size>1</Size></Contents>" for one in names)
        text = f"<?xml version='1.0'?><ListBucketResult>{text}</ListBucketResult>".encode()
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for at in range(0, len(text), 700):
            piece = text[at:at + 700]
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        self.wfile.write(b"0\r\n\r\n")


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """A client that went away is what tests do."""


class Bucket:
    def __init__(self, tls=None, is_virtual_host=False):
        self.name, self.secret, self.is_virtual_host = "chat-files", SECRET, is_virtual_host
        self.has_ranges = self.has_batches = True
        self.objects, self.made, self.asked, self.faults = {}, {}, [], {}
        self.lock, self.released = threading.Lock(), threading.Event()
        self.server = Server(("127.0.0.1", 0), type("Bound", (Handler,), {"bucket": self}))
        if tls:
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)
        self.scheme = "https" if tls else "http"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def environment(self, directory, **more):
        """The part of a server's configuration about it."""
        key = directory / "bucket.key"
        key.write_text(f"{KEY}\n{SECRET}\n")
        return {"BRUSIO_BLOBS": f"s3://{self.name}/one/chat", "BRUSIO_BLOBS_REGION": REGION, "BRUSIO_BLOBS_KEY": str(key),
                "BRUSIO_BLOBS_ENDPOINT": f"{self.scheme}://localhost:{self.server.server_address[1]}",
                "BRUSIO_BLOBS_STYLE": "host" if self.is_virtual_host else "path", **more}

    def names(self):
        with self.lock:
            return sorted(name.rpartition("/")[2] for name in self.objects)

    def count(self, what):
        with self.lock:
            return sum(one[0] == what for one in self.asked)

    def close(self):
        self.released.set()
        self.server.shutdown()
        self.server.server_close()
