"""A company gets personal data only while an agreement binds it: asked before the shop starts, and again before anything leaves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from django.core.checks import run_checks

from privacy.models import Disclosure
from privacy.register import agreements, disclosures, profiles, registry, subjects
from privacy.register.agreements import NotAgreed
from privacy.register.declare import DECLARATIONS, PROCESSORS, Processor
from privacy.register.profiles import Agreement
from privacy.register.vocabulary import Purpose
from privacy.tests.people import NOON, at_the_desk, someone

TODAY = NOON.date()
STRIPE = "stripe"
WHOLE = {
    "signed_on": "2026-01-31",
    "document": '"folder 7"',
    "country": '"US"',
    "mechanism": '"scc"',
    "terms": '["instructions", "secrecy", "security", "onward", "rights", "incidents", "deletion", "audits"]',
}
Shop = Callable[..., None]


@pytest.fixture
def shop(tmp_path: Any, settings: Any) -> Shop:
    """Run a shop of one's own whose profile says this about Stripe, and the usual about everybody else."""

    def run(*without: str, **changes: str) -> None:
        text = (profiles.FOLDER / "jane_ellen.toml").read_text().replace('"stand-in"', '"folder 8"')
        said = {name: value for name, value in {**WHOLE, **changes}.items() if name not in without}
        before, _, rest = text.replace("demo = true", "demo = false").partition(f"[processors.{STRIPE}]\n")
        _, _, after = rest.partition("\n\n")
        ours = "".join(f"{name} = {value}\n" for name, value in said.items())
        own = tmp_path / f"own-{len(list(tmp_path.iterdir()))}.toml"
        own.write_text(before + (f"[processors.{STRIPE}]\n{ours}\n" if ours else "") + after)
        settings.LOUPE_POLICY = str(own)

    return run


def found() -> list[str]:
    """What the check says before a shop starts."""
    return [str(each.msg) for each in run_checks(tags=["privacy"]) if each.id == "privacy.E017"]


def give(subject: Any) -> Disclosure:
    return disclosures.record(
        STRIPE,
        subject_id=subject.pk,
        keys=["amount"],
        purpose=Purpose.PAYMENT,
        host="api.stripe.com",
        by="test",
        at=NOON,
    )


MISSING = [
    (("signed_on", "document", "country", "mechanism", "terms"), {}, "no agreement with it is named in the profile"),
    (("signed_on",), {}, "no agreement is signed"),
    ((), {"signed_on": "2026-11-03"}, "no agreement is signed"),
    ((), {"ended_on": "2026-11-01"}, "its agreement ended on 1 November 2026"),
    (("document",), {}, "nobody says where the signed agreement lies"),
    ((), {"document": '"stand-in"'}, "nobody says where the signed agreement lies"),
    (("country",), {}, "nobody says in which country it stands"),
    (("mechanism",), {}, "no safeguard is named for US (one of adequacy, dpf, scc, bcr)"),
    ((), {"mechanism": '"promised"'}, "no safeguard is named for US (one of adequacy, dpf, scc, bcr)"),
    (
        (),
        {"terms": '["instructions", "secrecy"]'},
        "the agreement lacks security, onward, rights, incidents, deletion, audits",
    ),
]


@pytest.mark.parametrize(("without", "changes", "words"), MISSING, ids=[f"{n}" for n in range(len(MISSING))])
@pytest.mark.promise("JS-38", "JE-52", "SG-16", "JH-18", "SG-07")
@pytest.mark.django_db
def test_a_company_that_is_not_bound_gets_nothing_and_the_shop_does_not_start(shop, without, changes, words):
    bob = someone("bob")
    shop(*without, **changes)
    (lack,) = agreements.lacking(STRIPE, on=TODAY)
    assert lack.startswith(words)
    with pytest.raises(NotAgreed, match=r"^stripe gets nothing"):
        give(bob.subject)
    assert not Disclosure.objects.exists()


