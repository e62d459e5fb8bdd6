"""What rests on the shop's own interest was weighed by somebody, is looked at again, and is told to customers and to the desk."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from types import MappingProxyType

import pytest
from django.utils.html import escape

from privacy import checks
from privacy.register import profiles, registry, weighings
from privacy.register.vocabulary import Basis, Purpose
from privacy.tests.test_reading_activities import PAGE, clerk

JANE = profiles.named("jane_ellen")
TODAY = date(2026, 11, 2)
DECIDED = JANE.weighings["security"]


def with_decision(**changes):
    """Jane Ellen, who decided about security otherwise."""
    decided = replace(DECIDED, **changes)
    return replace(JANE, weighings=MappingProxyType({**JANE.weighings, "security": decided}))


def said(shop):
    return list(weighings.disagreements(shop, on=TODAY))


@pytest.mark.promise("JE-33")
@pytest.mark.parametrize("shop", profiles.slugs())
def test_every_use_has_a_basis_and_every_interest_of_ours_was_weighed(shop):
    used = {purpose for each, name, _ in registry.every_field() for purpose in each.purposes_of(name)}
    assert used
    assert {purpose.basis for purpose in used} <= set(Basis)
    profile = profiles.named(shop)
    resting = {purpose.name.lower() for purpose in used if purpose.basis is Basis.LEGITIMATE_INTEREST}
    assert resting == {"security"}
    assert {each.slug for each in weighings.every(profile)} == {*resting, weighings.CLAIMS}
    assert said(profile) == []


@pytest.mark.promise("JE-33")
def test_marketing_and_extras_rest_on_consent_alone():
    assert [each.basis for each in (Purpose.MARKETING, Purpose.STATISTICS, Purpose.RECOMMENDATIONS)] == [
        Basis.CONSENT
    ] * 3


@pytest.mark.promise("JE-33")
def test_an_interest_nobody_weighed_stops_the_start(monkeypatch):
    bare = replace(JANE, weighings=MappingProxyType({}))
    monkeypatch.setattr(profiles, "current", lambda: bare)
    found = checks.every_interest_is_weighed(None)
    assert [(each.id, each.msg) for each in found] == [
        ("privacy.E019", "security rests on the shop's own interest: nobody weighed it against people's."),
        ("privacy.E019", "claims rests on the shop's own interest: nobody weighed it against people's."),
    ]
    assert weighings.every(bare) == []


@pytest.mark.parametrize(
    ("changes", "lacks"),
    [
        ({"decided_on": None}, "nobody weighed it against people's"),
        ({"decided_on": TODAY + timedelta(days=1)}, "the decision lies in the future"),
        ({"decided_by": ""}, "nobody says who decided"),
        ({"review_on": None}, "no day is set to look at it again"),
        ({"review_on": DECIDED.decided_on}, "it has to be looked at again within two years"),
        ({"review_on": DECIDED.decided_on + timedelta(days=800)}, "it has to be looked at again within two years"),
        ({"own_words": {"balance": ""}}, "the weighing lacks balance"),
    ],
)
def test_half_a_weighing_is_none(changes, lacks):
    assert said(with_decision(**changes)) == [f"security rests on the shop's own interest: {lacks}"]


def test_a_stand_in_decides_for_no_real_shop():
    real = replace(with_decision(), is_demo=False)
    assert said(real)[0] == "security rests on the shop's own interest: nobody says who decided"


def test_news_without_a_yes_has_to_be_weighed_where_a_shop_has_it():
    assert said(replace(JANE, has_soft_opt_in=True)) == [
        "soft_opt_in rests on the shop's own interest: nobody weighed it against people's"
    ]


def test_a_shop_may_put_words_of_its_own_in_their_place():
    own = with_decision(own_words={"interest": "Ours is a small shop."})
    [security] = [each for each in weighings.every(own) if each.slug == "security"]
    assert (security.interest, security.title) == ("Ours is a small shop.", "Keeping accounts and the shop safe")


def test_a_day_that_passed_is_a_warning_and_stops_nothing(monkeypatch):
    late = with_decision(decided_on=date(2024, 1, 1), review_on=date(2025, 1, 1))
    monkeypatch.setattr(profiles, "current", lambda: late)
    assert [each.id for each in checks.every_interest_is_weighed(None)] == ["privacy.W001"]


@pytest.mark.promise("JE-33")
def test_the_policy_tells_it_in_short_and_the_record_whole(db, client, settings):
    settings.PAGE_CACHE_SECONDS = 0
    policy, record = client.get("/privacy/").content.decode(), clerk("privacy desk").get(PAGE).content.decode()
    for each in weighings.every():
        assert escape(each.interest) in policy
        assert escape(each.balance) in policy
        told = (each.title, each.interest, each.necessity, each.balance)
        assert [words for words in told if escape(words) not in record] == []
