"""Direct transfer: to a public host only, over TLS for the name, once, within a time; its owner sees and hears how it went."""

from __future__ import annotations

import hashlib
import http.server
import io
import socket
import ssl
import threading
import time
import zipfile
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.test import Client
from django.utils import timezone

from privacy.ground import public_hosts
from privacy.ground.public_hosts import Refused, Route, Unreachable
from privacy.models import AuditEvent, Disclosure, Message
from privacy.register import disclosures
from privacy.rights import acts, erasure, identity, packages, requests, transfer
from privacy.rights.models import ExportPackage, Transfer
from privacy.tests.people import NOON, asks, held
from tests import socket_guard

HOST = "vault.provider.com"

# Addresses

REFUSED_BY_THEIR_TEXT = [
    "", "provider.com", "http://provider.com/", "ftp://provider.com/", "file:///etc/passwd", "javascript:alert(1)",
    "https://", "https:///path", "https:provider.com", "//provider.com/", "gopher://provider.com:443/",
    "https://user@provider.com/", "https://user:secret@provider.com/", "https://provider.com@127.0.0.1/",
    "https://@provider.com/", "https://provider.com:8443/", "https://provider.com:80/", "https://provider.com:0/",
    "https://provider.com:65536/", "https://provider.com:x/", "https://127.0.0.1/", "https://127.1/", "https://2130706433/",
    "https://0x7f000001/", "https://0x7f.0.0.1/", "https://017700000001/", "https://0177.0.0.1/", "https://0/",
    "https://8.8.8.8/", "https://[::1]/", "https://[::ffff:127.0.0.1]/", "https://[2606:4700::1]/", "https://[fe80::1%25eth0]/",
    "https://１２７.0.0.1/", "https://①②⑦.⓪.⓪.①/", "https://localhost/", "https://localhost./", "https://shop.localhost/",
    "https://LOCALHOST/", "https://db/", "https://db.internal/", "https://metadata.google.internal/", "https://printer.local/",
    "https://nas.lan/", "https://router.home.arpa/", "https://hidden.onion/", "https://shop.test/", "https://a.example/",
    "https://a..provider.com/", "https://-a.provider.com/", "https://a_b.provider.com/", "https://provider.com\\@127.0.0.1/",
    "https://provider.com /", "https://provider.com/\r\nHost: 127.0.0.1", "https://provider.com/\x00", "https://provider.com/ü",
    f"https://{'a' * 64}.com/", f"https://{'a.' * 130}com/", f"https://provider.com/{'a' * 2000}", "https://[::1", "https://%31%32%37.0.0.1/",
]  # fmt: skip

REFUSED_BY_WHERE_THEY_LEAD = [
    "127.0.0.1", "127.255.255.254", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254",
    "100.64.0.1", "100.127.255.255", "192.0.0.8", "192.0.2.1", "192.88.99.1", "198.18.0.1", "198.51.100.7", "203.0.113.9",
    "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255", "::", "::1", "::127.0.0.1", "::ffff:10.0.0.1",
    "::ffff:8.8.8.8", "64:ff9b::7f00:1", "64:ff9b:1::1", "2001::1", "2001:db8::1", "2002:7f00:1::", "fc00::1", "fd12:3456::1",
    "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "ff0e::1", "100::1",
]  # fmt: skip


@pytest.mark.parametrize("address", REFUSED_BY_THEIR_TEXT)
def test_an_address_that_names_no_public_https_host_is_refused(address):
    with pytest.raises(Refused):
        public_hosts.read(address)


@pytest.mark.parametrize("ip", REFUSED_BY_WHERE_THEY_LEAD)
def test_a_name_that_leads_anywhere_but_to_the_public_internet_is_refused(ip):
    for answers in ([ip], ["93.184.215.14", ip]):
        with pytest.raises(Refused):
            public_hosts.vetted(HOST, Route(resolve=lambda _, answers=answers: answers))


@pytest.mark.parametrize("ip", ["93.184.215.14", "8.8.8.8", "2606:4700:4700::1111", "2a00:1450:4001:82a::200e"])
def test_a_public_address_is_allowed(ip):
    assert public_hosts.vetted(HOST, Route(resolve=lambda _: [ip])) == ip


