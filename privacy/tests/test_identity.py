"""Codes that show it is you, and the week after an account's keys changed in which no copy leaves the house."""

from __future__ import annotations

import re
import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from privacy.models import AuditEvent, Message
from privacy.register import subjects
from privacy.rights import acts, identity, intake, links, packages
from privacy.rights.codes import IdentityCode
from privacy.rights.models import DataRequest, ExportPackage, State
from privacy.tests.people import NOON, asks, someone

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def home(settings, tmp_path):
    settings.LOUPE_HOME = tmp_path


def mailed(person, *, at=NOON):
    """Send a code and read it in the mail."""
    code = identity.send_code(person.subject, to=person.email, by=person.user, at=at)
    mail = Message.objects.filter(kind="privacy.identity_code", subject=person.subject).order_by("-created_at").first()
    digits = re.search(r"^\d{6}$", mail.payload["text"], re.MULTILINE)[0]
    return code, digits


def typed(person, digits, *, at=NOON):
    return identity.check_code(person.subject, digits, by=person.user, at=at)


def other(digits):
    return f"{(int(digits) + 1) % 1_000_000:06}"


# Codes


def test_the_right_code_works_once(alice):
    _, digits = mailed(alice)
    assert typed(alice, digits) is True
    assert typed(alice, digits) is False


def test_it_works_for_ten_minutes(alice):
    _, digits = mailed(alice)
    assert typed(alice, digits, at=NOON + 10 * MINUTE) is False
    assert typed(alice, digits, at=NOON + 10 * MINUTE - timedelta(seconds=1)) is True


def test_five_tries_end_it(alice):
    _, digits = mailed(alice)
    assert [typed(alice, other(digits)) for _ in range(5)] == [False] * 5
    assert typed(alice, digits) is False
    assert IdentityCode.objects.get().tries == 5


def test_it_works_for_nobody_else(alice, bob):
    _, digits = mailed(alice)
    mailed(bob)
    _, his = mailed(bob)
    if his != digits:
        assert typed(bob, digits) is False
    assert typed(alice, digits) is True


def test_a_new_code_ends_the_one_before(alice):
    _, first = mailed(alice)
    _, second = mailed(alice, at=NOON + MINUTE)
    assert typed(alice, first, at=NOON + 2 * MINUTE) is (first == second)
    assert typed(alice, second, at=NOON + 2 * MINUTE) is (first != second)


@pytest.mark.parametrize("nonsense", ["", "abcdef", "12345", "1234567", "٠" * 6 + "x", "0" * 20])
def test_nonsense_is_wrong_and_counts_as_a_try(alice, nonsense):
    code, _ = mailed(alice)
    IdentityCode.objects.filter(pk=code.pk).update(digest=identity._digest(code, "123456"))
    assert typed(alice, nonsense) is False
    assert IdentityCode.objects.get().tries == 1


def test_three_codes_in_a_quarter_of_an_hour_and_ten_a_day(alice, bob):
    for minute in range(3):
        mailed(alice, at=NOON + minute * MINUTE)
    with pytest.raises(identity.TooManyCodes):
        mailed(alice, at=NOON + 14 * MINUTE)
    mailed(bob, at=NOON + 14 * MINUTE)
    for hour in range(1, 8):
        mailed(alice, at=NOON + timedelta(hours=hour))
    with pytest.raises(identity.TooManyCodes):
        mailed(alice, at=NOON + timedelta(hours=9))
    mailed(alice, at=NOON + timedelta(hours=25))


def test_the_database_holds_no_code_that_a_dictionary_opens(alice):
    code, digits = mailed(alice)
    assert digits not in code.digest
    again, _ = mailed(alice, at=NOON + MINUTE)
    assert identity._digest(code, digits) != identity._digest(again, digits), "each row has a key of its own"


def test_the_trail_names_no_code(alice):
    _, digits = mailed(alice)
    typed(alice, other(digits))
    typed(alice, digits)
    events = AuditEvent.objects.filter(event__startswith="identity.").order_by("pk")
    assert [each.event for each in events] == ["identity.code_sent", "identity.code_wrong", "identity.proved"]
    assert [each for each in events if digits in f"{each.note}{each.details}{each.object_ref}"] == []


