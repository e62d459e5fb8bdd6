"""Looked into, deleted, the parent told: a report about a child in three steps, and nobody erased by a form alone."""

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.core.signing import TimestampSigner
from django.test import Client

from privacy.forms.children import ChildForm
from privacy.messages import newsletter
from privacy.models import ChildCase, CollectionStop, DataRequest, Message, ParentalConsent, Subject
from privacy.register import ages, stops, subjects
from privacy.rights import acts, child_reports, children, intake, requests
from privacy.rights.kinds import Kind
from privacy.rights.models import Channel
from privacy.tests.people import NOON, someone

pytestmark = pytest.mark.django_db
MINA, REPORTER, PARENT = "mina@example.com", "rita@example.com", "petra@example.com"
SOON = NOON + timedelta(minutes=1)


@pytest.fixture
def mina(db):
    return someone("mina")


@pytest.fixture
def carol(db):
    return someone("carol", is_staff=True)


def reported(about=MINA, *, kind=Kind.CHILD_REPORT, by=REPORTER):
    asked = intake.ask(kind, address=by, wishes={"about": about, "text": "She is eleven."}, at=NOON)
    return intake.confirm(asked.pk, at=NOON) if asked.state == "received" else asked


def has_agreed(mina):
    """Mina signed up with her parent's word."""
    ages.state(mina.subject, ages.ANSWERS["13_15"], by="test", at=NOON)
    consent = children.ask(mina.subject, address=MINA, parent=PARENT, by="test", at=NOON)
    return children.agree(consent, at=NOON)


def mails(to):
    return [row.kind for row in Message.objects.order_by("created_at", "pk") if row.payload and row.payload["to"] == to]


def there():
    return set(get_user_model().objects.values_list("email", flat=True))


@pytest.mark.promise("JS-23", "JE-121")
def test_anybody_may_report_and_nothing_happens_to_anybody_by_that_alone(mina, bob):
    browser = Client(headers={"Sec-Fetch-Site": "same-origin"})
    typed = {"email": REPORTER, "about": MINA, "text": "She is eleven."}
    assert browser.post("/privacy/request/child_report/", typed).headers["Location"] == "/privacy/request/taken/"
    asked = DataRequest.objects.get()
    assert (asked.kind, asked.state) == ("child_report", "verified")
    assert asked.due_at <= asked.received_at + timedelta(hours=24)
    acts.sweep(by="system:worker", at=asked.received_at + timedelta(hours=1))
    mina.subject.refresh_from_db()
    assert not mina.subject.is_restricted
    assert there() == {MINA, bob.email}


@pytest.mark.promise("JS-22", "JE-120", "JE-121", "JK-40")
@pytest.mark.parametrize("shop", ["jane_ellen", "jessies_selection", "jskeuc"])
def test_once_looked_into_the_child_goes_without_a_grace_and_the_parent_is_told(mina, bob, carol, settings, shop):
    settings.LOUPE_POLICY = shop
    has_agreed(mina)
    asked = reported()
    case = child_reports.confirm(asked, address=MINA, how="own_words", by=carol.user, at=NOON)
    mina.subject.refresh_from_db()
    assert mina.subject.is_restricted
    assert (case.verified_at, case.verified_by, case.deleted_at, case.told_at) == (
        NOON,
        f"staff:{carol.user.pk}",
        None,
        None,
    )

    acts.carry_out(asked.pk, by="system:worker", at=SOON)
    acts.carry_out(asked.pk, by="system:worker", at=SOON)

    asked.refresh_from_db()
    case.refresh_from_db()
    erasure = DataRequest.objects.get(reference=case.erasures[0])
    assert (asked.state, erasure.state, erasure.subject_id) == ("completed", "completed", mina.subject.pk)
    assert (case.deleted_at, case.told_at, case.parent) == (SOON, SOON, None)
    assert there() == {bob.email, carol.email}
    assert mails(PARENT)[-1] == "privacy.parent_told"
    assert mails(PARENT).count("privacy.parent_told") == 1
    assert mails(MINA) == [], "nobody writes to a child"
    assert mails(REPORTER)[-1] == "privacy.request_completed"
    told = " ".join(str(row.payload) for row in Message.objects.all() if row.payload and row.payload["to"] == REPORTER)
    assert MINA not in told
    bob.subject.refresh_from_db()
    assert not bob.subject.is_restricted


@pytest.mark.promise("JE-121")
def test_where_no_parent_is_known_the_step_stays_open_and_says_so(mina, carol):
    asked = reported()
    child_reports.confirm(asked, address=MINA, how="talked", by=carol.user, at=NOON)
    acts.carry_out(asked.pk, by="system:worker", at=SOON)
    case = ChildCase.objects.get()
    assert (case.deleted_at, case.told_at) == (SOON, None)


def test_what_still_waits_keeps_the_report_open_until_it_is_gone(mina, carol, monkeypatch):
    asked = reported()
    child_reports.confirm(asked, address=MINA, how="others", by=carol.user, at=NOON)
    whole = child_reports.erasure.execute
    monkeypatch.setattr(child_reports.erasure, "execute", lambda *args, **kwargs: None)
    acts.carry_out(asked.pk, by="system:worker", at=SOON)
    asked.refresh_from_db()
    assert (asked.state, ChildCase.objects.get().deleted_at) == ("partly_done", None)
    monkeypatch.setattr(child_reports.erasure, "execute", whole)
    later = SOON + child_reports.RETRY_AFTER
    acts.sweep(by="system:worker", at=later)
    asked.refresh_from_db()
    assert (asked.state, ChildCase.objects.get().deleted_at) == ("completed", later)


