"""A row of every kind that has a clock, as old as one likes: the clock of each starts at the moment given."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from allauth.account.models import EmailAddress, EmailConfirmation
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType

from accounts.models import ApiToken, Clearance, Session, User
from orders.models import (
    Bag,
    Order,
    OrderLine,
    Paper,
    Payment,
    PaymentEvent,
    Refund,
    Return,
    ReturnLine,
    Share,
    Shipment,
    SoldCertificate,
    WebhookEvent,
)
from privacy.consent import ledger, notices
from privacy.consent.vocabulary import Matter, Surface
from privacy.ground import references
from privacy.models import (
    Announcement,
    AnnouncementDelivery,
    AuditEvent,
    Certificate,
    CollectionStop,
    ConsentRecord,
    Demand,
    Disclosure,
    IdentityCode,
    InboundMail,
    Incident,
    ListedLetter,
    Message,
    MisusedAccount,
    NewsletterSignup,
    PartnerList,
    PartnerListed,
    PrintList,
    RequestMessage,
    SoftOptIn,
    Subject,
    Tombstone,
    VisitorLink,
)
from privacy.proof.models import Countersignature, ResidueSweep, SealedNeedles
from privacy.rights.models import DataRequest, ErasureStep, ExportPackage, LegalHold, Restriction
from shop.models import Activity, Category, Product, Review, ReviewPhoto

DAY = timedelta(days=1)
_number = itertools.count(1)


def order(at: datetime, *, subject: Subject | None = None, **changes: Any) -> Order:
    """A delivered order, finished *at*, with everything that can hang on one."""
    number = next(_number)
    made = Order.objects.create(
        **{
            "reference": references.new("LP"),
            "bag_id": uuid4(),
            "subject": subject or Subject.objects.create(created_at=at - DAY),
            "state": Order.State.DELIVERED,
            "email": "gwen@example.com",
            "full_name": "Gwen Garnet",
            "phone": "+12125550188",
            "texts_asked_at": at,
            "gift_message": "For Ida",
            "country": "US",
            "region": "NY",
            "currency": "USD",
            "subtotal_minor": 1000,
            "shipping_minor": 0,
            "shipping_method": "insured",
            "tax_minor": 89,
            "tax_rate": "8.875",
            "is_tax_included": False,
            "total_minor": 1089,
            "invoice_number": f"INV-{number:06}",
            "placed_at": at - 9 * DAY,
            "paid_at": at - 9 * DAY,
            "completed_at": at,
        }
        | changes
    )
    line = OrderLine.objects.create(
        order=made, position=1, kind="v", item_id=number, title="Necklace", sku="N", quantity=1, unit_minor=1000,
        tax_minor=89, total_minor=1089, engraving="Ida",
    )  # fmt: skip
    payment = Payment.objects.create(
        order=made, reference=references.new("PA"), idempotency_key=str(uuid4()), gateway_session_id=str(uuid4()),
        gateway_payment_id=str(uuid4()), amount_minor=1089, currency="USD", state="captured", session_expires_at=at,
        next_check_at=at, created_at=at - 9 * DAY,
    )  # fmt: skip
    PaymentEvent.objects.create(payment=payment, kind="captured", gateway_id=str(uuid4()), amount_minor=1089, at=at)
    refund = Refund.objects.create(
        payment=payment,
        reference=references.new("RF"),
        amount_minor=5,
        state="requested",
        requested_at=at,
        next_try_at=at,
    )
    sent_back = Return.objects.create(
        reference=references.new("RT"), order=made, state="refunded", right="shop", refund=refund,
        requested_at=at, decided_at=at, received_at=at, closed_at=at,
    )  # fmt: skip
    ReturnLine.objects.create(parent=sent_back, line=line, quantity=1)
    Shipment.objects.create(
        order=made, carrier="ups", tracking_number="1Z999", shipped_at=at - 5 * DAY, delivered_at=at
    )
    return made


def certificate_of_a_stone(at: datetime) -> SoldCertificate:
    line = order(at).lines.get()
    return SoldCertificate.objects.create(
        line=line, lab="GIA", number="2141438171", key_version=1, digest="ab", sold_at=at
    )


def paper(at: datetime) -> Paper:
    return Paper.objects.create(
        order=order(at), kind="appraisal", title="Worth", file=f"{uuid4().hex}.sealed",
        content_type="application/pdf", size_bytes=1, added_at=at,
    )  # fmt: skip


def customer(at: datetime) -> User:
    return User.objects.create_user(f"person{next(_number)}@example.com", at=at)


def bag(at: datetime) -> Bag:
    return Bag.objects.create(pk=uuid4(), words={"full_name": "Gwen"}, created_at=at, touched_at=at)


def webhook(at: datetime) -> WebhookEvent:
    return WebhookEvent.objects.create(event_id=str(uuid4()), kind="charge.refunded", received_at=at, handled_at=at)


def key_to_the_api(at: datetime) -> ApiToken:
    row, _ = ApiToken.objects.create(user=customer(at), name="till")
    ApiToken.objects.filter(pk=row.pk).update(created=at, expiry=at + 90 * DAY)
    return row


def session(at: datetime) -> Session:
    return Session.objects.create(session_key=uuid4().hex, session_data="", expire_date=at)


def confirmation(at: datetime) -> EmailConfirmation:
    address = EmailAddress.objects.create(user=customer(at), email=f"new{next(_number)}@example.com")
    return EmailConfirmation.objects.create(email_address=address, created=at, key=uuid4().hex)


def log_entry(at: datetime) -> LogEntry:
    kind = ContentType.objects.get_for_model(User)
    return LogEntry.objects.create(
        user=customer(at), content_type=kind, object_id="1", object_repr="x", action_flag=CHANGE, action_time=at
    )


def clearance(at: datetime) -> Clearance:
    return Clearance.objects.create(user=customer(at), kind=Clearance.Kind.RULES, digest="ab", given_at=at)


def share(at: datetime) -> Share:
    """Its link ended."""
    begun = {"asked_at": at - 30 * DAY, "ends_at": at}
    return Share.objects.create(reference=references.new("SH"), order=order(at), recipient="appraiser:a", **begun)


def activity(at: datetime) -> Activity:
    return Activity.objects.create(kind="viewed", object_ref="product/solitaire", at=at)


def review(at: datetime) -> Review:
    """One with its photo, on a piece of its own."""
    number = next(_number)
    shelf = Category.objects.create(slug=f"shelf-{number}", name="Shelf")
    product = Product.objects.create(
        slug=f"piece-{number}", sku=f"R{number}", name="Alba", category=shelf, archetype="solitaire-ring", blurb="A ring.",
        description="A ring.", created_at=at,
    )  # fmt: skip
    made = Review.objects.create(
        reference=references.new("RV"), product=product, subject=Subject.objects.create(created_at=at), rating=4,
        title="It sits well", text="Light, and it holds.", language="en", written_at=at, changed_at=at,
    )  # fmt: skip
    ReviewPhoto.objects.create(
        reference=references.new("PH"), review=made, file=f"{uuid4().hex}.sealed", width=1, height=1, added_at=at
    )
    return made


def message(at: datetime) -> Message:
    return Message.objects.create(
        kind="accounts.account_unused", state="sent", sent_at=at, next_attempt_at=at, created_at=at
    )


def letter_to_be_printed(at: datetime) -> ListedLetter:
    """On a list that nobody has taken out."""
    made = PrintList.objects.create(reference=references.new("PL"), kind="tests.letter", opened_at=at, state="full")
    return ListedLetter.objects.create(print_list=made, address=["Ida"], content={"title": "", "text": ""}, put_at=at)


def on_a_partners_list(at: datetime) -> PartnerListed:
    person = Subject.objects.create(created_at=at - DAY)
    made = PartnerList.objects.create(reference=references.new("PT"), partner="partner:a", made_at=at, ends_at=at)
    return PartnerListed.objects.create(partner_list=made, subject=person, email="", put_at=at)


def announced(at: datetime) -> AnnouncementDelivery:
    """A line of the ledger of a breach that was told of."""
    made = Announcement.objects.create(reference=references.new("AN"), occasion="breach", created_at=at)
    person = Subject.objects.create(created_at=at - DAY)
    return AnnouncementDelivery.objects.create(
        announcement=made, subject=person, key_version=1, digest="ab", created_at=at
    )


def answered_demand(at: datetime) -> Demand:
    """An authority's demand that was answered."""
    return Demand.objects.create(
        reference=references.new("DEM"),
        subject=Subject.objects.create(created_at=at - DAY),
        state="handed_over",
        authority="District Court",
        ground="law",
        order="Subpoena",
        scope=["orders.Order"],
        received_at=at - DAY,
        entered_by="staff:3",
        approved_at=at,
        approved_by="staff:4",
        handed_over_at=at,
    )


