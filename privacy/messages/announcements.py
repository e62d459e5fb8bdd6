"""Telling everybody concerned, in batches that a killed worker takes up where it stopped.

First whom: every address once, whoever it belongs to and however often it was typed. Then one mail for each, its ledger row and its
place in the outbox in the same transaction, so nobody is told twice and nobody is left out. The gate still looks at each mail when
it goes. Not for news: nothing here asks for consent, since the law asks for these.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Count
from django.urls import reverse
from django.utils.translation import gettext_noop as _

from privacy.ground import audit, digests, doorbell, references
from privacy.messages import addressees, outbox
from privacy.messages.addressees import Addressee
from privacy.messages.announcement_models import Announcement, AnnouncementDelivery
from privacy.messages.kinds import Kind
from privacy.messages.models import Message
from privacy.register import policy_versions, rotation
from privacy.register.documents import PLACEHOLDER
from privacy.register.models import PolicyVersion
from privacy.register.vocabulary import Purpose
from privacy.tasks import announce

POLICY_CHANGED = Kind("privacy.policy_changed", purpose=Purpose.RIGHTS, label="Our privacy policy changes")
BREACH = Kind("privacy.breach", purpose=Purpose.RIGHTS, label="What happened to your data", reaches_restricted=True)

NEW_OWNER = Kind("privacy.new_owner", purpose=Purpose.RIGHTS, label="The shop has a new owner")

BATCH: Final = 200
WORK_SECONDS: Final = 20.0
"""A worker then leaves the rest to the next bell, so that nothing else waits for one announcement."""
SYSTEM: Final = "system:announcements"

Occasion, State = Announcement.Occasion, Announcement.State


class Unsaid(Exception):
    """People have to be told every one of these; `names` are missing or unfinished."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(", ".join(names))
        self.names = list(names)


@dataclass(frozen=True)
class Progress:
    """How far an announcement has come, by addresses."""

    waiting: int = 0
    posted: int = 0
    gone: int = 0
    sent: int = 0  # of those posted
    stopped: int = 0  # by the gate: erased meanwhile, restricted, bounced before
    failed: int = 0  # given up, or came back

    @property
    def total(self) -> int:
        return self.waiting + self.posted + self.gone


def of_version(version: PolicyVersion, *, by: audit.Actor, at: datetime) -> Announcement:
    """Begin to tell everybody of an important change of the policy. *Writes* the announcement; rings after the commit."""
    made = Announcement.objects.create(
        reference=references.new("AN"),
        occasion=Occasion.POLICY,
        state=State.GATHERING,
        version=version,
        created_at=at,
        begun_at=at,
    )
    details: dict[str, audit.Detail] = {"version": version.number}
    audit.append("announcement.begun", obj=made, details=details, by=by, at=at)
    doorbell.ring(announce, announcement_id=made.pk)
    return made


def said(words: Mapping[str, str], wanted: Mapping[str, str]) -> dict[str, str]:
    """What staff wrote under each of the wanted headings. *Raises* Unsaid for what is empty or holds a placeholder."""
    texts = {name: words.get(name, "").strip() for name in wanted}
    if lacking := [wanted[name] for name, text in texts.items() if not text or PLACEHOLDER.search(text)]:
        raise Unsaid(lacking)
    return texts


def enter(announcement: Announcement, found: Iterable[Addressee], *, at: datetime) -> int:
    """Write down whom to tell: each address once. Returns how many were offered."""
    rows = []
    for each in found:
        digest = digests.of("email", each.email)
        rows.append(
            AnnouncementDelivery(
                announcement=announcement,
                subject_id=each.subject_id,
                key_version=digest.version,
                digest=digest.value,
                created_at=at,
            )
        )
    AnnouncementDelivery.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def work(announcement_id: int, *, at: datetime) -> bool:
    """Go on with one announcement, batch by batch, for a while. Returns whether it is done. Safe to call twice at once."""
    began = time.monotonic()
    steps: dict[str, Callable[[Announcement, datetime], None]] = {State.GATHERING: _gather, State.POSTING: _post}
    while True:
        with transaction.atomic():
            rows = Announcement.objects.select_for_update(skip_locked=True).filter(pk=announcement_id, state__in=steps)
            announcement = rows.first()
            if announcement is None:
                return Announcement.objects.filter(pk=announcement_id, state=State.DONE).exists()
            steps[announcement.state](announcement, at)
        if time.monotonic() - began > WORK_SECONDS:
            doorbell.ring(announce, announcement_id=announcement_id)
            return False


def sweep(*, at: datetime) -> int:
    """Go on with every announcement that is not done. Returns how many there were."""
    open_ones = list(
        Announcement.objects.filter(state__in=[State.GATHERING, State.POSTING]).values_list("pk", flat=True)
    )
    for announcement_id in open_ones:
        work(announcement_id, at=at)
    return len(open_ones)


