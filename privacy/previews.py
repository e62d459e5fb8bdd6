"""Every mail about somebody's rights, about the policy and about mail to us, shown on an invented person."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any, Final

from django.conf import settings

from privacy.consent import notices
from privacy.consent.models import ConsentNotice
from privacy.messages import announcements, breach, handover, newsletter, outbox
from privacy.messages.announcement_models import Announcement
from privacy.messages.previews import BY, shows
from privacy.register.documents import Document, Section
from privacy.register.models import PolicyVersion
from privacy.register.synthetic import Sketch
from privacy.rights import (
    children_emails,
    conversation_emails,
    deadlines,
    emails,
    escalation,
    escalation_emails,
    incident_emails,
    intake_emails,
    mailroom_emails,
    restriction_emails,
    transfer,
)
from privacy.rights.child_models import ParentalConsent
from privacy.rights.grounds import Ground
from privacy.rights.incident_models import Incident
from privacy.rights.models import Channel, DataRequest, Kind, LegalHold, Restriction, State

REASON: Final = "Three processors have to look for you in their archives."


def _asked(sketch: Sketch, kind: str = Kind.ACCESS, **facts: Any) -> DataRequest:
    """The invented request, waiting for its answer."""
    request: DataRequest = sketch.rows["privacy.DataRequest"]
    request.kind, request.contact, request.channel = kind, sketch.who.email, Channel.ACCOUNT
    request.derivation = deadlines.of(kind, residence="", received_at=request.received_at).derivation
    for name, value in facts.items():
        setattr(request, name, value)
    return request


@shows(emails.REQUEST_RECEIVED)
def request_received(sketch: Sketch, at: datetime) -> None:
    emails.request_received(_asked(sketch, channel=Channel.FORM), by=BY, at=at)


@shows(intake_emails.REQUEST_FACTS)
def request_facts(sketch: Sketch, at: datetime) -> None:
    intake_emails.request_facts(_asked(sketch, channel=Channel.FORM), by=BY, at=at)


@shows(intake_emails.AGENT_ASKS)
def agent_asks(sketch: Sketch, at: datetime) -> None:
    asked = _asked(sketch, Kind.ERASURE, channel=Channel.AGENT)
    intake_emails.agent_asks(asked, sketch.rows["privacy.Agent"], by=BY, at=at)


@shows(intake_emails.AGENT_RECEIVED)
def agent_received(sketch: Sketch, at: datetime) -> None:
    asked = _asked(sketch, Kind.ERASURE, channel=Channel.AGENT, state="received")
    intake_emails.agent_received(asked, sketch.rows["privacy.Agent"], by=BY, at=at)


@shows(emails.REQUEST_VERIFIED)
def request_verified(sketch: Sketch, at: datetime) -> None:
    emails.request_verified(_asked(sketch, Kind.ERASURE), by=BY, at=at)


@shows(emails.REQUEST_EXTENDED)
def request_extended(sketch: Sketch, at: datetime) -> None:
    emails.request_extended(_asked(sketch, extension_reason=REASON), by=BY, at=at)


@shows(emails.REQUEST_REFUSED)
def request_refused(sketch: Sketch, at: datetime) -> None:
    said = {"refusal_ground": Ground.NOT_SHOWN, "refusal_reason": "The order you named is not one of ours."}
    emails.request_refused(_asked(sketch, **said), by=BY, at=at)


@shows(emails.REQUEST_COMPLETED)
def request_completed(sketch: Sketch, at: datetime) -> None:
    emails.request_completed(_asked(sketch, Kind.COMPLAINT, answer="We looked into it."), by=BY, at=at)


@shows(emails.REQUEST_WITHDRAWN)
def request_withdrawn(sketch: Sketch, at: datetime) -> None:
    emails.request_withdrawn(_asked(sketch, Kind.ERASURE), by=BY, at=at)


@shows(emails.COPY_READY)
def copy_ready(sketch: Sketch, at: datetime) -> None:
    emails.copy_ready(_asked(sketch), by=BY, at=at)


@shows(emails.TRANSFER_DONE)
def transfer_done(sketch: Sketch, at: datetime) -> None:
    asked = _asked(sketch)
    emails.transfer_done(asked, to=asked.contact, host="other.example", outcome=transfer.GIVEN, by=BY, at=at)


@shows(emails.TRANSFER_FAILED)
def transfer_failed(sketch: Sketch, at: datetime) -> None:
    asked = _asked(sketch)
    emails.transfer_failed(asked, to=asked.contact, host="other.example", outcome=transfer.GONE, by=BY, at=at)


@shows(emails.IDENTITY_CODE)
def identity_code(sketch: Sketch, at: datetime) -> None:
    who, ends = sketch.rows["privacy.Subject"], at + timedelta(minutes=10)
    emails.identity_code(who, to=sketch.who.email, code="482 915", expires_at=ends, by=BY, at=at)


@shows(emails.ERASURE_APPROVED)
def erasure_approved(sketch: Sketch, at: datetime) -> None:
    asked = _asked(sketch, Kind.ERASURE, approved_at=at, execute_after=at + timedelta(hours=72))
    emails.erasure_approved(asked, by=BY, at=at)


@shows(emails.ERASURE_WAITS)
def erasure_waits(sketch: Sketch, at: datetime) -> None:
    """For an order on its way; the invented legal hold, which keeps everything, is over."""
    person, order = sketch.rows["privacy.Subject"], sketch.rows["orders.Order"]
    LegalHold.objects.filter(subject=person).update(released_at=at, released_by=BY)
    type(order).objects.filter(pk=order.pk).update(state="shipped")
    emails.erasure_waits(_asked(sketch, Kind.ERASURE, state=State.PARTLY_DONE), by=BY, at=at)


@shows(emails.ERASED)
def erased(sketch: Sketch, at: datetime) -> None:
    emails.erased(_asked(sketch, Kind.ERASURE), sketch.rows["privacy.Certificate"], by=BY, at=at)


@shows(conversation_emails.MESSAGE_FROM_US)
def message_from_us(sketch: Sketch, at: datetime) -> None:
    conversation_emails.message_from_us(_asked(sketch), by=BY, at=at)


@shows(conversation_emails.MESSAGE_FROM_THEM)
def message_from_them(sketch: Sketch, at: datetime) -> None:
    conversation_emails.tell_desk(_asked(sketch), [sketch.rows["accounts.User"]], by=BY, at=at)


@shows(escalation_emails.REQUESTS_DUE)
def requests_due(sketch: Sketch, at: datetime) -> None:
    colleague = sketch.rows["accounts.User"]
    escalation_emails.requests_due(colleague, [escalation.Reminder(_asked(sketch), 80)], by=BY, at=at)


@shows(incident_emails.INCIDENT_DUE)
def incident_due(sketch: Sketch, at: datetime) -> None:
    leak = Incident(
        pk=1, reference="INC-7F3K-92QD", due_at=at + timedelta(hours=23, minutes=30), alarm=Incident.Alarm.ONE_DAY
    )
    incident_emails.incident_due(sketch.rows["accounts.User"], leak, by=BY, at=at)


@shows(announcements.POLICY_CHANGED)
def policy_changed(sketch: Sketch, at: datetime) -> None:
    """Of a version that nobody published."""
    chapter = Section("hold", "What we hold, why and how long", "<p>We keep orders for 8 years.</p>")
    version = PolicyVersion.objects.create(
        profile="preview", number=1, effective_on=date(at.year + 1, 1, 1), is_material=True,
        summary="We keep orders for eight years instead of seven, because tax law asks for it.",
        sections=[each.as_json() for each in Document((chapter,), {}).sections], facts={}, text="", digest="", published_at=at,
    )  # fmt: skip
    _announce(Announcement(occasion="policy", version=version), sketch, at)


@shows(announcements.BREACH)
def breach_told(sketch: Sketch, at: datetime) -> None:
    said = {
        "happened": "On 1 November a copy of our list of orders was read by somebody who may not read it.",
        "consequences": "Somebody may write to you and pretend to be us.",
        "measures": "The way in is closed, and the authority was told.",
        "advice": "Believe no mail that asks for money or passwords.",
    }
    assert said.keys() == breach.WORDS.keys()
    told = Announcement(occasion="breach", words=said, scope={"data": ["Orders: e-mail, recipient"]})
    _announce(told, sketch, at)


@shows(announcements.NEW_OWNER)
def new_owner(sketch: Sketch, at: datetime) -> None:
    said = {
        "owner": "Aurum House LLC",
        "happens": "On 1 January Aurum House LLC takes over the shop and everybody who works in it.",
        "data": "Accounts, orders of the last seven years, and open requests.",
        "choice": "Object, take a copy, or have everything erased until then.",
    }
    assert said.keys() == handover.WORDS.keys()
    version = PolicyVersion(profile="preview", number=3, effective_on=date(at.year, 1, 1), published_at=at)
    _announce(Announcement(occasion="owner", words=said, version=version), sketch, at)


def _announce(told: Announcement, sketch: Sketch, at: datetime) -> None:
    kind, context = announcements.letter(told)
    to = sketch.who.email
    outbox.post(kind, to=to, subject=sketch.rows["privacy.Subject"], context=context, reference="AN-…", by=BY, at=at)


@shows(newsletter.CONFIRM)
def newsletter_confirm(sketch: Sketch, at: datetime) -> None:
    newsletter.ask("grace@invented.example", at=at)


# Answers to mail


def _mail(sketch: Sketch, **facts: Any) -> Any:
    mail = sketch.rows["privacy.InboundMail"]
    for name, value in facts.items():
        setattr(mail, name, value)
    return mail


@shows(mailroom_emails.MAIL_WAITS)
def mail_waits(sketch: Sketch, at: datetime) -> None:
    mailroom_emails.mail_waits(_mail(sketch), by=BY, at=at)


@shows(mailroom_emails.MAIL_STOPPED)
def mail_stopped(sketch: Sketch, at: datetime) -> None:
    mailroom_emails.mail_stopped(_mail(sketch, route="unsubscribe"), by=BY, at=at)


@shows(mailroom_emails.MAIL_TOO_LARGE)
def mail_too_large(sketch: Sketch, at: datetime) -> None:
    mailroom_emails.mail_too_large(_mail(sketch, size_bytes=31_000_000), by=BY, at=at)


@shows(mailroom_emails.CARD_IN_MAIL)
def card_in_mail(sketch: Sketch, at: datetime) -> None:
    mailroom_emails.card_in_mail(_mail(sketch), by=BY, at=at)


@shows(mailroom_emails.MAIL_ANSWERED)
def mail_answered(sketch: Sketch, at: datetime) -> None:
    mailroom_emails.mail_answered(_mail(sketch), text="Size 54 is 17.2 mm across inside.", by=BY, at=at)


def _parents_word(sketch: Sketch) -> ParentalConsent:
    """The invented parent's word, for the invented customer."""
    notice = ConsentNotice(text=notices.text("parent"))
    return ParentalConsent(parent=sketch.rows["privacy.Subject"], contact=sketch.who.email, notice=notice)


