"""Ring a worker after the commit. A lost ring loses nothing: rows say what is due, and a sweep finds them.

The message carries row ids only. Redis may be away: the publish fails within a second, is logged, and forgotten.
"""

import logging
from typing import Any
from uuid import UUID

from celery import Task
from django.db import transaction

log = logging.getLogger(__name__)


def ring(task: "Task[Any, Any]", **ids: int | str | UUID) -> None:
    """Publish *task* with *ids* once the surrounding transaction has committed; never raises for a broker."""
    message = {name: value if isinstance(value, int) else str(value) for name, value in ids.items()}
    transaction.on_commit(lambda: publish(task, message), robust=True)


def publish(task: "Task[Any, Any]", message: dict[str, int | str]) -> None:
    """Hand the message to the broker, once."""
    try:
        task.apply_async(kwargs=message, retry=False, ignore_result=True)
    except Exception as error:  # noqa: BLE001 - whatever the broker client raises, the row is safe and the sweep will come
        log.warning("doorbell.unheard", extra={"task": task.name, "error": type(error).__name__})
