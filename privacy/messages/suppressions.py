"""Who must not be written to: a list of keyed fingerprints that outlives consent, account and erasure.

A suppression says no by itself: the consent ledger may say yes again by an import, a restored backup or a new account under the
same address, and still nothing is sent. Only the person's own confirmed opt-in lifts it (`lift`). What it stops depends on why it
was raised: somebody who unsubscribed or complained still gets the mails their orders and requests need; a mailbox that does not
exist gets nothing, but for one mail a day that its owner asks for, to show that it does (`TRIED_AGAIN_AFTER`, `reached`).

No foreign key and no address: a digest under a key outside the database, which the gate compares at the moment of sending.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from privacy.ground import audit, digests
from privacy.messages.stoplist import Suppression, SuppressionQuerySet
from privacy.register import rotation

Reason = Suppression.Reason
KINDS: Final = {"email": "email", "sms": "phone", "post": "post"}
"""What a channel's addresses are, in the words of `digests.NORMAL`."""
TRIED_AGAIN_AFTER: Final = timedelta(days=1)
"""So long after a mail came back nothing at all goes there; what is asked for later, to prove the address, is tried."""


def raise_for(channel: str, value: str, *, reason: str, by: audit.Actor, at: datetime) -> Suppression:
    """Send nothing (or no marketing) to *value* any more. Writes a row; safe to call twice."""
    return raise_digest(channel, digests.of(KINDS[channel], value), reason=reason, by=by, at=at)


def raise_digest(channel: str, digest: digests.Digest, *, reason: str, by: audit.Actor, at: datetime) -> Suppression:
    """The same for an address of which only the fingerprint is known, as in an unsubscribe link.

    Of what came back the last time counts: the wait begins anew.
    """
    raised, is_new = Suppression.objects.get_or_create(
        channel=channel,
        digest=digest.value,
        reason=reason,
        defaults={"key_version": digest.version, "raised_at": at},
    )
    lifted = Suppression.objects.filter(pk=raised.pk, lifted_at__isnull=False)
    if is_new or lifted.update(lifted_at=None, raised_at=at):
        audit.append("suppression.raised", obj=raised, details={"channel": channel, "reason": reason}, by=by, at=at)
    elif reason == Reason.BOUNCED:
        Suppression.objects.filter(pk=raised.pk, raised_at__lt=at).update(raised_at=at)
    return raised


def stops(channel: str, value: str, *, marketing: bool, asked_at: datetime | None = None) -> bool:
    """Whether nothing may go to *value*: one indexed query, whatever key made the fingerprint."""
    return why(channel, value, marketing=marketing, asked_at=asked_at) != ""


def why(channel: str, value: str, *, marketing: bool, asked_at: datetime | None = None) -> str:
    """The reason for which nothing may go to *value*, or an empty text. *asked_at*: when what proves the address was asked for."""
    found = _of(channel, value).stopping(marketing=marketing)
    if asked_at is not None:
        found = found.exclude(reason=Reason.BOUNCED, raised_at__lte=asked_at - TRIED_AGAIN_AFTER)
    return found.order_by("raised_at").values_list("reason", flat=True).first() or ""


def are_stopping(reasons: Iterable[str], *, marketing: bool) -> bool:
    """Whether live suppressions for these reasons stop a message: `SuppressionQuerySet.stopping` for what was read before."""
    return any(marketing or reason in Suppression.STOPS_EVERYTHING for reason in reasons)


def lift(channel: str, value: str, *, by: audit.Actor, at: datetime) -> int:
    """The person asked for messages again and proved that the address is theirs. Returns how many suppressions ended.

    Call it for nothing less than a confirmed opt-in of theirs: a pressed button behind a link mailed to *value*, or a choice on
    the account of whoever confirmed it.
    """
    return _lift(_of(channel, value).live(), by=by, at=at)


def reached(address: str, *, by: audit.Actor, at: datetime) -> int:
    """A link mailed to *address* was pressed, so somebody is there after all. Ends what was raised because nobody was.

    Whoever unsubscribed, complained or wants nothing has said so, and still does.
    """
    return _lift(_of("email", address).live().filter(reason=Reason.BOUNCED), by=by, at=at)


def lift_digest(channel: str, digest: digests.Digest, *, reason: str, by: audit.Actor, at: datetime) -> int:
    """The same for a fingerprint and one reason: what an undo takes back."""
    return _lift(Suppression.objects.live().filter(channel=channel, digest=digest.value, reason=reason), by=by, at=at)


def _lift(live: Iterable[Suppression], *, by: audit.Actor, at: datetime) -> int:
    lifted = 0
    for each in live:
        with transaction.atomic():
            if Suppression.objects.live().filter(pk=each.pk).update(lifted_at=at):
                details = {"channel": each.channel, "reason": each.reason}
                audit.append("suppression.lifted", obj=each, details=details, by=by, at=at)
                lifted += 1
    return lifted


def _of(channel: str, value: str) -> SuppressionQuerySet:
    known = [digest.value for digest in digests.all_of(KINDS[channel], value)]
    return Suppression.objects.filter(channel=channel, digest__in=known)


# A new digest key


def redigest(*, apply: bool) -> int:
    """Make the fingerprints of addresses that are still known with the newest key. Returns how many were, or would be."""
    return rotation.renew(Suppression.objects.all(), twin=_merge, apply=apply)


def _merge(older: Suppression, fresh: digests.Digest) -> None:
    """It was raised again since, under the newest key: one row stays, in force where either is."""
    if older.lifted_at is None:
        same = Suppression.objects.filter(channel=older.channel, digest=fresh.value, reason=older.reason)
        same.update(lifted_at=None)
    older.delete()


rotation.digests_also(redigest)
