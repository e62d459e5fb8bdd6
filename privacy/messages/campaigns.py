"""Newsletters from the draft to the last mail.

Sending is a walk through everybody who agreed, by the number of their person record: a page at a time is put into the outbox, and
the place where the walk stands is written in the same transaction. A mail's number follows from newsletter and address, so that
no kill, no second worker and no second walk makes two mails for one mailbox. The next page waits until the last one has left the
outbox, so that a pause or a cancellation holds nearly everything back.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID, uuid5

from django.db import transaction
from django.db.models import Count as Counted

from privacy.consent.vocabulary import Channel, Matter
from privacy.ground import audit, digests, references, states
from privacy.messages import audience, outbox, writing
from privacy.messages.models import Message
from privacy.messages.newsroom import Campaign
from privacy.register.models import Subject

State = Campaign.State
CAMPAIGN: Final = states.Machine(
    "campaign",
    {
        State.DRAFT: {State.SCHEDULED, State.CANCELLED},
        State.SCHEDULED: {State.DRAFT, State.SENDING, State.CANCELLED},
        State.SENDING: {State.PAUSED, State.SENT, State.CANCELLED},
        State.PAUSED: {State.SENDING, State.CANCELLED},
    },
)
WORDS_OF_STATE: Final = {
    Message.State.QUEUED: "waiting",
    Message.State.SENDING: "being sent",
    Message.State.SENT: "sent",
    Message.State.UNKNOWN: "perhaps sent: the mail server did not answer, and it is not sent twice",
    Message.State.RETURNED: "came back",
    Message.State.FAILED: "given up",
}


class NotReady(Exception):
    """The newsletter lacks something; the words say what."""


class Nobody(NotReady):
    """There is nobody who would get it; the words say why."""


class NotDraft(Exception):
    """Only a draft can be written."""


@dataclass(frozen=True, slots=True)
class Results:
    """What became of a newsletter, in numbers only."""

    mails: int
    lines: list[tuple[str, int]]
    stopped: list[tuple[str, int]]
    left_out: list[tuple[str, int]]


# Writing


def write(campaign: Campaign, *, by: audit.Actor, at: datetime) -> Campaign:
    """Keep a draft, new or changed, with its text sanitised. Raises `NotDraft`."""
    if not campaign.is_draft:
        raise NotDraft(campaign.reference)
    is_new = campaign.pk is None
    campaign.body = writing.sanitised(campaign.body)
    if is_new:
        campaign.reference, campaign.created_at = references.new("NL"), at
    with transaction.atomic():
        campaign.save()
        audit.append("campaign.written" if is_new else "campaign.changed", obj=campaign, by=by, at=at)
    return campaign


def count(campaign: Campaign, *, at: datetime) -> audience.Count:
    """How many would get it now."""
    return audience.count(Matter(campaign.topic), campaign.channel, at=at)


def try_out(campaign: Campaign, *, to: str, subject: Subject, by: audit.Actor, at: datetime) -> Message:
    """Mail the draft to the member of staff who asked."""
    letter = writing.written(campaign, writing.Reader(subject.pk, to, None))
    return outbox.post_rendered(
        writing.TEST,
        to=to,
        subject=subject,
        title=f"Test: {letter.title}",
        text=letter.text,
        html=letter.html,
        reference=campaign.reference,
        by=by,
        at=at,
    )


# Deciding


def schedule(campaign: Campaign, *, for_: datetime, by: audit.Actor, at: datetime) -> Campaign:
    """Let it go at *for_*, or now where that has passed. Raises `NotReady`, `Nobody`, and as `CAMPAIGN.advance` does."""
    if not campaign.title.strip() or writing.is_empty(campaign.body):
        raise NotReady("It has no text yet.")
    found = count(campaign, at=at)
    if not found.would_get_it:
        raise Nobody(_why_nobody(found))
    with transaction.atomic():
        Campaign.objects.filter(pk=campaign.pk, state=State.DRAFT).update(scheduled_for=max(for_, at))
        CAMPAIGN.advance(campaign, State.SCHEDULED, by=by, at=at)
    campaign.scheduled_for = max(for_, at)
    return campaign


def take_back(campaign: Campaign, *, by: audit.Actor, at: datetime) -> Campaign:
    """A scheduled newsletter becomes a draft again."""
    return CAMPAIGN.advance(campaign, State.DRAFT, by=by, at=at)


@transaction.atomic
def pause(campaign: Campaign, *, by: audit.Actor, at: datetime) -> int:
    """Hold it back from here on. Returns how many mails were taken out of the outbox again.

    They are as if never written: going on walks the list again and passes over whoever has theirs.
    """
    _locked(campaign)
    CAMPAIGN.advance(campaign, State.PAUSED, by=by, at=at)
    taken = _held_back(campaign, because="paused")
    Message.objects.filter(**_mails(campaign), state=Message.State.STOPPED, stopped_because="paused").delete()
    Campaign.objects.filter(pk=campaign.pk).update(walked_to=None, has_walked=False, left_out={})
    return taken


def go_on(campaign: Campaign, *, by: audit.Actor, at: datetime) -> Campaign:
    """Go on after a pause."""
    return CAMPAIGN.advance(campaign, State.SENDING, by=by, at=at)


@transaction.atomic
def cancel(campaign: Campaign, *, by: audit.Actor, at: datetime) -> int:
    """It ends here: nothing more is sent. Returns how many mails were stopped in the outbox."""
    _locked(campaign)
    CAMPAIGN.advance(campaign, State.CANCELLED, by=by, at=at)
    Campaign.objects.filter(pk=campaign.pk).update(finished_at=at)
    return _held_back(campaign, because="cancelled")


def _held_back(campaign: Campaign, *, because: str) -> int:
    waiting = Message.objects.filter(**_mails(campaign), state=Message.State.QUEUED)
    return waiting.update(state=Message.State.STOPPED, payload=None, stopped_because=because)


def _why_nobody(found: audience.Count) -> str:
    if not found.agreed:
        return "Nobody has agreed to this topic by this channel, so there is nobody to send it to."
    told = ", ".join(f"{number} {words}" for words, number in found.reasons)
    return f"Of {found.agreed} who agreed, nobody would get it now: {told}."


# Sending


def sweep(*, by: audit.Actor, at: datetime) -> int:
    """Begin what is due and take each newsletter on its way one page further. Returns how many mails were written."""
    for due in Campaign.objects.filter(state=State.SCHEDULED, scheduled_for__lte=at):
        begin(due, by=by, at=at)
    on_their_way = Campaign.objects.filter(state=State.SENDING).values_list("pk", flat=True)
    return sum(step(pk, by=by, at=at) for pk in on_their_way)


def begin(campaign: Campaign, *, by: audit.Actor, at: datetime) -> None:
    """Its time has come."""
    with transaction.atomic():
        rows = Campaign.objects.select_for_update(skip_locked=True).filter(pk=campaign.pk, state=State.SCHEDULED)
        if rows.first() is not None:
            rows.update(begun_at=at)
            CAMPAIGN.advance(campaign, State.SENDING, by=by, at=at)


@transaction.atomic
def step(campaign_id: int, *, size: int = audience.PAGE, by: audit.Actor, at: datetime) -> int:
    """Write the next page of mails, or close a newsletter that has reached everybody. Returns how many were written.

    Does nothing while somebody else does it, or while the outbox still holds the last page.
    """
    rows = Campaign.objects.select_for_update(skip_locked=True).filter(pk=campaign_id, state=State.SENDING)
    campaign = rows.first()
    if campaign is None or _is_waiting(campaign):
        return 0
    if campaign.has_walked:
        Campaign.objects.filter(pk=campaign.pk).update(finished_at=at)
        CAMPAIGN.advance(campaign, State.SENT, by=by, at=at)
        return 0
    page = audience.page(Matter(campaign.topic), campaign.channel, after=campaign.walked_to, size=size, at=at)
    written = _write_page(campaign, page, by=by, at=at)
    left_out = Counter(campaign.left_out) + Counter(str(each.why) for each in page.candidates if each.why)
    campaign.walked_to, campaign.has_walked = page.walked_to or campaign.walked_to, page.walked_to is None
    campaign.left_out = dict(left_out)
    campaign.save(update_fields=["walked_to", "has_walked", "left_out"])
    return written


def _write_page(campaign: Campaign, page: audience.Page, *, by: audit.Actor, at: datetime) -> int:
    ready = {number_of(campaign, each.address): each for each in page.candidates if each.why is None}
    there = set(Message.objects.filter(pk__in=ready).values_list("pk", flat=True))
    copy = writing.Copy(campaign)
    for number, each in ready.items():
        if number not in there:
            _post(campaign, copy, number, each, by=by, at=at)
    return len(ready) - len(there)


def _post(
    campaign: Campaign, copy: writing.Copy, number: UUID, reader: audience.Candidate, *, by: audit.Actor, at: datetime
) -> None:
    letter = copy.to(writing.Reader(reader.person.pk, reader.address, reader.agreed_at))
    outbox.post_rendered(
        writing.KINDS[Matter(campaign.topic)],
        to=reader.address,
        subject=reader.person,
        title=letter.title,
        text=letter.text,
        html=letter.html,
        reference=campaign.reference,
        channel=Channel(campaign.channel),
        number=number,
        by=by,
        at=at,
    )


def number_of(campaign: Campaign, address: str) -> UUID:
    """The number of the one mail that this newsletter may make for this mailbox."""
    oldest_key = digests.all_of("email", address)[-1]  # a new key must not make it another mailbox halfway through
    return uuid5(SPACE, f"{campaign.reference}:{oldest_key.value}")


SPACE: Final = UUID("6f7c1d52-8f0e-5c39-9c55-0d3b6a1f8e24")
"""The name space of these numbers (RFC 9562, 5.5); any constant would do."""


def _locked(campaign: Campaign) -> Campaign:
    """Wait until no page of it is being written."""
    return Campaign.objects.select_for_update().get(pk=campaign.pk)


def _mails(campaign: Campaign) -> dict[str, str]:
    return {"kind": writing.KINDS[Matter(campaign.topic)].name, "reference": campaign.reference}


def _is_waiting(campaign: Campaign) -> bool:
    over_soon = [Message.State.QUEUED, Message.State.SENDING]
    return Message.objects.filter(**_mails(campaign), state__in=over_soon).exists()


# Looking


def results(campaign: Campaign) -> Results:
    """What became of it, counted over the mails that are still on record. Nobody is named, and openings are not known."""
    mails = Message.objects.filter(**_mails(campaign))
    by_state = dict(mails.values_list("state").annotate(Counted("pk")))
    stopped = mails.filter(state=Message.State.STOPPED).values_list("stopped_because").annotate(Counted("pk"))
    return Results(
        mails=sum(by_state.values()),
        lines=[(words, by_state[state]) for state, words in WORDS_OF_STATE.items() if by_state.get(state)],
        stopped=sorted(stopped, key=lambda line: -line[1]),
        left_out=[(audience.Why(why).words, number) for why, number in Counter(campaign.left_out).most_common()],
    )
