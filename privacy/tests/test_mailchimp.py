"""Mailchimp against a stand-in that answers as its API does, status codes, titles and all."""

from __future__ import annotations

import base64
import json
import re
import threading
from dataclasses import dataclass, field, replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from privacy.consent import ledger
from privacy.consent.vocabulary import Matter, Surface
from privacy.messages import audience, mailchimp, suppressions, unsubscribe
from privacy.messages.newsroom import MailchimpMember
from privacy.models import Disclosure
from privacy.register import disclosures, payloads, subjects
from privacy.register.declare import DECLARATIONS, PROCESSORS
from privacy.rights import correction, erasure, requests
from privacy.tests.people import LATER, NOON, asks, someone
from privacy.tests.subscribers import agrees, reader
from tests import socket_guard

pytestmark = pytest.mark.django_db

KEY, LIST = "0123456789abcdef0123456789abcdef-us19", "a1b2c3d4e5"
MEMBER = re.compile(rf"^/3\.0/lists/{LIST}/members/([0-9a-f]{{32}})(/actions/delete-permanent)?$")
DELETED = (
    "{email} was permanently deleted and cannot be re-imported. The contact must re-subscribe to get back on the list."
)
IN_COMPLIANCE = "{email} is already a list member in compliance state due to unsubscribe, bounce or compliance review."


@dataclass
class Account:
    """What Mailchimp would know: contacts by their hash, who was deleted for good, who left there; and every call."""

    members: dict[str, dict[str, str]] = field(default_factory=dict)
    forgotten: set[str] = field(default_factory=set)
    left: set[str] = field(default_factory=set)
    refuses: int = 0  # a status that it answers to everything
    calls: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    port: int = 0

    def answer(self, method, path, body, login):
        self.calls.append((method, path, body))
        if self.refuses:
            return problem(self.refuses, "Internal Server Error" if self.refuses >= 500 else "Forbidden", "")
        if login.partition(":")[2] != KEY:
            return problem(
                401,
                "API Key Invalid",
                "Your API key may be invalid.",
            )
        found = MEMBER.match(path)
        name = found and found[1]
        if not found or (method in ("PATCH", "POST") and name not in self.members):
            return problem(404, "Resource Not Found", "The requested resource could not be found.")
        if found[2]:
            del self.members[name]
            self.forgotten.add(name)
            return 204, None
        return self._write(method, name, body)

    def _write(self, method, name, body):
        email, status = body["email_address"], body.get("status") or self.members[name]["status"]
        if mailchimp.subscriber_hash(email) in self.forgotten:
            return problem(400, "Forgotten Email Not Subscribed", DELETED.format(email=email))
        if name in self.left and status == "subscribed":
            return problem(400, "Member In Compliance State", IN_COMPLIANCE.format(email=email))
        self.members.pop(name, None)
        name = mailchimp.subscriber_hash(email)
        self.members[name] = {"email_address": email, "status": status}
        return 200, {"id": name, "email_address": email, "status": status, "list_id": LIST}


def problem(status, title, detail):
    kind = "https://mailchimp.com/developer/marketing/docs/errors/"
    return status, {"type": kind, "title": title, "status": status, "detail": detail, "instance": "x"}


class Handler(BaseHTTPRequestHandler):
    def _any(self):
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")
        login = base64.b64decode(self.headers["Authorization"].removeprefix("Basic ")).decode()
        status, said = self.server.account.answer(self.command, self.path, body, login)
        content = b"" if said is None else json.dumps(said).encode()
        self.send_response(status)
        kind = "application/problem+json" if status >= 400 else "application/json"
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_PUT = do_PATCH = do_POST = _any  # noqa: N815 - as http.server looks them up

    def log_message(self, *args):
        pass


