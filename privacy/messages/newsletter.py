"""The newsletter form in the footer: one field, and nobody hears from us before they pressed the button in their own mailbox.

What the visitor sees never depends on whose address was typed. A sign-up starts on a person record of its own with an unproven
address, so it joins nobody and shows nothing; the link in the mail proves the address, and only then is a yes recorded (double
opt-in). Whoever has nothing to do with it ignores one mail, and within a week the address is forgotten.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.urls import reverse

from privacy.consent import ledger, notices
from privacy.consent.vocabulary import TOPICS, Channel, Matter, Surface
from privacy.ground import digests, keyset
from privacy.messages import outbox, suppressions
from privacy.messages.kinds import Kind
from privacy.messages.newsroom import NewsletterSignup
from privacy.register import subjects
from privacy.register.models import Identifier, Subject
from privacy.register.vocabulary import Purpose

CONFIRM: Final = Kind("privacy.newsletter_confirm", purpose=Purpose.SUPPORT, label="Newsletter: is it you?")
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
    """Somebody typed *address*. Mails a link to it; None where that address has had enough mails for a day."""
    if _asked_lately(address, at) >= MAILS_A_DAY:
        return None
    with transaction.atomic():
        stranger = subjects.new(by=FORM, at=at)
        subjects.identify(stranger, "email", value=address, by=FORM, at=at)
        signup = NewsletterSignup.objects.create(
            subject=stranger, email=address, notice=notices.current(NOTICE), network=network, asked_at=at
        )
        context = {
            "notice": signup.notice.text,
            "days": LIVES.days,
            "action_url": f"{settings.LOUPE_PUBLIC_URL}{path(signup)}",
            "action_label": "Yes, send me the newsletter",
        }
        outbox.post(CONFIRM, to=address, subject=stranger, context=context, by=FORM, at=at)
    return signup


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
    signup = (
        NewsletterSignup.objects.select_for_update(of=("self",)).select_related("subject", "notice").get(pk=signup.pk)
    )
    if signup.state != State.ASKED:
        return subjects.root(signup.subject)
    person = _proven(signup, at=at)
    ledger.grant(
        person,
        TOPIC,
        channel=Channel.EMAIL,
        notice=signup.notice,
        surface=Surface.FOOTER_FORM,
        network=signup.network,
        by=person,
        at=at,
    )
    suppressions.lift(Channel.EMAIL, signup.email, by=person, at=at)
    signup.state, signup.confirmed_at = State.CONFIRMED, at
    signup.save(update_fields=["state", "confirmed_at"])
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
    return lately.filter(subject__identifiers__digest__in=_digests(address)).count()


def _digests(address: str) -> list[str]:
    return [digest.value for digest in digests.all_of("email", address)]
