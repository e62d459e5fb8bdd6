"""Nobody sells contact details: no purpose is to sell, and a list of people leaves by one page, on the record."""

from __future__ import annotations

import pytest

from accounts import roles
from privacy.models import AuditEvent, ListedLetter, Message, PrintList
from privacy.register import registry
from privacy.register.vocabulary import Purpose
from privacy.tests.people import NOON
from tests.permissions import askers, crawl, matrix, rows

pytestmark = [pytest.mark.django_db, pytest.mark.promise("JS-41")]
#: What data may be used for here. A new purpose is thought about at this line, too: none of them is to sell.
PURPOSES = {
    "ACCOUNT", "ORDER", "DELIVERY", "PAYMENT", "SUPPORT", "TAX", "RIGHTS", "SECURITY", "STATISTICS", "MARKETING",
    "RECOMMENDATIONS", "REVIEWS",
}  # fmt: skip


def test_nothing_is_held_or_handed_on_to_be_sold() -> None:
    assert {purpose.name for purpose in Purpose} == PURPOSES
    assert len(registry.processors()) > 3
    assert {processor.purpose for processor in registry.processors()} <= set(Purpose)


def test_a_file_with_people_on_it_leaves_the_desk_by_one_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of every address of the admin, asked by the owner, who may most: those that answer with a file, and what stands on it."""
    monkeypatch.setattr("django.template.backends.django.Template.render", lambda self, context=None, request=None: "")
    rows.make(at=NOON)
    crawl.mark()
    Message.objects.create(
        pk=ListedLetter.objects.get().pk,
        kind="orders.order_confirmed",
        channel="post",
        state="listed",
        next_attempt_at=NOON,
        created_at=NOON,
    )
    PrintList.objects.update(kind="orders.order_confirmed")
    owner = rows.people()[roles.OWNER]
    ask, files = askers.at_the_view(owner), {}
    for page in matrix.pages():
        answer = None if page.action else ask("GET", f"/{page.path}", {})
        if answer is not None and "attachment" in answer.headers.get("Content-Disposition", ""):
            files[page.name] = crawl.CANARY.findall(answer.content.decode())
    assert files == {"registers/article-30.csv": [], "reports/<slug>.csv": []}
    page = "privacy/printlist/<id>/take-out/"
    may = dict(zip(rows.PEOPLE, matrix.agreed()[page], strict=True))
    assert {person for person, cell in may.items() if cell not in ("-", "login")} == {roles.OWNER}

    address = f"/admin/privacy/printlist/{PrintList.objects.get().pk}/take-out/"
    refused = ask("POST", address, {"file": "addresses"})
    assert (refused.status_code, "Content-Disposition" in refused.headers) == (200, False)
    assert not AuditEvent.objects.filter(event="print_list.taken_out").exists()
    made = ask("POST", address, {"file": "addresses", "printer": "ourselves"})
    assert made.headers["Content-Type"].startswith("text/csv")
    event = AuditEvent.objects.get(event="print_list.taken_out")
    assert (event.actor, event.details["printer"]) == (f"staff:{owner.pk}", "ourselves")  # type: ignore[union-attr]
