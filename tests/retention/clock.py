"""The moment at which the tests of retention look, and what they run, count and hold then."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from io import StringIO

from django.apps import apps
from django.core.management import call_command
from django.db import connection

from privacy.models import LegalHold
from privacy.rights import holds, retention

AT = datetime(2028, 2, 29, 12, tzinfo=UTC)
BY = "system:retention"
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def apply(at: datetime = AT, model: str = "") -> dict[str, retention.Line]:
    return {line.model: line for line in retention.run(apply=True, model=model, by=BY, at=at)}


def hold(subject, scope=holds.EVERYTHING) -> LegalHold:
    facts = {"reason": "A claim", "owner": "staff:3", "review_on": date(2028, 6, 1)}
    return holds.place(subject, scope=scope, **facts, by="staff:3", at=AT - DAY)


def counts() -> dict[str, int]:
    """How many rows there are in every table."""
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        found = {}
        for table in tables:
            cursor.execute(f'SELECT count(*) FROM "{table}"')
            found[table] = cursor.fetchone()[0]
    return found


def all_rows(*models: str) -> list[object]:
    return [row for model in models for row in apps.get_model(model).objects.all()]


def said(*words: str) -> str:
    out = StringIO()
    call_command("retention", *words, stdout=out)
    return out.getvalue()