@pytest.mark.promise("JS-38", "JE-52", "SG-16")
@pytest.mark.django_db
def test_one_that_is_bound_gets_what_is_declared(shop):
    bob = someone("bob")
    for changes in ({}, {"mechanism": '"dpf"'}, {"country": '"IE"', "mechanism": '""'}):
        shop(**changes)
        assert (agreements.lacking(STRIPE, on=TODAY), found()) == ([], [])
        assert give(bob.subject).processor == STRIPE


@pytest.mark.promise("JS-38", "JE-52", "SG-16", "JH-18")
def test_the_check_asks_for_every_company_this_shop_uses_and_for_no_other(shop, settings):
    shop("signed_on")
    assert found() == ["Stripe (stripe): no agreement is signed."]
    settings.LOUPE_TAGS = {"hotjar": "1"}
    shop("mechanism")
    assert found() == ["Stripe (stripe): no safeguard is named for US (one of adequacy, dpf, scc, bcr)."]


def without(slug: str, tmp_path: Any, settings: Any) -> None:
    """A shop whose profile says nothing about one company."""
    text = (profiles.FOLDER / "jane_ellen.toml").read_text()
    before, _, rest = text.partition(f"[processors.{slug}]\n")
    _, _, after = rest.partition("\n\n")
    own = tmp_path / f"without-{slug}.toml"
    own.write_text(before + after)
    settings.LOUPE_POLICY = str(own)


@pytest.mark.parametrize("slug", ["print", "sms", "mailchimp"])
def test_what_this_shop_does_not_use_needs_no_agreement_and_gets_nothing(slug, tmp_path, settings):
    without(slug, tmp_path, settings)
    assert found() == []
    with pytest.raises(NotAgreed):
        agreements.guard(slug, at=NOON)


def test_text_messages_need_one_as_soon_as_they_are_switched_on(tmp_path, settings):
    without("sms", tmp_path, settings)
    settings.LOUPE_SMS = "twilio"
    assert found() == ["The text service (sms): no agreement with it is named in the profile."]


@pytest.mark.promise("JS-38")
def test_a_tag_of_an_advertiser_needs_one_too(tmp_path, settings):
    settings.LOUPE_TAGS = {"meta": "123"}
    assert found() == []
    without("meta", tmp_path, settings)
    assert found() == ["Meta pixel (meta): no agreement with it is named in the profile."]


@pytest.mark.parametrize("slug", profiles.slugs())
def test_the_demonstrations_name_one_for_every_company(slug, settings):
    settings.LOUPE_POLICY = slug
    assert {each.slug for each in registry.processors()} <= profiles.current().processors.keys()
    assert found() == []


def test_a_stand_in_binds_nobody_in_a_shop_of_ones_own(tmp_path, settings):
    own = tmp_path / "copied.toml"
    own.write_text((profiles.FOLDER / "jane_ellen.toml").read_text().replace("demo = true", "demo = false"))
    settings.LOUPE_POLICY = str(own)
    carriers = {"DHL Express (dhl)", "FedEx (fedex)", "UPS (ups)", "USPS Registered (usps)"}
    appraisers = {"Harbour Gem Laboratory (appraiser:harbour)", "Rhine Valuers (appraiser:rhine)"}
    named = {"Stripe (stripe)", "The mail service (mail)"} | carriers | appraisers
    assert {each.partition(": ")[0] for each in found()} == named


def test_a_date_is_a_date(tmp_path, settings):
    own = tmp_path / "typed.toml"
    own.write_text((profiles.FOLDER / "jane_ellen.toml").read_text().replace("2021-09-27", '"last spring"'))
    settings.LOUPE_POLICY = str(own)
    with pytest.raises(profiles.Unknown, match="'last spring' is no date such as 2026-01-31, without quotes"):
        profiles.current()


@pytest.mark.promise("SG-16", "JE-52")
@pytest.mark.django_db
def test_what_binds_each_stands_at_the_desk_and_the_safeguard_in_the_policy(shop):
    bob, carol = someone("bob"), at_the_desk("privacy desk")
    shop()
    give(bob.subject)
    page = carol.get("/admin/registers/processors/").text
    for words in ("Signed on 31 January 2026; lies at: folder 7", "binds its people to secrecy (b)", "api.stripe.com"):
        assert words in page, words
    assert "Gets nothing" not in page
    shop("signed_on")
    assert "Gets nothing: no agreement is signed" in carol.get("/admin/registers/processors/").text
    assert "US, by Standard Contractual Clauses" in carol.get("/privacy/", {"fresh": "1"}).text


