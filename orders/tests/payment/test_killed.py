"""Processes that are killed (SIGKILL) while Stripe is working on their call: nothing is lost, nothing happens twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.db import connection

from orders import payments, refunds
from orders.models import Order, Payment

from .conftest import KEY, SECRET, LocalStripe, session_id, told

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

STRIPE_WORKS_FOR = 2.0


def killed_while_stripe_works(local_stripe: LocalStripe, statement: str) -> None:
    """Run a statement in a process of its own and kill it once Stripe has its call; Stripe then finishes alone."""
    database = connection.settings_dict
    address = f"{database['HOST']}:{database['PORT']}/{database['NAME']}"
    environment = {
        **os.environ,
        "DATABASE_URL": f"postgres://{database['USER']}:{database['PASSWORD']}@{address}",
        "STRIPE_API_BASE": local_stripe.url,
        "STRIPE_SECRET_KEY": KEY,
        "STRIPE_WEBHOOK_SECRET": SECRET,
        "DJANGO_SETTINGS_MODULE": "shop.settings",
    }
    program = (
        "import django; django.setup()\n"
        "from django.utils import timezone; now = timezone.now()\n"
        "from orders import payments, refunds; from orders.models import Order\n"
        "print('calling', flush=True)\n" + statement
    )
    local_stripe.lever(f"delay?seconds={STRIPE_WORKS_FOR}")
    command = [sys.executable, "-c", program]
    with subprocess.Popen(
        command, cwd=django_settings.BASE_DIR, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "calling\n"
        wait_until(lambda: bool(local_stripe.lever("in-progress")["data"]))
        process.send_signal(signal.SIGKILL)
        assert process.wait(timeout=10) == -signal.SIGKILL
    local_stripe.lever("delay?seconds=0")
    wait_until(lambda: not local_stripe.lever("in-progress")["data"])


def wait_until(condition: Callable[[], bool], *, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "nothing happened"
        time.sleep(0.05)


def test_a_page_whose_maker_was_killed_is_found_again(order: Order, local_stripe: LocalStripe, now):
    killed_while_stripe_works(
        local_stripe, f"payments.open_session(Order.objects.get(pk='{order.pk}'), by='test', at=now)"
    )
    assert Payment.objects.get(order=order).gateway_session_id is None
    made = [
        session.id
        for session in local_stripe.sdk.checkout.sessions.list({"limit": 100}).data
        if session.client_reference_id == order.reference
    ]

    assert len(made) == 1

    payments.open_session(order, by="test", at=now + timedelta(minutes=2))

    assert [session_id(order)] == made


def test_a_refund_whose_worker_was_killed_is_paid_back_once(order: Order, local_stripe: LocalStripe, now):
    payments.open_session(order, by="test", at=now)
    local_stripe.pay(order)
    payments.settle(order.reference, by="stripe", at=now)
    promised = refunds.refund(order, 5_000, reason="", by="test", at=now)

    killed_while_stripe_works(local_stripe, f"refunds.carry_out({promised.pk}, at=now)")
    promised.refresh_from_db()
    assert promised.state == "requested"
    intent = Payment.objects.get(order=order).gateway_payment_id
    assert len(local_stripe.sdk.refunds.list({"payment_intent": intent}).data) == 1

    assert refunds.sweep(at=now + timedelta(minutes=5)) == 1
    assert [refund.amount for refund in local_stripe.sdk.refunds.list({"payment_intent": intent}).data] == [5_000]
    assert told(order)[1:] == [("refunded", "re", 5_000)]