def misused_account(at: datetime) -> MisusedAccount:
    """A member of staff named in the record of a leak."""
    incident = Incident.objects.create(
        reference=references.new("INC"), title="Leak", noticed_at=at, opened_at=at, due_at=at
    )
    person = Subject.objects.create(created_at=at - DAY)
    return MisusedAccount.objects.create(incident=incident, subject=person, actor="staff:3", added_at=at)


def event(at: datetime) -> AuditEvent:
    return AuditEvent.objects.create(event="order.shipped", object_ref="LP-2222-3333", actor="staff:3", at=at)


def disclosure(at: datetime) -> Disclosure:
    return Disclosure.objects.create(
        processor="mail", subject_id=uuid4(), keys=["to", "text"], purpose="order", host="mail.example", at=at
    )


def request(at: datetime, **changes: Any) -> DataRequest:
    """A request that was completed *at*, with a step and a copy that was fetched."""
    made = DataRequest.objects.create(
        **{
            "reference": references.new("DSR"),
            "subject": Subject.objects.create(created_at=at - DAY),
            "kind": "access",
            "channel": "account",
            "state": "completed",
            "received_at": at - DAY,
            "verified_at": at - DAY,
            "first_reply_due_at": at,
            "due_at": at,
            "completed_at": at,
        }
        | changes
    )
    ErasureStep.objects.create(request=made, position=1, target="orders.Bag", label="Words on a bag")
    ExportPackage.objects.create(
        request=made, file_name=f"{uuid4().hex}.sealed", size_bytes=1, sha256="0", built_at=at, expires_at=at + DAY,
        removed_at=at + DAY,
    )  # fmt: skip
    return made


