"""Mailchimp, for a shop that also keeps its list there. Without a key nothing of this exists: no processor, no call, no step.

What leaves is an address, its MD5 in the path (Mailchimp's own name for a contact) and whether it is subscribed; each call leaves
a disclosure row before it is made. The ledger decides who is on the list and `reconcile` carries that over; what people do at
Mailchimp (leave, be deleted) is never overruled. A correction moves the contact to the address that we hold now (`correct`).
Whoever left is deleted there for good after a month, and with an erasure at once: Mailchimp's plain deletion only archives.

Source: https://mailchimp.com/developer/marketing/api/list-members/, and the glossary of its errors beside it.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, Final
from uuid import UUID

import requests
from django.conf import settings

from privacy.consent.vocabulary import Channel, Matter
from privacy.ground import audit, digests, keyset
from privacy.messages import audience, contacts, gate, suppressions
from privacy.messages.newsroom import MailchimpMember
from privacy.register import disclosures
from privacy.register.declare import Family, Processor, Refused, Values
from privacy.register.models import Subject
from privacy.register.vocabulary import Purpose

log = logging.getLogger(__name__)

SLUG: Final = "mailchimp"
TOPIC: Final = Matter.NEW_PIECES
PATIENCE: Final = (3.05, 10)
KEPT_AFTER_LEAVING: Final = timedelta(days=30)
NOT_OURS_TO_CHANGE: Final = frozenset({"Member In Compliance State", "Forgotten Email Not Subscribed"})
"""They left, bounced or were deleted there: only they themselves can come back, through Mailchimp's own form."""

State = MailchimpMember.State


class Unavailable(Refused):
    """Mailchimp did not answer, or said to come back later: nothing is known about the call. Repeat it."""


class SaysNo(Refused):
    """Mailchimp understood and refused. `title` is its word for why; its detail stays out, since it names the address."""

    def __init__(self, title: str, status: int) -> None:
        super().__init__(f"it answered {status}: {title}")
        self.title = title
        self.status = status


def is_used() -> bool:
    """Whether this shop keeps a list there."""
    return bool(settings.MAILCHIMP_API_KEY)


# The list follows the ledger


def reconcile(*, by: audit.Actor, at: datetime) -> int:
    """Put on the list who agreed, take off who no longer does, follow a changed address. Returns how many calls were made.

    A refusal is noted on its contact and stops nobody else; an outage ends the run, and the next one goes on.
    """
    if not is_used():
        return 0
    calls, wanted = 0, set[UUID]()
    try:
        for candidate in audience.everybody(TOPIC, Channel.EMAIL, at=at):
            if candidate.why is None:
                wanted.add(candidate.person.pk)
                calls += _put_on(candidate.person, candidate.address, by=by, at=at)
        for member in keyset.each(MailchimpMember.objects.exclude(subject_id__in=wanted)):
            calls += _take_off(member, by=by, at=at)
    except Unavailable as away:
        log.warning("mailchimp.away", extra={"error": str(away)})
    return calls


def _put_on(person: Subject, address: str, *, by: audit.Actor, at: datetime) -> int:
    """One call, or none where the contact stands as it should, Mailchimp has refused it before, or the gate refuses it now."""
    known = _known(person, address)
    if known and known.email == address and known.state in (State.SUBSCRIBED, State.REFUSED):
        return 0
    if _is_refused(person, address):
        return 0
    _call_for(_member(known, person, address, at), State.SUBSCRIBED, address=address, by=by, at=at)
    return 1


def _is_refused(person: Subject, address: str) -> bool:
    """Asked before each call, as the gate asks before each mail: the list was read a while ago."""
    is_stopped = suppressions.stops(Channel.EMAIL, address, marketing=True)
    return is_stopped or bool(gate.refuses_news(person, TOPIC, Channel.EMAIL))


def _known(person: Subject, address: str) -> MailchimpMember | None:
    """This person's contact, or the one of this address, where the mailbox has become theirs."""
    theirs = MailchimpMember.objects.filter(subject=person).exclude(state=State.DELETED).order_by("-changed_at").first()
    return theirs or MailchimpMember.objects.filter(email=address).first()


