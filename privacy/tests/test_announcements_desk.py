"""The desk tells of a new owner in two steps, sees how far each announcement has come, and looks at every mail."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from privacy import demo
from privacy.messages import announcements
from privacy.messages.announcement_models import Announcement
from privacy.models import Message
from privacy.tests.people import at_the_desk, mails
from privacy.tests.test_announcements import SOLD, leak, order

pytestmark = pytest.mark.django_db
OWNER = "/admin/privacy/announcement/new-owner/"
MAILS = "/admin/registers/mails/"


@pytest.fixture
def carol() -> Client:
    return at_the_desk()


def page(notice: Announcement, then: str) -> str:
    return f"/admin/privacy/announcement/{notice.pk}/{then}/"


def test_a_breach_is_told_at_the_desk_of_incidents_alone_and_older_rows_stay_readable(carol):
    """A draft that was written before names its tables, can be read, and is sent from nowhere here."""
    notice = leak("orders.Order")
    listed = carol.get("/admin/privacy/announcement/").text
    assert (notice.reference in listed, "new-owner" in listed, "Tell of a breach" in listed) == (True, True, False)
    assert carol.get("/admin/privacy/announcement/breach/").status_code == 302, "Django takes it for a row's number"
    detail = carol.get(page(notice, "change")).text
    assert ("Orders: " in detail, f"/{notice.pk}/send/" in detail) == (True, False)
    order("gwen@example.com", paid_at=timezone.now())
    assert "nothing was changed" in carol.post(page(notice, "send"), follow=True).text
    notice.refresh_from_db()
    assert (notice.state, mails("breach")) == ("draft", [])


@pytest.mark.parametrize("role", ["order desk", "catalogue"])
def test_other_desks_may_not(role):
    other = at_the_desk(role)
    for path in (OWNER, MAILS, f"{MAILS}orders.order_shipped/"):
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
    order("gwen@example.com", paid_at=timezone.now())
    assert "publish it first" in carol.post(OWNER, SOLD).text
    demo.publish_policy(at=timezone.now())
    assert carol.post(OWNER, SOLD | {"choice": ""}).status_code == 200
    carol.post(OWNER, SOLD)
    notice = Announcement.objects.get()
    shown = carol.get(page(notice, "send")).text
    for words in ("Pinned to version 1", "about 1 address", SOLD["happens"], "Choose what we send you"):
        assert words in shown, words
    carol.post(page(notice, "send"))
    announcements.sweep(at=timezone.now())
    assert [mail.payload["to"] for mail in mails("new_owner")] == ["gwen@example.com"]
