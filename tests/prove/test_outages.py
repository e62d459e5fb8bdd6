"""Redis flushed, Redis stopped, Postgres restarted, in the middle of an erasure, of a copy and of a checkout.

A real shop with a Postgres and a Redis of its own. What is under way is held still in the middle by a lock in the
database, and then comes the outage. Afterwards nobody rings any bell: what was begun is finished by the sweeps, nothing is lost
and nothing is done twice.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import unescape
from http.cookiejar import CookieJar
from typing import Any, Final
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, HTTPRedirectHandler, Request, build_opener, urlopen

import psycopg2
import pytest
import redis

from dev import machine
from dev.postgres import Postgres
from orders.tests.conftest import typed
from tests.processes import RunningShop, running_shop

pytestmark = [pytest.mark.slow, pytest.mark.race]

SECONDS: Final = 240  # the sweep of payments comes every minute, and asks again only after another
ASKS: Final = """
from django.utils import timezone
from privacy.rights import requests
from privacy.tests.people import asks, someone
now = timezone.now()
alice, bob = someone("{alice}"), someone("{bob}")
request = asks(alice, "{kind}", at=now)
if request.is_erasure:
    requests.approve(request, by="staff:3", at=now)
print("asked", request.reference)
"""


@dataclass(frozen=True)
class BreakableShop:
    """A running shop whose database and broker may be taken away: nobody else uses them."""

    shop: RunningShop
    postgres: Postgres

    def flush_redis(self) -> None:
        with redis.Redis.from_url(self.shop.broker.url) as client:
            client.flushall()

    def stop_redis(self) -> None:
        self.shop.broker.stop()

    def restart_postgres(self) -> None:
        self.postgres.stop()
        assert self.postgres.ensure() == self.shop.database_url, "it came back at another address"

    def mend(self) -> None:
        """Have Redis again; Postgres came back by itself. A program that ended is started again, as a service manager does.

        Celery's worker ends when Redis goes while it holds a message; what it was doing it still finishes.
        """
        self.shop.broker.ensure()
        while name := self.shop.processes.ended():
            self.shop.start(name)

    @contextmanager
    def held_still(self, lock: str, *values: object) -> Iterator[None]:
        """A lock that stops whoever comes to it, until the end, or until Postgres is restarted."""
        holder = psycopg2.connect(self.shop.database_url)
        try:
            with holder.cursor() as cursor:
                cursor.execute(lock, values)
            yield
        finally:
            holder.close()

    def somebody_waits(self) -> bool:
        """Whether a program of the shop stands at a lock."""
        waiting = (
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return self.shop.query(waiting) != [(0,)]

    def comes_to_the_lock(self) -> None:
        assert machine.wait_until(self.somebody_waits, seconds=SECONDS, every=0.2), "nobody came to the lock"

    def becomes(self, statement: str, *values: object, rows: list[tuple[object, ...]]) -> None:
        """Wait until a question has this answer."""
        found: list[Any] = []

        def is_so() -> bool:
            found[:] = self.shop.query(statement, *values)
            return found == rows

        assert machine.wait_until(is_so, seconds=SECONDS, every=0.5), found

    def letters(self, to: str, subject: str) -> int:
        return sum(subject.lower() in letter.subject.lower() for letter in self.shop.mail.newest_first(to))

    def lines_with(self, *words: str) -> list[str]:
        """The lines of a dump that hold one of these words."""
        return [line for line in self.shop.dump().splitlines() if any(word in line for word in words)]


@pytest.fixture(scope="module")
def breakable(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BreakableShop]:
    home = tmp_path_factory.mktemp("breakable")
    postgres = Postgres(home, durable=False)
    try:
        with running_shop(home, postgres.ensure()) as shop:
            yield BreakableShop(shop, postgres)
    finally:
        postgres.wipe()


OUTAGES: Final[dict[str, Callable[[BreakableShop], None]]] = {
    "redis flushed": BreakableShop.flush_redis,
    "redis stopped": BreakableShop.stop_redis,
    "postgres restarted": BreakableShop.restart_postgres,
}
NAMES: Final = {"redis flushed": "flora", "redis stopped": "stella", "postgres restarted": "petronella"}
EVERY = pytest.mark.parametrize("outage", OUTAGES)


def asked(breakable: BreakableShop, kind: str, name: str) -> str:
    script = ASKS.format(kind=kind, alice=f"{name}{kind}", bob=f"neighbour{name}s{kind}")
    said = breakable.shop.run_manage("shell", "-c", script)
    found = re.search(r"asked (DSR-\S+)", said)
    assert found, said
    return found[1]


@pytest.mark.prove
@EVERY
def test_an_erasure_outlives_an_outage(breakable: BreakableShop, outage: str) -> None:
    """An erasure in whose middle Redis is flushed or stopped, or Postgres restarted, completes once, with one last mail."""
    name = f"{NAMES[outage]}erasure"
    email, token = f"{name}@example.com", name.capitalize()
    request = asked(breakable, "erasure", NAMES[outage])
    neighbour = f"neighbour{NAMES[outage]}serasure"
    others = breakable.lines_with(neighbour, neighbour.capitalize())
    assert len(others) == 3
    with breakable.held_still("SELECT 1 FROM accounts_user WHERE email = %s FOR UPDATE", email):
        assert len(breakable.lines_with(email, token)) == 3
        breakable.comes_to_the_lock()
        OUTAGES[outage](breakable)
    breakable.mend()
    of_request = "SELECT state FROM privacy_datarequest WHERE reference = %s"
    breakable.becomes(of_request, request, rows=[("completed",)])
    certificates = "SELECT count(*) FROM privacy_certificate WHERE request_reference = %s"
    assert breakable.shop.query(certificates, request) == [(1,)]
    last_mail = "SELECT state FROM privacy_message WHERE kind = 'privacy.erased' AND reference = %s"
    breakable.becomes(last_mail, request, rows=[("sent",)])
    assert breakable.letters(email, f"Erased ({request})") == 1
    assert breakable.lines_with(email, token) == []
    assert breakable.lines_with(neighbour, neighbour.capitalize()) == others


@pytest.mark.prove
@EVERY
def test_a_copy_outlives_an_outage(breakable: BreakableShop, outage: str) -> None:
    """A copy in whose middle Redis is flushed or stopped, or Postgres restarted, is made once and announced once."""
    email = f"{NAMES[outage]}access@example.com"
    with breakable.held_still("LOCK TABLE orders_shipment IN ACCESS EXCLUSIVE MODE"):
        request = asked(breakable, "access", NAMES[outage])
        breakable.comes_to_the_lock()
        OUTAGES[outage](breakable)
    breakable.mend()
    of_request = "SELECT state FROM privacy_datarequest WHERE reference = %s"
    breakable.becomes(of_request, request, rows=[("completed",)])
    packages = (
        "SELECT p.file_name FROM privacy_exportpackage p JOIN privacy_datarequest r ON r.id = p.request_id"
        " WHERE r.reference = %s"
    )
    [(file_name,)] = breakable.shop.query(packages, request)
    assert (breakable.shop.shop.home / "exports" / str(file_name)).stat().st_size > 0
    ready = "SELECT state FROM privacy_message WHERE kind = 'privacy.copy_ready' AND reference = %s"
    breakable.becomes(ready, request, rows=[("sent",)])
    assert breakable.letters(email, "copy is ready") == 1


class _Stay(HTTPRedirectHandler):
    """The first answer is the answer."""

    def redirect_request(self, *_args: Any, **_more: Any) -> None:
        return None


@dataclass
class Shopper:
    """A guest with a browser that keeps cookies and names its origin."""

    shop_url: str
    email: str
    paying_at: str = ""
    answers: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._opener = build_opener(HTTPCookieProcessor(CookieJar()), _Stay())

    def ask(self, path: str, form: dict[str, Any] | None = None) -> tuple[int, str, str]:
        """Status, body and where to go next; 0 where nobody answered."""
        data = urlencode(form).encode() if form is not None else None
        request = Request(f"{self.shop_url}{path}", data=data, headers={"Sec-Fetch-Site": "same-origin"})
        try:
            with self._opener.open(request, timeout=120) as answer:
                return answer.status, answer.read().decode(), ""
        except HTTPError as error:
            with error:
                return error.code, error.read().decode(), error.headers.get("Location", "")
        except (URLError, OSError):
            return 0, "", ""

    def puts_in_the_bag(self, key: str) -> None:
        assert self.ask("/bag/add/", {"key": key})[0] in (200, 302, 303)

    def presses_pay(self) -> None:
        """Agree to the total that the page shows, and press."""
        form = typed(email=self.email)
        _, page, _ = self.ask("/checkout/", form | {"expected_total": 1})
        shown = re.search(
            r'name="expected_total"[^>]*value="(\d+)"|value="(\d+)"[^>]*name="expected_total"', unescape(page)
        )
        if shown is None:
            self.answers.append(0)
            return
        status, _, self.paying_at = self.ask("/checkout/", form | {"expected_total": shown[1] or shown[2]})
        self.answers.append(status)


@pytest.mark.prove
@EVERY
def test_a_checkout_outlives_an_outage(breakable: BreakableShop, outage: str) -> None:
    """A checkout, and then its payment, in whose middle Redis or Postgres goes away: one order, paid once, confirmed once."""
    shop, strike = breakable.shop, OUTAGES[outage]
    email = f"{NAMES[outage]}.shopper@example.com"
    before = shop.query("SELECT variant_id, on_hand FROM shop_stocklevel WHERE on_hand > 2 ORDER BY variant_id LIMIT 1")
    [(variant, on_hand)] = before
    shopper = Shopper(shop.shop_url, email)
    shopper.puts_in_the_bag(f"v:{variant}")
    with breakable.held_still("SELECT 1 FROM shop_stocklevel WHERE variant_id = %s FOR UPDATE", variant):
        pressing = threading.Thread(target=shopper.presses_pay)
        pressing.start()
        breakable.comes_to_the_lock()
        strike(breakable)
    pressing.join(timeout=120)
    for _ in range(20):  # an error page: the shopper tries again
        if shopper.paying_at.startswith(shop.stripe_url):
            break
        time.sleep(1)
        shopper.presses_pay()
    assert shopper.paying_at.startswith(shop.stripe_url), shopper.answers
    of_order = "SELECT reference, state FROM orders_order WHERE email = %s"
    [(reference, state)] = shop.query(of_order, email)
    assert state == "pending_payment"
    session = "SELECT gateway_session_id FROM orders_payment p JOIN orders_order o ON o.id = p.order_id WHERE o.reference = %s"
    [(session_id,)] = shop.query(session, reference)

    # Paid at Stripe while the order is held still: its webhook and everything it rings meet the outage.
    with breakable.held_still("SELECT 1 FROM orders_order WHERE reference = %s FOR UPDATE", reference):
        with urlopen(Request(f"{shop.stripe_url}/_test/pay/{session_id}", data=b""), timeout=30):
            pass
        strike(breakable)
    breakable.mend()
    breakable.becomes(of_order, email, rows=[(reference, "paid")])
    captured = (
        "SELECT count(*) FROM orders_paymentevent e JOIN orders_payment p ON p.id = e.payment_id"
        " JOIN orders_order o ON o.id = p.order_id WHERE o.reference = %s AND e.kind = 'captured'"
    )
    assert shop.query(captured, reference) == [(1,)]
    confirmed = "SELECT state FROM privacy_message WHERE kind = 'orders.order_confirmed' AND reference = %s"
    breakable.becomes(confirmed, reference, rows=[("sent",)])
    assert breakable.letters(email, f"Your order {reference}") == 1
    assert breakable.letters(email, f"Your payment for the order {reference}") == 1
    left = "SELECT on_hand FROM shop_stocklevel WHERE variant_id = %s"
    assert shop.query(left, variant) == [(int(str(on_hand)) - 1,)]
