"""An address where nobody was: what is stopped, what is tried again, and what ends it. A complaint is another matter."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from allauth.account import signals
from allauth.account.models import EmailAddress
from django.core import mail as django_mail

from privacy.consent import ledger
from privacy.consent.vocabulary import Channel, Matter
from privacy.messages import newsletter, outbox, suppressions
from privacy.messages.kinds import KINDS, Kind
from privacy.messages.stoplist import Suppression
from privacy.models import Message
from privacy.register import subjects
from privacy.register.vocabulary import Purpose
from privacy.rights import children, intake
from privacy.tests.people import NOON, someone

pytestmark = pytest.mark.django_db

ORDER = Kind("tests.bounced_order", purpose=Purpose.ORDER, label="Order")
GUEST, OTHER = "gwen@example.com", "otto@example.com"
HOUR = timedelta(hours=1)
SOON, NEXT_DAY = NOON + 23 * HOUR, NOON + 24 * HOUR


def came_back(address: str = GUEST, *, at: datetime = NOON) -> Suppression:
    return suppressions.raise_for("email", address, reason="bounced", by="test", at=at)


def is_stopped(address: str = GUEST, *, marketing: bool = False) -> bool:
    return suppressions.stops("email", address, marketing=marketing)


def asks_for_news(at: datetime, address: str = GUEST) -> Any:
    return newsletter.ask(address, at=at)


def arrived(at: datetime) -> list[str]:
    """To whom a mail went since it was asked the last time."""
    django_mail.outbox.clear()
    outbox.sweep(at=at)
    return [to for mail in django_mail.outbox for to in mail.to]


def test_a_day_later_the_mail_that_proves_the_address_is_tried_and_its_button_ends_the_stop():
    came_back(), came_back(OTHER)
    asks_for_news(SOON)
    assert (arrived(SOON), Message.objects.get().stopped_because) == ([], "suppressed")
    signup = asks_for_news(NEXT_DAY)
    assert arrived(NEXT_DAY) == [GUEST]
    assert is_stopped(), "that a mail went says nothing: only its button does"
    person = newsletter.confirm(signup, at=NEXT_DAY)
    assert (is_stopped(), is_stopped(OTHER)) == (False, True)
    assert ledger.may(person, Matter.NEW_PIECES, Channel.EMAIL)


def test_nothing_else_is_tried_however_late():
    came_back()
    for number in range(3):
        outbox.post_rendered(
            ORDER, to=GUEST, subject=None, title="Hi", text="Hi.", by="test", at=NOON + number * timedelta(days=300)
        )
    assert arrived(NOON + timedelta(days=900)) == []
    assert set(Message.objects.values_list("stopped_because", flat=True)) == {"suppressed"}


def test_where_it_comes_back_again_the_day_begins_anew():
    row = came_back()
    came_back(at=NEXT_DAY)
    row.refresh_from_db()
    assert (row.raised_at, Suppression.objects.count()) == (NEXT_DAY, 1)
    asks_for_news(NEXT_DAY + HOUR)
    assert arrived(NEXT_DAY + HOUR) == []
    asks_for_news(NEXT_DAY + 24 * HOUR)
    assert arrived(NEXT_DAY + 24 * HOUR) == [GUEST]


@pytest.mark.parametrize("reason", ["unsubscribed", "complained", "refused"])
def test_a_pressed_link_of_something_else_ends_no_word_of_theirs(reason):
    came_back()
    suppressions.raise_for("email", GUEST, reason=reason, by="test", at=NOON)
    assert suppressions.reached(GUEST, by="test", at=NEXT_DAY) == 1
    assert suppressions.why("email", GUEST, marketing=True) == reason
    assert suppressions.reached(GUEST, by="test", at=NEXT_DAY) == 0


def test_time_ends_neither_a_complaint_nor_a_refusal():
    for reason in ("complained", "refused"):
        suppressions.raise_for("email", GUEST, reason=reason, by="test", at=NOON)
    years = NOON + timedelta(days=3_650)
    assert suppressions.stops("email", GUEST, marketing=False, asked_at=years)
    asks_for_news(years)
    assert arrived(years) == []


# Every mail that proves an address, and what its link ends


def presses_the_newsletters_button() -> None:
    newsletter.confirm(asks_for_news(NEXT_DAY), at=NEXT_DAY)


def presses_a_requests_link() -> None:
    request = intake.ask("objection", address=GUEST, at=NEXT_DAY)
    assert request is not None
    intake.confirm(request.pk, at=NEXT_DAY)


def confirms_the_accounts_address() -> None:
    user = someone("gwen").user
    signals.email_confirmed.send(EmailAddress, request=None, email_address=EmailAddress.objects.get(user=user))


def chooses_a_password_by_link() -> None:
    user = someone("gwen").user
    signals.password_reset.send(type(user), request=None, user=user)


def agrees_as_a_parent() -> None:
    child = subjects.new(by="test", at=NOON)
    asked = children.ask(child, address="kid@example.com", parent=GUEST, by="test", at=NEXT_DAY)
    children.agree(asked, at=NEXT_DAY)


PRESSED = {
    "privacy.newsletter_confirm": presses_the_newsletters_button,
    "privacy.request_received": presses_a_requests_link,
    "privacy.agent_asks": presses_a_requests_link,  # the same link
    "privacy.parent_asked": agrees_as_a_parent,
    "accounts.confirm_signup": confirms_the_accounts_address,
    "accounts.confirm_change": confirms_the_accounts_address,
    "accounts.password_reset_link": chooses_a_password_by_link,
}


def test_every_kind_that_proves_an_address_is_tried_here():
    assert PRESSED.keys() == {kind.name for kind in KINDS.values() if kind.proves_address}


@pytest.mark.parametrize("kind", sorted(PRESSED))
def test_its_link_ends_what_was_stopped_because_nobody_was_there(kind):
    came_back(), came_back(OTHER)
    PRESSED[kind]()
    assert (is_stopped(), is_stopped(OTHER)) == (False, True)
