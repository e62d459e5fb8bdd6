"""Two people with a row in every declared model and an unmistakable text in every personal column that can hold one.

Their rows come from the register's own invented customers; what those leave out (a guest joined to an account, an erasure that was
refused, what staff did to the account, a valuation on disk) is made here.
"""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import redis
from django.apps import apps
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.files.base import ContentFile
from django.db import connection, models

from orders import papers
from privacy.ground.sealed import SealedJSONField
from privacy.register import registry, subjects, synthetic
from privacy.rights import acts, packages, requests
from privacy.rights.models import DataRequest, ErasureStep, ExportPackage, Kind, LegalHold

NOON: Final = datetime(2026, 11, 2, 12, tzinfo=UTC)
DAYS_LATER: Final = NOON + timedelta(days=4)
SEEN: Final = " (seen by whom it names)"
DOCUMENT: Final = "the pages of a valuation"


@dataclass
class Person:
    """Somebody, their account, and each text of theirs by the column it was put into: `app.Model.field`."""

    token: str
    user: Any
    texts: dict[str, set[str]] = field(default_factory=dict)

    @property
    def document(self) -> str:
        """What stands in their valuation, a file."""
        return f"{self.token}-{DOCUMENT}"

    @property
    def family(self) -> list[Any]:
        return subjects.family(self.user.subject)

    def of(self, names: set[str]) -> dict[str, set[str]]:
        """Those texts of which the column is one of *names*."""
        return {name: texts for name, texts in self.texts.items() if name in names}


def two_people(carol: Any) -> tuple[Person, Person]:
    """Alice and Bob; Carol is staff and has changed both their accounts."""
    synthetic.people(2, seed=7, at=NOON)
    users = apps.get_model("accounts.User").objects.filter(is_staff=False).order_by("pk")
    alice, bob = (Person(token, user) for token, user in zip(("qzxal", "qzxbo"), users, strict=True))
    for person in (alice, bob):
        _and_more(person, carol)
        _filled(person)
    return alice, bob


def _and_more(person: Person, carol: Any) -> None:
    """What an invented customer does not have."""
    order = apps.get_model("orders.Order").objects.get(subject=person.user.subject)
    released = {"released_at": NOON, "released_by": "staff:3", "model": "orders.Order", "row": str(order.pk)}
    LegalHold.objects.filter(subject=person.user.subject).update(**released)
    answered = {
        "approved_at": NOON,
        "approved_by": "staff:4",
        "refused_at": NOON,
        "refusal_reason": "x",
        "state": "refused",
    }
    apps.get_model("privacy.Demand").objects.filter(subject=person.user.subject).update(**answered)
    paid_back = {"state": "done", "done_at": NOON, "gateway_id": f"re_{person.token}"}
    apps.get_model("orders.Refund").objects.filter(payment__order=order).update(**paid_back)
    apps.get_model("privacy.Message").objects.create(
        kind="accounts.password_reset",
        subject=person.user.subject,
        payload={"to": person.user.email, "text": "x"},
        next_attempt_at=DAYS_LATER,
        created_at=NOON,
    )
    guest = subjects.new(by="system:test", at=NOON)
    proof = subjects.Proof.EMAIL_CONFIRMED
    apps.get_model("privacy.SubjectLink").objects.create(child=guest, root=person.user.subject, proof=proof, at=NOON)
    apps.get_model("orders.Paper").objects.filter(order=order).delete()  # invented, and nothing on the disk
    content = ContentFile(b"%PDF-1.7 " + person.document.encode())
    papers.add(order, "appraisal", title="A ring", upload=content, by=carol, at=NOON)
    enclosed = apps.get_model("privacy.Attachment").objects.get(request__subject=person.user.subject)
    enclosed.file.save(f"{uuid4().hex}.sealed", content)  # the same
    order.pk, order.subject, order.bag_id = uuid4(), guest, uuid4()
    order.reference, order.invoice_number = f"LP-{person.token.upper()}", f"INV-{person.token.upper()}"
    order.save(force_insert=True)
    refused = DataRequest.objects.get(subject=person.user.subject)
    refused.pk, refused.reference, refused.kind, refused.state = (
        uuid4(),
        f"DSR-{person.token.upper()}",
        "erasure",
        "refused",
    )
    refused.approved_at = refused.refused_at = refused.extended_at = NOON
    refused.approved_by = refused.refused_by = refused.refusal_reason = "staff:3"
    refused.extended_by = refused.extension_reason = "staff:3"
    refused.against = refused.entered_at = None
    refused.save(force_insert=True)
    apps.get_model("admin.LogEntry").objects.filter(user=person.user).delete()  # customers do nothing there
    apps.get_model("privacy.SealedNeedles").objects.filter(
        subject_id=person.user.subject_id
    ).delete()  # nobody is erased
    ErasureStep.objects.create(request=refused, position=1, target="accounts.User", label="Account")
    apps.get_model("admin.LogEntry").objects.create(
        user=carol,
        content_type=ContentType.objects.get_for_model(person.user),
        object_id=str(person.user.pk),
        object_repr=f"{person.token} the customer",
        action_flag=2,
        change_message="[]",
        action_time=NOON,
    )