@pytest.mark.parametrize(
    ("address", "host", "path"),
    [
        ("https://provider.com", "provider.com", "/"),
        ("https://Provider.com:443/in?key=a%20b&c#top", "provider.com", "/in?key=a%20b&c"),
        ("https://schmuck-müller.de/", "xn--schmuck-mller-4ob.de", "/"),
        ("https://provider.com./a", "provider.com", "/a"),
    ],
)
def test_a_public_name_is_read(address, host, path):
    assert public_hosts.read(address) == public_hosts.Target(host, path)


@pytest.mark.parametrize("trouble", [socket.gaierror("no such host"), UnicodeError("label too long"), []])
def test_a_name_nobody_knows_is_unreachable(trouble):
    def resolve(host):
        if isinstance(trouble, Exception):
            raise trouble
        return trouble

    with pytest.raises(Unreachable):
        public_hosts.vetted(HOST, Route(resolve=resolve))


def test_the_shops_own_route_is_the_strict_one():
    route = public_hosts.PUBLIC
    assert (route.is_allowed, route.port, route.resolve) == (public_hosts.is_public, 443, public_hosts.resolve)
    context = route.context()
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)


# A provider of our own, on this machine


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate for HOST, signed by itself: a file with it and its key."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "provider.pem"
    plain = serialization.NoEncryption()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    file.write_bytes(pem + made.public_bytes(serialization.Encoding.PEM))
    return file


class Provider(http.server.ThreadingHTTPServer):
    """Takes what is PUT to it and answers as it was told."""

    daemon_threads = True

    def __init__(self, certificate, status=201, slow=0.0):
        self.got, self.status, self.slow = [], status, slow
        super().__init__(("127.0.0.1", 0), Desk)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def handle_error(self, request, client_address):
        """A client that hangs up is what some of these tests are about."""


class Desk(http.server.BaseHTTPRequestHandler):
    def do_PUT(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((self.path, dict(self.headers), body))
        if self.server.slow:
            for byte in b"HTTP/1.1 201 Created\r\n" + b"X-Slow: 1\r\n" * 500:
                self.wfile.write(bytes([byte]))
                time.sleep(self.server.slow)
            return
        self.send_response(self.server.status)
        if self.server.status == 302:
            self.send_header("Location", "https://127.0.0.1/admin/")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args):
        pass


@contextmanager
def provider(certificate, **how):
    server = Provider(certificate, **how)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def route_to(server, certificate, **other):
    """The route of a test: HOST lies on this machine, and its certificate is trusted."""
    how = {
        "resolve": lambda host: ["127.0.0.1"],
        "is_allowed": lambda ip: True,
        "port": server.server_address[1],
        "context": lambda: ssl.create_default_context(cafile=certificate),
    }
    return Route(**{**how, **other})


def put(route, *, content=b"content", host=HOST, within=5.0, patience=5.0):
    target = public_hosts.Target(host, "/in")
    ip = public_hosts.vetted(host, route)
    headers = {"Content-Length": str(len(content))}
    return public_hosts.put(target, ip, iter([content]), headers=headers, within=within, patience=patience, route=route)


def test_the_name_is_asked_for_once_and_the_connection_goes_to_that_answer(certificate):
    asked = []

    def rebinding(host):
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["127.0.0.2"]

    with provider(certificate) as server:
        assert put(route_to(server, certificate, resolve=rebinding)) == 201
    assert asked == [HOST]
    assert len(server.got) == 1


def test_a_certificate_for_another_name_is_not_accepted(certificate):
    with provider(certificate) as server, pytest.raises(Unreachable, match="not valid for its name"):
        put(route_to(server, certificate), host="other.provider.com")
    assert server.got == []


@pytest.mark.promise("JE-53")
def test_a_certificate_nobody_vouches_for_is_not_accepted(certificate):
    with provider(certificate) as server, pytest.raises(Unreachable, match="not valid for its name"):
        put(route_to(server, certificate, context=ssl.create_default_context))
    assert server.got == []


def test_a_host_that_drips_its_answer_is_left_when_the_time_is_up(certificate):
    begun = time.monotonic()
    with provider(certificate, slow=0.05) as server, pytest.raises(Unreachable, match="too slow"):
        put(route_to(server, certificate), within=0.6)
    assert time.monotonic() - begun < 5


def test_a_host_that_says_nothing_at_all_is_left_too(certificate):
    with socket.create_server(("127.0.0.1", 0)) as mute:
        route = Route(resolve=lambda _: ["127.0.0.1"], is_allowed=lambda _: True, port=mute.getsockname()[1])
        with pytest.raises(Unreachable, match="too slow"):
            put(route, within=0.4)


