"""What invented requests and mails look like: kept, answered, sent."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

from privacy.consent import notices
from privacy.ground import digests
from privacy.register import invented
from privacy.register.synthetic import Left, Sketch, hint


@hint("privacy.Subject")
def subject(row: Any, sketch: Sketch) -> None:
    row.residence, row.restricted_at, row.erased_at = f"US-{sketch.who.chance.choice(('NY', 'CA', 'OR'))}", None, None
    row.restricted_for = []
    row.age_band, row.age_stated_at = "adult", row.created_at


@hint("privacy.SubjectLink")
def subject_link(row: Any, sketch: Sketch) -> None:
    raise Left  # it joins two records; an invented customer has one


@hint("privacy.Identifier")
def identifier(row: Any, sketch: Sketch) -> None:
    found = digests.of("email", sketch.who.email)
    row.kind, row.digest, row.key_version = "email", found.value, found.version
    row.proven_at = row.created_at


@hint("privacy.NewsletterSignup")
def signup(row: Any, sketch: Sketch) -> None:
    row.email, row.state, row.network = sketch.who.email, "confirmed", "203.0.113.0/24"
    row.topic, row.surface = "offers", "checkout"
    row.confirmed_at = row.asked_at + timedelta(hours=1)


@hint("privacy.MailchimpMember")
def contact(row: Any, sketch: Sketch) -> None:
    row.email, row.state, row.refused_because = sketch.who.email, "subscribed", ""


@hint("privacy.Suppression")
def suppression(row: Any, sketch: Sketch) -> None:
    """They left the newsletter long ago."""
    found = digests.of("email", sketch.who.email)
    row.channel, row.reason, row.lifted_at = "email", "unsubscribed", None
    row.digest, row.key_version = found.value, found.version


@hint("privacy.Preference")
def preference(row: Any, sketch: Sketch) -> None:
    """Every mail, in English, and none so far."""
    row.frequency, row.language, row.currency = "all", "en", "USD"
    row.last_news_id = row.last_news_at = None


@hint("privacy.Announcement")
def announcement(row: Any, sketch: Sketch) -> None:
    """Of a breach that was told of and is over."""
    row.reference, row.occasion, row.state, row.version_id = (
        invented.reference(sketch.who.chance, "AN"),
        "breach",
        "done",
        None,
    )
    row.begun_at = row.finished_at = row.created_at


@hint("privacy.AnnouncementDelivery")
def delivery(row: Any, sketch: Sketch) -> None:
    found = digests.of("email", sketch.who.email)
    row.digest, row.key_version = found.value, found.version
    row.state, row.posted_at, row.mail_id = "waiting", None, None


@hint("privacy.PrintList")
def print_list(row: Any, sketch: Sketch) -> None:
    """Filled, and not taken out."""
    row.reference, row.kind, row.about = invented.reference(sketch.who.chance, "PL"), "privacy.newsletter_offers", ""
    row.state, row.size, row.taken_at, row.printer, row.times_taken = "full", 1, None, "", 0


@hint("privacy.ListedLetter")
def listed_letter(row: Any, sketch: Sketch) -> None:
    who = sketch.who
    row.address = [who.name, who.street, f"{who.city} {who.postal_code}"]
    row.content = {"title": "The winter letter", "text": f"For {who.name}"}


@hint("privacy.PartnerList")
def partner_list(row: Any, sketch: Sketch) -> None:
    """Made, and not taken out."""
    row.reference, row.partner, row.kind, row.size = (
        invented.reference(sketch.who.chance, "PT"),
        "partner:invented",
        "agreed",
        1,
    )
    row.made_at, row.ends_at = sketch.at, sketch.at + timedelta(days=14)
    row.taken_at, row.times_taken = None, 0


@hint("privacy.PartnerListed")
def partner_listed(row: Any, sketch: Sketch) -> None:
    row.email = sketch.who.email


@hint("privacy.Demand")
def demand(row: Any, sketch: Sketch) -> None:
    """An authority's, not answered yet."""
    row.reference, row.state = invented.reference(sketch.who.chance, "DEM"), "received"
    row.ground, row.scope, row.is_secret = "law", ["orders.Order"], False
    row.entered_by, row.approved_at, row.approved_by = "staff:1", None, ""
    row.handed_over_at, row.refused_at, row.refusal_reason, row.hold_id = None, None, "", None


