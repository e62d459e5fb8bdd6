"""What somebody said about one review, photo or order, asked of many rows at once.

`ledger.may` answers for one person; this is the same answer inside a query over the rows that a yes is about. It goes by the
reference that the ledger keeps with each word (`about`), which no two rows share: whoever said it, and whoever they turned out to
be, the last word about the row counts.
"""

from __future__ import annotations

from django.db.models import BooleanField, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from privacy.consent.models import ConsentState
from privacy.consent.vocabulary import Matter


def allows(matter: Matter, *, reference: str) -> Q:
    """Matches the rows about which *matter* is allowed now; *reference* is the path to what the ledger knows them by."""
    words = ConsentState.objects.filter(matter=matter, about=OuterRef(reference)).exclude(about="")
    last = words.order_by("-record_id").values("is_granted")[:1]
    return Q(Coalesce(Subquery(last), False, output_field=BooleanField()))