@pytest.mark.django_db
def test_other_desks_do_not_read_it():
    assert at_the_desk("order desk").get("/admin/registers/processors/").status_code == 403


def test_an_agreement_counts_through_its_last_day(shop):
    shop(ended_on="2026-11-02")
    assert agreements.lacking(STRIPE, on=TODAY) == []
    assert agreements.lacking(STRIPE, on=date(2026, 11, 3)) == ["its agreement ended on 2 November 2026"]


# Whom nobody bound, and whom nobody named


def sister(monkeypatch: Any) -> Processor:
    """A company of the same group that works for the shop."""
    payload = {"email": "accounts.User.email"}
    made = Processor("sister", "Jane Ellen Home", Purpose.MARKETING, payload, "Nothing.")
    monkeypatch.setitem(PROCESSORS, "sister", made)
    account = DECLARATIONS["accounts.User"]
    email = replace(account.personal_fields()["email"], recipients=("mail", "sister"))
    monkeypatch.setitem(DECLARATIONS, "accounts.User", replace(account, fields={**account.fields, "email": email}))
    return made


@pytest.mark.promise("JS-39", "JK-19", "JE-38")
@pytest.mark.django_db
def test_a_sister_company_is_named_and_bound_like_any_other_or_gets_nothing(shop, client, monkeypatch):
    bob = someone("bob")
    shop()
    sister(monkeypatch)
    given: dict[str, Any] = {"keys": ["email"], "purpose": Purpose.MARKETING, "host": "sister.example", "by": "test"}
    with pytest.raises(NotAgreed, match="no agreement with it is named"):
        disclosures.record("sister", subject_id=bob.subject.pk, **given, at=NOON)
    assert "Jane Ellen Home (sister): no agreement with it is named in the profile." in found()
    whole = Agreement(TODAY, "folder 9", tuple(agreements.TERMS), "US", "scc", None)
    bound = replace(profiles.current(), processors={**profiles.current().processors, "sister": whole})
    monkeypatch.setattr(profiles, "current", lambda: bound)
    assert disclosures.record("sister", subject_id=bob.subject.pk, **given, at=NOON).processor == "sister"
    assert "Jane Ellen Home" in client.get("/privacy/", {"fresh": "2"}).text
    (receiver,) = disclosures.received(subjects.family(bob.subject))
    assert (receiver.name, receiver.what) == ("Jane Ellen Home", ["Account: e-mail"])


@pytest.mark.promise("JS-35", "JH-16", "JE-49", "SG-08", "JE-38")
@pytest.mark.parametrize("policy", profiles.slugs())
@pytest.mark.django_db
def test_whoever_would_buy_data_gets_none_whatever_is_agreed(policy, settings, monkeypatch):
    settings.LOUPE_POLICY = policy
    bob = someone("bob")
    asked: dict[str, Any] = {"keys": ["email"], "purpose": Purpose.MARKETING, "host": "broker.example", "by": "test"}
    with pytest.raises(NotAgreed):
        disclosures.record("broker", subject_id=bob.subject.pk, **asked, at=NOON)
    whole = Agreement(TODAY, "folder 9", tuple(agreements.TERMS), "US", "scc", None)
    bought = replace(profiles.current(), processors={**profiles.current().processors, "broker": whole})
    monkeypatch.setattr(profiles, "current", lambda: bought)
    with pytest.raises(KeyError):
        disclosures.record("broker", subject_id=bob.subject.pk, **asked, at=NOON)
    with pytest.raises(KeyError):
        disclosures.address("broker", "https://broker.example/")
    assert not Disclosure.objects.exists()
    for each in registry.processors():
        assert {"instructions", "onward"} <= set(profiles.current().processors[each.slug].terms), "no end of its own"