def test_a_closed_door_is_unreachable(certificate):
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
    with pytest.raises(Unreachable, match="failed or broke off"):
        put(Route(resolve=lambda _: ["127.0.0.1"], is_allowed=lambda _: True, port=port))


# The whole way


@pytest.fixture
def package(alice, settings, tmp_path):
    settings.LOUPE_HOME = tmp_path
    request = asks(alice, "access", at=timezone.now())
    acts.carry_out(request.pk, by="system:worker", at=timezone.now())
    return ExportPackage.objects.select_related("request__subject").get(request=request)


def asked(package, person):
    return transfer.ask(
        package, address=f"https://{HOST}/in?key=s3cret", contact=person.email, by=person.user, at=timezone.now()
    )


def mails(person, kind):
    sent = Message.objects.filter(kind=f"privacy.{kind}", subject=person.subject)
    return [each.payload["text"] for each in sent]


@pytest.mark.promise("JK-21", "JH-17")
def test_a_copy_leaves_one_row_before_it_leaves(alice, package, certificate):
    row = asked(package, alice)
    with provider(certificate) as server:
        there, route = ("127.0.0.1", server.server_address[1]), route_to(server, certificate)
        with socket_guard.watching({there: disclosures.CHOSEN_BY_YOU}) as guard:
            transfer.send(row.pk, by="system:worker", at=timezone.now(), route=route)
    assert guard.connections == {disclosures.CHOSEN_BY_YOU: 1}
    told = Disclosure.objects.get(processor=disclosures.CHOSEN_BY_YOU)
    assert (told.subject_id, told.host, told.keys, told.reference) == (
        alice.subject.pk,
        HOST,
        ["copy"],
        package.request.reference,
    )


@pytest.mark.promise("JE-86")
def test_a_copy_is_handed_over_whole_and_is_gone_from_here(alice, bob, package, certificate):
    before = held(bob)
    row = asked(package, alice)
    with provider(certificate) as server:
        done = transfer.send(row.pk, by="system:worker", at=timezone.now(), route=route_to(server, certificate))
        assert transfer.send(row.pk, by="system:worker", at=timezone.now(), route=route_to(server, certificate)) is None
    ((path, headers, body),) = server.got
    assert path == "/in?key=s3cret"
    assert (len(body), hashlib.sha256(body).hexdigest()) == (package.size_bytes, package.sha256)
    assert (headers["Host"].partition(":")[0], headers["Content-Type"]) == (HOST, "application/zip")
    text = zipfile.ZipFile(io.BytesIO(body)).read("data.json").decode()
    assert [word for word in alice.words if word not in text] == []
    assert [word for word in bob.words if word in text] == []

    assert (done.state, done.address, done.contact) == ("done", None, None)
    package.refresh_from_db()
    assert (package.starts, package.spent_at is not None, package.removed_at is not None) == (1, True, True)
    (mail,) = mails(alice, "transfer_done")
    assert HOST in mail
    assert "s3cret" not in mail
    events = AuditEvent.objects.about(package.request.reference).filter(event__startswith="transfer.")
    assert [(each.event, each.details["host"]) for each in events] == [
        ("transfer.asked", HOST),
        ("transfer.done", HOST),
    ]
    assert "s3cret" not in str([each.details for each in AuditEvent.objects.all()])
    assert held(bob) == before


@pytest.mark.parametrize(
    ("status", "words"), [(302, "redirect, which we do not follow"), (403, "answered 403"), (500, "answered 500")]
)
def test_an_answer_that_is_no_yes_leaves_the_copy_here(alice, package, certificate, status, words):
    row = asked(package, alice)
    with provider(certificate, status=status) as server:
        failed = transfer.send(row.pk, by="system:worker", at=timezone.now(), route=route_to(server, certificate))
    assert failed.state == "failed"
    assert words in failed.outcome
    assert len(server.got) == 1, "asked once, and no redirect followed"
    package.refresh_from_db()
    assert (package.starts, package.spent_at, package.removed_at) == (1, None, None)
    assert words in mails(alice, "transfer_failed")[0]
    assert asked(package, alice).state == "waiting", "its owner may try again"