@hint("privacy.Incident")
def incident(row: Any, sketch: Sketch) -> None:
    """Still looked into; nobody has to be told."""
    row.reference, row.state, row.opened_at = invented.reference(sketch.who.chance, "INC"), "open", row.noticed_at
    row.due_at, row.contained_at, row.closed_at = row.noticed_at + timedelta(hours=72), None, None
    row.scope = {"targets": [], "processor": "", "start": "", "end": ""}
    row.risk, row.risk_reason, row.spared, row.spared_reason, row.lessons = "none", "No one saw it", "", "", ""


@hint("privacy.SoftOptIn")
def soft_opt_in(row: Any, sketch: Sketch) -> None:
    """Shown at an order that was paid at once."""
    row.reference, row.sold_at = invented.reference(sketch.who.chance, "LP"), row.shown_at
    row.notice = notices.current("checkout_similar")


@hint("privacy.Message")
def message(row: Any, sketch: Sketch) -> None:
    row.kind, row.state, row.payload, row.sent_at = "orders.order_confirmed", "sent", None, row.created_at
    row.stopped_because = ""


@hint("privacy.InboundMail")
def mail_to_us(row: Any, sketch: Sketch) -> None:
    """A question that was answered."""
    row.reference, row.route, row.via, row.state = (
        invented.reference(sketch.who.chance, "IN"),
        "ordinary",
        "imap",
        "done",
    )
    row.digest, row.envelope = (invented.hexadecimal(sketch.who.chance, 64) for _ in range(2))
    row.sender, row.because, row.about = sketch.who.email, "", ""
    row.letter = {"subject": "Ring size", "text": "Which size is yours?", "message_id": "", "enclosed": []}
    row.due_at = row.received_at + timedelta(days=30)
    row.handled_at, row.handled_by = row.received_at, "system:invented"


@hint("privacy.AuditEvent")
def audit_event(row: Any, sketch: Sketch) -> None:
    row.event, row.object_ref, row.actor, row.note = "order.delivered", "", "system:invented", ""


@hint("privacy.Disclosure")
def disclosure(row: Any, sketch: Sketch) -> None:
    row.processor, row.keys, row.purpose, row.host = "mail", ["to", "title", "text", "html"], "order", "mail.example"
    row.reference, row.actor = "", "system:invented"


@hint("privacy.DataRequest")
def request(row: Any, sketch: Sketch) -> None:
    """A copy that was asked for and answered."""
    row.reference, row.kind, row.state = invented.reference(sketch.who.chance, "DSR"), "access", "completed"
    row.language, row.contact = "en", None
    row.derivation = [
        {"clock": clock, "rule": "GDPR Art. 12(3)", "words": "30 days from receipt", "governs": True}
        for clock in ("first reply", "completion")
    ]
    row.verified_at = row.first_replied_at = row.completed_at = row.received_at
    row.first_reply_due_at = row.due_at = row.received_at + timedelta(days=30)
    row.wishes = row.answer = row.against = row.entered_at = None
    row.assigned_to, row.escalated, row.refusal_ground = "", 0, ""
    row.approved_by = row.refused_by = row.refusal_reason = row.extended_by = row.extension_reason = ""
    row.extended_at = None


@hint("privacy.ChildCase")
def case(row: Any, sketch: Sketch) -> None:
    """They reported somebody who turned out to be of age."""
    row.finding, row.how, row.verified_by, row.erasures = "older", "", "staff:1", []
    row.deleted_at = row.parent = row.told_at = None


@hint("privacy.CollectionStop")
def stop(row: Any, sketch: Sketch) -> None:
    found = digests.of("email", sketch.who.email)
    row.kind, row.digest, row.key_version = "email", found.value, found.version