@pytest.fixture
def account(settings, monkeypatch):
    """A shop that uses Mailchimp, and Mailchimp."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.account = Account(port=server.server_port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    settings.MAILCHIMP_API_KEY, settings.MAILCHIMP_LIST_ID = KEY, LIST
    settings.MAILCHIMP_API_BASE = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setitem(PROCESSORS, mailchimp.SLUG, mailchimp.processor())
    declared = DECLARATIONS["privacy.MailchimpMember"]
    to = {name: replace(declared.fields[name], recipients=(mailchimp.SLUG,)) for name in ("email", "state")}
    monkeypatch.setitem(DECLARATIONS, declared.model, replace(declared, fields={**declared.fields, **to}))
    yield server.account
    server.shutdown()
    server.server_close()
    thread.join()


def reconcile(at=NOON):
    return mailchimp.reconcile(by="test", at=at)


def withdraws(person, at=NOON):
    ledger.withdraw(person, Matter.NEW_PIECES, channel="email", surface=Surface.PREFERENCES, by=person, at=at)


def listed(account):
    return {each["email_address"]: each["status"] for each in account.members.values()}


def test_without_a_key_nothing_of_it_exists(settings):
    assert (settings.MAILCHIMP_API_KEY, mailchimp.SLUG in PROCESSORS) == ("", False)
    reader("mona@example.com")
    assert (reconcile(), MailchimpMember.objects.count()) == (0, 0)


def test_its_declaration_and_the_fields_say_the_same(account):
    assert list(payloads.disagreements()) == []
    assert mailchimp.processor().hosts == ("us19.api.mailchimp.com",)
    assert mailchimp.processor().corrects.endswith(".")


def test_who_agreed_is_put_on_the_list_once_and_each_call_leaves_one_row(account):
    mona = reader("Mona@example.com")
    agrees(someone("bob").subject, Matter.CARE)
    with socket_guard.watching({("127.0.0.1", account.port): mailchimp.SLUG}) as guard:
        assert (reconcile(), reconcile()) == (1, 0)
    assert guard.connections == {mailchimp.SLUG: 1}
    assert listed(account) == {"mona@example.com": "subscribed"}
    ((method, path, body),) = account.calls
    assert (method, path) == ("PUT", f"/3.0/lists/{LIST}/members/{mailchimp.subscriber_hash('mona@example.com')}")
    assert body == {"email_address": "mona@example.com", "status": "subscribed", "status_if_new": "subscribed"}
    row = Disclosure.objects.get(processor="mailchimp")
    assert (row.subject_id, row.host, row.purpose) == (mona.pk, "127.0.0.1", "marketing")
    assert row.keys == ["email_address", "status", "status_if_new", "subscriber_hash"]


def test_who_withdraws_is_taken_off_and_after_a_month_deleted_for_good(account):
    mona, nils = reader("mona@example.com"), reader("nils@example.com")
    reconcile()
    withdraws(mona)
    reconcile()
    assert listed(account) == {"mona@example.com": "unsubscribed", "nils@example.com": "subscribed"}
    assert reconcile(at=NOON + timedelta(days=29)) == 0
    assert reconcile(at=NOON + timedelta(days=30)) == 1
    assert listed(account) == {"nils@example.com": "subscribed"}
    assert list(MailchimpMember.objects.values_list("subject_id", flat=True)) == [nils.pk]


def says_no(person, address):
    withdraws(person)


def leaves_by_the_link(person, address):
    unsubscribe.leave(unsubscribe.read(unsubscribe.key_of(person, address=address)), at=NOON)


def complains(person, address):
    suppressions.raise_for("email", address, reason="complained", by="test", at=NOON)


def is_restricted(person, address):
    subjects.restrict(person, by="test", at=NOON)


@pytest.mark.parametrize("happens", [says_no, leaves_by_the_link, complains, is_restricted])
def test_what_changes_between_counting_and_the_call_is_honoured(account, monkeypatch, happens):
    """The list is read page by page and the calls take time: the gate is asked again before each."""
    mona, nils = reader("mona@example.com"), reader("nils@example.com")
    found = list(audience.everybody(Matter.NEW_PIECES, "email", at=NOON))
    monkeypatch.setattr(audience, "everybody", lambda *_, **__: found)
    happens(mona, "mona@example.com")
    reconcile()
    assert listed(account) == {"nils@example.com": "subscribed"}
    assert set(Disclosure.objects.values_list("subject_id", flat=True)) == {nils.pk}


def test_whoever_comes_back_within_the_month_is_subscribed_again(account):
    mona = reader("mona@example.com")
    reconcile(), withdraws(mona), reconcile()
    agrees(mona)
    assert (reconcile(), listed(account)) == (1, {"mona@example.com": "subscribed"})


def test_a_changed_address_moves_the_contact_and_leaves_none_behind(account):
    alice = someone("alice")
    agrees(alice.subject)
    reconcile()
    subjects.prove(alice.subject, value="new@example.com", proof=subjects.Proof.EMAIL_CONFIRMED, by="test", at=NOON)
    type(alice.user).objects.filter(pk=alice.user.pk).update(email="new@example.com")
    assert (reconcile(), listed(account)) == (1, {"new@example.com": "subscribed"})
    assert account.calls[-1][0] == "PATCH"


@pytest.mark.parametrize("known", ["forgotten", "left"])
def test_what_people_did_there_is_not_overruled_and_not_tried_again(account, known):
    getattr(account, known).add(mailchimp.subscriber_hash("mona@example.com"))
    reader("mona@example.com")
    assert (reconcile(), reconcile()) == (1, 0)
    titles = {"forgotten": "Forgotten Email Not Subscribed", "left": "Member In Compliance State"}
    member = MailchimpMember.objects.get()
    assert (member.state, member.refused_because, listed(account)) == ("refused", titles[known], {})


@pytest.mark.parametrize("status", [500, 503, 429])
def test_an_outage_ends_the_run_and_the_next_goes_on(account, status):
    reader("mona@example.com"), reader("nils@example.com")
    account.refuses = status
    reconcile()
    assert len(account.calls) == 1
    account.refuses = 0
    assert (reconcile(), len(listed(account))) == (2, 2)


def test_nothing_leaves_without_tls_or_for_another_host(account, settings):
    reader("mona@example.com")
    for base in ("http://us19.api.mailchimp.com", "https://us20.api.mailchimp.com"):
        settings.MAILCHIMP_API_BASE = base
        with pytest.raises(disclosures.NotAllowed):
            reconcile()
    assert Disclosure.objects.count() == 0


# Correction


def moved(person, address):
    """Somebody confirmed another address since."""
    subjects.prove(person.subject, value=address, proof=subjects.Proof.EMAIL_CONFIRMED, by="test", at=NOON)
    type(person.user).objects.filter(pk=person.user.pk).update(email=address)


def corrected(person):
    """They wrote that their address is wrong; staff had them confirm the right one, and noted it."""
    request = asks(person, "correction", wishes={"text": "My address is misspelled."})
    requests.approve(request, by="staff:3", at=NOON)
    correction.carry_out(request.pk, by="system:worker", at=NOON)
    moved(person, f"right-{person.user.email}")
    correction.note_by_hand(request, receipt="confirmed on the account page", by="staff:3", at=LATER)
    return told(request, LATER)


def told(request, at):
    correction.carry_out(request.pk, by="system:worker", at=at)
    request.refresh_from_db()
    return request


@pytest.mark.promise("JE-82")
def test_a_correction_moves_the_contact_and_sends_its_address_alone(account):
    alice, bob = someone("alice"), someone("bob")
    agrees(alice.subject), agrees(bob.subject)
    reconcile()
    with socket_guard.watching({("127.0.0.1", account.port): mailchimp.SLUG}) as guard:
        request = corrected(alice)
    assert (request.state, step_of(request).receipt) == ("completed", "1 contact put right")
    assert (guard.connections, request.steps.count()) == ({mailchimp.SLUG: 1}, 2)
    assert listed(account) == {"right-alice@example.com": "subscribed", "bob@example.com": "subscribed"}
    assert account.calls[-1] == (
        "PATCH",
        f"/3.0/lists/{LIST}/members/{mailchimp.subscriber_hash('alice@example.com')}",
        {"email_address": "right-alice@example.com"},
    )
    row = Disclosure.objects.filter(processor="mailchimp").latest("pk")
    assert (row.subject_id, row.keys) == (alice.subject.pk, ["email_address", "subscriber_hash"])
    assert reconcile(at=LATER) == 0, "the list says the same as we do"


def test_who_was_never_put_on_the_list_is_not_named_to_it(account):
    alice, bob = someone("alice"), someone("bob")
    agrees(bob.subject)
    reconcile()
    request = corrected(alice)
    assert (request.state, request.steps.count(), len(account.calls)) == ("completed", 1, 1)


@pytest.mark.parametrize(("status", "words"), [(403, "it answered 403: Forbidden"), (503, "it answered 503")])
def test_a_refused_correction_stays_open_says_why_and_is_tried_again(account, status, words):
    alice = someone("alice")
    agrees(alice.subject)
    reconcile()
    account.refuses = status
    request = corrected(alice)
    assert (request.state, request.retry_at) == ("partly_done", LATER + correction.RETRY)
    assert step_of(request).blocker == f"Mailchimp (Intuit) did not confirm: {words}"
    assert MailchimpMember.objects.get().email == "alice@example.com"
    account.refuses = 0
    assert told(request, LATER + correction.RETRY).state == "completed"
    assert listed(account) == {"right-alice@example.com": "subscribed"}


def test_a_contact_that_is_gone_over_there_needs_no_correction(account):
    alice = someone("alice")
    agrees(alice.subject)
    reconcile()
    account.members.clear()
    assert (corrected(alice).state, listed(account)) == ("completed", {})


def test_two_contacts_never_become_one_by_themselves(account):
    alice = someone("alice")
    agrees(alice.subject)
    reader("right-alice@example.com")
    reconcile()
    request = corrected(alice)
    assert request.state == "partly_done"
    assert "is a contact of its own there already" in step_of(request).blocker
    assert sorted(listed(account)) == ["alice@example.com", "right-alice@example.com"]


# Erasure


def approved(person):
    return requests.approve(asks(person), by="staff:3", at=NOON)


def step_of(request):
    return request.steps.get(target="mailchimp")


def test_an_erasure_deletes_the_contact_for_good_and_nobody_elses(account):
    alice, bob = someone("alice"), someone("bob")
    agrees(alice.subject), agrees(bob.subject)
    reconcile()
    request = approved(alice)
    erasure.execute(request.pk, by="system:worker", at=LATER)
    request.refresh_from_db()
    assert (request.state, step_of(request).receipt) == ("completed", "1 contact deleted for good")
    assert listed(account) == {"bob@example.com": "subscribed"}
    assert account.calls[-1][:2] == (
        "POST",
        f"/3.0/lists/{LIST}/members/{mailchimp.subscriber_hash('alice@example.com')}/actions/delete-permanent",
    )


def test_a_contact_that_is_gone_already_is_done(account):
    alice = someone("alice")
    agrees(alice.subject)
    reconcile()
    account.members.clear()
    request = approved(alice)
    erasure.execute(request.pk, by="system:worker", at=LATER)
    request.refresh_from_db()
    assert (request.state, MailchimpMember.objects.count()) == ("completed", 0)


@pytest.mark.parametrize(("status", "words"), [(403, "it answered 403: Forbidden"), (503, "it answered 503")])
def test_a_refused_deletion_leaves_the_request_partly_done_until_it_works(account, status, words):
    alice = someone("alice")
    agrees(alice.subject)
    reconcile()
    request = approved(alice)
    account.refuses = status
    erasure.execute(request.pk, by="system:worker", at=LATER)
    request.refresh_from_db()
    assert request.state == "partly_done"
    assert step_of(request).blocker == f"Mailchimp (Intuit) did not confirm: {words}"
    assert MailchimpMember.objects.count() == 1
    account.refuses = 0
    erasure.check_again(request, by="staff:3", at=LATER + timedelta(hours=1))
    erasure.execute(request.pk, by="system:worker", at=LATER + timedelta(hours=1))
    request.refresh_from_db()
    assert (request.state, listed(account)) == ("completed", {})