def message_about_a_request(at: datetime) -> RequestMessage:
    """Something that staff wrote about a request that was completed at that moment."""
    return RequestMessage.objects.create(
        request=request(at), is_from_staff=True, written_by="staff:1", text="It is done.", sent_at=at - DAY
    )


def certificate(at: datetime) -> Certificate:
    return Certificate.objects.create(
        reference=references.new("CE"), subject_id=uuid4(), request_reference=references.new("DSR"), canonical="{}",
        signature="00", key_id="00", issued_at=at,
    )  # fmt: skip


def countersignature(at: datetime) -> Countersignature:
    sweep = ResidueSweep.objects.create(
        reference=references.new("RS"), started_at=at, finished_at=at, is_clean=True, coverage={}
    )
    return Countersignature.objects.create(
        certificate=certificate(at), sweep=sweep, canonical="{}", signature="00", key_id="00", signed_at=at
    )


def needles(at: datetime) -> SealedNeedles:
    return SealedNeedles.objects.create(
        request_reference=references.new("DSR"), subject_id=uuid4(), values=["x"], collected_at=at
    )


def collection_stop(at: datetime) -> CollectionStop:
    return CollectionStop.objects.create(
        subject_id=uuid4(), kind="email", key_version=1, digest=f"{next(_number):064}", raised_at=at
    )


def tombstone(at: datetime) -> Tombstone:
    return Tombstone.objects.create(
        subject_id=uuid4(), kind="email", key_version=1, digest=f"{next(_number):064}", raised_at=at
    )


def soft_opt_in(at: datetime) -> SoftOptIn:
    subject, notice = Subject.objects.create(created_at=at - DAY), notices.current("checkout_similar")
    facts = {"subject": subject, "notice": notice, "shown_at": at - DAY, "sold_at": at}
    return SoftOptIn.objects.create(reference=references.new("LP"), **facts)


def signup(at: datetime) -> NewsletterSignup:
    subject = Subject.objects.create(created_at=at - DAY)
    notice = notices.current("newsletter")
    return NewsletterSignup.objects.create(subject=subject, email="gwen@example.com", notice=notice, asked_at=at)


def released_hold(at: datetime) -> LegalHold:
    return LegalHold.objects.create(
        reference=references.new("LH"), subject=Subject.objects.create(created_at=at - DAY), reason="A claim",
        owner="staff:3", review_on=at, placed_at=at - DAY, placed_by="staff:3", released_at=at, released_by="staff:3",
    )  # fmt: skip


def lifted_restriction(at: datetime) -> Restriction:
    return Restriction.objects.create(
        reference=references.new("DSR"), subject=Subject.objects.create(created_at=at - DAY), since=at - DAY,
        lifted_at=at, lifted_by="staff:3",
    )  # fmt: skip


def mail_to_us(at: datetime) -> InboundMail:
    """A mail of theirs that was answered at that moment."""
    number = next(_number)
    return InboundMail.objects.create(
        reference=references.new("IN"),
        digest=f"{number:064}",
        envelope=f"{number:064}",
        subject=Subject.objects.create(created_at=at - DAY),
        sender="gwen@example.com",
        letter={"subject": "Ring size", "text": "Which one?"},
        route="ordinary",
        via="imap",
        state="done",
        size_bytes=900,
        received_at=at - DAY,
        kept_at=at - DAY,
        handled_at=at,
        handled_by="staff:1",
    )


def code(at: datetime) -> IdentityCode:
    subject = Subject.objects.create(created_at=at - DAY)
    return IdentityCode.objects.create(subject=subject, digest="ab", sent_at=at, expires_at=at + timedelta(minutes=10))


def consent(at: datetime) -> ConsentRecord:
    """A no in the banner, which nothing has replaced."""
    return ledger.refuse(uuid4(), Matter.TARGETING, surface=Surface.BANNER, by="visitor", at=at)


def visitor_link(at: datetime) -> VisitorLink:
    return VisitorLink.objects.create(visitor_id=uuid4(), subject_id=uuid4(), at=at)
