"""Celery tasks: a bell was heard. Each takes ids, calls one verb, and is safe to run twice.

The lowest layer: rooms ring these, so a task imports its room only in its body.
"""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone


@shared_task
def handle_webhook(*, event_id: int) -> None:
    """Act on one webhook that was accepted."""
    from orders import webhooks

    webhooks.handle(event_id, at=timezone.now())


@shared_task
def carry_out_refund(*, refund_id: int) -> None:
    """Pay one refund back at Stripe."""
    from orders import refunds

    refunds.carry_out(refund_id, at=timezone.now())


@shared_task
def sweep_payments() -> None:
    """Webhooks, refunds and payments that missed their bell, and checkouts that broke off half-way."""
    from orders import checkout, payments, refunds, webhooks

    now = timezone.now()
    webhooks.sweep(at=now)
    refunds.sweep(at=now)
    payments.sweep(at=now)
    checkout.sweep(at=now)


@shared_task
def sweep_orders() -> None:
    """Orders that came to nothing, and files that no paper, or no review, knows."""
    from orders import checkout, papers
    from shop import photos

    checkout.forget(at=timezone.now())
    papers.sweep(at=timezone.now())
    photos.sweep(at=timezone.now())


@shared_task
def keep_sums() -> None:
    """Keep what the reports say of days, weeks and months that are over."""
    from orders import reports

    reports.keep(at=timezone.now())
