"""The mails about an account: every one allauth can ask for has our words, in text and in HTML, and leaves by the outbox."""

from pathlib import Path

import allauth
import pytest
from django.core import mail

from accounts import emails
from accounts.tests.conftest import NOON
from privacy.messages.models import Message

pytestmark = pytest.mark.django_db
FACTS = {
    "activate_url": "http://shop.example/confirm",
    "password_reset_url": "http://shop.example/reset",
    "from_email": "old@example.com",
    "to_email": "new@example.com",
    "ip": "198.51.100.7",
    "user_agent": "Secret/1.0",
}
# Mails of ways to sign in that the shop does not offer: codes by mail, several addresses, passkeys.
NEVER_SENT = {"login_code", "password_reset_code", "email_deleted", "email_confirm", "unknown_account"}
NEVER_SENT |= {"webauthn_added", "webauthn_removed"}


def test_every_mail_allauth_can_ask_for_is_ours():
    root = Path(allauth.__file__).parent / "templates"
    asked = {
        str(path.relative_to(root)).removesuffix("_subject.txt")
        for app in ("account", "mfa", "socialaccount")
        for path in (root / app / "email").glob("*_subject.txt")
    }
    assert {name for name in asked if name.rpartition("/")[2] not in NEVER_SENT} == set(emails.BY_TEMPLATE)


@pytest.mark.parametrize("template", emails.BY_TEMPLATE)
def test_each_mail_stands_alone_in_text_and_in_html(template, alice):
    emails.send(template, to="alice@example.com", user=alice, facts=FACTS, at=NOON)
    message = Message.objects.get()
    payload, kind = message.payload, emails.BY_TEMPLATE[template]
    assert payload["title"] == payload["title"].strip() != ""
    for part in (payload["text"], payload["html"]):
        assert payload["title"] in part
        assert "{{" not in part
        assert "{%" not in part
        assert "198.51.100.7" not in part
        assert "Secret/1.0" not in part
        assert ("shop.example" in part) == (kind in emails.ACTIONS)
        assert "!" not in part.replace("<!doctype", "")
    assert message.subject == alice.subject
    assert not kind.is_marketing
    assert mail.outbox == [], "it waits for the worker"


def test_a_mail_nobody_wrote_is_an_error(alice):
    with pytest.raises(emails.UnknownMail):
        emails.send("account/email/login_code", to=alice.email, user=alice, facts={}, at=NOON)
    assert not Message.objects.exists()


def test_a_name_is_greeted_only_after_its_account_was_entered(alice):
    emails.send("account/email/password_changed", to=alice.email, user=alice, facts={}, at=NOON)
    alice.last_login = NOON
    emails.send("account/email/password_changed", to=alice.email, user=alice, facts={}, at=NOON)
    before, after = (message.payload["text"] for message in Message.objects.order_by("created_at", "pk"))
    assert sorted("Hello Alice," in text for text in (before, after)) == [False, True]
