"""What accounts hold about a person: our own tables here; in `guests` those of allauth and Django, which nobody else declares."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields as dataclass_fields

from django.contrib.auth import get_user_model
from django.db.models import Func, Q
from django.utils.translation import gettext
from knox.settings import knox_settings

from accounts import addresses, details, pausing, social
from accounts.models import Session
from accounts.personal_data import guests  # noqa: F401  # declared with the rest
from accounts.personal_data.terms import WHILE_ACCOUNT, hidden
from privacy.messages import print_lists
from privacy.models import Identifier
from privacy.register import profiles, rotation, subjects
from privacy.register.declare import (
    Action,
    Blocker,
    ByValue,
    Category,
    Corrects,
    Edge,
    Family,
    Keeps,
    Processor,
    Purpose,
    Retention,
    Rows,
    Source,
    declare,
    declare_processor,
    link,
    not_personal,
    personal,
)

ERASURE = "system:erasure"
PRINTED, POSTED = (print_lists.PROCESSOR,), (Purpose.DELIVERY, Purpose.MARKETING)
ENVELOPE = ("full_name", "line1", "line2", "city", "region", "postal_code", "country")


def sessions_of(family: Family) -> Rows:
    """The sessions of their accounts, and those of nobody yet in which one of their proven addresses was typed."""
    proven = Identifier.objects.filter(subject__in=family, kind="email", proven_at__isnull=False)
    named = Q(user=None, names__overlap=proven.values_list("digest", flat=True))
    return Session._base_manager.filter(Q(user__subject__in=family) | named)


def owners_of_sessions(sessions: Rows) -> Iterator[Rows]:
    """The people of these sessions, both ways."""
    yield sessions.filter(user__isnull=False).values_list("user__subject", flat=True)
    names = sessions.filter(user=None).annotate(name=Func("names", function="unnest")).values("name")
    proven = Identifier.objects.filter(kind="email", proven_at__isnull=False, digest__in=names)
    yield proven.values_list("subject", flat=True)


def at_work(family: Family) -> Iterator[Blocker]:
    """Whoever works here keeps the account they work with, and its keys; what they are as a customer goes."""
    for pk in _staff(family).values_list("pk", flat=True):
        keys = (
            "account.EmailAddress",
            "mfa.Authenticator",
            "accounts.Session",
            "usersessions.UserSession",
            "accounts.Clearance",
            "admin.LogEntry",
        )
        keeps = (
            Keeps("accounts.User", Q(pk=pk)),
            Keeps("account.EmailConfirmation", Q(email_address__user=pk)),
            *(Keeps(model, Q(user=pk)) for model in keys),
        )
        words = gettext("You work here: the account you work with, and what you did with it, stay until you leave.")
        yield Blocker(f"staff:{pk}", words, keeps, ends=gettext("when you leave"), lasts=True)


def close_accounts(family: Family) -> int:
    """Delete the accounts of customers. One of staff moves to a person record of its own, so that it leads to nobody erased."""
    for user in _staff(family).select_related("subject"):
        user.subject = subjects.new(by=ERASURE, at=user.date_joined)
        user.phone = ""
        user.save(update_fields=["subject", "phone"])
        subjects.identify(user.subject, value=user.email, by=ERASURE, at=user.date_joined)
    _, by_model = get_user_model()._base_manager.filter(subject_id__in=family).delete()
    return by_model.get("accounts.User", 0)


def _staff(family: Family) -> Rows:
    users = get_user_model()._base_manager.filter(subject_id__in=family)
    return users.filter(Q(is_staff=True) | Q(is_superuser=True))


declare(
    "accounts.User",
    label="Account",
    labels={
        "is_superuser": "may do everything here",
        "is_staff": "works here",
    },
    reach="subject",
    action=Action.DELETE_ROW,
    retention=WHILE_ACCOUNT,
    purposes=[Purpose.ACCOUNT],
    # The account goes last: everything else is found through it.
    after=[
        "accounts.Address",
        "accounts.ApiToken",
        "accounts.Session",
        "account.EmailAddress",
        "account.EmailConfirmation",
        "usersessions.UserSession",
        "mfa.Authenticator",
        "socialaccount.SocialAccount",
        "accounts.Clearance",
        "admin.LogEntry",
    ],
    describe=lambda user: f"Account of {user.email}",
    # Not the e-mail address: it changes on the account page, by the proof of whoever reads mail there.
    corrects=Corrects(("full_name", "phone"), details.correct),
    blockers=at_work,
    eraser=close_accounts,
    closer=pausing.close,
    fields={
        "password": hidden(Category.CREDENTIAL, Source.CUSTOMER, sensitive=True),
        "last_login": personal(Category.ONLINE, source=Source.OBSERVED, purposes=[Purpose.SECURITY]),
        "is_superuser": personal(Category.ACCOUNT, source=Source.STAFF),
        "is_staff": personal(Category.ACCOUNT, source=Source.STAFF),
        # News goes there too, where its owner agreed to any (`privacy.messages.audience`).
        "email": personal(Category.CONTACT, recipients=["mail"], purposes=[Purpose.ACCOUNT, Purpose.MARKETING]),
        "full_name": personal(Category.NAME),
        # Texts go there too, where its owner agreed to any.
        "phone": personal(Category.CONTACT, recipients=["sms"], purposes=[Purpose.DELIVERY, Purpose.MARKETING]),
        "subject": link("the person whose account it is", edge=Edge.DEEP),
        "date_joined": personal(Category.ACCOUNT, source=Source.DERIVED),
        "active_at": personal(Category.ACCOUNT, source=Source.OBSERVED),
        "warned_at": personal(Category.ACCOUNT, source=Source.DERIVED),
        "last_warned_at": personal(Category.ACCOUNT, source=Source.DERIVED),
        "deactivated_at": personal(Category.ACCOUNT, source=Source.DERIVED),
        "can_come_back": personal(Category.ACCOUNT, source=Source.DERIVED),
        "locked_at": personal(Category.ACCOUNT, source=Source.DERIVED, purposes=[Purpose.SECURITY]),
        "access_until": personal(Category.ACCOUNT, source=Source.STAFF),
        "is_active": not_personal("computed: whether deactivated_at is empty"),
        "groups": link("the desks a member of staff works at", edge=Edge.DEEP),
        "user_permissions": link("extra rights of a member of staff", edge=Edge.DEEP),
    },
)

declare(
    "accounts.Address",
    label="Saved addresses",
    reach="user__subject",
    action=Action.DELETE_ROW,
    retention=WHILE_ACCOUNT,
    purposes=[Purpose.DELIVERY],
    describe=lambda address: ", ".join(address.lines),
    corrects=Corrects(tuple(each.name for each in dataclass_fields(addresses.Details)), addresses.correct),
    fields={
        "user": link("the account it was saved on", edge=Edge.DEEP),
        # Letters go there too, where its owner agreed to any by post (`accounts.places`).
        "full_name": personal(Category.NAME, recipients=PRINTED, purposes=POSTED),
        "line1": personal(Category.ADDRESS, recipients=PRINTED, purposes=POSTED),
        "line2": personal(Category.ADDRESS, recipients=PRINTED, purposes=POSTED),
        "city": personal(Category.ADDRESS, recipients=PRINTED, purposes=POSTED),
        "region": personal(Category.ADDRESS, recipients=PRINTED, purposes=POSTED),
        "postal_code": personal(Category.ADDRESS, recipients=PRINTED, purposes=POSTED),
        "country": personal(Category.ADDRESS, recipients=PRINTED, purposes=POSTED),
        "phone": personal(Category.CONTACT),
        "is_default_shipping": personal(Category.PREFERENCE),
        "created_at": personal(Category.ACCOUNT, source=Source.DERIVED),
    },
)

declare(
    "accounts.Clearance",
    label="What you did before the desk opened to you",
    reach="user__subject",
    action=Action.DELETE_ROW,
    retention=Retention.months(36, anchor="given_at"),
    purposes=[Purpose.SECURITY],
    describe=lambda clearance: f"{clearance.get_kind_display()}, {clearance.given_at:%-d %B %Y}",
    fields={
        "user": link("the member of staff who did it", edge=Edge.DEEP),
        "kind": personal(Category.EVIDENCE),
        "digest": not_personal("which wording it was, the same for everybody"),
        "given_at": personal(Category.EVIDENCE, source=Source.DERIVED),
    },
)

declare(
    "accounts.ApiToken",
    label="API keys",
    labels={
        "created": "made at",
        "expiry": "ends",
    },
    reach="user__subject",
    action=Action.DELETE_ROW,
    retention=Retention.days(
        knox_settings.TOKEN_TTL.days,
        anchor="created",
        words="90 days, or until you revoke it or change your password",
    ),
    purposes=[Purpose.ACCOUNT],
    describe=lambda token: f"API key for {token.name}",
    fields={
        "digest": hidden(Category.CREDENTIAL, sensitive=True),
        "token_key": hidden(Category.CREDENTIAL),
        "user": link("the account it opens", edge=Edge.DEEP),
        "name": personal(Category.ACCOUNT),
        "created": personal(Category.ACCOUNT, source=Source.DERIVED),
        "expiry": personal(Category.ACCOUNT, source=Source.DERIVED),
    },
)

declare(
    "accounts.Session",
    label="Sessions",
    reach=ByValue(
        sessions_of,
        "sessions of their account, or of nobody yet with one of their addresses in them",
        owners_of_sessions,
    ),
    action=Action.DELETE_ROW,
    retention=Retention.days(0, anchor="expire_date", words="14 days after you signed in, or until you sign out"),
    orphans="browsers in which nobody signed in",
    purposes=[Purpose.ACCOUNT],
    describe=lambda session: f"A browser signed in until {session.expire_date:%-d %B %Y}",
    fields={
        "session_key": hidden(Category.CREDENTIAL),
        "session_data": hidden(Category.ONLINE),
        "expire_date": personal(Category.ONLINE, source=Source.DERIVED),
        "user": link("the account it is signed in to", edge=Edge.DEEP),
        "names": hidden(Category.LINKAGE),
    },
)

rotation.values_also(addresses.envelopes)

declare_processor(
    Processor(
        slug=print_lists.PROCESSOR,
        name="The printer of our letters",
        is_a="printers",
        purpose=Purpose.MARKETING,
        payload={
            **{name: f"accounts.Address.{name}" for name in ENVELOPE},
            "address": "privacy.ListedLetter.address",
            print_lists.CONTENT: "privacy.ListedLetter.content",
        },
        after_erasure="The printer destroys each list when its letters are posted.",
        corrects="By hand, until its letters are posted: then the list is destroyed, and the next one says what is right.",
        is_used=lambda: "post" in profiles.current().channels,
    )
)

if social.is_used():
    declare_processor(social.processor())
