"""The newsletter: the footer's form of one field, and the boxes at sign-up and checkout; nobody hears from us before they pressed
the button in their own mailbox.

What the visitor sees never depends on whose address was typed. A sign-up starts on a person record of its own with an unproven
address, so it joins nobody and shows nothing; the link in the mail proves the address, and only then is a yes recorded (double
opt-in). Whoever has nothing to do with it ignores one mail, and within a week the address is forgotten.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_noop as _

from privacy.consent import ledger, notices
from privacy.consent.models import ConsentNotice
from privacy.consent.vocabulary import TOPICS, Channel, Matter, Surface, truncated
from privacy.ground import audit, digests, keyset
from privacy.messages import outbox, suppressions
from privacy.messages.kinds import Kind
from privacy.messages.newsroom import NewsletterSignup
from privacy.register import stops, subjects
from privacy.register.models import Identifier, Subject
from privacy.register.vocabulary import Purpose

CONFIRM: Final = Kind(
    "privacy.newsletter_confirm", purpose=Purpose.SUPPORT, label="Newsletter: is it you?", proves_address=True
)
FORM: Final = "system:newsletter-form"
NOTICE: Final = "newsletter"
TOPIC: Final = Matter.NEW_PIECES
"""What the text of the form speaks of, and nothing else."""
LIVES: Final = timedelta(days=7)
MAILS_A_DAY: Final = 3
"""To one address, however often it is typed."""
SALT: Final = "privacy.newsletter.confirm"

State = NewsletterSignup.State


class Broken(Exception):
    """No link of ours, or one that was cut or changed on its way."""


class Over(Exception):
    """The link is ours, but its time has run and the address is forgotten."""


def ask(address: str, *, network: str = "", at: datetime) -> NewsletterSignup | None:
    """Somebody typed *address* into the footer's form. None where that address has had enough mails for a day."""
    read = {TOPIC: notices.current(NOTICE)}
    return ask_confirmation(address, read=read, surface=Surface.FOOTER_FORM, network=network, by=FORM, at=at)


def ask_confirmation(
    address: str,
    *,
    read: Mapping[Matter, ConsentNotice],
    subject: Subject | None = None,
    surface: Surface,
    network: str = "",
    by: audit.Actor,
    at: datetime,
) -> NewsletterSignup | None:
    """Mail *address* one link for all the topics of *read*, each with the text beside its box.

    *subject* is a guest's own record, on which the address was typed. Without one a record is made: never an account's, or whoever
    opens an account with a stranger's address would be joined with the stranger by this link. None where there is nothing new to
    ask, the address is a child's, or it has had enough mails for a day.
    """
    known = NewsletterSignup.objects.filter(subject=subject, state=State.ASKED) if subject else None
    asked = {} if known is None else dict(known.values_list("topic", "pk"))
    new = {topic: notice for topic, notice in read.items() if topic not in asked}
    if not new or stops.refuses(address) or _asked_lately(address, at) >= MAILS_A_DAY:
        return None
    with transaction.atomic():
        whose = subject or _stranger(address, by=by, at=at)
        facts = {"subject": whose, "email": address, "surface": surface, "network": truncated(network), "asked_at": at}
        rows = [NewsletterSignup.objects.create(topic=topic, notice=notice, **facts) for topic, notice in new.items()]
        context = {
            "read": [row.notice.text for row in rows],
            "days": LIVES.days,
            "action_url": f"{settings.LOUPE_PUBLIC_URL}{path(rows[0])}",
            "action_label": _("Yes, write to me"),
        }
        outbox.post(CONFIRM, to=address, subject=whose, context=context, by=by, at=at)
    return rows[0]


def asked_together(signup: NewsletterSignup) -> QuerySet[NewsletterSignup]:
    """The rows of one mail: what its button says yes to."""
    return NewsletterSignup.objects.filter(subject=signup.subject_id, asked_at=signup.asked_at).order_by("topic")


def _stranger(address: str, *, by: audit.Actor, at: datetime) -> Subject:
    stranger = subjects.new(by=by, at=at)
    subjects.identify(stranger, "email", value=address, by=by, at=at)
    return stranger


def path(signup: NewsletterSignup) -> str:
    """The address of the page with the button."""
    return f"{reverse('privacy:newsletter_confirm')}?key={key(signup)}"


def key(signup: NewsletterSignup) -> str:
    """The signed part of it: the sign-up's random number."""
    return signing.TimestampSigner(salt=SALT).sign(signup.pk.hex)


def read(text: str) -> NewsletterSignup:
    """The sign-up a link names. Raises `Broken`, and `Over`."""
    try:
        found = UUID(signing.TimestampSigner(salt=SALT).unsign(text, max_age=LIVES))
    except signing.SignatureExpired:
        raise Over
    except (signing.BadSignature, ValueError):
        raise Broken
    signup = NewsletterSignup.objects.filter(pk=found).select_related("subject", "notice").first()
    if signup is None:
        raise Over
    return signup


@transaction.atomic
def confirm(signup: NewsletterSignup, *, at: datetime) -> Subject:
    """The button was pressed: the address is theirs, and they want the newsletter. Returns the person. Safe to call twice.

    Writes the yes with the text that the form showed, and lifts whatever stopped mails to this address before.
    """
    rows = list(asked_together(signup).select_related("subject", "notice").select_for_update(of=("self",)))
    waiting = [row for row in rows if row.state == State.ASKED]
    if not waiting:
        return subjects.root(signup.subject)
    person = _proven(signup, at=at)
    for row in waiting:
        ledger.grant(
            person,
            Matter(row.topic),
            channel=Channel.EMAIL,
            notice=row.notice,
            surface=Surface(row.surface),
            network=row.network,
            by=person,
            at=at,
        )
    suppressions.lift(Channel.EMAIL, signup.email, by=person, at=at)
    NewsletterSignup.objects.filter(pk__in=[row.pk for row in waiting]).update(state=State.CONFIRMED, confirmed_at=at)
    return person


def close_ended(*, at: datetime) -> int:
    """End the sign-ups of people who agree to no topic by e-mail any more. Returns how many."""
    closed = 0
    for signup in keyset.each(NewsletterSignup.objects.filter(state=State.CONFIRMED).select_related("subject")):
        if not any(ledger.may(signup.subject, topic, Channel.EMAIL) for topic in TOPICS):
            mine = NewsletterSignup.objects.filter(pk=signup.pk, state=State.CONFIRMED, confirmed_at__lte=at)
            closed += mine.update(state=State.ENDED)
    return closed


def _proven(signup: NewsletterSignup, *, at: datetime) -> Subject:
    """The person whose mailbox it is: the one who proved it before, joined with this record, or this record alone."""
    proven = Identifier.objects.filter(kind="email", proven_at__isnull=False)
    known = proven.filter(digest__in=_digests(signup.email))
    earlier = [subjects.root(each.subject) for each in known.select_related("subject").order_by("proven_at")]
    free = [person for person in earlier if not (person.is_erased or person.is_restricted)]
    proof = subjects.Proof.LINK_CLICKED
    subjects.prove((free or [signup.subject])[0], value=signup.email, proof=proof, by=signup.subject, at=at)
    return subjects.root(signup.subject)


def _asked_lately(address: str, at: datetime) -> int:
    lately = NewsletterSignup.objects.filter(asked_at__gt=at - timedelta(days=1))
    mails = lately.filter(subject__identifiers__digest__in=_digests(address)).values("subject", "asked_at")
    return mails.distinct().count()


def _digests(address: str) -> list[str]:
    return [digest.value for digest in digests.all_of("email", address)]
