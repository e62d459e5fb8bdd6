"""People who say yes and no, in one word each."""

from __future__ import annotations

from datetime import timedelta

from privacy.consent import ledger, notices
from privacy.consent.ledger import Thing
from privacy.consent.vocabulary import Channel, Matter, Surface
from privacy.models import ConsentRecord, Subject
from privacy.register import subjects
from privacy.tests.people import NOON

HOUR = timedelta(hours=1)
NEWS = Thing(Matter.NEW_PIECES, Channel.EMAIL)


def person() -> Subject:
    return subjects.new(by="system:test", at=NOON)


def says_yes(who, thing=NEWS, *, at=NOON, surface=Surface.PREFERENCES, **more) -> ConsentRecord:
    notice = notices.current("preferences")
    return ledger.grant(
        who,
        thing.matter,
        channel=thing.channel,
        about=thing.about,
        notice=notice,
        surface=surface,
        by="x",
        at=at,
        **more,
    )


def says_no(who, thing=NEWS, *, at=NOON, surface=Surface.PREFERENCES, **more) -> ConsentRecord:
    return ledger.refuse(
        who, thing.matter, channel=thing.channel, about=thing.about, surface=surface, by="x", at=at, **more
    )


def takes_back(who, thing=NEWS, *, at=NOON) -> ConsentRecord | None:
    return ledger.withdraw(
        who, thing.matter, channel=thing.channel, about=thing.about, surface=Surface.PREFERENCES, by="x", at=at
    )


def may(who, thing=NEWS) -> bool:
    return ledger.may(who, thing.matter, thing.channel, about=thing.about)