def progress(announcement: Announcement) -> Progress:
    """How many are told, and what became of their mails."""
    posted = Message.objects.filter(pk__in=announcement.deliveries.values("mail_id"))
    ours = Counter(dict(announcement.deliveries.values_list("state").annotate(many=Count("pk"))))
    theirs = Counter(dict(posted.values_list("state").annotate(many=Count("pk"))))
    return Progress(
        waiting=ours["waiting"],
        posted=ours["posted"],
        gone=ours["gone"],
        sent=theirs[Message.State.SENT],
        stopped=theirs[Message.State.STOPPED],
        failed=theirs[Message.State.FAILED] + theirs[Message.State.RETURNED],
    )


def letter(announcement: Announcement) -> tuple[Kind, dict[str, Any]]:
    """The kind of its mail, and what its templates may say: the same for everybody."""
    return _LETTERS[announcement.occasion](announcement)


# Whom


def _gather(announcement: Announcement, at: datetime) -> None:
    """The next addresses of the next source; after the last one, the posting begins."""
    cursor: Mapping[str, str] = announcement.cursor
    sources = [source for source in addressees.sources() if source.name >= cursor.get("source", "")]
    if not sources:
        announcement.state = State.POSTING
        announcement.save(update_fields=["state"])
        return
    source = sources[0]
    after = cursor.get("after", "") if source.name == cursor.get("source") else ""
    found = list(source.after(after, BATCH, announcement.created_at))
    enter(announcement, found, at=at)
    # Behind the last source stands a name that sorts after it.
    announcement.cursor = {"source": source.name, "after": found[-1].key} if found else {"source": f"{source.name}~"}
    announcement.save(update_fields=["cursor"])


# Telling them


def _post(announcement: Announcement, at: datetime) -> None:
    """The next addresses of the ledger, each with its mail in the outbox; after the last one, it is done."""
    waiting = list(announcement.deliveries.filter(state="waiting").select_related("subject").order_by("pk")[:BATCH])
    if not waiting:
        announcement.state, announcement.finished_at = State.DONE, at
        announcement.save(update_fields=["state", "finished_at"])
        done = progress(announcement)
        details: dict[str, audit.Detail] = {"posted": done.posted, "gone": done.gone}
        audit.append("announcement.posted", obj=announcement, details=details, by=SYSTEM, at=at)
        return
    kind, context = letter(announcement)
    known = _by_digest({each.subject_id for each in waiting})
    for delivery in waiting:
        address = known.get((delivery.subject_id, delivery.digest))
        if address is None:
            delivery.state = AnnouncementDelivery.State.GONE
            continue
        mail = outbox.post(
            kind,
            to=address,
            subject=delivery.subject,
            context=context,
            reference=announcement.reference,
            by=SYSTEM,
            at=at,
        )
        delivery.state, delivery.posted_at, delivery.mail_id = AnnouncementDelivery.State.POSTED, at, mail.pk
    AnnouncementDelivery.objects.bulk_update(waiting, ["state", "posted_at", "mail_id"])


def _by_digest(subjects: set[UUID]) -> dict[tuple[UUID, str], str]:
    """The addresses these person records have today, by their fingerprints under every live key."""
    return {
        (each.subject_id, digest.value): each.email
        for each in addressees.of(subjects)
        for digest in digests.all_of("email", each.email)
    }


def redigest(*, apply: bool) -> int:
    """Make the fingerprints of addresses that are still known with the newest key. Returns how many were, or would be.

    One that was entered under both keys was told under each: both rows say so and stay.
    """
    return rotation.renew(AnnouncementDelivery.objects.all(), twin=lambda _older, _fresh: None, apply=apply)


rotation.digests_also(redigest)


def _of_policy(announcement: Announcement) -> tuple[Kind, dict[str, Any]]:
    version = announcement.version
    assert version is not None, "the database says so"
    context = {
        "version": version,
        "changed": [change.title for change in policy_versions.changes_of(version)],
        "why": _("an account or an order"),
        "action_url": f"{settings.LOUPE_PUBLIC_URL}{reverse('privacy:version', args=[version.number])}",
        "action_label": _("See what changes"),
    }
    return POLICY_CHANGED, context


def _of_breach(announcement: Announcement) -> tuple[Kind, dict[str, Any]]:
    context = {
        **announcement.words,
        "data": announcement.scope.get("data", []),
        "why": _("what happened to data about you"),
        "action_url": f"{settings.LOUPE_PUBLIC_URL}{reverse('privacy:policy')}#contact",
        "action_label": _("How to reach us"),
    }
    return BREACH, context


def _of_owner(announcement: Announcement) -> tuple[Kind, dict[str, Any]]:
    version = announcement.version
    assert version is not None, "the database says so"
    context = {
        **announcement.words,
        "version": version,
        "why": _("an account or an order"),
        "action_url": f"{settings.LOUPE_PUBLIC_URL}{reverse('privacy:version', args=[version.number])}",
        "action_label": _("The policy that goes on protecting you"),
    }
    return NEW_OWNER, context


_LETTERS: Final[dict[str, Callable[[Announcement], tuple[Kind, dict[str, Any]]]]] = {
    Occasion.POLICY: _of_policy,
    Occasion.BREACH: _of_breach,
    Occasion.OWNER: _of_owner,
}