def _member(member: MailchimpMember | None, person: Subject, address: str, at: datetime) -> MailchimpMember:
    """The contact as this person's; a new one where there was none."""
    if member is None:
        return MailchimpMember.objects.create(subject=person, email=address, state=State.UNSUBSCRIBED, changed_at=at)
    if member.subject_id != person.pk:
        MailchimpMember.objects.filter(pk=member.pk).update(subject=person)
        member.subject = person
    return member


def _take_off(member: MailchimpMember, *, by: audit.Actor, at: datetime) -> int:
    """One call for who agrees no longer: off the list, and after a month deleted there. None in between."""
    if member.state == State.SUBSCRIBED:
        _call_for(member, State.UNSUBSCRIBED, by=by, at=at)
    elif member.changed_at <= at - KEPT_AFTER_LEAVING:
        try:
            _delete_for_good(member, by=by, at=at)
            member.delete()
        except SaysNo as refusal:
            log.warning("mailchimp.refused", extra={"contact": member.pk, "title": refusal.title})
    else:
        return 0
    return 1


def _call_for(
    member: MailchimpMember, state: MailchimpMember.State, *, address: str = "", by: audit.Actor, at: datetime
) -> None:
    """Tell Mailchimp how a contact stands, and keep what it answered. *Raises* `Unavailable`."""
    body = {"email_address": address or member.email, "status": state.value}
    is_moved = bool(address) and address != member.email
    method, sent = ("PATCH", body) if is_moved else ("PUT", {**body, "status_if_new": state.value})
    try:
        _call(method, _path(member.email), sent, subject_id=member.subject_id, by=by, at=at)
    except SaysNo as refusal:
        if refusal.title not in NOT_OURS_TO_CHANGE:
            log.warning("mailchimp.refused", extra={"contact": member.pk, "title": refusal.title})
        member.state, member.refused_because = State.REFUSED, refusal.title[:80]
    else:
        member.state, member.refused_because, member.email = state, "", body["email_address"]
    member.changed_at = at
    member.save()


# Correction


class Taken(Refused):
    """The right address already is another contact of the list, which only a person can sort out."""


def correct(family: Family, values: Values) -> str:
    """Move this person's contacts to the address that we hold now; returns the receipt. *Raises* `Unavailable`, `SaysNo`, `Taken`.

    *values* are what a request says is right; what is sent is what its person has proven since. Whether they want news stays as
    it stands there: only the address is sent.
    """
    now, person = disclosures.current(), next(iter(family))
    address = contacts.of(Channel.EMAIL, dict.fromkeys(family, person)).get(person, "")
    members = MailchimpMember.objects.filter(subject_id__in=family).exclude(state=State.DELETED).order_by("pk")
    wrong = [member for member in members if address and member.email != address]
    for member in wrong:
        _move(member, address, by=now.by, at=now.at)
    return f"{len(wrong)} contact{'' if len(wrong) == 1 else 's'} put right"


def _move(member: MailchimpMember, address: str, *, by: audit.Actor, at: datetime) -> None:
    """One call: the same contact under its right address."""
    if MailchimpMember.objects.filter(email=address).exists():
        raise Taken("the right address is a contact of its own there already")
    body = {"email_address": address}
    try:
        _call("PATCH", _path(member.email), body, subject_id=member.subject_id, by=by, at=at)
    except SaysNo as refusal:
        if refusal.status != HTTPStatus.NOT_FOUND:  # deleted over there: nothing of it is left to put right
            raise
    MailchimpMember.objects.filter(pk=member.pk).update(email=address, changed_at=at)


# Erasure


def erase(family: Family) -> str:
    """Have every contact of this person deleted for good; returns the receipt. *Raises* `Unavailable`, `SaysNo`.

    The rows stay until this is done (`forget`), or a refusal would leave nothing to ask again with. Mailchimp does not take such an
    address back from us: only its owner can subscribe again, at Mailchimp.
    """
    now = disclosures.current()
    members = list(MailchimpMember.objects.filter(subject_id__in=family).order_by("pk"))
    for member in members:
        if member.state != State.DELETED:
            _delete_for_good(member, by=now.by, at=now.at)
            MailchimpMember.objects.filter(pk=member.pk).update(state=State.DELETED, changed_at=now.at)
    return f"{len(members)} contact{'' if len(members) == 1 else 's'} deleted for good"


