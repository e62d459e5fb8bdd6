"""What staff often write about a request, in its person's language. It is put into the form, where they finish it; it never goes by
itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from privacy.ground import tongue
from privacy.rights import clock, emails
from privacy.rights.models import DataRequest

ALL: Final[frozenset[str]] = frozenset()


@dataclass(frozen=True)
class Template:
    """One beginning. *kinds*: the kinds of request it is for; empty for all."""

    slug: str
    title: str
    text: str
    kinds: frozenset[str] = ALL

    def fits(self, request: DataRequest) -> bool:
        """Whether it could be said about *request*."""
        return not self.kinds or request.kind in self.kinds

    def filled(self, request: DataRequest) -> str:
        """The text with the facts of *request* in it, in the language of the letters about it."""
        with tongue.writing(emails.language_of(request)):
            return tongue.translated(self.text).format(
                reference=request.reference,
                received=tongue.day(request.received_at),
                due=clock.day_of(request.due_at),
            )


TEMPLATES: Final = (
    Template(
        "received",
        "We have it, and what happens next",
        "Thank you. We received your request {reference} on {received}. A person is looking at it now, and you have our "
        "answer by {due}. You need not do anything.",
    ),
    Template(
        "what-exactly",
        "Ask what exactly is meant",
        "We want to do what you ask, and are not sure we understand it. Which of these do you mean?\n\n- \n- \n\n"
        "Please answer on this page. The date by which you hear from us, {due}, does not move.",
    ),
    Template(
        "which-order",
        "Ask which order it is about",
        "Which order is this about? Its number is enough; it stands in the mail that confirmed it. Please send us no copy "
        "of an identity card: we never need one.",
    ),
    Template(
        "what-stays",
        "Explain what an erasure leaves",
        "Almost everything goes. Invoices stay for as long as tax law asks us to keep them, without anything that they can "
        "do without. Each of them, with its date, stands on this page under the plan.",
        frozenset({"erasure"}),
    ),
    Template(
        "parcel-first",
        "The parcel has to arrive first",
        "One of your orders is still on its way, and a parcel without an address does not arrive. What can go goes now; the "
        "rest goes by itself as soon as the parcel has arrived. You need not ask again.",
        frozenset({"erasure"}),
    ),
    Template(
        "corrected",
        "What was put right",
        "This stands in our records now:\n\n- \n\nWe told the companies that had the old value from us. Invoices that were "
        "issued before stay as they are, because the law asks for that.",
        frozenset({"correction"}),
    ),
    Template(
        "nothing-here",
        "We found nothing under this address",
        "Under the address you write from we hold nothing but this request. Perhaps you ordered with another one? If so, "
        "please ask from that address, so that we know it is yours.",
    ),
    Template(
        "not-yours",
        "Somebody else has to ask",
        "What you ask for is about another person. We may only do it when that person asks, or gives you a written "
        "permission that we can read. Nothing was changed.",
    ),
)


def of(request: DataRequest) -> list[Template]:
    """The templates that fit *request*."""
    return [each for each in TEMPLATES if each.fits(request)]
