"""Privacy requests of the demo, in several states, made by the same verbs as real ones at times that have passed.

They belong to the demo's guests and customers where those exist (an e-mail address is all this module needs to know of them),
and to addresses nobody ordered with where a story needs none. Safe to run again: with any request there, nothing is added.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final

from django.contrib.auth import get_user_model

from privacy.register import policy_versions, profiles
from privacy.rights import access, answers, conversation, erasure, intake, policy, requests
from privacy.rights.grounds import Ground
from privacy.rights.models import DataRequest, Kind

DEMO: Final = "system:demo"
DESK: Final = "staff:demo"
NOT_FOUND: Final = (
    "We hold nothing under this address. If you ordered with another one, ask again with that; the link in its mail is all the "
    "proof we need."
)

HUGO_ASKS: Final = "Does this take away the warranty of the ring I bought two years ago?"
HUGO_IS_TOLD: Final = (
    "No. The warranty hangs on the ring and its certificate, which you keep. We look at your order now and write again before the "
    "date on this page."
)
OLGA_ASKS: Final = "Which company carries your parcels to Norway, and what do you tell it about me?"
PAUL_COMPLAINS: Final = "Your newsletter reached my wife, who never asked for it."
PAUL_IS_TOLD: Final = (
    "You are right, and we are sorry. Her address was typed by somebody else and never confirmed; nothing should have gone there. "
    "We took it off the list, and no list takes an address without a confirmation any more."
)


def load(*, by: str = DEMO, at: datetime) -> int:
    """Make the demo's requests. Returns how many are new."""
    if DataRequest.objects.exists():
        return 0
    stories = (_erased, _partly_done, _due_soon, _refused, _waiting, _copy, _taken_back, _wrong, _asked, _complained)
    return sum(bool(story(at)) for story in stories)


def publish_policy(*, by: str = DEMO, at: datetime) -> bool:
    """Publish the policy's first version, dated as the profile says. Whether there was none before."""
    if policy_versions.newest() is not None:
        return False
    day = date.fromisoformat(profiles.current().effective_on)
    policy.publish(effective_on=day, is_material=False, by=by, at=at)
    return True


def _erased(now: datetime) -> DataRequest | None:
    """Iris is gone, her order stays for the tax years, her certificate can be checked."""
    then = now - timedelta(days=12)
    request = _approved("iris@example.com", then)
    return erasure.execute(request.pk, by=DEMO, at=_after_grace(request))


def _partly_done(now: datetime) -> DataRequest | None:
    """Gwen's parcel is not delivered yet, so her order keeps what that needs."""
    then = now - timedelta(days=1)
    request = _approved("gwen@example.com", then)
    return erasure.execute(request.pk, by=DEMO, at=_after_grace(request))


def _due_soon(now: datetime) -> DataRequest:
    """Hugo has waited for 28 days: the desk shows it in the colour of little time. He wrote, and was answered."""
    then = now - timedelta(days=28)
    request = _confirmed("hugo@example.com", Kind.ERASURE, then)
    conversation.write(request, text=HUGO_ASKS, by=request.subject, at=then + timedelta(hours=2))
    conversation.write(request, text=HUGO_IS_TOLD, by=DESK, at=then + timedelta(days=1))
    return request


def _refused(now: datetime) -> DataRequest:
    """Nobody ordered with this address."""
    then = now - timedelta(days=20)
    request = _confirmed("nils@example.com", Kind.ERASURE, then)
    return requests.refuse(request, ground=Ground.NOT_SHOWN, reason=NOT_FOUND, by=DESK, at=then + timedelta(days=2))


def _waiting(now: datetime) -> DataRequest | None:
    """The link is in the mailbox; nobody has opened it."""
    return intake.ask(Kind.ACCESS, address="mona@example.com", at=now - timedelta(hours=3))


def _copy(now: datetime) -> DataRequest | None:
    """Bob's copy is ready on his account page."""
    then = now - timedelta(hours=5)
    request = _signed_in("bob@example.com", Kind.ACCESS, then)
    return request and access.build(request.pk, by=DEMO, at=then + timedelta(minutes=1))


def _taken_back(now: datetime) -> DataRequest | None:
    """Alice changed her mind."""
    then = now - timedelta(days=60)
    request = _signed_in("alice@example.com", Kind.ERASURE, then)
    return request and requests.withdraw(request, by=request.subject, at=then + timedelta(days=1))


def _wrong(now: datetime) -> DataRequest | None:
    """Bob's street is spelt wrongly; the desk has to look at it."""
    return _signed_in(
        "bob@example.com",
        Kind.CORRECTION,
        now - timedelta(days=2),
        wishes={"text": "My street is Foghorn Lane, with one n."},
    )


def _asked(now: datetime) -> DataRequest:
    """Olga's question waits for its answer."""
    return _confirmed("olga@example.com", Kind.QUESTION, now - timedelta(days=1), wishes={"text": OLGA_ASKS})


def _complained(now: datetime) -> DataRequest:
    """Paul complained, and was answered."""
    then = now - timedelta(days=9)
    request = _confirmed("paul@example.com", Kind.COMPLAINT, then, wishes={"text": PAUL_COMPLAINS})
    return answers.give(request, text=PAUL_IS_TOLD, by=DESK, at=then + timedelta(days=3))


def _confirmed(address: str, kind: Kind, at: datetime, *, wishes: dict[str, str] | None = None) -> DataRequest:
    """Somebody without an account asked, and pressed the button behind the link an hour later."""
    request = intake.ask(kind, address=address, wishes=wishes, at=at)
    assert request is not None
    return intake.confirm(request.pk, at=at + timedelta(hours=1)) if intake.can_confirm(request) else request


def _approved(address: str, at: datetime) -> DataRequest:
    request = _confirmed(address, Kind.ERASURE, at)
    return requests.approve(request, by=DESK, at=at + timedelta(hours=20))


def _signed_in(address: str, kind: Kind, at: datetime, *, wishes: dict[str, str] | None = None) -> DataRequest | None:
    """A customer of the demo asked on the account page; None where the demo has no such customer."""
    user = get_user_model()._default_manager.filter(email=address).select_related("subject").first()
    if user is None:
        return None
    request = requests.receive(kind, subject=user.subject, contact=address, wishes=wishes, by=user, at=at)
    return requests.verify(request, evidence="reauthenticated", by=user, at=at)


def _after_grace(request: DataRequest) -> datetime:
    assert request.execute_after is not None
    return request.execute_after + timedelta(seconds=1)