@shows(children_emails.PARENT_ASKED)
def parent_asked(sketch: Sketch, at: datetime) -> None:
    children_emails.parent_asked(
        _parents_word(sketch), url=f"{settings.LOUPE_PUBLIC_URL}/privacy/parent/", by=BY, at=at
    )


@shows(children_emails.PARENT_TOLD)
def parent_told(sketch: Sketch, at: datetime) -> None:
    children_emails.parent_told(sketch.who.email, reference="DSR-7F3K-92QD", by=BY, at=at)


@shows(children_emails.PARENT_AGREED)
def parent_agreed(sketch: Sketch, at: datetime) -> None:
    children_emails.parent_agreed(
        _parents_word(sketch), url=f"{settings.LOUPE_PUBLIC_URL}/privacy/parent/", by=BY, at=at
    )


def _kept_aside(sketch: Sketch, at: datetime) -> Restriction:
    """The invented restriction, which ends in a week."""
    found: Restriction = sketch.rows["privacy.Restriction"]
    found.announced_at, found.ends_at = at, at + timedelta(days=7)
    found.reason = "We looked into what you disputed, and corrected it."
    return found


@shows(restriction_emails.RESTRICTION_ENDS)
def restriction_ends(sketch: Sketch, at: datetime) -> None:
    restriction_emails.restriction_ends(_kept_aside(sketch, at), to=sketch.who.email, by=BY, at=at)


@shows(restriction_emails.RESTRICTION_ENDED)
def restriction_ended(sketch: Sketch, at: datetime) -> None:
    restriction_emails.restriction_ended(_kept_aside(sketch, at), to=sketch.who.email, by=BY, at=at)
