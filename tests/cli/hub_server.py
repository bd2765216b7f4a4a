"""A local server that behaves like Hugging Face, or as badly as a test wants."""
import hashlib
import http.server
import threading


class HubServer:
    """Serves `files` (path → bytes). Each request takes the next entry of `script`, a list of functions that
    answer it. If the list is empty or the entry is None, the server gives the correct answer. `requests`
    records the requests."""

    def __init__(self, tls=None):
        self.files, self.script, self.requests = {}, [], []
        self.tags = True  # an ETag, which If-Range is compared with
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                outer.requests.append((self.path, dict(self.headers.items())))
                answer = outer.script.pop(0) if outer.script else None
                (answer or outer.answer)(self)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.scheme = "https" if tls else "http"
        if tls:
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def port(self):
        return self.server.server_address[1]

    @property
    def url(self):
        return f"{self.scheme}://127.0.0.1:{self.port}"

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def put(self, path, content):
        self.files[path] = content
        return content

    def content(self, request):
        return self.files.get(request.path.split("?")[0])

    def answer(self, request, extra=()):
        """Answers with the whole file or a part, depending on Range and If-Range."""
        content = self.content(request)
        if content is None:
            return reply(request, 404, b"no such file")
        tag = f'"{hashlib.md5(content).hexdigest()}"'
        headers = [("ETag", tag)] * self.tags + list(extra)
        wanted = request.headers.get("Range")
        if wanted and request.headers.get("If-Range", tag) == tag:
            first = int(wanted.removeprefix("bytes=").removesuffix("-"))
            if first >= len(content):
                return reply(request, 416, b"", [("Content-Range", f"bytes */{len(content)}")])
            span = f"bytes {first}-{len(content) - 1}/{len(content)}"
            return reply(request, 206, content[first:], headers + [("Content-Range", span)])
        return reply(request, 200, content, headers)


def reply(request, status, body=b"", headers=(), length=None):
    request.send_response(status)
    for name, value in headers:
        request.send_header(name, value)
    request.send_header("Content-Length", str(len(body) if length is None else length))
    request.end_headers()
    request.wfile.write(body)
    request.wfile.flush()


def status(number, headers=(), body=b"sorry"):
    return lambda request: reply(request, number, body, headers)


def redirect(location, headers=(), number=302):
    return lambda request: reply(request, number, b"", [("Location", location), *headers])


def cut_after(server, count, headers=()):
    """Promises everything, sends `count` bytes of the requested content, and closes the connection."""

    def answer(request):
        content = server.content(request)
        first = int((request.headers.get("Range") or "bytes=0-")[6:-1])
        tag = [("ETag", f'"{hashlib.md5(content).hexdigest()}"')] if server.tags else []
        span = [("Content-Range", f"bytes {first}-{len(content) - 1}/{len(content)}")] if first else []
        reply(request, 206 if first else 200, content[first:first + count], tag + span + list(headers),
              len(content) - first)
        request.close_connection = True
        request.connection.close()

    return answer


def linked(content):
    """Headers of Hugging Face for a large file."""
    return [("X-Linked-ETag", f'"{hashlib.sha256(content).hexdigest()}"'), ("X-Linked-Size", str(len(content))),
            ("X-Repo-Commit", "0123456789abcdef0123456789abcdef01234567")]
