"""Alice has an unmistakable text in every personal column, and so has Bob.

Her copy holds hers, and her erasure leaves none of them but what must stay.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import get_user_model

from orders import gateway
from privacy.messages import outbox
from privacy.models import Message, SealedNeedles
from privacy.register import registry, synthetic
from privacy.rights import erasure, requests
from privacy.rights.models import Kind, State
from tests.consistency.canaries import (
    DAYS_LATER,
    NOON,
    Person,
    asks,
    columns_of,
    copy_of,
    everything,
    rows_of,
    two_people,
)
from tests.consistency.test_fate import oracle

pytestmark = pytest.mark.django_db

WITHOUT = {
    *("admin.LogEntry.change_message", "admin.LogEntry.object_id", "admin.LogEntry.object_repr"),  # customers make none
    "privacy.ParentalConsent.contact",  # customers are of age
    *("privacy.SealedNeedles.request_reference", "privacy.SealedNeedles.values"),  # of nobody who is not erased
    *(
        "privacy.Restriction.contact",
        "privacy.Restriction.lifted_by",
    ),  # the first while it stands, the second once it is over
    "privacy.Suppression.digest",  # by which its row is found: another one would be nobody's
    "privacy.ConsentRecord.network",  # the database takes nothing else
    "socialaccount.SocialAccount.provider",  # decides whom to ask
}
"""Columns without a text of Alice's, and why."""


@pytest.fixture(params=["jane_ellen", "jessies_selection"])
def shop(request, settings, tmp_path, monkeypatch):
    """One shop with a data folder of its own; Stripe knows of no dispute."""
    settings.LOUPE_POLICY = request.param
    settings.LOUPE_HOME = tmp_path
    monkeypatch.setattr(gateway, "disputes", lambda payment_id: [])
    return request.param


@pytest.fixture
def people(shop) -> tuple[Person, Person]:
    carol = get_user_model().objects.create_user("carol@loupe.example", "opal briolette 7", at=NOON, is_staff=True)
    return two_people(carol)


def said(shop: str, **wanted: Any) -> set[str]:
    """The fields of which the oracle says so."""
    return {
        name
        for name, told in oracle(shop).items()
        if all(getattr(told, aspect) == answer for aspect, answer in wanted.items())
    }


def missing(texts: dict[str, set[str]], file: str) -> dict[str, set[str]]:
    lacking = {name: {text for text in every if text not in file} for name, every in texts.items()}
    return {name: every for name, every in lacking.items() if every}


def leaked(texts: dict[str, set[str]], places: dict[str, str]) -> set[tuple[str, str, str]]:
    return {
        (name, text, place)
        for name, every in texts.items()
        for text in every
        for place, content in places.items()
        if text in content
    }


def test_nearly_every_personal_column_carries_a_text_of_its_own(people):
    alice = people[0]
    fits = {
        f"{declaration.model}.{name}"
        for declaration, name, _ in registry.every_field()
        if synthetic.can_hold(declaration.model_class()._meta.get_field(name))
    }
    own = {name for name, texts in alice.texts.items() if any(text.startswith(alice.token) for text in texts)}
    assert len(own & fits) > 85
    # A check of the database, a column too narrow, or a value that others rely on.
    assert fits - alice.texts.keys() == WITHOUT


def test_the_copy_holds_all_of_alice_and_nothing_hidden_and_nothing_of_bob(people, shop):
    alice, bob = people
    copy = copy_of(alice)
    shown = alice.of(said(shop, exported="yes"))
    tables = "".join(text for name, text in copy.items() if name.startswith("csv/"))
    assert len(shown) > 80
    assert missing(shown, copy["data.json"]) == {}
    assert missing(shown, copy["index.html"]) == {}
    assert missing(shown, tables) == {}
    told = {text for every in shown.values() for text in every}
    kept_back = {name: every - told for name, every in alice.texts.items() if name not in shown}
    assert leaked(kept_back, copy) == set()
    assert leaked(bob.texts, copy) == set()
    assert [name for name, text in copy.items() if alice.document in text] != [], "the valuation itself"
    assert [name for name, text in copy.items() if bob.document in text] == []


def test_an_erasure_leaves_of_alice_what_the_oracle_keeps_and_all_of_bob(people, shop, mailoutbox):
    alice, bob = people
    before, told = rows_of(bob), everything()
    assert missing(alice.texts, "".join(told.values())) == {}, "there is something to find"
    request = requests.approve(asks(alice, Kind.ERASURE), by="staff:3", at=NOON)
    erasure.execute(request.pk, by="system:worker", at=DAYS_LATER)
    request.refresh_from_db()
    blockers = list(request.steps.exclude(blocker="").values_list("target", "blocker"))
    assert (request.state, blockers) == (State.COMPLETED, [])
    for message in Message.objects.due(DAYS_LATER).exclude(subject__in=bob.family):
        outbox.send(message.pk, at=DAYS_LATER)
    SealedNeedles.objects.all().delete()  # what a sweep does when it has found nothing
    kept = said(shop, after_erasure="kept")
    staying = {text for name, texts in alice.texts.items() if name in kept for text in texts}
    went = {name: texts - staying for name, texts in alice.texts.items() if name not in kept}
    left = everything()
    assert leaked(went, left) == set()
    assert leaked({"the valuation": {alice.document}}, left) == set()
    own = {name: {text for text in texts if text.startswith(alice.token)} for name, texts in alice.of(kept).items()}
    astray = leaked(own, {place: text for place, text in left.items() if place not in columns_of(kept)})
    assert astray == set(), "what stays, stays in its own column"
    assert rows_of(bob) == before
    assert [text for text in [bob.document] if text not in "".join(left.values())] == []