def test_codes_are_forgotten_when_no_limit_counts_them(alice):
    mailed(alice)
    mailed(alice, at=NOON + timedelta(hours=20))
    assert identity.forget_codes(at=NOON + timedelta(hours=25)) == 1
    assert IdentityCode.objects.count() == 1


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_a_code_typed_in_many_windows_at_once_works_in_one():
    alice = someone("alice")
    _, digits = mailed(alice)
    answers, start = [], threading.Barrier(4)

    def type_it():
        start.wait(timeout=10)
        try:
            answers.append(typed(alice, digits))
        finally:
            connection.close()

    windows = [threading.Thread(target=type_it) for _ in range(4)]
    for window in windows:
        window.start()
    for window in windows:
        window.join(timeout=20)
    assert sorted(answers) == [False, False, False, True]


# The week after


def changed(person, what=identity.Change.PASSWORD, *, at):
    identity.note_change(person.subject, what, by=person.user, at=at)


def test_seven_days_from_the_last_change(alice, bob):
    family = subjects.family(alice.subject)
    assert identity.cooling(family, at=NOON) is None
    changed(alice, identity.Change.EMAIL, at=NOON)
    changed(alice, at=NOON + timedelta(days=2))
    cooling = identity.cooling(family, at=NOON + timedelta(days=3))
    assert cooling == identity.Cooling(identity.Change.PASSWORD, NOON + timedelta(days=2), NOON + timedelta(days=9))
    assert identity.cooling(family, at=NOON + timedelta(days=9)) is None
    assert identity.cooling(subjects.family(bob.subject), at=NOON + timedelta(days=3)) is None


def test_a_copy_asked_for_in_that_week_is_made_when_it_is_over(alice):
    changed(alice, at=NOON)
    request = asks(alice, "access", at=NOON + timedelta(days=1))
    acts.sweep(by="system:sweep", at=NOON + timedelta(days=1))
    request.refresh_from_db()
    assert (request.state, request.retry_at) == (State.VERIFIED, NOON + timedelta(days=7))
    acts.sweep(by="system:sweep", at=NOON + timedelta(days=6, hours=23))
    assert not ExportPackage.objects.exists()
    acts.sweep(by="system:sweep", at=NOON + timedelta(days=7))
    request.refresh_from_db()
    assert request.state == State.COMPLETED


def ready(person):
    request = asks(person, "access", at=timezone.now())
    acts.carry_out(request.pk, by="system:worker", at=timezone.now())
    return ExportPackage.objects.select_related("request").get(request=request)


def signed_in(person):
    client = Client()
    client.force_login(person.user)
    client.post(reverse("account_reauthenticate"), {"password": f"{person.email[:-12]}-opal-briolette-7"})
    return client


def test_a_copy_that_lies_ready_is_held_back_and_its_owner_reads_why(alice):
    package, client = ready(alice), signed_in(alice)
    now = timezone.now()
    changed(alice, identity.Change.EMAIL, at=now)
    address = reverse("privacy:download", args=[package.request.reference])
    for answer in (client.get(address), client.post(address)):
        page = answer.content.decode()
        assert f"Not before {now + timedelta(days=7):%-d %B %Y}" in page.replace("\xa0", " ")
        assert "The e-mail address of this account was changed" in page
    assert client.post(address).status_code == 403
    assert "Not before" in client.get("/account/privacy/copy/").content.decode()
    package.refresh_from_db()
    assert package.starts == 0


def test_the_request_says_since_when_and_until_when_it_waits(alice):
    now = timezone.now()
    changed(alice, at=now)
    acts.carry_out(asks(alice, "access", at=now).pk, by="system:worker", at=now)
    page = signed_in(alice).get("/account/privacy/").content.decode()
    assert "waits for seven days" in page


def test_a_guests_link_follows_the_same_rule(alice):
    """Whoever changed the account's address to their own can also type that address into the public form."""
    now = timezone.now()
    asked = intake.ask("access", address=alice.email, at=now)
    request = intake.confirm(asked.pk, at=now)
    acts.carry_out(request.pk, by="system:worker", at=now)
    package = ExportPackage.objects.get()
    changed(alice, at=now)
    request = DataRequest.objects.get(pk=package.request_id)
    answer = Client(headers={"Sec-Fetch-Site": "same-origin"}).post(links.path(request, links.Use.COPY))
    assert answer.status_code == 403
    assert "Not before" in answer.content.decode()
    with pytest.raises(packages.Held):
        packages.start(package, by=request.subject, at=now)
