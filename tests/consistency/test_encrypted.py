"""Everything travels encrypted: pages to visitors, mail to its server. What a start refuses: `shop/tests/test_environment.py`."""

from __future__ import annotations

import socket
from datetime import timedelta

import pytest
from aiosmtpd.controller import Controller
from django.test import Client

from privacy.messages import outbox
from privacy.messages.models import Message
from privacy.tests.people import NOON, someone
from privacy.tests.test_outbox import queue

pytestmark = pytest.mark.django_db


class WithoutTls:
    """A mail server as it was in 1982: takes every mail, offers no encryption."""

    def __init__(self) -> None:
        self.said: list[str] = []

    async def handle_EHLO(self, server, session, envelope, hostname, responses):  # noqa: N802
        session.host_name = hostname
        return responses

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        self.said.append(envelope.content.decode())
        return "250 Taken"


@pytest.fixture
def old_server(settings):
    handler = WithoutTls()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    settings.EMAIL_BACKEND = "privacy.messages.mail.Smtp"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    yield handler
    controller.stop()


@pytest.mark.promise("SG-09")
def test_a_mail_server_without_tls_gets_no_mail(old_server, settings):
    settings.EMAIL_USE_TLS = True
    message: Message = queue(someone("alice").subject)
    assert outbox.send(message.pk, at=NOON) is False
    message.refresh_from_db()
    assert (message.state, old_server.said) == ("queued", [])

    settings.EMAIL_USE_TLS = False
    outbox.sweep(at=NOON + timedelta(minutes=1))
    assert len(old_server.said) == 1, "it was no mail server that was away"


@pytest.mark.promise("SG-09")
def test_a_visitor_who_comes_unencrypted_is_sent_on_and_comes_encrypted_ever_after(settings):
    settings.SECURE_SSL_REDIRECT, settings.SECURE_HSTS_SECONDS = True, 31_536_000
    stranger = Client(headers={"Sec-Fetch-Site": "same-origin", "host": "127.0.0.1"})
    for answer in (stranger.get("/contact/"), stranger.post("/contact/", {"text": "x"})):
        assert (answer.status_code, answer["Location"]) == (301, "https://127.0.0.1/contact/")
    said = stranger.get("/contact/", secure=True)["Strict-Transport-Security"]
    assert said.startswith("max-age=31536000")
