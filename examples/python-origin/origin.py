"""A news ticker, with Python's standard library alone.

    GET  /stream        Server-Sent Events: all news, then what comes
    GET  /poll?after=N  a long poll: the news after number N, or the next one as soon as there is one
    POST /news          the body is the next piece of news

No connection stays here: the answers tell holdfast which channel to keep a client on, and news are published to it.

usage: origin.py PORT CONTROL_PORT
"""

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit
from urllib.request import Request, urlopen

CHANNEL = "news"
POLL_SECONDS = 25

news = []
"""All news so far; the first is number 1."""
lock = threading.Lock()
control_port = int(sys.argv[2])


def event(number):
    return f"id: {number}\ndata: {news[number - 1]}\n\n"


def poll_body(after):
    return json.dumps({"news": news[after:], "last": len(news)}) + "\n"


def publish(number):
    """Hands one piece of news to holdfast, once for streams and once for long polls."""
    item = {
        "channel": CHANNEL,
        "id": str(number),
        "prev-id": str(number - 1),
        "formats": {
            "http-stream": {"content": event(number)},
            "http-response": {
                "headers": {"Content-Type": "application/json"},
                "body": poll_body(number - 1),
            },
        },
    }
    body = json.dumps({"items": [item]}).encode()
    headers = {"Content-Type": "application/json"}
    with urlopen(Request(f"http://127.0.0.1:{control_port}/publish/", body, headers)) as answer:
        answer.read()


class Origin(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        url = urlsplit(self.path)
        if url.path == "/stream":
            self.stream()
        elif url.path == "/poll":
            self.poll(parse_qs(url.query).get("after", ["0"])[0])
        else:
            self.answer(404, "There are /stream and /poll\n")

    def do_POST(self):
        text = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        if not text.strip() or "\n" in text.strip():
            self.answer(400, "Send one line of news\n")
            return
        with lock:  # One after the other, so that news are published in their order.
            news.append(text.strip())
            publish(len(news))
            number = len(news)
        self.answer(200, f"{number}\n")

    def stream(self):
        """What the client has missed, and then what is published. A browser that comes back says what it has."""
        last = self.headers.get("Last-Event-ID", "0")
        known = int(last) if last.isdigit() else 0
        newest = len(news)
        self.answer(
            200,
            "".join(event(number) for number in range(known + 1, newest + 1)),
            {
                "Content-Type": "text/event-stream",
                "Grip-Hold": "stream",
                "Grip-Channel": f"{CHANNEL}; prev-id={newest}",
                "Grip-Keep-Alive": r":\n\n; format=cstring; timeout=20",
            },
        )

    def poll(self, after):
        """The news after a number, at once; where there are none, holdfast waits for the next. After its time it answers this."""
        if not after.isdigit():
            self.answer(400, "after is a number\n")
            return
        headers = {"Content-Type": "application/json"}
        if int(after) >= len(news):
            headers["Grip-Hold"] = "response"
            headers["Grip-Channel"] = f"{CHANNEL}; prev-id={len(news)}"
            headers["Grip-Timeout"] = str(POLL_SECONDS)
        self.answer(200, poll_body(int(after)), headers)

    def answer(self, status, text, headers=None):
        body = text.encode()
        self.send_response(status)
        for name, value in (headers or {"Content-Type": "text/plain"}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args):
        """holdfast has a log of requests."""


class Server(ThreadingHTTPServer):
    request_queue_size = 128  # The five of Python are too few for a proxy that connects for many clients at once.

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], ConnectionError):  # holdfast may drop what it keeps open and needs no more.
            super().handle_error(request, client_address)


Server(("127.0.0.1", int(sys.argv[1])), Origin).serve_forever()
