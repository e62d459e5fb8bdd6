"""Newsletters from the draft to the last message, by each way they travel: mail, text message, letter.

Sending is a walk through everybody who agreed, by the number of their person record, for each way by itself: a page at a time is
put into the outbox, and the place where the walk stands is written in the same transaction. A message's number follows from
newsletter and address, so that no kill, no second worker and no second walk makes two of them for one mailbox, telephone or street.
The next page waits until the last one has left the outbox, so that a pause or a cancellation holds nearly everything back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final
from uuid import UUID, uuid5

from django.conf import settings
from django.db import transaction
from django.db.models import Count as Counted

from privacy.consent.vocabulary import Channel, Matter
from privacy.ground import audit, digests, references, states, tongue
from privacy.messages import audience, contacts, outbox, print_lists, segments, sms, suppressions, writing
from privacy.messages.models import Message
from privacy.messages.newsroom import Campaign, CampaignWay, Words
from privacy.register import profiles
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
    Message.State.LISTED: "on a print list",
    Message.State.SENT: "sent",
    Message.State.UNKNOWN: "perhaps sent: no answer came, and it is not sent twice",
    Message.State.RETURNED: "came back",
    Message.State.FAILED: "given up",
}


ALONE: Final = {Channel.EMAIL: ""}
"""The ways of a newsletter that goes by mail alone."""
MOST_PARTS: Final = 3
"""A text message that advertises is short, or a mail."""


class NotReady(Exception):
    """The newsletter lacks something; the words say what."""


class Nobody(NotReady):
    """There is nobody who would get it; the words say why."""


class NotDraft(Exception):
    """Only a draft can be written."""


@dataclass(frozen=True, slots=True)
class Results:
    """What became of a newsletter by one way, in numbers only."""

    channel: Channel
    messages: int
    lines: list[tuple[str, int]]
    stopped: list[tuple[str, int]]
    left_out: list[tuple[str, int]]
    is_walked: bool


# Writing


def offered() -> list[Channel]:
    """The ways this shop writes to people: those of its policy, by which somebody can be reached."""
    mine = [Channel(name) for name in profiles.current().channels]
    return [each for each in Channel if each in mine and (each != Channel.SMS or sms.is_on())]


def ways_of(campaign: Campaign) -> list[CampaignWay]:
    """The ways it travels, the mail first."""
    order = list(Channel)
    return sorted(campaign.ways.all(), key=lambda way: order.index(Channel(way.channel)))


def write(
    campaign: Campaign,
    *,
    ways: Mapping[Channel, str] | None = None,
    translations: Mapping[str, Words] | None = None,
    by: audit.Actor,
    at: datetime,
) -> Campaign:
    """Keep a draft, new or changed, with its text sanitised. Raises `NotDraft`.

    *ways*: those it travels, each with its plain words (none for the mail). Without them they stay as they were; a new one goes by
    mail. *translations*: what it says in other languages than the shop's first; without them they stay as they were.
    """
    if not campaign.is_draft:
        raise NotDraft(campaign.reference)
    is_new = campaign.pk is None
    campaign.body = writing.sanitised(campaign.body)
    if translations is not None:
        kept = {language: writing.cleaned(words) for language, words in translations.items()}
        campaign.translations = {language: asdict(words) for language, words in kept.items() if words != Words()}
    if is_new:
        campaign.reference, campaign.created_at = references.new("NL"), at
    with transaction.atomic():
        campaign.save()
        if is_new or ways is not None:
            _choose(campaign, ALONE if ways is None else ways)
        audit.append("campaign.written" if is_new else "campaign.changed", obj=campaign, by=by, at=at)
    return campaign


def _choose(campaign: Campaign, ways: Mapping[Channel, str]) -> None:
    campaign.ways.exclude(channel__in=ways).delete()
    for channel, words in ways.items():
        text = writing.tidied(words, channel) if channel in writing.WRITTEN_APART else ""
        CampaignWay.objects.update_or_create(campaign=campaign, channel=channel, defaults={"text": text})


def length_of(campaign: Campaign, language: str = "") -> segments.Length:
    """How long its text message is, with what we write before and behind it."""
    text = writing.written(campaign, writing.Reader(UUID(int=0), "", None, language), Channel.SMS).text
    return segments.length(text)


def count(campaign: Campaign, channel: Channel = Channel.EMAIL, *, at: datetime) -> audience.Count:
    """How many would get it now by one way."""
    return audience.count(Matter(campaign.topic), channel, at=at)


def counts(campaign: Campaign, *, at: datetime) -> list[audience.Count]:
    """The same for each way it travels."""
    return [count(campaign, Channel(way.channel), at=at) for way in ways_of(campaign)]


def try_out(campaign: Campaign, *, to: str, subject: Subject, by: audit.Actor, at: datetime) -> list[Message]:
    """Send the draft to the member of staff who asked, in each of its languages: the mail to *to*, the text message to the number
    of their account, where it has one. It is no news to anybody: it asks and records no consent, and comes on no print list.
    """
    number = contacts.of(Channel.SMS, {subject.pk: subject.pk}).get(subject.pk, "")
    own = {Channel.EMAIL: to, Channel.SMS: number}
    ways = [Channel(way.channel) for way in ways_of(campaign) if own.get(Channel(way.channel))]
    return [
        _try_one(campaign, way, language, to=own[way], subject=subject, by=by, at=at)
        for way in ways
        for language in writing.languages_of(campaign)
    ]


def _try_one(
    campaign: Campaign, channel: Channel, language: str, *, to: str, subject: Subject, by: audit.Actor, at: datetime
) -> Message:
    letter = writing.written(campaign, writing.Reader(subject.pk, to, None, language), channel)
    return outbox.post_rendered(
        writing.TEST,
        to=to,
        subject=subject,
        title=f"Test: {letter.title}",
        text=letter.text,
        html=letter.html,
        reference=campaign.reference,
        channel=channel,
        by=by,
        at=at,
    )


# Deciding


def schedule(campaign: Campaign, *, for_: datetime, by: audit.Actor, at: datetime) -> Campaign:
    """Let it go at *for_*, or now where that has passed. Raises `NotReady`, `Nobody`, and as `CAMPAIGN.advance` does."""
    _check(campaign)
    found = counts(campaign, at=at)
    if not any(each.would_get_it for each in found):
        raise Nobody(" ".join(map(_why_nobody, found)))
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
    """Hold it back from here on. Returns how many messages were taken out of the outbox, or off their print lists, again.

    They are as if never written: going on walks the list again and passes over whoever has theirs.
    """
    _locked(campaign)
    CAMPAIGN.advance(campaign, State.PAUSED, by=by, at=at)
    taken = _held_back(campaign, because="paused")
    Message.objects.filter(**_mails(campaign), state=Message.State.STOPPED, stopped_because="paused").delete()
    campaign.ways.update(walked_to=None, has_walked=False, left_out={})
    return taken


def go_on(campaign: Campaign, *, by: audit.Actor, at: datetime) -> Campaign:
    """Go on after a pause."""
    return CAMPAIGN.advance(campaign, State.SENDING, by=by, at=at)


@transaction.atomic
def cancel(campaign: Campaign, *, by: audit.Actor, at: datetime) -> int:
    """It ends here: nothing more is sent. Returns how many messages were stopped in the outbox or on their print lists."""
    _locked(campaign)
    CAMPAIGN.advance(campaign, State.CANCELLED, by=by, at=at)
    Campaign.objects.filter(pk=campaign.pk).update(finished_at=at)
    return _held_back(campaign, because="cancelled")


def _held_back(campaign: Campaign, *, because: str) -> int:
    waiting = Message.objects.filter(**_mails(campaign), state__in=[Message.State.QUEUED, Message.State.LISTED])
    stopped = waiting.update(state=Message.State.STOPPED, payload=None, stopped_because=because)
    print_lists.take_back(Message.objects.filter(**_mails(campaign), stopped_because=because))
    return stopped


def _check(campaign: Campaign) -> None:
    """Whether each way it travels is one of ours and has something to say. *Raises* `NotReady`."""
    ways = ways_of(campaign)
    if not ways:
        raise NotReady("Nobody said yet which way it travels.")
    if closed := [way.get_channel_display() for way in ways if way.channel not in offered()]:
        raise NotReady(
            f"This shop sends nothing {' or '.join(closed)}: its policy does not say so, or nothing carries it."
        )
    has_words = {Channel.EMAIL: not writing.is_empty(campaign.body)} | {
        Channel(way.channel): bool(way.text) for way in ways if way.channel in writing.WRITTEN_APART
    }
    if not campaign.title.strip() or not all(has_words[Channel(way.channel)] for way in ways):
        raise NotReady("It has no text yet, or none for one of its ways.")
    for language in writing.languages_of(campaign):
        _check_language(campaign, ways, language)


def _check_language(campaign: Campaign, ways: list[CampaignWay], language: str) -> None:
    """Whether it says something in that language by each way, and a text message is short. *Raises* `NotReady`."""
    name, words = dict(settings.LANGUAGES)[language], campaign.translated(language)
    if words and not all(words.says(way.channel) for way in ways):
        raise NotReady(f"In {name} it has no text yet, or none for one of its ways.")
    if any(way.channel == Channel.SMS for way in ways) and (length := length_of(campaign, language)).parts > MOST_PARTS:
        raise NotReady(f"The text message in {name} is longer than {MOST_PARTS} texts: {length.words}.")


def _why_nobody(found: audience.Count) -> str:
    if not found.agreed:
        return f"Nobody has agreed to this topic {found.channel.words}, so there is nobody to send it to."
    told = ", ".join(f"{number} {words}" for words, number in found.reasons)
    return f"Of {found.agreed} who agreed {found.channel.words}, nobody would get it now: {told}."


# Sending


def sweep(*, by: audit.Actor, at: datetime) -> int:
    """Begin what is due and take each newsletter on its way one page further. Returns how many messages were written."""
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
    """Write the next page of each way, or close a newsletter that has reached everybody. Returns how many messages were written.

    Does nothing while somebody else does it; a way of which the outbox still holds the last page waits, and no other for it.
    """
    rows = Campaign.objects.select_for_update(skip_locked=True).filter(pk=campaign_id, state=State.SENDING)
    campaign = rows.first()
    if campaign is None:
        return 0
    moving = [way for way in ways_of(campaign) if not _is_waiting(campaign, way)]
    if all(way.has_walked for way in moving) and len(moving) == campaign.ways.count():
        Campaign.objects.filter(pk=campaign.pk).update(finished_at=at)
        CAMPAIGN.advance(campaign, State.SENT, by=by, at=at)
        return 0
    return sum(_walk_on(campaign, way, size=size, by=by, at=at) for way in moving if not way.has_walked)


def _walk_on(campaign: Campaign, way: CampaignWay, *, size: int, by: audit.Actor, at: datetime) -> int:
    """The next page of one way, and the place where its walk stands now."""
    page = audience.page(Matter(campaign.topic), way.channel, after=way.walked_to, size=size, at=at)
    written = _write_page(campaign, Channel(way.channel), page, by=by, at=at)
    left_out = Counter(way.left_out) + Counter(str(each.why) for each in page.candidates if each.why)
    way.walked_to, way.has_walked = page.walked_to or way.walked_to, page.walked_to is None
    way.left_out = dict(left_out)
    way.save(update_fields=["walked_to", "has_walked", "left_out"])
    return written


def _write_page(campaign: Campaign, channel: Channel, page: audience.Page, *, by: audit.Actor, at: datetime) -> int:
    ready = {number_of(campaign, each.address, channel): each for each in page.candidates if each.why is None}
    there = set(Message.objects.filter(pk__in=ready).values_list("pk", flat=True))
    copies: dict[str, writing.Copy] = {}
    for number, each in ready.items():
        if number not in there:
            spoken = tongue.known(each.language)
            copies[spoken] = copy = copies.get(spoken) or writing.Copy(campaign, channel, spoken)
            _post(campaign, copy, number, each, by=by, at=at)
    return len(ready) - len(there)


def _post(
    campaign: Campaign, copy: writing.Copy, number: UUID, reader: audience.Candidate, *, by: audit.Actor, at: datetime
) -> None:
    letter = copy.to(writing.Reader(reader.person.pk, reader.address, reader.agreed_at, reader.language))
    outbox.post_rendered(
        writing.KINDS[Matter(campaign.topic)],
        to=reader.address,
        subject=reader.person,
        title=letter.title,
        text=letter.text,
        html=letter.html,
        reference=campaign.reference,
        channel=copy.channel,
        number=number,
        by=by,
        at=at,
    )


def number_of(campaign: Campaign, address: str, channel: Channel = Channel.EMAIL) -> UUID:
    """The number of the one message that this newsletter may make for this mailbox, telephone or street."""
    oldest_key = digests.all_of(suppressions.KINDS[channel], address)[
        -1
    ]  # a new key must not make it another one halfway through
    return uuid5(SPACE, f"{campaign.reference}:{oldest_key.value}")


SPACE: Final = UUID("6f7c1d52-8f0e-5c39-9c55-0d3b6a1f8e24")
"""The name space of these numbers (RFC 9562, 5.5); any constant would do."""


def _locked(campaign: Campaign) -> Campaign:
    """Wait until no page of it is being written."""
    return Campaign.objects.select_for_update().get(pk=campaign.pk)


def _mails(campaign: Campaign) -> dict[str, str]:
    return {"kind": writing.KINDS[Matter(campaign.topic)].name, "reference": campaign.reference}


def _is_waiting(campaign: Campaign, way: CampaignWay) -> bool:
    over_soon = [Message.State.QUEUED, Message.State.SENDING]
    return Message.objects.filter(**_mails(campaign), channel=way.channel, state__in=over_soon).exists()


# Looking


def results(campaign: Campaign) -> list[Results]:
    """What became of it by each way, counted over the messages still on record. Nobody is named, and openings are not known."""
    return [_results(campaign, way) for way in ways_of(campaign)]


def _results(campaign: Campaign, way: CampaignWay) -> Results:
    mine = Message.objects.filter(**_mails(campaign), channel=way.channel)
    by_state = dict(mine.values_list("state").annotate(Counted("pk")))
    stopped = mine.filter(state=Message.State.STOPPED).values_list("stopped_because").annotate(Counted("pk"))
    left_out = Counter(way.left_out).most_common()
    return Results(
        channel=Channel(way.channel),
        messages=sum(by_state.values()),
        lines=[(words, by_state[state]) for state, words in WORDS_OF_STATE.items() if by_state.get(state)],
        stopped=sorted(stopped, key=lambda line: -line[1]),
        left_out=[(audience.Why(why).words(way.channel), number) for why, number in left_out],
        is_walked=way.has_walked,
    )
