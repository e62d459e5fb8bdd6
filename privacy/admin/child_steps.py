"""The three steps of a report about a child as the desk reads them: looked into, deleted, the parent told, each with its moment.

They stand on the page of the request and on the page of its record; neither names anybody.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from privacy.admin import due as dates
from privacy.rights import child_reports
from privacy.rights.child_models import ChildCase
from privacy.rights.models import DataRequest

Finding = ChildCase.Finding
NOTHING_TO_DELETE: Final = {
    Finding.SHOWN: "Not asked for: the parent wanted to see the data.",
    Finding.NOTHING: "Nothing was held. The address is refused from then on.",
    Finding.OLDER: "Nothing is deleted of somebody who is old enough.",
}
NOBODY_TO_TELL: Final = {
    Finding.NOTHING: "Nobody: no data of a child were held.",
    Finding.OLDER: "Nobody: it is no child. Whoever reported it hears that we looked.",
}


@dataclass(frozen=True)
class Step:
    """One of the three; `at` is when it was done, and `look` the colour of the time left for one that was not."""

    title: str
    said: Any
    at: str = ""
    look: str = ""


def of(asked: DataRequest, at: datetime) -> dict[str, Any]:
    """The steps of a report, and the address of its record; nothing for any other request."""
    if asked.kind not in child_reports.KINDS:
        return {}
    case = ChildCase.objects.filter(request=asked).first()
    record = reverse("admin:privacy_childcase_change", args=[case.pk]) if case else ""
    return {"child_steps": steps(asked, case, at), "child_record": record}


def steps(asked: DataRequest, case: ChildCase | None, at: datetime) -> list[Step]:
    """All three, in order."""
    if case is None:
        look = dates.look(asked.due_at, at) if asked.is_open else ""
        waits = "Somebody says whose address it is and how we know, or that it is no child." if asked.is_open else ""
        return [Step("Looked into", waits, look=look), Step("Deleted", ""), Step("The parent told", "")]
    return [_looked_into(case), _deleted(asked, case, at), _told(asked, case, at)]


def _looked_into(case: ChildCase) -> Step:
    how = f" How we know: {case.get_how_display()}." if case.how else ""
    said = f"By {case.verified_by}: {case.get_finding_display()}.{how}"
    return Step("Looked into", said, dates.moment(case.verified_at))


def _deleted(asked: DataRequest, case: ChildCase, at: datetime) -> Step:
    if case.finding != Finding.CHILD:
        return Step("Deleted", NOTHING_TO_DELETE[Finding(case.finding)])
    if case.deleted_at:
        return Step("Deleted", erasures(case), dates.moment(case.deleted_at))
    said = format_html("{} Nobody can use the data meanwhile.", erasures(case))
    return Step("Being deleted", said, look=dates.look(asked.due_at, at))


def _told(asked: DataRequest, case: ChildCase, at: datetime) -> Step:
    if case.told_at:
        return Step("The parent told", "By mail; the address is forgotten.", dates.moment(case.told_at))
    if nobody := NOBODY_TO_TELL.get(Finding(case.finding)):
        return Step("The parent told", nobody)
    if case.parent or (case.deleted_at is None and asked.contact and asked.kind == "parental"):
        return Step("The parent told", "Goes by itself with the last of the step before.")
    return Step("The parent told", "No parent is known. Where one is found, the record has a button for it.")


def erasures(case: ChildCase) -> SafeString:
    """The requests that the second step is made of, each with how far it is."""
    made = DataRequest.objects.filter(reference__in=case.erasures).order_by("received_at")
    pages = (
        (reverse("admin:privacy_datarequest_change", args=[row.pk]), row, row.get_state_display().lower())
        for row in made
    )
    return format_html_join(SafeString(", "), '<a class="desk__link" href="{}">{}</a> ({})', pages) + SafeString(".")
