"""A server with the faults of real ones, and worse: each fault answers one request, later ones are answered well."""
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))
from hub_server import HubServer, cut_after, linked, redirect, reply, status  # noqa: E402

PAGE = b"<!DOCTYPE html>\n<html><head><title>Please log in</title></head><body>Wi-Fi</body></html>\n" * 40
HTML = [("Content-Type", "text/html; charset=utf-8")]
CHUNK_BYTES = 8192


class Host:
    """A hub that has `content` at `path`; behind a redirect, another server has it at /blob."""

    def __init__(self, path, content, redirected):
        self.path, self.content = path, content
        self.hub = self.server = quiet()
        if redirected:
            self.server = quiet()
            self.hub.answer = redirect(f"{self.server.url}/blob", linked(content))
        self.server.put("/blob" if redirected else path, content)
        plain = self.server.answer
        self.server.answer = lambda request, extra=(): plain(request, [*extra, *linked(content)])

    @property
    def url(self):
        return self.hub.url

    def prepare(self, answers):
        self.server.script = list(answers)

    def close(self):
        for server in {self.hub, self.server}:
            server.close()


def quiet():
    """A server that does not print that a client hung up."""
    server = HubServer()
    server.server.handle_error = lambda *_: None
    return server


def start(request, code, length, headers=()):
    request.send_response(code)
    for name, value in [*headers, *([("Content-Length", str(length))] if length is not None else [])]:
        request.send_header(name, value)
    request.end_headers()


def hang_up(request):
    request.close_connection = True
    request.connection.close()


def drip(host, pause_seconds, stop_after=None):
    """Sends the whole file in small chunks; after `stop_after` bytes it falls silent."""

    def answer(request):
        content = host.server.content(request)
        first = int((request.headers.get("Range") or "bytes=0-")[6:-1])
        span = [("Content-Range", f"bytes {first}-{len(content) - 1}/{len(content)}")] if first else []
        start(request, 206 if first else 200, len(content) - first, [*span, *linked(content)])
        for begin in range(first, len(content), CHUNK_BYTES):
            request.wfile.write(content[begin:begin + CHUNK_BYTES])
            request.wfile.flush()
            if stop_after is not None and begin + CHUNK_BYTES >= stop_after:
                time.sleep(60)
            time.sleep(pause_seconds)

    return answer


def too_long(content):
    """Promises more than there is."""

    def answer(request):
        reply(request, 200, content, linked(content), len(content) + 1000)
        hang_up(request)

    return answer


def endless(content):
    def answer(request):
        start(request, 200, None, [*linked(content), ("Transfer-Encoding", "chunked")])
        for _ in range(1000):
            request.wfile.write(b"10000\r\n" + bytes(0x10000) + b"\r\n")

    return answer


def other_part(content):
    """Whatever was asked for: the bytes from the 50th on."""
    span = ("Content-Range", f"bytes 50-{len(content) - 1}/{len(content)}")
    return lambda request: reply(request, 206, content[50:], [span, *linked(content)])


def garbage(request):
    request.wfile.write(b"\x00\xff not http\r\n\r\n" * 10)
    hang_up(request)


def faults(host, numbers):
    """Name → the answers to the first requests, and whether one call has to get the file in spite of them:
    True, False (it must refuse), or None (both are right)."""
    content = host.content
    wrong = bytes(byte ^ 0x55 for byte in content)

    def cut():
        return cut_after(host.server, numbers.randrange(1, len(content) // 2), linked(content))

    return {
        "cut body": ([cut()], True),
        "cut again and again": ([cut_after(host.server, 1000 * i + 1, linked(content)) for i in range(4)], True),
        "no answer": ([hang_up], True),
        "silence": ([lambda request: time.sleep(5)], True),
        "slow": ([drip(host, 0.01)], True),
        "5xx, then good": ([status(503, [("Retry-After", "0")]), status(500), status(429), status(502)], True),
        "5xx for ever": ([status(502)] * 40, False),
        "too short": ([lambda request: reply(request, 200, content[:-1000], linked(content))], None),
        "too long": ([too_long(content)], True),
        "endless": ([endless(content)], None),
        "HTML page": ([lambda request: reply(request, 200, PAGE, HTML)], False),
        "HTML page, 404": ([status(404, HTML, PAGE)], False),
        "empty body": ([lambda request: reply(request, 200, b"", linked(content))], None),
        "wrong hash": ([lambda request: reply(request, 200, wrong, linked(content))], None),
        "another part": ([other_part(content)], None),
        "not HTTP": ([garbage], None),
    }
