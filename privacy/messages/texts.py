"""Texts to the shop: a word ends them, and nothing else is read (47 CFR 64.1200(a)(10) and (12), CTIA Messaging Principles).

Nothing of a text is kept but that it came and which word it was. Its number becomes a fingerprint on the suppression list and no
person record, so that a number nobody knows is respected like any other. STOP ends promotion and is confirmed once, at once; texts
about a parcel go on for whoever asked for them, and STOP ALL ends those too.
"""

from __future__ import annotations

import unicodedata
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import Final

from django.core.cache import cache
from django.db import connection, transaction

from privacy.consent import preferences
from privacy.consent.vocabulary import Channel, Surface
from privacy.ground import audit, digests
from privacy.messages import outbox, routing, stopping, suppressions
from privacy.messages.arrivals import InboundText
from privacy.messages.kinds import Kind
from privacy.messages.suppressions import Reason
from privacy.register.vocabulary import Purpose

GATEWAY: Final = "system:text-gateway"


class Word(StrEnum):
    """What a text can mean."""

    STOP = "stop"
    STOP_ALL = "stop_all"
    START = "start"
    HELP = "help"
    OTHER = "other"


SAID: Final = {
    Word.STOP: "stop, quit, end, revoke, opt out, optout, opt-out, cancel, unsubscribe, "
    "arret, arrêt, stopp, ende, beenden, abmelden, abbestellen",
    Word.STOP_ALL: "stop all, stopall, end all, cancel all, unsubscribe all, opt out all, "
    "stop alles, stopp alles, alle stoppen, alles stoppen, alle abmelden, alles abmelden, alle abbestellen, alles abbestellen",
    Word.START: "start, unstop, resume, starten",
    Word.HELP: "help, info, aide, hilfe",
}
WORDS: Final = {said: word for word, every in SAID.items() for said in every.split(", ")}
POLITE: Final = frozenset({
    "please", "pls", "plz", "kindly", "now", "immediately", "thanks", "thank", "you", "thx", "ok", "bitte", "sofort",
    "jetzt", "danke", "vielen", "dank", "merci",
})  # fmt: skip
"""Said beside a word, and no other word for it."""
HELPED_EVERY: Final = {Word.HELP: 600, Word.OTHER: 86_400}
"""Seconds: whoever asks for help gets it; a machine that answers our answer gets one a day."""
REASONS: Final = {Word.STOP: Reason.UNSUBSCRIBED, Word.STOP_ALL: Reason.REFUSED}

_kind = partial(Kind, purpose=Purpose.RIGHTS, reaches_restricted=True)
STOPPED = _kind("privacy.text_stopped", label="Texts have stopped", is_last_word=True)
STOPPED_ALL = _kind("privacy.text_stopped_all", label="All texts have stopped", is_last_word=True)
STARTED = _kind("privacy.text_started", label="Texts are possible again")
HELPED = _kind("privacy.text_helped", label="Help by text")
ANSWERS: Final = {
    Word.STOP: STOPPED,
    Word.STOP_ALL: STOPPED_ALL,
    Word.START: STARTED,
    Word.HELP: HELPED,
    Word.OTHER: HELPED,
}


def receive(number: str, text: str, *, gateway_id: str, by: audit.Actor = GATEWAY, at: datetime) -> Word:
    """Somebody texted us. Acts on the word, answers at most once, keeps neither number nor words; twice is once."""
    word = word_of(text)
    with transaction.atomic():
        _one_at_a_time(number)
        _, is_new = InboundText.objects.get_or_create(gateway_id=gateway_id, defaults={"word": word, "received_at": at})
        if is_new and _act(word, number, by=by, at=at):
            spoken, kind = _language_with(number), ANSWERS[word]
            outbox.post(kind, to=number, subject=None, context={}, channel=Channel.SMS, language=spoken, by=by, at=at)
    return word


def word_of(text: str) -> Word:
    """Which word it is: in any case, with any punctuation, or said in a sentence that the mailroom would know too."""
    said = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    letters = "".join(each for each in said if each.isalnum() or each in " -").strip(" -")
    bare = " ".join(each for each in letters.split() if each not in POLITE)
    if word := WORDS.get(letters) or WORDS.get(bare):
        return word
    return Word.STOP if routing.ends_something(text) else Word.OTHER


def _act(word: Word, number: str, *, by: audit.Actor, at: datetime) -> bool:
    """Do what the word asks. Returns whether it is answered: a second STOP is not, and help comes seldom."""
    if word in REASONS:
        was_stopped = suppressions.stops(Channel.SMS, number, marketing=word is Word.STOP)
        suppressions.raise_for(Channel.SMS, number, reason=REASONS[word], by=by, at=at)
        stopping.withdraw(stopping.people_with(number), Channel.SMS, surface=Surface.STOP, by=by, at=at)
        return not was_stopped
    if word is Word.START:
        return suppressions.lift(Channel.SMS, number, by=by, at=at) > 0
    return bool(
        cache.add(f"text-{word}:{number}", 1, timeout=HELPED_EVERY[word])
    )  # the cache sees its keyed digest only


def _language_with(number: str) -> str:
    """The language that somebody with this number chose; nothing where nobody did."""
    return next(filter(None, map(preferences.chosen_language, stopping.people_with(number))), "")


def _one_at_a_time(number: str) -> None:
    """Two texts of one telephone wait for each other, so that two STOPs are confirmed once."""
    with connection.cursor() as cursor:
        digest = digests.of("phone", number).value
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"text:{digest}"])
