"""Versions of the policy: what was said stays as it was said, what may not be published is not, and nobody is told by a trick."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from io import StringIO

import pytest
from django.contrib.auth.models import Permission
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import timezone

from privacy import demo
from privacy.consent import cookies, policy_banner
from privacy.models import AuditEvent, Message, PolicyVersion
from privacy.register import activities, documents, policy_versions, profiles
from privacy.register.documents import Change, Document, Section
from privacy.rights import policy
from privacy.tests.people import NOON, someone

pytestmark = pytest.mark.django_db
CAROL = "staff:3"
TODAY = NOON.date()
SOON = TODAY + timedelta(days=20)
FACTS = {"What we hold": ["Orders | 7 years"], "Who works for us": ["The mail service (US)"]}


def document(words="We keep orders.", ages="For adults.", **facts):
    sections = (
        Section("hold", "What we hold", f"<p>{words}</p>"),
        Section("ages", "Ages", f"<p>{ages}</p>", is_grave=True),
    )
    return Document(sections, {**FACTS, **facts})


def publish(made=None, *, on=TODAY, is_material=False, summary="", at=NOON):
    return policy_versions.publish(
        made or document(), effective_on=on, is_material=is_material, summary=summary, by=CAROL, at=at
    )


@pytest.fixture(autouse=True)
def _no_page_from_before(settings):
    settings.PAGE_CACHE_SECONDS = 0


@pytest.fixture
def first():
    return publish()


@pytest.fixture
def page():
    return Client(headers={"Sec-Fetch-Site": "same-origin", "host": "127.0.0.1"})


# Text and comparison


def test_our_markup_becomes_lines_that_can_be_compared():
    html = """<p>One <strong>bold</strong>
      word &amp; more.</p><ul><li>First</li><li>Second</li></ul>
      <table><thead><tr><th>What</th><th>How long</th></tr></thead><tbody><tr><th>Orders</th><td>7  years</td></tr></tbody></table>
      <p>Street<br>Town</p>"""
    assert Section("x", "X", html).text.split("\n") == [
        "One bold word & more.",
        "- First",
        "- Second",
        "What | How long",
        "Orders | 7 years",
        "Street",
        "Town",
    ]


def test_every_cell_of_the_real_policy_stands_in_its_text():
    composed = policy.compose()
    assert [section.slug for section in composed.sections] == [
        "you",
        "hold",
        "others",
        "sale",
        "security",
        "ages",
        "terms",
        "contact",
    ]
    assert "<" not in composed.text
    assert [line for line in composed.text.split("\n") if "{{" in line or "{%" in line] == []
    assert "The mail service | " in composed.text
    assert composed.placeholders == []


def test_a_difference_is_told_by_what_went_and_what_came():
    changes = documents.text_changes(document().sections, document("We keep orders long.").sections)
    assert changes == [Change("What we hold", ("We keep orders.",), ("We keep orders long.",))]
    assert documents.fact_changes(FACTS, {**FACTS, "New": ["a"]}) == [Change("New", (), ("a",))]
    assert documents.fact_changes(FACTS, dict(reversed(FACTS.items()))) == []


# Publishing


@pytest.mark.promise("JS-43", "JE-133", "SG-18")
def test_a_version_is_numbered_dated_hashed_and_on_record(first):
    assert (first.number, first.effective_on, first.is_material, first.published_at) == (1, TODAY, False, NOON)
    assert first.digest == hashlib.sha256(first.text.encode()).hexdigest()
    assert first.text.startswith(
        "Jane Ellen Fine Jewelry LLC: privacy policy\nVersion 1, in force from 2 November 2026\n"
    )
    event = AuditEvent.objects.get(event="policy.published")
    assert (event.object_ref, event.actor, event.details["sha256"]) == ("policy/jane_ellen/1", CAROL, first.digest)


@pytest.mark.promise("JE-133")
def test_a_version_is_neither_changed_nor_deleted(first):
    for harm in (lambda rows: rows.update(summary="x"), lambda rows: rows.delete()):
        with pytest.raises(DatabaseError), transaction.atomic():
            harm(PolicyVersion.objects.filter(pk=first.pk))
    assert PolicyVersion.objects.get() == first


@pytest.mark.promise("SG-18", "JE-129")
@pytest.mark.parametrize(
    "left", ["[date]", "[Company address]", "{{ shop.name }}", "{% if %}", "TBD", "Lorem ipsum", "XXXX"]
)
def test_what_somebody_has_yet_to_fill_in_is_not_published(left):
    with pytest.raises(policy_versions.Unfinished, match="Still to be filled in"):
        publish(document(f"Last updated {left} here."))
    assert not PolicyVersion.objects.exists()


def test_a_summary_with_a_gap_is_not_published_either(first):
    with pytest.raises(policy_versions.Unfinished):
        publish(document("Other."), is_material=True, summary="From [date] on.")


@pytest.mark.promise("JE-129", "SG-18")
def test_without_a_date_nothing_is_published():
    with pytest.raises(policy_versions.NoDate):
        publish(on=None)


def test_a_later_version_does_not_apply_before_it_could_be_read(first):
    with pytest.raises(policy_versions.Backdated):
        publish(document("Other."), on=TODAY - timedelta(days=1))
    assert publish(document("Other."), on=TODAY).number == 2


def test_the_same_again_is_no_version(first):
    with pytest.raises(policy_versions.NothingNew):
        publish()


@pytest.mark.promise("JE-131")
def test_a_small_correction_of_words_is_published_without_telling_anybody(first):
    second = publish(document("We keep your orders."))
    assert (second.number, second.is_material, policy_versions.announced(at=NOON)) == (2, False, None)
    assert not Message.objects.exists()


@pytest.mark.promise("JE-131", "JE-80", "JK-48")
@pytest.mark.parametrize(
    ("changed", "where"),
    [
        ({"What we hold": ["Orders | 8 years"]}, "What we hold"),
        ({"Who works for us": []}, "Who works for us"),
        ({"Ages": ["alone_from: 16"]}, "Ages"),
    ],
)
def test_what_differs_about_peoples_data_is_never_small(first, changed, where):
    with pytest.raises(policy_versions.NotMinor) as refused:
        publish(document("We keep orders.", **changed))
    assert [change.title for change in refused.value.changes] == [where]
    assert PolicyVersion.objects.count() == 1
    assert publish(document(**changed), is_material=True, summary="We keep orders for 8 years.").is_material


@pytest.mark.promise("JE-124")
def test_a_change_of_the_words_about_children_is_never_small(first):
    with pytest.raises(policy_versions.NotMinor):
        publish(document(ages="For everybody."))
    assert next(section for section in policy.compose().sections if section.slug == "ages").is_grave


def test_who_is_told_is_told_what(first):
    with pytest.raises(policy_versions.NoSummary):
        publish(document("Other."), is_material=True, summary="  ")


@pytest.mark.promise("JE-80")
@pytest.mark.parametrize("shop", profiles.slugs())
def test_a_new_retention_period_of_any_shop_is_important(settings, shop, monkeypatch):
    settings.LOUPE_POLICY = shop
    before = policy.compose()
    publish(before)
    profile = profiles.current()
    longer = replace(profile, retention={**profile.retention, "orders_years": profile.retention["orders_years"] + 1})
    monkeypatch.setattr(profiles, "current", lambda: longer)
    with pytest.raises(policy_versions.NotMinor):
        publish(policy.compose())


@pytest.mark.promise("JE-116")
def test_a_change_of_how_data_are_kept_safe_is_important_and_stands_in_the_policy(monkeypatch):
    publish(policy.compose())
    lesser = tuple(line for line in activities.MEASURES if "Argon2" not in line[0])
    monkeypatch.setattr(activities, "MEASURES", (*lesser, ("a vault in the cellar", ())))
    with pytest.raises(policy_versions.NotMinor, match="Security"):
        publish(policy.compose())
    version = publish(policy.compose(), is_material=True, summary="Passwords are kept in another way.")
    assert ("A vault in the cellar" in version.text, "Argon2" in version.text) == (True, False)
    assert [each.title for each in policy_versions.changes_of(version)] == ["How we keep it safe"]


def test_each_shop_has_versions_of_its_own(first, settings):
    settings.LOUPE_POLICY = "selenegleam"
    assert policy_versions.newest() is None
    assert publish().number == 1


# The pages


@pytest.mark.promise("JE-129", "SG-18", "JS-43")
def test_the_policy_begins_with_the_dates_of_its_version(page):
    demo.publish_policy(at=NOON)
    head = page.get("/privacy/").text.split("<h1")[0]
    assert "In force since 1 November 2026 · version 1, last updated 2 November 2026" in head


@pytest.mark.promise("JH-40")
def test_the_policy_of_jen_hansen_says_how_old_it_is(page, settings):
    settings.LOUPE_POLICY = "jen_hansen"
    assert "first written 1 July 2016" in page.get("/privacy/").text.split("<h1")[0]
    settings.LOUPE_POLICY = "jane_ellen"
    assert "first written" not in page.get("/privacy/").text


@pytest.mark.promise("JS-43", "JE-133", "JH-39")
def test_every_version_is_public_with_its_text_its_changes_and_its_fingerprint(page, first):
    second = publish(document("We keep your orders."))
    listed = page.get("/privacy/versions/").text
    assert [f'href="/privacy/versions/{number}/"' in listed for number in (1, 2, 3)] == [True, True, False]
    shown = page.get("/privacy/versions/2/").text
    for words in (
        "<del>We keep orders.</del>",
        "<ins>We keep your orders.</ins>",
        second.digest,
        "/privacy/versions/1/",
    ):
        assert words in shown, words
    assert "<ins>" not in page.get("/privacy/versions/1/").text
    text = page.get("/privacy/versions/2/policy.txt")
    assert hashlib.sha256(text.content).hexdigest() == second.digest
    feed = page.get("/privacy/versions/feed.atom").text
    assert (feed.count("<entry>"), "Small corrections of the text." in feed) == (2, True)
    assert page.get("/privacy/versions/3/").status_code == 404
    assert not page.cookies


def test_an_empty_archive_says_so(page):
    assert "No version has been published yet" in page.get("/privacy/versions/").text


def test_the_page_says_when_it_is_newer_than_the_newest_version(page):
    demo.publish_policy(at=NOON)
    assert "is newer than version 1" not in page.get("/privacy/").text
    publish(document(), is_material=True, summary="Less.")
    assert "is newer than version 2" in page.get("/privacy/").text


# The banner


@pytest.fixture
def important(first, settings):
    settings.LOUPE_BANNER_SECONDS = 0
    policy_banner.forget()
    now = timezone.now()
    return publish(document("Other."), is_material=True, summary="We use another carrier.", on=now.date(), at=now)


@pytest.mark.promise("JS-44", "SG-17")
def test_an_important_change_stands_on_every_page_until_it_is_put_away(page, important, settings):
    settings.PAGE_CACHE_SECONDS = 10
    for path in ("/", "/privacy/cookies/", "/accounts/login/"):
        assert "We use another carrier." in page.get(path).text, path
    assert not page.cookies, "nobody gets a cookie for reading"
    answer = page.post("/privacy/versions/2/seen/", {"next": "/privacy/cookies/?a=1"})
    assert (answer.status_code, answer["Location"]) == (302, "/privacy/cookies/?a=1")
    assert {name: morsel.value for name, morsel in page.cookies.items()} == {"policy_seen": "2"}
    assert "We use another carrier." not in page.get("/").text
    stranger = Client(headers={"host": "127.0.0.1"})
    assert "We use another carrier." in stranger.get("/").text, "the page cache keeps the two apart"


def test_the_cookie_is_in_the_register_and_says_a_number_only(page, important):
    morsel = page.post("/privacy/versions/2/seen/").cookies["policy_seen"]
    entry = cookies.book().find("policy_seen")
    assert (morsel.value, int(morsel["max-age"])) == ("2", int(entry.lives.total_seconds()))
    assert entry.lives <= cookies.at_most(entry.category)


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:x", ""]
)
def test_putting_it_away_leads_nowhere_else(page, important, elsewhere):
    assert page.post("/privacy/versions/2/seen/", {"next": elsewhere})["Location"] == "/privacy/"
    assert page.get("/privacy/versions/2/seen/").status_code == 405


@pytest.mark.parametrize("value", ["1", "3", "x", "2 ", ""])
def test_a_cookie_about_another_version_hides_nothing(page, important, value):
    page.cookies["policy_seen"] = value
    assert "We use another carrier." in page.get("/privacy/cookies/").text


def test_the_banner_goes_by_itself_and_small_versions_have_none(important):
    last = important.effective_on + policy_versions.BANNER_DAYS
    day = datetime.combine(last, datetime.min.time(), tzinfo=UTC)
    assert policy_versions.announced(at=day) == important
    assert policy_versions.announced(at=day + timedelta(days=1)) is None
    publish(document("Other, better."), at=timezone.now(), on=timezone.now().date())
    assert policy_versions.announced(at=day) is None


def test_one_process_asks_twice_a_minute_at_most(important, settings, django_assert_num_queries):
    settings.LOUPE_BANNER_SECONDS = 30
    policy_banner.told_of(at=timezone.now())
    with django_assert_num_queries(0):
        assert policy_banner.told_of(at=timezone.now()) == important


# The desk and the command


def desk(*permissions):
    carol = someone("carol", is_staff=True)
    carol.user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(carol.user)
    return client


PUBLISH = "/admin/privacy/policyversion/publish/"


def test_the_desk_publishes_what_it_saw_and_nothing_else():
    carol = desk("view_policyversion", "publish_policy")
    form = carol.get(PUBLISH).context["form"]
    typed = {"effective_on": "2026-11-02", "summary": "", "seen": form.initial["seen"]}
    assert "Read it again" in carol.post(PUBLISH, typed | {"seen": "0" * 64}).text
    assert not PolicyVersion.objects.exists()
    assert carol.post(PUBLISH, typed).status_code == 302
    assert PolicyVersion.objects.get().text.endswith(f"{policy.compose().text}\n")
    assert "published already" in carol.post(PUBLISH, typed | {"effective_on": timezone.now().date()}).text


def test_the_desk_is_shown_what_makes_it_important(monkeypatch):
    carol = desk("view_policyversion", "publish_policy")
    demo.publish_policy(at=NOON)
    profile = profiles.current()
    monkeypatch.setattr(profiles, "current", lambda: replace(profile, card_facts=()))
    page = carol.get(PUBLISH)
    assert page.context["form"].initial["is_material"] is True
    assert "cannot be published as a small correction" in page.text
    typed = {"effective_on": timezone.now().date(), "seen": page.context["form"].initial["seen"]}
    assert "This is not minor: Card facts" in carol.post(PUBLISH, typed).text
    assert carol.post(PUBLISH, typed | {"is_material": "on", "summary": "Less."}).status_code == 302


def test_without_the_permission_nobody_publishes():
    assert desk("view_policyversion").get(PUBLISH).status_code == 403


def test_a_release_waits_for_the_policy_to_be_published(monkeypatch):
    with pytest.raises(CommandError):
        call_command("policy_version", "--check", stdout=StringIO())
    call_command("policy_version", "--publish", "2026-11-01", stdout=StringIO())
    said = StringIO()
    call_command("policy_version", "--check", stdout=said)
    assert said.getvalue() == "Version 1 says everything.\n"
    with pytest.raises(CommandError, match="published already"):
        call_command("policy_version", "--publish", str(date(2100, 1, 1)), stdout=StringIO())
