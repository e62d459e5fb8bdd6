"""What the timetable runs for accounts."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone


@shared_task
def sweep_unconfirmed() -> int:
    """Delete accounts whose e-mail address nobody confirmed in time."""
    from accounts import security  # leaf

    return security.sweep_unconfirmed(at=timezone.now())


@shared_task
def end_contracts() -> int:
    """Lock out those whose time at the desk is over."""
    from accounts import security  # leaf

    return security.end_contracts(by="system:contracts", at=timezone.now())


@shared_task
def watch() -> int:
    """Tell those who can look into it of what looks like an attack."""
    from accounts import suspicion  # leaf

    return suspicion.watch(at=timezone.now())


@shared_task
def sweep_inactive() -> None:
    """Warn the owners of accounts that nobody uses, and let those end whose time has run."""
    from accounts import inactivity  # leaf

    inactivity.sweep(by="system:retention", at=timezone.now())
