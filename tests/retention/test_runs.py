"""A run counts or deletes, once, says what it did, and goes on where it was killed; and the command that starts one."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.apps import apps
from django.core.management import CommandError
from django.db import connection

from privacy.models import AuditEvent
from privacy.rights import disposal
from tests.retention import aged
from tests.retention.clock import AT, DAY, apply, moment, said

pytestmark = pytest.mark.django_db


def test_each_run_says_in_the_audit_trail_how_much_it_was_and_nothing_about_anybody():
    aged.bag(AT - 40 * DAY)
    aged.bag(AT - 30 * DAY)
    apply()
    event = AuditEvent.objects.get(event="retention.ran")
    assert (event.object_ref, event.details) == ("orders.Bag", {"past_due": 2, "done": 2, "held": 0})
    assert event.subject_id is None


def test_a_run_that_was_killed_in_the_middle_goes_on(monkeypatch):
    """The process ends between two batches; what it committed stays gone, and the next run does the rest."""
    for days in range(5):
        aged.bag(AT - (31 + days) * DAY)
    monkeypatch.setattr(disposal, "BATCH", 2)
    delete, batches = disposal.delete_batch, iter(range(99))

    def dies(*args, **kwargs):
        if next(batches) == 1:
            raise SystemExit
        return delete(*args, **kwargs)

    monkeypatch.setattr(disposal, "delete_batch", dies)
    with pytest.raises(SystemExit):
        apply(model="orders.Bag")
    assert apps.get_model("orders.Bag").objects.count() == 3
    monkeypatch.setattr(disposal, "delete_batch", delete)
    apply(model="orders.Bag")
    assert apps.get_model("orders.Bag").objects.count() == 0


def test_one_tables_trouble_keeps_no_other_from_its_turn(monkeypatch):
    aged.bag(AT - 40 * DAY)
    aged.webhook(AT - 100 * DAY)
    delete = disposal.delete_batch

    def refuses(declaration, rows, **options):
        if declaration.model == "orders.Bag":
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1/0")
        return delete(declaration, rows, **options)

    monkeypatch.setattr(disposal, "delete_batch", refuses)
    lines = apply()
    assert (lines["orders.WebhookEvent"].done, lines["orders.Bag"].done) == (1, 0)
    assert lines["orders.Bag"].held == {"the database refused it (DataError)": 1}


# The command


def test_the_command_counts_and_with_apply_deletes():
    aged.bag(datetime.now(tz=UTC) - 31 * DAY)
    assert "1 would go. Nothing was changed; --apply does it." in said("--model", "orders.Bag")
    assert apps.get_model("orders.Bag").objects.count() == 1
    assert "1 gone." in said("--model", "orders.Bag", "--apply")
    assert apps.get_model("orders.Bag").objects.count() == 0


def test_the_command_looks_at_another_day_but_never_deletes_as_of_it():
    aged.order(moment("2026-06-01"))
    assert "7 would go" not in said("--model", "orders.Order", "--at", "2033-05-31")
    assert "1 would go" in said("--model", "orders.Order", "--at", "2033-06-01")
    with pytest.raises(CommandError, match="Leave out one of the two"):
        said("--at", "2033-06-01", "--apply")


def test_a_model_nobody_declared_is_named():
    with pytest.raises(CommandError, match=r"shop\.Stone is not declared"):
        said("--model", "shop.Stone")
