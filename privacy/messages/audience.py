"""Who would get a newsletter now: everybody who agreed to its topic by its channel, page by page, and why some of them do not.

A person counts once, however many records of theirs were joined. Where a channel reaches them is asked of the register
(`contacts`). What is found here is a picture of this moment, for counting and for filling the outbox; the gate asks again when each
message goes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple
from uuid import UUID

from django.db import models

from privacy.consent import ledger, preferences, soft_opt_in
from privacy.consent.models import ConsentState
from privacy.consent.preference_models import Frequency, Preference
from privacy.consent.vocabulary import Channel, Matter
from privacy.ground import digests
from privacy.messages import contacts, suppressions
from privacy.messages.stoplist import Suppression
from privacy.register.models import Identifier, Subject, SubjectLink
from privacy.register.vocabulary import Purpose

PAGE: Final = 200


class Why(StrEnum):
    """Why somebody who agreed is left out."""

    WITHDRAWN = "withdrawn"
    NO_ADDRESS = "no_address"
    UNSUBSCRIBED = "unsubscribed"
    COMPLAINED = "complained"
    BOUNCED = "bounced"
    REFUSED = "refused"
    RESTRICTED = "restricted"
    PAUSED = "paused"
    OBJECTED = "objected"
    MINOR = "minor"
    ERASED = "erased"
    TOO_SOON = "too_soon"

    def words(self, channel: str) -> str:
        """The same for staff."""
        return WORDS_OF_CHANNEL.get((self, channel)) or WORDS[self]


WORDS: Final = {
    Why.WITHDRAWN: "withdrew it on another record of theirs",
    Why.NO_ADDRESS: "have no confirmed e-mail address",
    Why.UNSUBSCRIBED: "unsubscribed this address",
    Why.COMPLAINED: "reported a mail as spam",
    Why.BOUNCED: "have a mailbox that does not exist",
    Why.REFUSED: "want nothing at all from us",
    Why.RESTRICTED: "have their data restricted",
    Why.PAUSED: "deactivated their account",
    Why.OBJECTED: "object to news from us",
    Why.MINOR: "are not of age",
    Why.ERASED: "were erased",
    Why.TOO_SOON: "had a newsletter lately and want them further apart",
}
WORDS_OF_CHANNEL: Final[dict[tuple[Why, str], str]] = {
    (Why.NO_ADDRESS, Channel.SMS): "gave us no telephone number",
    (Why.UNSUBSCRIBED, Channel.SMS): "answered STOP",
    (Why.COMPLAINED, Channel.SMS): "complained about a text",
    (Why.BOUNCED, Channel.SMS): "have a number that takes no texts",
    (Why.NO_ADDRESS, Channel.POST): "saved no postal address",
    (Why.UNSUBSCRIBED, Channel.POST): "asked us to send no more letters",
    (Why.COMPLAINED, Channel.POST): "complained about a letter",
    (Why.BOUNCED, Channel.POST): "have moved away from there",
}


@dataclass(frozen=True, slots=True)
class Candidate:
    """One person who agreed. *why* is empty for somebody who would get it now, at *address*."""

    person: Subject
    agreed_at: datetime
    address: str = ""
    why: Why | None = None
    language: str = ""


@dataclass(slots=True)
class Page:
    """Some candidates, and where the next page begins; *walked_to* is None where there is none."""

    candidates: list[Candidate]
    walked_to: UUID | None


@dataclass(frozen=True, slots=True)
class Count:
    """Numbers, and nobody's name. *not_asked*: how many confirmed mailboxes never agreed; None for what nobody confirms."""

    channel: Channel
    agreed: int
    would_get_it: int
    left_out: dict[str, int] = field(default_factory=dict)
    not_asked: int | None = None

    @property
    def reasons(self) -> list[tuple[str, int]]:
        """Why some who agreed are left out, in words, the most frequent first."""
        return [(Why(why).words(self.channel), number) for why, number in Counter(self.left_out).most_common()]


def count(matter: Matter, channel: str, *, at: datetime) -> Count:
    """How many would get it now, why others who agreed do not, and how many confirmed addresses never agreed."""
    outcomes: Counter[Why | None] = Counter()
    with_address = 0
    for candidate in everybody(matter, channel, at=at):
        outcomes[candidate.why] += 1
        with_address += candidate.why is not Why.NO_ADDRESS
    would = outcomes.pop(None, 0)
    left_out = {str(why): number for why, number in outcomes.items()}
    not_asked = max(0, _confirmed() - with_address) if channel == Channel.EMAIL else None
    return Count(Channel(channel), would + sum(left_out.values()), would, left_out, not_asked)


def _confirmed() -> int:
    """How many people proved a mailbox."""
    proven = Identifier.objects.filter(kind="email", proven_at__isnull=False, subject__erased_at=None)
    return proven.filter(subject__link=None).values("subject").distinct().count()


def everybody(matter: Matter, channel: str, *, at: datetime) -> Iterator[Candidate]:
    """Every candidate, once."""
    after: UUID | None = None
    while True:
        found = page(matter, channel, after=after, at=at)
        yield from found.candidates
        if found.walked_to is None:
            return
        after = found.walked_to


def page(matter: Matter, channel: str, *, after: UUID | None, size: int = PAGE, at: datetime) -> Page:
    """The next candidates behind the person record *after*. A fixed number of queries for people of one record each."""
    yes = ConsentState.objects.granted().filter(matter=matter, channel=channel, about="")
    behind = yes.filter(subject_id__gt=after) if after else yes
    agreed = dict(behind.order_by("subject_id").values_list("subject_id", "decided_at")[:size])
    met = dict(soft_opt_in.customers(matter, channel, after=after, most=size)) | agreed
    states = [_Met(one, met[one], one in agreed) for one in sorted(met)[:size]]
    families = _families({state.subject_id for state in states})
    first = _first_met(families, yes, matter, channel)
    mine = [state for state in states if first[families.root_of[state.subject_id]] == state.subject_id]
    people = _People(families, [families.root_of[state.subject_id] for state in mine], channel)
    candidates = [people.candidate(state, matter, channel, at) for state in mine]
    return Page(candidates, states[-1].subject_id if len(states) == size else None)


