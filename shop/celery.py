"""The Celery application. A message is a doorbell: rows in Postgres say what is due (ADR 0003)."""

import logging
import os
from typing import Any

from celery import Celery, Task
from django.utils import timezone

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
log = logging.getLogger(__name__)


class CarefulTask(Task):  # type: ignore[type-arg]  # not generic at run time
    """A task that does nothing while the database is older than the ledger of erasures; what is due stays due."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        from privacy.rights import replay  # leaf: Django is not set up when this module is read

        verdict = replay.verdict(at=timezone.now())
        if not verdict.may_serve:
            log.error("task.refused", extra={"task": self.name, "why": str(verdict.why)})
            return None
        return super().__call__(*args, **kwargs)


app = Celery("loupe", task_cls=CarefulTask)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
