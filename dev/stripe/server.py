"""The HTTP front: ``/v1`` to ``api``, ``/c`` to the hosted page, ``/_test`` to the levers that only tests pull."""

from __future__ import annotations

import json
import re
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from . import cards, hosted
from .api import Api, Request
from .errors import ApiError
from .store import Json, Store
from .till import NOBODY, NotPayable, Till
from .webhooks import RETRY_AFTER, Postman

LARGEST_BODY: Final = 1_000_000
EXPIRY_EVERY_SECONDS: Final = 1.0

_HTML: Final = "text/html; charset=utf-8"
_SECURITY_HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True)
class Settings:
    """What the server needs to know to run. *state* is a file path, or ``:memory:``."""

    port: int
    webhook_url: str
    state: str
    secret_key: str
    webhook_secret: str
    public_url: str = ""
    retry_after: tuple[float, ...] = RETRY_AFTER


@dataclass(frozen=True)
class Page:
    """An answer outside the API."""

    status: int
    body: bytes
    content_type: str = _HTML
    location: str = ""


class StripeServer:
    """The whole: store, till, API, postman, the expiry timer and the listening socket, on 127.0.0.1 only."""

    def __init__(self, settings: Settings) -> None:
        self.http = _Listener(("127.0.0.1", settings.port), _Handler)
        self.http.front = self
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}"
        self.store = Store(settings.state)
        self.postman = Postman(
            self.store, url=settings.webhook_url, secret=settings.webhook_secret, retry_after=settings.retry_after
        )
        self.till = Till(self.store, public_url=settings.public_url.rstrip("/") or self.url, post=self.postman.post)
        self.api = Api(self.till, self.store, secret_key=settings.secret_key, clock=self.now)
        self._ahead = 0
        self._closing = threading.Event()
        self._timer = threading.Thread(target=self._expire, name="expiry", daemon=True)

    def now(self) -> int:
        """Unix time, plus what tests have moved it ahead by."""
        return int(time.time()) + self._ahead

    def serve(self) -> None:
        """Serve until ``close()`` is called from another thread."""
        self.postman.start()
        self._timer.start()
        self.http.serve_forever(poll_interval=0.1)

    def close(self) -> None:
        self._closing.set()
        self.http.shutdown()
        self.http.server_close()
        self._timer.join(timeout=5)
        self.postman.close()
        self.store.close()

    def _expire(self) -> None:
        while not self._closing.wait(EXPIRY_EVERY_SECONDS):
            self.till.expire_overdue(at=self.now())

    # the hosted page

    def show_session(self, session_id: str) -> Page:
        session = self.till.session(session_id)
        if session["status"] != "open":
            return _html(hosted.closed_page(session), status=410 if session["status"] == "expired" else 200)
        return _html(hosted.pay_page(session, self.till.lines(session_id)))

    def pay(self, session_id: str, form: Mapping[str, str]) -> Page:
        session = self.till.session(session_id)
        card = cards.find(form.get("card", ""))
        email = session["customer_email"] or form.get("email", "").strip()
        problem = (
            "Choose one of the test cards." if card is None else "" if "@" in email else "Enter an e-mail address."
        )
        if card is None or problem:
            return self._again(session_id, problem, email=email, status=400)
        try:
            intent = self.till.pay(session_id, card, email=email, at=self.now())
        except NotPayable as closed:
            return _to_success(session) if closed.status == "complete" else self.show_session(session_id)
        if intent["status"] == "requires_action":
            return _redirect(f"/c/3ds/{intent['id']}")
        if intent["status"] == "requires_payment_method":
            return self._again(session_id, intent["last_payment_error"]["message"], email=email, status=402)
        return _to_success(session)

    def ask_bank(self, intent_id: str) -> Page:
        intent = self.till.intent(intent_id)
        if intent["status"] != "requires_action":
            return _redirect(f"/c/pay/{self.till.session_of(intent_id)['id']}")
        return _html(hosted.bank_page(intent))

    def hear_bank(self, intent_id: str, form: Mapping[str, str]) -> Page:
        session = self.till.session_of(self.till.intent(intent_id)["id"])
        card = cards.find(self.till.card_in_use(intent_id))
        if card is None or form.get("answer") not in {"authorise", "fail"}:
            return self.ask_bank(intent_id)
        try:
            intent = self.till.authenticate(intent_id, card, authorised=form["answer"] == "authorise", at=self.now())
        except NotPayable as closed:
            return _to_success(session) if closed.status == "complete" else self.show_session(session["id"])
        if intent["status"] == "requires_payment_method":
            email = self.store.notes(session["id"]).get("email") or ""
            return self._again(session["id"], intent["last_payment_error"]["message"], email=email, status=402)
        return _to_success(session)

    def _again(self, session_id: str, problem: str, *, email: str, status: int) -> Page:
        session = self.till.session(session_id)
        if session["status"] != "open":
            return self.show_session(session_id)
        page = hosted.pay_page(session, self.till.lines(session_id), problem=problem, email=email)
        return _html(page, status=status)

    # the levers

    def lever(self, name: str, argument: str, query: Mapping[str, str]) -> Json:
        """Pull a test lever. *Raises* ``ApiError`` for one that does not exist."""
        levers: Mapping[str, Callable[[], Json]] = {
            "expire": lambda: self.till.expire_session(argument, by=NOBODY, at=self.now()),
            "fail-refund": lambda: self.till.fail_refund(argument, at=self.now()),
            "dispute": lambda: self.till.dispute(argument, at=self.now()),
            "close-dispute": lambda: self.till.close_dispute(
                argument, status=query.get("status", "won"), at=self.now()
            ),
            "pay": lambda: self._pay_at_once(argument, query),
            "resend": lambda: self._resend(argument, times=1),
            "duplicate": lambda: self._resend(argument, times=int(query.get("times", "2"))),
            "deliveries": self._deliveries,
            "hold-webhooks": lambda: self._hold(True),
            "release-webhooks": lambda: self._hold(False),
            "in-progress": lambda: {"data": self.api.in_progress()},
            "delay": lambda: self._delay(float(query.get("seconds", "0"))),
            "advance": lambda: self._advance(int(query.get("seconds", "0"))),
        }
        if name not in levers:
            raise ApiError(f"No such lever; there are {', '.join(sorted(levers))}.", status=404)
        return levers[name]()

    def _pay_at_once(self, session_id: str, query: Mapping[str, str]) -> Json:
        card = cards.find(query.get("card", cards.CARDS[0].number))
        if card is None:
            raise ApiError("Not one of the test cards.", param="card")
        session = self.till.session(session_id)
        try:
            email = session["customer_email"] or hosted.SOMEBODY
            self.till.pay(session_id, card, email=email, at=self.now())
        except NotPayable as closed:
            raise ApiError(f"The session is {closed.status}.") from closed
        return self.till.session(session_id)

    def _resend(self, event_id: str, *, times: int) -> Json:
        if self.store.get(event_id, kind="event") is None:
            raise ApiError(f"No such event: '{event_id}'", status=404)
        for _ in range(min(max(times, 1), 500)):
            self.postman.post(event_id)
        return {"event": event_id, "times": times}

    def _deliveries(self) -> Json:
        return {
            "data": [
                {"event": d.event, "attempts": d.attempts, "state": d.state, "last_answer": d.last_answer}
                for d in self.store.deliveries()
            ]
        }

    def _hold(self, held: bool) -> Json:
        self.postman.hold(held)
        return {"held": held}

    def _delay(self, seconds: float) -> Json:
        self.api.delay_seconds = min(max(seconds, 0.0), 60.0)
        return {"delay_seconds": self.api.delay_seconds}

    def _advance(self, seconds: int) -> Json:
        self._ahead += max(seconds, 0)
        self.till.expire_overdue(at=self.now())
        return {"now": self.now()}


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    front: StripeServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a client that went away; anything else is worth a traceback."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    """Takes a request apart, hands it to the front, writes the answer."""

    protocol_version = "HTTP/1.1"
    server_version = "LocalStripe"
    sys_version = ""
    timeout = 60
    server: _Listener

    def do_GET(self) -> None:
        self._respond()

    def do_POST(self) -> None:
        self._respond()

    def do_DELETE(self) -> None:
        self._respond()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing: the launcher's output stays readable, and paths are not worth keeping."""

    def _respond(self) -> None:
        url = urlsplit(self.path)
        body = self._body()
        if body is None:
            self._write(413, b"Too large.", {"Content-Type": "text/plain", "Connection": "close"})
        elif url.path.startswith("/v1/"):
            given = body if self.command == "POST" else url.query
            answer = self.server.front.api.handle(Request(self.command, url.path, given, self.headers_by_name()))
            content = json.dumps(answer.body, indent=2).encode()
            self._write(answer.status, content, {"Content-Type": "application/json", **answer.headers})
        else:
            query = {name: values[-1] for name, values in parse_qs(url.query).items()}
            form = {name: values[-1] for name, values in parse_qs(body).items()}
            page = self._page(url.path, query, form)
            headers = {"Content-Type": page.content_type, **_SECURITY_HEADERS}
            self._write(page.status, page.body, {**headers, **({"Location": page.location} if page.location else {})})

    def headers_by_name(self) -> dict[str, str]:
        """The request's headers under their canonical names (``idempotency-key`` as ``Idempotency-Key``)."""
        return {name.title(): value for name, value in self.headers.items()}

    def _body(self) -> str | None:
        length = int(self.headers.get("Content-Length") or 0)
        if length > LARGEST_BODY:
            self.close_connection = True
            return None
        return self.rfile.read(length).decode("utf-8", "replace")

    def _page(self, path: str, query: Mapping[str, str], form: Mapping[str, str]) -> Page:
        front, posted = self.server.front, self.command == "POST"
        if path == "/healthz":
            return Page(200, b"ok", "text/plain")
        if path == "/c/hosted.css":
            return Page(200, hosted.STYLESHEET, "text/css; charset=utf-8")
        try:
            if found := re.fullmatch(r"/c/pay/(\w+)", path):
                return front.pay(found[1], form) if posted else front.show_session(found[1])
            if found := re.fullmatch(r"/c/3ds/(\w+)", path):
                return front.hear_bank(found[1], form) if posted else front.ask_bank(found[1])
        except ApiError:
            return _html(hosted.message_page("No such payment", "This payment page does not exist."), status=404)
        if found := re.fullmatch(r"/_test/([\w-]+)(?:/(\w+))?", path):
            return self._lever(found[1], found[2] or "", query)
        return _html(hosted.message_page("Nothing here", "This is a local stand-in for Stripe."), status=404)

    def _lever(self, name: str, argument: str, query: Mapping[str, str]) -> Page:
        try:
            return _json(200, self.server.front.lever(name, argument, query))
        except ApiError as refusal:
            return _json(refusal.status, refusal.body("req_test"))
        except ValueError:
            return _json(400, {"error": {"message": "A number was expected."}})

    def _write(self, status: int, content: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def _html(text: str, *, status: int = 200) -> Page:
    return Page(status, text.encode())


def _json(status: int, body: Json) -> Page:
    return Page(status, json.dumps(body, indent=2).encode(), "application/json")


def _redirect(location: str) -> Page:
    return Page(303, b"", location=location)


def _to_success(session: Json) -> Page:
    return _redirect(str(session["success_url"]).replace("{CHECKOUT_SESSION_ID}", session["id"]))
