"""Mails to us at the desk: the queue names nobody, a look has its reason, and an answer goes out once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from privacy.messages import inbox
from privacy.messages.arrivals import InboundMail, MailState
from privacy.models import AuditEvent
from privacy.rights import looks, mailroom
from privacy.rights.models import DataRequest
from privacy.tests.inbox.mails import arrival, mail
from privacy.tests.people import mails, someone

pytestmark = pytest.mark.django_db
QUEUE = "/admin/privacy/inboundmail/"
SECRET = ("alice@example.com", "Token-of-Alice", "Ring of Alice")


def arrives(
    subject: str = "Ring of Alice", text: str = "Token-of-Alice <b>here</b>", number: int = 1, **more
) -> InboundMail:
    now = timezone.now()
    raw = mail(subject, text, message_id=f"<{number}@x>", **more)
    kept = inbox.keep(arrival(raw, received_at=now - timedelta(hours=3)), at=now)
    mailroom.handle(kept.pk, at=now)
    kept.refresh_from_db()
    return kept


@pytest.fixture
def carol() -> Client:
    person = someone("carol", is_staff=True)
    call_command("ensure_roles", verbosity=0)
    person.user.groups.add(Group.objects.get(name="privacy desk"))
    client = Client(headers={"Sec-Fetch-Site": "same-origin"})
    client.force_login(person.user)
    return client


def test_the_queue_and_the_page_name_nobody_until_a_reason_is_given(carol):
    kept = arrives(files={"Ring of Alice.pdf": b"x"})
    pages = [carol.get(QUEUE), carol.get(f"{QUEUE}?q=alice@example.com"), carol.get(f"{QUEUE}{kept.pk}/change/")]
    for page in pages:
        text = page.content.decode().replace("q=alice@example.com", "").replace('value="alice@example.com"', "")
        assert kept.reference in text
        assert [word for word in SECRET if word in text] == []
    revealed = carol.post(f"{QUEUE}{kept.pk}/reveal/", {"reason": "They ask for an answer"}).content.decode()
    assert [word for word in SECRET if word not in revealed] == []
    assert "&lt;b&gt;here" in revealed
    assert AuditEvent.objects.filter(object_ref=kept.reference, event=looks.REVEALED).count() == 1


def test_the_queue_is_in_the_order_of_answering(carol):
    question, inquiry = arrives(number=1), arrives("Privacy Inquiry", number=2)
    done = arrives(number=3)
    mailroom.put_away(done, note="by telephone", by="test", at=timezone.now())
    page = carol.get(QUEUE).content.decode()
    assert 0 < page.index(inquiry.reference) < page.index(question.reference)
    assert done.reference not in page
    assert done.reference in carol.get(f"{QUEUE}?standing=done").content.decode()


def test_an_answer_goes_out_once_and_closes_the_mail(carol):
    kept = arrives()
    assert carol.get(f"{QUEUE}{kept.pk}/answer/").status_code == 200
    assert carol.post(f"{QUEUE}{kept.pk}/answer/", {"text": "  "}).status_code == 200
    carol.post(f"{QUEUE}{kept.pk}/answer/", {"text": "It is size 54."})
    carol.post(f"{QUEUE}{kept.pk}/answer/", {"text": "It is size 54."})
    (answer,) = mails("mail_answered")
    assert "It is size 54." in answer.payload["text"]
    kept.refresh_from_db()
    assert kept.state == MailState.DONE


def test_staff_open_what_the_mail_means(carol):
    kept = arrives("Privacy Inquiry")
    carol.post(f"{QUEUE}{kept.pk}/open-request/", {"kind": "erasure"})
    request = DataRequest.objects.get()
    assert (request.kind, request.state, request.received_at) == ("erasure", "received", kept.received_at)


def test_others_of_the_staff_do_not_read_it(carol):
    kept = arrives()
    dave = someone("dave", is_staff=True)
    dave.user.groups.add(Group.objects.get(name="catalogue"))
    client = Client()
    client.force_login(dave.user)
    assert [client.get(f"{QUEUE}{rest}").status_code for rest in ("", f"{kept.pk}/change/", f"{kept.pk}/answer/")] == [
        403
    ] * 3
    kept.refresh_from_db()
    assert kept.state == MailState.WAITING


def test_thirty_mails_take_no_more_queries_than_one(carol):
    copied, counts = arrives(), []
    for many in (1, 30):
        for number in range(InboundMail.objects.count(), many):
            copied.pk, copied.reference, copied.digest = None, f"IN-2222-{number:04}", f"{number:064}"
            copied.save(force_insert=True)
        carol.get(QUEUE)
        with CaptureQueriesContext(connection) as queries:
            carol.get(QUEUE)
        counts.append(len(queries))
    assert counts[0] == counts[1]