def test_a_host_that_is_not_public_costs_no_start(alice, package):
    row = asked(package, alice)
    route = Route(resolve=lambda _: ["10.0.0.8"])
    failed = transfer.send(row.pk, by="system:worker", at=timezone.now(), route=route)
    assert (failed.state, failed.outcome) == ("failed", "The name leads to an address that is not public.")
    package.refresh_from_db()
    assert package.starts == 0


def test_a_worker_that_died_in_the_middle_is_noticed_and_not_repeated(alice, package):
    row, now = asked(package, alice), timezone.now()
    Transfer.objects.filter(pk=row.pk).update(state="sending", started_at=now)
    assert transfer.sweep(by="system:sweep", at=now + timedelta(minutes=14)) == 0
    assert transfer.sweep(by="system:sweep", at=now + timedelta(minutes=16)) == 1
    row.refresh_from_db()
    assert (row.state, row.outcome) == ("failed", str(transfer.BROKE_OFF))


def test_a_copy_is_sent_to_one_provider_at_a_time(alice, package):
    asked(package, alice)
    with pytest.raises(transfer.UnderWay):
        asked(package, alice)


def test_nothing_leaves_for_a_week_after_the_password_changed(alice, package):
    row = asked(package, alice)
    identity.note_change(alice.subject, identity.Change.PASSWORD, by=alice.user, at=timezone.now())
    failed = transfer.send(row.pk, by="system:worker", at=timezone.now())
    assert failed.state == "failed"
    assert "The password of your account changed" in failed.outcome
    with pytest.raises(packages.Held):
        asked(package, alice)


def test_an_erasure_takes_the_address_and_nothing_is_sent_any_more(alice, package, settings, certificate):
    settings.LOUPE_ERASURE_GRACE = timedelta(hours=1)
    row = asked(package, alice)
    request = requests.approve(asks(alice), by="staff:3", at=NOON)
    erasure.execute(request.pk, by="system:worker", at=NOON + timedelta(days=4))
    row.refresh_from_db()
    assert (row.address, row.contact) == (None, None)
    with provider(certificate) as server:
        over = transfer.send(row.pk, by="system:worker", at=timezone.now(), route=route_to(server, certificate))
    assert over.state == "failed"
    assert server.got == []


# The page


@pytest.fixture
def browser(alice):
    client = Client()
    client.force_login(alice.user)
    client.post("/accounts/reauthenticate/", {"password": "alice-opal-briolette-7"})
    return client


def test_the_page_asks_for_the_password_and_is_her_own(alice, bob, package):
    address = f"/account/privacy/{package.request.reference}/send/"
    client = Client()
    client.force_login(alice.user)
    assert client.get(address)["Location"].startswith("/accounts/reauthenticate/")
    client.force_login(bob.user)
    client.post("/accounts/reauthenticate/", {"password": "bob-opal-briolette-7"})
    assert client.post(address, {"address": f"https://{HOST}/", "confirmed": "1"}).status_code == 404
    assert not Transfer.objects.exists()


@pytest.mark.promise("JE-86")
def test_nothing_is_sent_before_the_host_is_confirmed(browser, package):
    address = f"/account/privacy/{package.request.reference}/send/"
    assert browser.get(address).status_code == 200
    page = browser.post(address, {"address": f" https://{HOST}/in "}).content.decode()
    assert f"Send it to {HOST}" in page
    assert not Transfer.objects.exists()
    assert browser.post(address, {"address": f"https://{HOST}/in", "confirmed": "1"}).status_code == 302
    row = Transfer.objects.get()
    assert (row.host, row.address, row.state) == (HOST, f"https://{HOST}/in", "waiting")
    assert HOST in browser.get("/account/privacy/").content.decode()


@pytest.mark.parametrize("typed", ["", "https://127.0.0.1/", "http://provider.com/", "https://db.internal/"])
def test_a_refused_address_is_explained_beside_the_field(browser, package, typed):
    for confirmed in ({}, {"confirmed": "1"}):
        answer = browser.post(f"/account/privacy/{package.request.reference}/send/", {"address": typed, **confirmed})
        assert answer.status_code == 400
        assert "field__error" in answer.content.decode()
    assert not Transfer.objects.exists()


def test_a_copy_that_is_gone_cannot_be_sent(browser, alice, package):
    packages.remove(package, by=alice.user, at=timezone.now())
    assert browser.get(f"/account/privacy/{package.request.reference}/send/").status_code == 302