def forget(family: Family) -> int:
    """Delete our rows of contacts that Mailchimp has deleted; returns how many. *Raises* `Refused` while it has not."""
    members = MailchimpMember.objects.filter(subject_id__in=family)
    if is_used() and members.exclude(state=State.DELETED).exists():
        raise Refused("Mailchimp has not deleted the contact yet")
    gone, _ = members.delete()
    return gone


def _delete_for_good(member: MailchimpMember, *, by: audit.Actor, at: datetime) -> None:
    """*Raises* `Unavailable`, `SaysNo`. That there is no such contact any more is as good."""
    try:
        path = f"{_path(member.email)}/actions/delete-permanent"
        _call("POST", path, {}, subject_id=member.subject_id, by=by, at=at)
    except SaysNo as refusal:
        if refusal.status != HTTPStatus.NOT_FOUND:
            raise


def known_as(family: Family) -> Iterable[str]:
    """Mailchimp's names for this person's contacts."""
    emails = MailchimpMember.objects.filter(subject_id__in=family).values_list("email", flat=True)
    return [subscriber_hash(email) for email in emails]


def host() -> str:
    """Where its API stands for this account: the key's last part names the data centre."""
    return f"{settings.MAILCHIMP_API_KEY.rpartition('-')[2]}.api.mailchimp.com"


def processor() -> Processor:
    """Its entry in the register, for a shop that uses it."""
    return Processor(
        slug=SLUG,
        name="Mailchimp (Intuit)",
        is_a="newsletter services",
        purpose=Purpose.MARKETING,
        payload={
            "email_address": "privacy.MailchimpMember.email",
            "subscriber_hash": "privacy.MailchimpMember.email",
            "status": "privacy.MailchimpMember.state",
            "status_if_new": "privacy.MailchimpMember.state",
        },
        after_erasure="That an address was deleted, so that nobody puts it back on the list; only its owner can.",
        eraser=erase,
        erases="Your contact on the newsletter list, for good.",
        corrector=correct,
        corrects="The address of the contact, by software: it moves to the one that its person has confirmed with us.",
        known_as=known_as,
        needs_account=False,
        hosts=(host(),),
    )


# The wire


def subscriber_hash(email: str) -> str:
    """Mailchimp's name for a contact: the MD5 of the address in lower case."""
    return hashlib.md5(digests.normal_email(email).encode(), usedforsecurity=False).hexdigest()


def _path(email: str) -> str:
    return f"/3.0/lists/{settings.MAILCHIMP_LIST_ID}/members/{subscriber_hash(email)}"


def _call(
    method: str, path: str, body: Mapping[str, str], *, subject_id: UUID, by: audit.Actor, at: datetime
) -> dict[str, Any]:
    """One call, written down before it is made. *Raises* `Unavailable`, `SaysNo`, and what `disclosures` refuses."""
    url = (settings.MAILCHIMP_API_BASE or f"https://{host()}") + path
    disclosures.record(
        SLUG,
        subject_id=subject_id,
        keys=[*body, "subscriber_hash"],
        purpose=Purpose.MARKETING,
        host=disclosures.address(SLUG, url),
        by=by,
        at=at,
    )
    login = ("loupe", settings.MAILCHIMP_API_KEY)  # any name will do, the key is the password
    try:
        with requests.Session() as session:
            session.trust_env = False  # no proxy and no .netrc says where personal data go
            answer = session.request(method, url, json=body, auth=login, timeout=PATIENCE, allow_redirects=False)
    except requests.RequestException as error:
        raise Unavailable(f"it could not be reached ({type(error).__name__})")
    if answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR or answer.status_code == HTTPStatus.TOO_MANY_REQUESTS:
        raise Unavailable(f"it answered {answer.status_code}")
    said = _json(answer)
    if not answer.ok or answer.is_redirect:
        raise SaysNo(str(said.get("title") or "no reason given"), answer.status_code)
    return said


def _json(answer: requests.Response) -> dict[str, Any]:
    try:
        said = answer.json() if answer.content else {}
    except requests.JSONDecodeError:
        return {}
    return said if isinstance(said, dict) else {}
