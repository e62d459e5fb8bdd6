"""Showing one order to one appraiser outside the house: only because its customer asked, and only while they want it.

The customer chooses an appraiser with whom the shop has an agreement (`[processors."appraiser:..."]` of its profile), reads exactly
what would be shown and says yes to that. The appraiser gets a mail with a link and nothing else. `stands` is asked each time the
link is used, so that a withdrawal, a restriction, an erasure or the end of the agreement closes it at once, wherever it was said;
each time something is shown, its disclosure is on record first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.core import signing
from django.core.files import File
from django.db import transaction
from django.db.models import F
from django.urls import reverse

from orders import emails, papers
from orders.models import Order, OrderLine, Share
from privacy.consent import ledger, notices
from privacy.consent.models import ConsentNotice
from privacy.consent.vocabulary import Matter, Surface
from privacy.ground import audit, references, states, uploads
from privacy.register import agreements, disclosures, registry, subjects
from privacy.register.declare import Processor, Purpose
from shop import money

MATTER: Final = Matter.SHARE_WITH_APPRAISER
KIND: Final = "appraiser"
VALID_FOR: Final = timedelta(days=30)
LARGEST: Final = 5 * 1024 * 1024
PIECE: Final = ("title", "detail", "quantity", "wish")
"""What is always shown, by the names that the appraiser's declaration has for it."""
PRICE: Final = ("price", "currency")
CONTACT: Final = ("name", "email")


class NotShared(Exception):
    """The order cannot be shown to this appraiser: the words say why."""


class Closed(Exception):
    """The link opens nothing: forged, over, taken back, or its person is gone. Which of these it is, nobody is told."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the customer wants done, and what may be shown besides the pieces."""

    wish: str
    with_price: bool = False
    with_contact: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """What an appraiser reads, and nothing else: each a piece's name, description, number and price, or the customer."""

    pieces: Sequence[tuple[str, str, int, str]]
    contact: Sequence[str]
    keys: Sequence[str]


@dataclass(frozen=True, slots=True)
class Looked:
    """One appraiser, as the customer reads it on the order's page."""

    share: Share
    name: str
    may_look: bool


# Whom, and what


def appraisers(*, at: datetime) -> list[Processor]:
    """Those whom this shop has a whole agreement with, and who have a mailbox; nobody, in most shops."""
    return [each for each in registry.of_kind(KIND) if _mailbox(each.slug) and not _lacking(each.slug, at)]


def preview(order: Order) -> Shown:
    """Everything that could be shown, from the order as it stands: price and contact only where they are ticked."""
    return _shown(order, with_price=True, with_contact=True)


def of(order: Order, *, at: datetime) -> list[Looked]:
    """Everybody it was shown to, the latest first."""
    return [
        Looked(share, disclosures.name_of(share.recipient), stands(share, at=at))
        for share in order.shares.select_related("order__subject")
    ]


def stands(share: Share, *, at: datetime) -> bool:
    """Whether the appraiser may look, at this moment."""
    if share.cancelled_at is not None or at >= share.ends_at or share.order.is_erased:
        return False
    usable = Share.objects.usable_for(Purpose.ORDER).filter(pk=share.pk).exists()
    return usable and not _lacking(share.recipient, at) and _agreed(share)


def notice(order: Order, appraiser: Processor) -> str:
    """The text beside the box."""
    return notices.text(MATTER.value, appraiser=appraiser.name, order=order.reference)


# The customer


@transaction.atomic
def ask(order: Order, appraiser: Processor, wanted: Wanted, *, network: str, by: audit.Actor, at: datetime) -> Share:
    """Show the order to the appraiser, as its customer just agreed. *Writes* the consent and the link; mails the appraiser.

    *Raises* `NotShared`, `ledger.Erased`.
    """
    order = Order.objects.select_for_update().get(pk=order.pk)
    if order.is_erased or order.paid_at is None:
        raise NotShared("This order cannot be shown to anybody.")
    if appraiser.slug not in {each.slug for each in appraisers(at=at)}:
        raise NotShared("We have no agreement with this appraiser any more. Please choose another.")
    if not Order.objects.usable_for(Purpose.ORDER).filter(pk=order.pk).exists():
        raise NotShared("Your data are restricted, so nothing of them is shown to anybody.")
    before = order.shares.filter(recipient=appraiser.slug, cancelled_at=None).first()
    if before is not None and stands(before, at=at):
        raise NotShared(f"{appraiser.name} may look at this order already, until {before.ends_at:%-d %B %Y}.")
    if before is not None:
        _end(before, at=at)
    made = Share.objects.create(
        reference=references.new("SH"),
        order=order,
        recipient=appraiser.slug,
        wish=wanted.wish,
        with_price=wanted.with_price,
        with_contact=wanted.with_contact,
        asked_at=at,
        ends_at=at + VALID_FOR,
    )
    ledger.grant(
        order.subject,
        MATTER,
        about=made.about,
        notice=_read(order, appraiser),
        surface=Surface.ORDER,
        network=network,
        by=by,
        at=at,
    )
    audit.append("share.asked", subject=order.subject_id, obj=made, details={"to": appraiser.slug}, by=by, at=at)
    emails.appraiser_link(made, to=_mailbox(appraiser.slug), url=url(made), by=by, at=at)
    return made