@hint("privacy.ParentalConsent")
def parents_word(row: Any, sketch: Sketch) -> None:
    raise Left  # it joins two people, and an invented customer is grown up


@hint("privacy.RequestMessage")
def message_about_a_request(row: Any, sketch: Sketch) -> None:
    """They asked something, and it was read."""
    row.request, row.is_from_staff = sketch.rows["privacy.DataRequest"], False
    row.written_by, row.text = f"customer:{row.request.subject_id}", "Does this include my old orders?"
    row.read_at = row.sent_at


@hint("privacy.Attachment")
def enclosed(row: Any, sketch: Sketch) -> None:
    """A permission on paper."""
    row.kind, row.content_type, row.size_bytes, row.discarded_at = "permission", "application/pdf", 20_000, None
    row.title, row.file = "permission.pdf", f"{invented.hexadecimal(sketch.who.chance, 32)}.sealed"


@hint("privacy.Agent")
def agent(row: Any, sketch: Sketch) -> None:
    row.name, row.email = "Ada Attorney", "ada@attorney.example"


@hint("privacy.IdentityCheck")
def identity_check(row: Any, sketch: Sketch) -> None:
    row.method, row.passed = "link_clicked", True


@hint("privacy.Restriction")
def restriction(row: Any, sketch: Sketch) -> None:
    """One whose end was announced."""
    row.reference, row.ground, row.contact = invented.reference(sketch.who.chance, "DSR"), "asked", sketch.who.email
    row.announced_at, row.announced_by, row.reason = row.since, "system:invented", "We looked into it."
    row.ends_at, row.lifted_at, row.lifted_by = row.since + timedelta(days=7), None, ""


@hint("privacy.ErasureStep")
def step(row: Any, sketch: Sketch) -> None:
    raise Left  # the invented request asks for a copy


@hint("privacy.ExportPackage")
def package(row: Any, sketch: Sketch) -> None:
    row.file_name = f"{invented.hexadecimal(sketch.who.chance, 32)}.sealed"
    row.size_bytes, row.starts, row.removed_at = 10_000, 1, row.built_at + timedelta(hours=72)
    row.expires_at = row.built_at + timedelta(hours=72)


@hint("privacy.Certificate")
def certificate(row: Any, sketch: Sketch) -> None:
    chance = sketch.who.chance
    row.reference, row.request_reference = (invented.reference(chance, prefix) for prefix in ("CE", "DSR"))
    row.canonical, row.signature, row.key_id = json.dumps({"invented": True}), invented.hexadecimal(chance, 128), "none"


@hint("privacy.ResidueSweep")
def sweep(row: Any, sketch: Sketch) -> None:
    """A sweep that found nothing and read everything."""
    row.finished_at = row.started_at + timedelta(minutes=4)
    row.coverage, row.findings = {"unread": []}, []


@hint("privacy.ConsentRecord")
def consent_record(row: Any, sketch: Sketch) -> None:
    """A yes to showing a photo of theirs, given in the preferences."""
    row.receipt, row.visitor_id = UUID(invented.hexadecimal(sketch.who.chance, 32)), None
    row.matter, row.channel, row.decision, row.surface = "use_photo", "", "granted", "preferences"
    row.about, row.reason, row.locale = f"photo:{invented.hexadecimal(sketch.who.chance, 12)}", "", "en"
    row.network, row.actor = "203.0.113.0/24", f"customer:{row.subject_id}"
    row.notice = notices.current("use_photo")


@hint("privacy.ConsentState")
def consent_state(row: Any, sketch: Sketch) -> None:
    """What follows from it."""
    record = sketch.rows["privacy.ConsentRecord"]
    row.matter, row.channel, row.about, row.is_granted = record.matter, record.channel, record.about, True
    row.decided_at = record.at


@hint("privacy.VisitorLink")
def visitor_link(row: Any, sketch: Sketch) -> None:
    row.since = None