@pytest.mark.promise("JE-123")
def test_nothing_is_collected_under_the_childs_address_again(mina, bob, carol):
    child_reports.confirm(reported(), address=MINA, how="own_words", by=carol.user, at=NOON)
    assert (stops.refuses("Mina@Example.com"), stops.refuses(bob.email)) == (True, False)
    acts.sweep(by="system:worker", at=SOON)
    people = Subject.objects.count()

    browser = Client(headers={"Sec-Fetch-Site": "same-origin"})
    browser.post("/accounts/age/", {"age": "25_39"})
    typed = {"email": MINA, "password1": "opal-briolette-77"}
    assert browser.post("/accounts/signup/", typed).headers["Location"] == "/accounts/confirm-email/", "as to everybody"
    assert newsletter.ask(MINA, at=SOON) is None
    assert (there(), Subject.objects.count()) == ({bob.email, carol.email}, people)
    assert mails(MINA) == []


def test_an_address_that_names_nobody_is_refused_from_then_on(carol):
    asked = reported("nora@example.com")
    case = child_reports.confirm(asked, address="nora@example.com", how="others", by=carol.user, at=NOON)
    acts.carry_out(asked.pk, by="system:worker", at=SOON)
    asked.refresh_from_db()
    assert (asked.state, case.finding, stops.refuses("nora@example.com")) == ("completed", "nothing", True)


def test_mallory_who_typed_the_childs_address_keeps_her_own_record(mina, carol):
    mallory = subjects.new(by="test", at=NOON)
    subjects.identify(mallory, value=MINA, by="test", at=NOON)
    case = child_reports.confirm(reported(), address=MINA, how="own_words", by=carol.user, at=NOON)
    erased = DataRequest.objects.filter(reference__in=case.erasures).values_list("subject_id", flat=True)
    assert list(erased) == [mina.subject.pk]


def test_whoever_is_of_age_is_left_alone(mina, carol):
    asked = reported()
    child_reports.dismiss(asked, by=carol.user, at=NOON)
    acts.carry_out(asked.pk, by="system:worker", at=SOON)
    asked.refresh_from_db()
    mina.subject.refresh_from_db()
    assert (asked.state, mina.subject.is_restricted, CollectionStop.objects.count()) == ("completed", False, 0)


@pytest.mark.promise("JE-123")
def test_a_parent_sees_a_copy_and_then_has_it_deleted(mina, bob, carol):
    asked = reported(kind=Kind.PARENTAL, by=PARENT)
    child_reports.show(asked, address=MINA, by=carol.user, at=NOON)
    copy = DataRequest.objects.get(kind=Kind.ACCESS)
    acts.carry_out(copy.pk, by="system:worker", at=SOON)
    assert "privacy.copy_ready" in mails(PARENT)
    assert mails(MINA) == []
    acts.carry_out(asked.pk, by="system:worker", at=SOON)

    again = reported(kind=Kind.PARENTAL, by=PARENT)
    assert again != asked
    child_reports.confirm(again, address=MINA, how="parent", by=carol.user, at=SOON)
    acts.carry_out(again.pk, by="system:worker", at=SOON)
    again.refresh_from_db()
    assert (again.state, again.child_case.told_at, there()) == ("completed", SOON, {bob.email, carol.email})


@pytest.mark.promise("JE-123")
def test_a_parent_whose_word_is_recorded_sees_deletes_and_forbids_by_the_link(mina, bob, monkeypatch):
    this_second = TimestampSigner().timestamp()
    monkeypatch.setattr(TimestampSigner, "timestamp", lambda signer: this_second)  # a link names the second it was made
    consent = has_agreed(mina)
    browser = Client(headers={"Sec-Fetch-Site": "same-origin"})
    link = children.path(consent)
    assert browser.post(link, {"show": "1"}).headers["Location"] == f"{link}&mailed=1"
    copy = DataRequest.objects.get(kind=Kind.ACCESS)
    assert (copy.contact, copy.channel, copy.state) == (PARENT, Channel.FORM, "verified")
    browser.post(link, {"delete": "1", "stop": "1"})
    erasure = DataRequest.objects.get(kind=Kind.ERASURE)
    acts.carry_out(erasure.pk, by="system:worker", at=erasure.execute_after)
    assert (there(), stops.refuses(MINA), stops.refuses(PARENT)) == ({bob.email}, True, False)
    assert not ParentalConsent.objects.exists()


def test_nobody_decides_about_a_report_of_their_own(mina, carol):
    asked = requests.receive(
        Kind.CHILD_REPORT, subject=carol.subject, contact=carol.email, wishes={"about": MINA}, by=carol.user, at=NOON
    )
    with pytest.raises(requests.OwnRequest):
        child_reports.confirm(asked, address=MINA, how="others", by=carol.user, at=NOON)
    assert not ChildCase.objects.exists(), "nothing is half done"
    assert not CollectionStop.objects.exists()
    mina.subject.refresh_from_db()
    assert not mina.subject.is_restricted


@pytest.mark.parametrize("verb", ["confirm", "dismiss", "show"])
def test_other_requests_are_no_reports(mina, carol, verb):
    other = requests.receive(Kind.QUESTION, subject=mina.subject, contact=MINA, by=mina.user, at=NOON)
    more = {"confirm": {"address": MINA, "how": "others"}, "show": {"address": MINA}}.get(verb, {})
    with pytest.raises(child_reports.NoReport):
        getattr(child_reports, verb)(other, **more, by=carol.user, at=NOON)


def test_staff_say_how_they_know_and_ask_for_no_paper(mina):
    form = ChildForm({"address": "Mina@Example.com", "how": ""})
    assert list(form.errors) == ["how"]
    assert not form.is_multipart()