class _Met(NamedTuple):
    """A person record on the way: with a yes, or, where a shop chose the soft opt-in, with a sale."""

    subject_id: UUID
    decided_at: datetime
    has_agreed: bool


# Families


@dataclass(slots=True)
class _Families:
    """Who stands for whom, for some person records at once."""

    root_of: dict[UUID, UUID]
    members: dict[UUID, set[UUID]]


def _families(ids: set[UUID]) -> _Families:
    """The root of each of *ids*, and every record joined to these roots."""
    parent: dict[UUID, UUID] = {}
    layer = set(ids)
    while layer:
        found = dict(SubjectLink.objects.filter(child__in=layer).values_list("child_id", "root_id"))
        layer = {root for root in found.values() if root not in parent and root not in found}
        parent |= found

    def root(one: UUID) -> UUID:
        while one in parent:
            one = parent[one]
        return one

    roots = {one: root(one) for one in ids}
    members: dict[UUID, set[UUID]] = {each: {each} for each in roots.values()}
    top = {each: each for each in members}
    below = set(members)
    while below:
        found = dict(SubjectLink.objects.filter(root__in=below).values_list("child_id", "root_id"))
        for child, above in found.items():
            top[child] = top[above]
            members[top[child]].add(child)
        below = set(found)
    return _Families(roots, members)


def _first_met(
    families: _Families, yes: models.QuerySet[ConsentState], matter: Matter, channel: str
) -> dict[UUID, UUID]:
    """For each family the record with its first yes or sale: a person is met there and nowhere else."""
    joined = {member: root for root, members in families.members.items() for member in members}
    given = set(yes.filter(subject_id__in=joined).values_list("subject_id", flat=True))
    given |= {one for one, _ in soft_opt_in.customers(matter, channel, among=joined)}
    first: dict[UUID, UUID] = {}
    for one in sorted(given):
        first.setdefault(joined[one], one)
    return first


# People


class _People:
    """What must be known of some people to write to them, read for all of them at once."""

    def __init__(self, families: _Families, roots: list[UUID], channel: str) -> None:
        self.members = {root: families.members[root] for root in roots}
        self.everyone = {member: root for root, members in self.members.items() for member in members}
        self.subjects = Subject.objects.in_bulk(self.members)
        usable = Subject.objects.usable_for(Purpose.MARKETING).filter(pk__in=self.members)
        self.usable = set(usable.values_list("pk", flat=True))
        self.addresses = contacts.of(channel, self.everyone)
        self.stopped = _stopped(channel, self._known_by(channel))
        manners = Preference.objects.filter(subject_id__in=self.everyone).order_by(
            preferences.LANGUAGE_SAID_AT.asc(nulls_first=True)
        )
        chosen = list(manners.values_list("subject_id", "frequency", "language"))
        self.want_distance = {self.everyone[one] for one, frequency, _ in chosen if frequency != Frequency.ALL}
        self.language = {self.everyone[one]: language for one, _, language in chosen}  # of several, the latest

    def candidate(self, state: _Met, matter: Matter, channel: str, at: datetime) -> Candidate:
        root = self.everyone[state.subject_id]
        person, address = self.subjects[root], self.addresses.get(root, "")
        is_plain = state.has_agreed and len(self.members[root]) == 1  # the state that led here is the answer
        is_allowed = is_plain or ledger.may(person, matter, channel) or soft_opt_in.allows(person, matter, channel)
        why = self._why(person, address, is_allowed, matter, channel, at)
        return Candidate(person, state.decided_at, address if why is None else "", why, self.language.get(root, ""))

    def _why(
        self, person: Subject, address: str, is_allowed: bool, matter: Matter, channel: str, at: datetime
    ) -> Why | None:
        if person.is_erased:
            return Why.ERASED
        if person.is_restricted:
            return Why.RESTRICTED
        if person.is_paused:
            return Why.PAUSED
        if person.is_minor:
            return Why.MINOR
        if person.pk not in self.usable:
            return Why.OBJECTED
        if not is_allowed:
            return Why.WITHDRAWN
        if not address:
            return Why.NO_ADDRESS
        if reason := self.stopped.get(address):
            return Why(reason)
        if person.pk in self.want_distance and not preferences.allows_now(person, matter, channel, at):
            return Why.TOO_SOON
        return None

    def _known_by(self, channel: str) -> dict[str, list[str]]:
        """Under what each address may stand on the suppression list: by itself, a postal one also by its owner's mailboxes."""
        if channel != Channel.POST:
            return {address: [address] for address in self.addresses.values()}
        emails = contacts.proven_emails(self.everyone)
        known: dict[str, list[str]] = {}
        for root, address in self.addresses.items():  # two of one household may share one
            known.setdefault(address, [address]).extend(emails.get(root, []))
        return known


def _stopped(channel: str, known_by: dict[str, list[str]]) -> dict[str, str]:
    """Those of the addresses that no marketing may go to, each with the reason that was given first."""
    by_digest: dict[str, str] = {}
    for address, values in known_by.items():
        for value in values:
            by_digest |= {each.value: address for each in digests.all_of(suppressions.KINDS[channel], value)}
    rows = Suppression.objects.live().filter(channel=channel, digest__in=by_digest)
    return {by_digest[digest]: reason for digest, reason in rows.order_by("-raised_at").values_list("digest", "reason")}
