"""Alice, Bob and Carol, and the ways a browser talks to the shop."""

import re
from datetime import UTC, datetime

import pytest
from allauth.account.models import EmailAddress
from django.core.cache import cache
from django.test import Client

from accounts.models import User
from privacy.messages.models import Message
from privacy.register import subjects

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
PASSWORD = "three-pearls-on-a-string"


@pytest.fixture(autouse=True)
def _forgetful():
    """Each test starts without anybody's attempts counted."""
    cache.clear()


def make_user(email, **extra):
    """A customer who has confirmed the address."""
    user = User.objects.create_user(email, PASSWORD, at=NOON, **extra)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    subjects.prove(user.subject, value=user.email, proof=subjects.Proof.EMAIL_CONFIRMED, by=user, at=NOON)
    return user


@pytest.fixture
def alice(db):
    return make_user("alice@example.com", full_name="Alice Abernathy", phone="+12125550137")


@pytest.fixture
def bob(db):
    return make_user("bob@example.com", full_name="Bob Brightwater", phone="+14155550161")


@pytest.fixture
def carol(db):
    """Carol is staff."""
    return make_user("carol@loupe.example", full_name="Carol Prewitt", is_staff=True)


class Browser(Client):
    """A client that names its origin, as browsers do, so that forms pass without a session."""

    def post(self, *args, **kwargs):
        kwargs.setdefault("headers", {"Sec-Fetch-Site": "same-origin"})
        return super().post(*args, **kwargs)

    def sign_in(self, email, password=PASSWORD):
        return self.post("/accounts/login/", {"login": email, "password": password})

    def says_age(self, age="25_39", **more):
        """Answer the question that comes before every sign-up."""
        return self.post("/accounts/age/", {"age": age, **more})

    def say_who_you_are(self, password=PASSWORD):
        """Type the password again, as sensitive pages ask."""
        return self.post("/accounts/reauthenticate/", {"password": password})


@pytest.fixture
def browser(db):
    return Browser()


@pytest.fixture
def other_browser(db):
    return Browser()


@pytest.fixture
def signed_in(alice):
    """Alice's browser, where she has just typed her password again."""
    browser = Browser()
    browser.sign_in(alice.email)
    browser.say_who_you_are()
    return browser


class Mailbox:
    """What waits in the outbox for one address, oldest first."""

    def __init__(self, address):
        self.address = address

    @property
    def mails(self):
        rows = Message.objects.order_by("created_at", "pk")
        return [row.payload for row in rows if row.payload["to"] == self.address]

    @property
    def kinds(self):
        rows = Message.objects.order_by("created_at", "pk")
        return [row.kind for row in rows if row.payload["to"] == self.address]

    @property
    def link(self):
        """The path of the link in the newest mail that has one."""
        texts = [mail["text"] for mail in self.mails]
        links = [found for text in texts for found in re.findall(r"https?://[^/\s]+(/accounts/\S+)", text)]
        return links[-1]


@pytest.fixture
def mailbox(db):
    return Mailbox
