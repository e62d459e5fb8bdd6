"""What authorities and others demanded about people, and whether they got it."""

from django.db.models import QuerySet

from privacy.register.declare import (
    Action,
    ByValue,
    Category,
    Edge,
    Export,
    Family,
    Purpose,
    Retention,
    Source,
    declare,
    keep,
    link,
    not_personal,
    personal,
)
from privacy.register.demand_models import Demand

TO_SHOW = "it shows to whom your data were given, and why"


def told(family: Family) -> QuerySet[Demand]:
    """The demands about a person that they may read of."""
    return Demand.objects.filter(subject_id__in=family, is_secret=False)


_asked = personal(Category.EVIDENCE, source=Source.STAFF, on_erase=keep(TO_SHOW))
_somebody = personal(Category.EVIDENCE, source=Source.STAFF, on_export=Export.HIDE, on_erase=keep(TO_SHOW))

declare(
    "privacy.Demand",
    label="Demands of authorities for your data",
    reach=ByValue(
        told,
        "the person whose data were demanded, unless whoever demanded them forbids to tell",
        owners=lambda demands: [demands.filter(is_secret=False).values_list("subject_id", flat=True)],
    ),
    action=Action.KEEP_UNTIL,
    retention=Retention.years("requests", anchor="handed_over_at", fallback="received_at"),
    orphans="demands of which their person must not be told",
    purposes=[Purpose.RIGHTS],
    is_evidence=True,
    describe=lambda row: f"{row.authority}: {row.get_state_display().lower()} ({row.reference})",
    fields={
        "reference": _asked,
        "subject": link("the person whose data were demanded", edge=Edge.PLACEHOLDER),
        "state": _asked,
        "authority": _asked,
        "case": _asked,
        "ground": _asked,
        "order": _asked,
        "scope": _asked,
        "is_secret": not_personal("whether whoever demanded it forbids to tell"),
        "hold": link("what is kept back for it", edge=Edge.KEEP_UNTIL),
        "received_at": _asked,
        "entered_by": _somebody,
        "approved_at": _asked,
        "approved_by": _somebody,
        "handed_over_at": _asked,
        "refused_at": _asked,
        "refusal_reason": _asked,
    },
)
