"""The desk tells of a breach in three steps, sees how far each announcement has come, and looks at every mail."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from privacy import demo
from privacy.messages import announcements
from privacy.messages.announcement_models import Announcement
from privacy.models import Message
from privacy.tests.people import at_the_desk, mails, someone
from privacy.tests.test_announcements import SOLD, WORDS, order

pytestmark = pytest.mark.django_db
BREACH = "/admin/privacy/announcement/breach/"
MAILS = "/admin/registers/mails/"


@pytest.fixture
def carol() -> Client:
    return at_the_desk()


def page(notice: Announcement, then: str) -> str:
    return f"/admin/privacy/announcement/{notice.pk}/{then}/"


def test_a_breach_is_written_counted_read_and_sent(carol):
    bob = someone("bob")
    order("gwen@example.com", paid_at=timezone.now())
    assert carol.get(BREACH).status_code == 200
    written = carol.post(BREACH, WORDS | {"targets": ["orders.Order"]})
    notice = Announcement.objects.get()
    assert written["Location"] == page(notice, "send")
    shown = carol.get(page(notice, "send")).text
    for words in ("1 person", "1 address.", "high: the people must be told", WORDS["happened"], "Send to 1 address"):
        assert words in shown, words
    assert "gwen" not in shown
    assert not Message.objects.exists(), "looking sends nothing"
    assert carol.post(page(notice, "send")).status_code == 302
    announcements.sweep(at=timezone.now())
    assert [mail.payload["to"] for mail in mails("breach")] == ["gwen@example.com"]
    assert bob.email not in str([mail.payload for mail in mails()])
    detail = carol.get(page(notice, "change")).text
    assert ("1 of 1" in detail, f"/{notice.pk}/send/" in detail) == (True, False)
    assert "was sent before" in carol.post(page(notice, "send"), follow=True).text
    assert Message.objects.filter(kind="privacy.breach").count() == 1


def test_what_is_missing_is_told_on_the_form(carol):
    for changes in ({}, {"targets": ["orders.Order"], "advice": " "}, {"targets": ["shop.Product"]}):
        assert carol.post(BREACH, WORDS | changes).status_code == 200
    half = {"targets": ["orders.Order"], "start_0": "2026-11-01", "start_1": "08:00"}
    assert "A window has two ends" in carol.post(BREACH, WORDS | half).text
    assert "Still to be said" in carol.post(BREACH, WORDS | {"targets": ["orders.Order"], "advice": "[what]"}).text
    assert not Announcement.objects.exists()


def test_a_notice_to_nobody_has_no_button_and_is_not_sent(carol):
    carol.post(BREACH, WORDS | {"targets": ["orders.Order"]})
    notice = Announcement.objects.get()
    assert "Send to" not in carol.get(page(notice, "send")).text
    carol.post(page(notice, "send"))
    notice.refresh_from_db()
    assert notice.state == "draft"


@pytest.mark.parametrize("role", ["order desk", "catalogue"])
def test_other_desks_may_not(role):
    other = at_the_desk(role)
    for path in (BREACH, MAILS, f"{MAILS}orders.order_shipped/"):
        assert other.get(path).status_code == 403, path


def test_every_mail_can_be_looked_at_in_light_and_dark(carol):
    listed = carol.get(MAILS).text
    for name in ("accounts.email_changed", "orders.payment_received", "privacy.breach", "privacy.request_extended"):
        assert f"{MAILS}{name}/" in listed, name
    light = carol.get(f"{MAILS}orders.payment_received/").text
    dark = carol.get(f"{MAILS}orders.payment_received/?look=dark").text
    assert ["@media not all" in light, "@media all" in dark] == [True, True]
    assert "Your payment has arrived" in light
    assert carol.get(f"{MAILS}orders.nothing/").status_code == 404
    assert not Message.objects.exists()


def test_a_new_owner_is_written_read_and_told(carol):
    path = "/admin/privacy/announcement/new-owner/"
    order("gwen@example.com", paid_at=timezone.now())
    assert "publish it first" in carol.post(path, SOLD).text
    demo.publish_policy(at=timezone.now())
    assert carol.post(path, SOLD | {"choice": ""}).status_code == 200
    carol.post(path, SOLD)
    notice = Announcement.objects.get()
    shown = carol.get(page(notice, "send")).text
    for words in ("Pinned to version 1", "Send to 1 address", SOLD["happens"]):
        assert words in shown, words
    carol.post(page(notice, "send"))
    announcements.sweep(at=timezone.now())
    assert [mail.payload["to"] for mail in mails("new_owner")] == ["gwen@example.com"]