@transaction.atomic
def withdraw(share: Share, *, by: audit.Actor, at: datetime) -> None:
    """The customer takes it back: the link is closed, and the ledger says who closed it. Once more does nothing."""
    ledger.withdraw(share.order.subject, MATTER, about=share.about, surface=Surface.ORDER, by=by, at=at)
    if _end(share, at=at):
        audit.append("share.withdrawn", subject=share.order.subject_id, obj=share, by=by, at=at)


# The desk


@transaction.atomic
def cancel(share: Share, *, by: audit.Actor, at: datetime) -> Share:
    """The shop closes the link. *Raises* `states.Changed` where somebody was first."""
    if not _end(share, at=at):
        raise states.Changed(str(share))
    audit.append("share.cancelled", subject=share.order.subject_id, obj=share, by=by, at=at)
    return share


# The appraiser


def url(share: Share) -> str:
    """The link, which only this appraiser gets; it opens this order's page for them and nothing else."""
    path = reverse("orders:appraiser", args=[share.reference])
    return f"{settings.LOUPE_PUBLIC_URL}{path}?key={_signer(share).sign('')[1:]}"


def open_link(reference: str, key: str, *, at: datetime) -> Share:
    """What is behind a link. *Raises* `Closed`, whatever the reason, so that a guess learns nothing."""
    found = Share.objects.select_related("order__subject").filter(reference=reference)
    share = found.first() if references.is_reference(reference) else None
    if share is None:
        raise Closed
    try:
        _signer(share).unsign(f".{key}")
    except signing.BadSignature:
        raise Closed
    if not stands(share, at=at):
        raise Closed
    return share


def show(share: Share, *, at: datetime) -> Shown:
    """What the appraiser reads. *Writes* that it was disclosed first. *Raises* `Closed`, `agreements.NotAgreed`."""
    with transaction.atomic():
        share = _locked(share, at=at)
        shown = _shown(share.order, with_price=share.with_price, with_contact=share.with_contact)
        disclosures.record(
            share.recipient,
            subject_id=share.order.subject_id,
            keys=shown.keys,
            purpose=Purpose.ORDER,
            host="by its link",
            reference=share.reference,
            by=share.recipient,
            at=at,
        )
        Share.objects.filter(pk=share.pk).update(opened_at=at, times_opened=F("times_opened") + 1)
    return shown


@transaction.atomic
def receive(share: Share, upload: File[Any], *, at: datetime) -> None:
    """File the valuation that came back with the order, where its owner finds it. One for each link.

    *Raises* `Closed`, `NotShared`, `uploads.NotAccepted`.
    """
    share = _locked(share, at=at)
    if share.answered_at is not None:
        raise NotShared("A valuation came by this link already.")
    if uploads.type_of(upload, largest=LARGEST) != "application/pdf":
        raise uploads.NotAccepted("Please send it as a PDF.")
    name = disclosures.name_of(share.recipient)
    papers.add(share.order, "appraisal", title=f"Valuation by {name}", upload=upload, by=share.recipient, at=at)
    Share.objects.filter(pk=share.pk).update(answered_at=at)


# Within


def _shown(order: Order, *, with_price: bool, with_contact: bool) -> Shown:
    def piece(line: OrderLine) -> tuple[str, str, int, str]:
        price = money.format(line.unit_minor, order.currency) if with_price else ""
        return line.title, line.detail, line.quantity, price

    return Shown(
        [piece(line) for line in order.lines.all()],
        [order.full_name, order.email] if with_contact else [],
        [*PIECE, *(PRICE if with_price else ()), *(CONTACT if with_contact else ())],
    )


def _locked(share: Share, *, at: datetime) -> Share:
    """The same row, for this transaction alone. *Raises* `Closed`: it may have been taken back since the page was made."""
    held = Share.objects.select_for_update(of=("self",)).select_related("order__subject").filter(pk=share.pk).first()
    if held is None or not stands(held, at=at):
        raise Closed
    return held


def _end(share: Share, *, at: datetime) -> bool:
    """Close the link. Whether it was open."""
    return Share.objects.filter(pk=share.pk, cancelled_at=None).update(cancelled_at=at) == 1


def _agreed(share: Share) -> bool:
    return ledger.may(subjects.root(share.order.subject), MATTER, about=share.about)


def _read(order: Order, appraiser: Processor) -> ConsentNotice:
    return notices.current(MATTER.value, appraiser=appraiser.name, order=order.reference)


def _mailbox(slug: str) -> str:
    agreed = agreements.of(slug)
    return agreed.email if agreed else ""


def _lacking(slug: str, at: datetime) -> list[str]:
    return agreements.lacking(slug, on=at.date())


def _signer(share: Share) -> signing.Signer:
    return signing.Signer(salt=f"share:{share.pk}", sep=".")
