"""Events on their way to the shop: signed, in no promised order, at least once, tried again for a while.

*Source*: https://docs.stripe.com/webhooks (signatures, delivery behaviours). Stripe retries for three days in live
mode; here the waits are seconds, so that a demo in which the shop was down for a moment heals while one looks.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import random
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from .store import Delivery, Json, Store

#: Seconds to wait before each further try; after the last one the event is given up, though it can still be listed.
RETRY_AFTER: Final = (1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0)
ANSWER_WITHIN_SECONDS: Final = 10.0
AT_ONCE: Final = 8


def signature(payload: bytes, *, secret: str, at: int) -> str:
    """The ``Stripe-Signature`` header: HMAC-SHA256 over time and body, scheme v1."""
    digest = hmac.new(secret.encode(), f"{at}.".encode() + payload, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


class Postman:
    """Delivers what the store holds as waiting, from a few threads, until closed. A restart takes up where it was."""

    def __init__(self, store: Store, *, url: str, secret: str, retry_after: Sequence[float] = RETRY_AFTER) -> None:
        self._store = store
        self._url = url
        self._secret = secret
        self._retry_after = tuple(retry_after)
        self._bell = threading.Condition()
        self._rung = False
        self._held = False
        self._closing = False
        self._under_way: set[int] = set()
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="webhook")
        self._thread = threading.Thread(target=self._run, name="postman", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._closing = True
        self._ring()
        self._thread.join(timeout=5)
        self._pool.shutdown(wait=True, cancel_futures=True)

    def post(self, event: str) -> None:
        """Queue an event. A few milliseconds of chance keep anyone from relying on the order."""
        self._store.post(event, due=time.time() + random.uniform(0, 0.03))
        self._ring()

    def hold(self, held: bool) -> None:
        """Stop delivering, or go on: what a shop meets when webhooks are late."""
        self._held = held
        self._ring()

    def _ring(self) -> None:
        with self._bell:
            self._rung = True
            self._bell.notify_all()

    def _run(self) -> None:
        while not self._closing:
            wait = 1.0
            if not self._held:
                wait = self._hand_out(now=time.time())
            with self._bell:
                if not self._rung:
                    self._bell.wait(wait)
                self._rung = False

    def _hand_out(self, *, now: float) -> float:
        """Give what is due to the pool. Returns the seconds until there may be more."""
        under_way = set(self._under_way)  # taken before reading: what finishes meanwhile is not handed out again
        waiting = [delivery for delivery in self._store.waiting() if delivery.number not in under_way]
        for delivery in waiting:
            if delivery.due > now:
                return min(delivery.due - now, 1.0)
            self._under_way.add(delivery.number)
            self._pool.submit(self._deliver, delivery)
        return 1.0

    def _deliver(self, delivery: Delivery) -> None:
        try:
            event = self._store.get(delivery.event)
            delivered, said = self._send(event) if event else (False, "no such event")
            self._note(delivery, delivered=delivered, said=said)
        finally:
            self._under_way.discard(delivery.number)
            self._ring()

    def _send(self, event: Json) -> tuple[bool, str]:
        payload = json.dumps(event, indent=2).encode()
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
            "Stripe-Signature": signature(payload, secret=self._secret, at=int(time.time())),
        }
        request = urllib.request.Request(self._url, data=payload, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=ANSWER_WITHIN_SECONDS) as answer:
                return 200 <= answer.status < 300, str(answer.status)
        except urllib.error.HTTPError as refused:
            return False, str(refused.code)
        except (OSError, http.client.HTTPException) as broken:
            return False, type(broken).__name__

    def _note(self, delivery: Delivery, *, delivered: bool, said: str) -> None:
        attempts = delivery.attempts + 1
        gives_up = attempts > len(self._retry_after)
        state = "delivered" if delivered else "given up" if gives_up else "waiting"
        wait = 0.0 if delivered or gives_up else self._retry_after[attempts - 1]
        with self._store.transaction():
            due = time.time() + wait
            self._store.update_delivery(delivery.number, attempts=attempts, due=due, state=state, last_answer=said)
            event = self._store.get(delivery.event)
            if delivered and event:
                self._store.save({**event, "pending_webhooks": 0})
