"""Staff enter calls and letters with the moment at which they came, and open what was enclosed for a reason."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from privacy.models import Attachment
from privacy.register import subjects
from privacy.rights import agents, attachments, looks
from privacy.rights.clock import of_the_shop
from privacy.rights.models import DataRequest, State
from privacy.tests.people import asks, at_the_desk, mails

pytestmark = pytest.mark.django_db
ENTER = "/admin/privacy/datarequest/enter/"
PDF = b"%PDF-1.7 I, Alice"
WHY = {"reason": "To compare the signature"}


@pytest.fixture(autouse=True)
def home(settings, tmp_path):
    settings.LOUPE_HOME = tmp_path


@pytest.fixture
def carol():
    return at_the_desk()


@pytest.fixture
def enclosed(alice):
    return attachments.add(
        asks(alice, at=timezone.now()), ContentFile(PDF, name="alice.pdf"), by=alice.user, at=timezone.now()
    )


def typed(*, ago=timedelta(days=3), **more):
    moment = (timezone.now() - ago).replace(second=0, microsecond=0)
    shown = of_the_shop().local(moment)
    return {
        "channel": "phone",
        "received_at_0": f"{shown:%Y-%m-%d}",
        "received_at_1": f"{shown:%H:%M:%S}",
        "email": "gwen@example.com",
        **more,
    }, moment


def test_a_call_is_entered_with_the_moment_at_which_it_came(carol):
    first = carol.get(ENTER).content.decode()
    assert ('href="?kind=correction"' in first, 'href="?kind=deactivation"' in first) == (True, False)
    assert carol.get(f"{ENTER}?kind=correction").status_code == 200
    what, moment = typed(field="name", value="Gwen Garnet", text="", purpose="marketing")
    answer = carol.post(f"{ENTER}?kind=correction", what)
    request = DataRequest.objects.get()
    assert answer["Location"] == f"/admin/privacy/datarequest/{request.pk}/change/"
    assert (request.channel, request.kind, request.received_at, request.state) == (
        "phone", "correction", moment, State.RECEIVED,
    )  # fmt: skip
    assert request.wishes == {"field": "name", "value": "Gwen Garnet"}, "only what the kind asks"
    assert [mail.payload["to"] for mail in mails("request_received")] == ["gwen@example.com"]


def test_what_cannot_be_is_told_beside_the_field_and_nothing_is_kept(carol):
    every = {
        "It cannot have arrived in the future.": {"ago": timedelta(days=-1)},
        "It arrived more than 90 days ago.": {"ago": timedelta(days=91)},
        "Enter a valid email address.": {"email": "nobody"},
        "form is not one of the available choices.": {"channel": "form"},
        "Enter a valid date.": {"received_at_0": "yesterday"},
    }
    for said, change in every.items():
        what, _ = typed(**change)
        answer = carol.post(f"{ENTER}?kind=access", what)
        assert (answer.status_code, said in answer.content.decode()) == (200, True), said
    assert (DataRequest.objects.count(), mails()) == (0, [])


def test_other_desks_enter_nothing_and_open_nothing(enclosed):
    what, _ = typed()
    pages = [
        f"{ENTER}?kind=access",
        *(f"/admin/privacy/attachment/{enclosed.pk}/{each}/" for each in ("open", "discard")),
    ]
    for role in ("auditor", "order desk"):
        other = at_the_desk(role, name=role.partition(" ")[0])
        assert [other.post(page, {**what, **WHY}).status_code for page in pages] == [403, 403, 403]
    enclosed.refresh_from_db()
    assert (DataRequest.objects.count(), enclosed.is_there) == (1, True)


def test_a_file_is_opened_for_a_reason_as_a_download_and_its_person_reads_that(carol, alice, enclosed):
    page = f"/admin/privacy/attachment/{enclosed.pk}/"
    shown = carol.get(f"{page}change/").content.decode()
    assert ("alice" in shown.lower(), enclosed.request.reference in shown) == (False, True)
    assert carol.post(f"{page}open/", {"reason": " "}).status_code == 200
    assert looks.of(subjects.family(alice.subject)) == []
    answer = carol.post(f"{page}open/", WHY)
    assert (b"".join(answer.streaming_content), answer["Content-Type"]) == (PDF, "application/pdf")
    assert answer["Content-Disposition"] == f'attachment; filename="{enclosed.request.reference}.pdf"'
    assert [look.why for look in looks.of(subjects.family(alice.subject))] == [WHY["reason"]]


def test_the_request_leads_to_its_file_and_says_who_asked_without_a_name(carol, enclosed):
    mandate = agents.Mandate("Ada Attorney", "ada@attorney.example", ContentFile(PDF, name="ada.pdf"))
    through = agents.ask("erasure", address="gwen@example.com", mandate=mandate, at=timezone.now())
    pages = [
        carol.get(f"/admin/privacy/datarequest/{each.pk}/change/").content.decode()
        for each in (enclosed.request, through)
    ]
    files = [enclosed, through.attachments.get()]
    assert [
        f"/admin/privacy/attachment/{file.pk}/change/" in page for file, page in zip(files, pages, strict=True)
    ] == [True, True]
    assert ["an agent" in page for page in pages] == [False, True]
    assert [word for word in ("Ada", "gwen") if word in pages[1]] == []


def test_an_identity_card_is_put_away(carol, enclosed, django_capture_on_commit_callbacks):
    page = f"/admin/privacy/attachment/{enclosed.pk}/"
    with django_capture_on_commit_callbacks(execute=True):
        carol.post(f"{page}discard/", {"reason": "A copy of an identity card"})
    assert (Attachment.objects.get().is_there, list(attachments.folder().iterdir())) == (False, [])
    assert carol.post(f"{page}open/", WHY).status_code == 410
    assert b"not there any more" in carol.post(f"{page}open/", WHY).content