def _filled(person: Person) -> None:
    """Put a text of theirs into every personal column of every row that is theirs, or that they may see."""
    family = person.family
    for declaration in synthetic.in_order():
        for mark, rows in (("", declaration.rows(family)), (SEEN, declaration.visible_rows(family))):
            for row in rows if not mark or declaration.visible else ():
                for name, text in synthetic.fill(row, person.token).items():
                    person.texts.setdefault(f"{declaration.model}{mark}.{name}", set()).add(text)
    # Which company it is decides how its permissions are given back.
    apps.get_model("socialaccount.SocialAccount").objects.filter(user=person.user).update(provider="google")
    person.texts.pop("socialaccount.SocialAccount.provider")
    person.user.refresh_from_db()


# Acts


def asks(person: Person, kind: str) -> DataRequest:
    """A wish on the account page, with the password typed once more."""
    request = requests.receive(kind, subject=person.user.subject, contact=person.user.email, by=person.user, at=NOON)
    return requests.verify(request, evidence="reauthenticated", by=person.user, at=NOON)


def copy_of(person: Person) -> dict[str, str]:
    """The text of each file in the ZIP that this person is handed."""
    request = asks(person, Kind.ACCESS)
    acts.carry_out(request.pk, by="system:worker", at=NOON)
    with packages.start(ExportPackage.objects.get(request=request), by=person.user, at=NOON) as pieces:
        copy = zipfile.ZipFile(io.BytesIO(b"".join(pieces)))
    return {name: copy.read(name).decode("utf-8", "replace") for name in copy.namelist()}


# What is stored


def rows_of(person: Person) -> dict[str, list[dict[str, Any]]]:
    """Every row that is theirs, column by column."""
    return {
        declaration.model: sorted(declaration.rows(person.family).values(), key=str)
        for declaration in registry.all_declared()
    }


def everything() -> dict[str, str]:
    """All that the shop stores, as text: each column of each table by `table.column`, sealed ones opened; Redis; files."""
    return {**_tables(), **_opened(), **_redis(), **_files()}


def _tables() -> dict[str, str]:
    found = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name, data_type FROM information_schema.columns JOIN pg_class ON relname = table_name"
            " WHERE table_schema = 'public' AND NOT relispartition AND table_name NOT LIKE 'pg_%'"
        )
        for table, column, kind in cursor.fetchall():
            value = f"encode(\"{column}\", 'escape')" if kind == "bytea" else f'"{column}"::text'
            cursor.execute(f'SELECT {value} FROM "{table}" WHERE "{column}" IS NOT NULL')
            found[f"{table}.{column}"] = "\n".join(text for (text,) in cursor.fetchall())
    return found


def _opened() -> dict[str, str]:
    sealed = [
        (model, column)
        for model in apps.get_models()
        for column in model._meta.concrete_fields
        if isinstance(column, SealedJSONField)
    ]
    return {
        f"{model._meta.label}.{column.name} opened": str(
            list(model._base_manager.values_list(column.attname, flat=True))
        )
        for model, column in sealed
    }


def _redis() -> dict[str, str]:
    found = {}
    for url in dict.fromkeys(
        [settings.CELERY_BROKER_URL, *(each.get("LOCATION") for each in settings.CACHES.values())]
    ):
        if isinstance(url, str) and url.startswith("redis"):
            with redis.Redis.from_url(url) as client:
                for key in client.scan_iter():
                    found[f"redis {key!r}"] = f"{key!r} {client.dump(key)!r}"
    return found


def _files() -> dict[str, str]:
    paths = [path for path in Path(settings.LOUPE_HOME).rglob("*") if path.is_file()]
    ledger = Path(settings.LOUPE_LEDGER)
    return {
        f"file {path}": f"{path.name} {_content(path)}" for path in [*paths, *([ledger] if ledger.exists() else [])]
    }


def _content(path: Path) -> str:
    if path.suffix != ".sealed":
        return path.read_text(errors="replace")
    with papers.sealed_files.open(path) as pieces:
        return b"".join(pieces).decode(errors="replace")


def columns_of(names: set[str]) -> set[str]:
    """Where the values of these fields lie, as `everything` calls it."""
    found = set()
    for name in names:
        label, _, column = name.replace(SEEN, "").rpartition(".")
        model: type[models.Model] = apps.get_model(label)
        found |= {f"{model._meta.db_table}.{model._meta.get_field(column).column}", f"{label}.{column} opened"}
    return found
