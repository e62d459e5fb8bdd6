"""Partners: asked by name, given who says yes at that moment, told of every no; and none in a shop that promises no sale."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from privacy import checks
from privacy.consent import answers, choice, ledger, partners
from privacy.consent.choice import Choice
from privacy.consent.ledger import Thing
from privacy.consent.models import ConsentRecord
from privacy.consent.vocabulary import Matter, Surface
from privacy.messages import partner_lists, suppressions
from privacy.messages.partner_lists import Kind
from privacy.models import AuditEvent, Disclosure, PartnerList, PartnerListed
from privacy.register import agreements, disclosures, profiles, subjects
from privacy.rights import erasure, shine_the_light
from privacy.rights.requests import approve
from privacy.tests.people import NOON, Someone, asks, at_the_desk, someone

pytestmark = [pytest.mark.django_db, pytest.mark.promise("JK-20")]
PAGE, SWITCH = "/account/preferences/", "partner_marketing--lumen"
MANNER = {"do": "save", "frequency": "all", "language": "en", "currency": "USD"}
LUMEN = Thing(Matter.PARTNER_MARKETING, about="lumen")
CO_BRAND = ("jskeuc",)
SOON = NOON + timedelta(hours=1)


@pytest.fixture(autouse=True)
def shop(settings: Any) -> None:
    settings.LOUPE_POLICY = "jskeuc"
    settings.LOUPE_ERASURE_GRACE = timedelta(0)


@pytest.fixture
def alice() -> Someone:
    return someone("alice")


@pytest.fixture
def bob() -> Someone:
    """Bob was never asked, and stands on no list."""
    return someone("bob")


def ticks(person: Someone, *, on: bool = True, **headers: str) -> Client:
    """Tick the box on the page, or untick it, as a browser sends it."""
    browser = Client(headers={"Sec-Fetch-Site": "same-origin", **headers})
    browser.force_login(person.user)
    browser.get(PAGE)
    answer = browser.post(PAGE, {**MANNER, SWITCH: "on"} if on else {**MANNER, "seen": SWITCH})
    assert answer.status_code == 200
    return browser


def lumen() -> Any:
    return partners.find("lumen")


def made(kind: Kind = Kind.AGREED) -> PartnerList:
    return partner_lists.make(lumen(), kind, by="staff:3", at=NOON)


def given(row: PartnerList) -> list[tuple[str, str]]:
    lines = partner_lists.take_out(row, by="staff:3", at=SOON)
    return [(line.number, line.email) for line in lines]


def told() -> list[tuple[Any, list[str]]]:
    rows = Disclosure.objects.filter(processor="partner:lumen").order_by("pk")
    return [(row.subject_id, row.keys) for row in rows]


# Asked


def test_the_page_asks_about_each_partner_by_name_unticked_and_keeps_the_very_words(alice, bob):
    browser = Client()
    browser.force_login(alice.user)
    page = browser.get(PAGE).text
    assert f'name="{SWITCH}"' in page
    assert not ledger.may(alice.subject, *LUMEN[:2], about="lumen")
    ticks(alice)
    record = ConsentRecord.objects.get(matter="partner_marketing")
    assert (record.subject_id, record.about, record.surface, record.notice.slug) == (
        alice.subject.pk,
        "lumen",
        "preferences",
        "partner_marketing",
    )
    assert record.notice.text in page
    assert "Lumen Watches" in record.notice.text
    ticks(alice, on=False)
    assert [record.decision for record in ConsentRecord.objects.filter(about="lumen")] == ["withdrawn", "granted"]


@pytest.mark.parametrize("policy", profiles.slugs())
def test_only_a_shop_that_names_a_partner_asks_and_none_that_promises_no_sale_can(policy, alice, settings, monkeypatch):
    settings.LOUPE_POLICY = policy
    browser = Client()
    browser.force_login(alice.user)
    assert (SWITCH in browser.get(PAGE).text) is (policy in CO_BRAND)
    own = profiles.current()
    lumen = profiles.named("jskeuc").processors["partner:lumen"]
    naming = replace(own, processors={**own.processors, "partner:lumen": lumen})
    monkeypatch.setattr(profiles, "current", lambda: naming)
    said = [each.msg for each in checks.no_tag_breaks_the_profile(None)]
    promises_none = own.targeting_tags == "never"
    words = f"Lumen Watches is named as a partner, but {policy} promises that nothing is sold or shared."
    assert said == ([words] if promises_none else [])
    assert (SWITCH in browser.get(PAGE).text) is not promises_none


# Given


def test_a_list_has_whom_agrees_and_each_leaves_a_disclosure(alice, bob):
    ticks(alice)
    row = made()
    assert (row.size, told()) == (1, [])
    number = partner_lists.number_of(alice.subject.pk, "partner:lumen")
    assert given(row) == [(number, alice.email)]
    assert told() == [(alice.subject.pk, ["email", "number"])]
    (receiver,) = [each for each in disclosures.received([alice.subject.pk]) if each.name == "Lumen Watches"]
    assert (receiver.what, receiver.why) == (["On lists for partners: e-mail"], "to send you news you asked for")
    assert "for their own direct marketing:\n- Lumen Watches, DE" in shine_the_light.text([alice.subject.pk], year=2026)
    assert str(alice.subject.pk).replace("-", "") not in number


NOS = {
    "withdrawn": lambda alice: ticks(alice, on=False),
    "restricted": lambda alice: subjects.restrict(alice.subject, reason=subjects.Reason.ASKED, by=alice.user, at=NOON),
    "unsubscribed": lambda alice: suppressions.raise_for("email", alice.email, reason="unsubscribed", by="x", at=NOON),
    "opted out": lambda alice: answers.opt_out(
        Choice(), said=answers.Said(alice.subject, Surface.OPT_OUT_LINK, "", alice.user, NOON)
    ),
}


@pytest.mark.parametrize("no", NOS)
def test_a_no_between_making_and_taking_out_counts_and_the_other_stays(no, alice, bob):
    ticks(alice)
    ticks(bob)
    row = made()
    NOS[no](alice)
    assert [email for _, email in given(row)] == [bob.email]
    assert [whose for whose, _ in told()] == [bob.subject.pk]
    assert list(PartnerListed.objects.values_list("subject", flat=True)) == [bob.subject.pk]
    assert PartnerList.objects.get(pk=made().pk).size == 1


def test_an_empty_list_a_lapsed_one_and_a_partner_without_agreement_are_refused(alice, monkeypatch):
    for kind in Kind:
        with pytest.raises(partner_lists.Nobody):
            made(kind)
    ticks(alice)
    row = made()
    with pytest.raises(partner_lists.Over):
        partner_lists.take_out(row, by="staff:3", at=row.ends_at)
    ended = replace(profiles.current().processors["partner:lumen"], ended_on=NOON.date() - timedelta(days=1))
    without = replace(profiles.current(), processors={**profiles.current().processors, "partner:lumen": ended})
    monkeypatch.setattr(profiles, "current", lambda: without)
    for act in (made, lambda: given(row)):
        with pytest.raises(agreements.NotAgreed, match="its agreement ended on"):
            act()
    assert told() == []


# A signal against a yes


def test_a_signal_takes_an_earlier_yes_back_and_a_later_one_to_its_own_text_outlasts_it(alice, bob):
    ticks(alice)
    ticks(bob)
    browser = Client(headers={"Sec-GPC": "1", "Sec-Fetch-Site": "same-origin"})
    browser.force_login(alice.user)
    page = browser.get(PAGE).text
    assert not ledger.may(alice.subject, LUMEN.matter, about="lumen")
    assert ledger.may(bob.subject, LUMEN.matter, about="lumen")
    assert "said before that" in page
    browser.post(PAGE, {**MANNER, SWITCH: "on"})
    late = ConsentRecord.objects.filter(about="lumen", subject_id=alice.subject.pk).first()
    assert (late.decision, late.notice.slug, late.notice.text in page) == ("granted", "partner_opt_in", True)
    answers.follow(Choice(gpc=True), alice.subject, by=alice.user, at=SOON)
    assert ledger.may(alice.subject, LUMEN.matter, about="lumen")
    after = choice.decide([], before=Choice(), opts_out=True, at=late.at + timedelta(days=1))
    answers.follow(after, alice.subject, by=alice.user, at=late.at + timedelta(days=1))
    assert not ledger.may(alice.subject, LUMEN.matter, about="lumen")


# Told on


def test_a_no_after_the_list_went_is_told_on_by_number_alone_until_it_was_told(alice, bob):
    for person in (alice, bob):
        ticks(person)
    given(made())
    with pytest.raises(partner_lists.Nobody):
        made(Kind.TAKEN_BACK)
    ticks(alice, on=False)
    back = made(Kind.TAKEN_BACK)
    number = partner_lists.number_of(alice.subject.pk, "partner:lumen")
    assert given(back) == [(number, "")]
    assert told()[-1] == (alice.subject.pk, ["number"])
    assert partner_lists.taken_back(lumen()) == []
    assert given(back) == [(number, "")], "the same file again, in case it was lost"


def test_an_erased_person_is_told_on_too_and_no_list_holds_them(alice, bob):
    for person in (alice, bob):
        ticks(person)
    given(made())
    number = partner_lists.number_of(alice.subject.pk, "partner:lumen")
    erasure.execute(approve(asks(alice), by="staff:3", at=NOON).pk, by="system:worker", at=NOON)
    assert list(PartnerListed.objects.values_list("subject", flat=True)) == [bob.subject.pk]
    assert given(made(Kind.TAKEN_BACK)) == [(number, "")]


# The desk


def test_the_owner_makes_one_and_takes_it_out_and_the_other_desks_do_not(alice):
    ticks(alice)
    owner, desk = at_the_desk("owner"), at_the_desk("privacy desk", name="dora")
    assert desk.get("/admin/privacy/partnerlist/make/").status_code == 403
    make = {"partner": "partner:lumen", "kind": "taken_back"}
    refused = owner.post("/admin/privacy/partnerlist/make/", make)
    assert "Nobody would stand on it" in refused.text
    owner.post("/admin/privacy/partnerlist/make/", {**make, "kind": "agreed"})
    row = PartnerList.objects.get()
    page = f"/admin/privacy/partnerlist/{row.pk}"
    assert alice.email not in owner.get(f"{page}/change/").text
    assert desk.post(f"{page}/take-out/").status_code == 403
    file = owner.post(f"{page}/take-out/")
    lines = list(csv.DictReader(file.text.splitlines()))
    assert [(line["email"], set(line)) for line in lines] == [(alice.email, {"number", "email"})]
    assert AuditEvent.objects.filter(event="partner_list.taken_out").count() == 1
