"""What accounts hold about a person: our own tables, and those of the guests in our house.

allauth keeps addresses, devices and second factors; Django keeps what staff did in the admin.
An entry of the admin's history is the member of staff's who made it; whose account it names may see what was done there, and
once they are erased the entry stays without a word about them. Each of their fields is declared here, because nobody else will.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields as dataclass_fields
from datetime import datetime
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.contrib.contenttypes.models import ContentType
from django.db.models import Exists, OuterRef, Q, TextField
from django.db.models.functions import Cast
from knox.settings import knox_settings

from accounts import addresses, details, pausing, print_lists, social
from accounts.models import Session
from privacy.models import Identifier
from privacy.register import profiles, rotation, subjects
from privacy.register.declare import (
    BLANK,
    Action,
    Blocker,
    ByValue,
    Category,
    Corrects,
    Edge,
    Export,
    Family,
    Keeps,
    Processor,
    Purpose,
    Retention,
    Rows,
    Source,
    declare,
    declare_not_personal,
    declare_processor,
    link,
    not_personal,
    personal,
)

WHILE_ACCOUNT = Retention.while_account()
ERASURE = "system:erasure"
AT_GOOGLE = [social.SLUG] if social.is_used() else []
PRINTED, POSTED = (print_lists.PRINTER,), (Purpose.DELIVERY, Purpose.MARKETING)


def _hidden(
    category: Category, source: Source = Source.DERIVED, *, sensitive: bool = False, recipients: Iterable[str] = ()
) -> Any:
    """A secret: a copy of it would only help a thief. *sensitive*: it never rests in the clear."""
    return personal(category, source=source, on_export=Export.HIDE, sensitive=sensitive, recipients=recipients)


def sessions_of(family: Family) -> Rows:
    """The sessions of their accounts, and those of nobody yet in which one of their proven addresses was typed."""
    proven = Identifier.objects.filter(subject__in=family, kind="email", proven_at__isnull=False)
    named = Q(user=None, names__overlap=list(proven.values_list("digest", flat=True)))
    return Session._base_manager.filter(Q(user__subject__in=family) | named)


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
        words = "You work here: the account you work with, and what you did with it, stay until you leave."
        yield Blocker(f"staff:{pk}", words, keeps, ends="when you leave", lasts=True)


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


# --- Our own -----------------------------------------------------------------------------------

declare(
    "accounts.User",
    label="Account",
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
        "password": _hidden(Category.CREDENTIAL, Source.CUSTOMER, sensitive=True),
        "last_login": personal(Category.ONLINE, source=Source.OBSERVED, purposes=[Purpose.SECURITY]),
        "is_superuser": personal(Category.ACCOUNT, source=Source.STAFF),
        "is_staff": personal(Category.ACCOUNT, source=Source.STAFF),
        # News goes there too, where its owner agreed to any (`privacy.messages.audience`).
        "email": personal(Category.CONTACT, recipients=["mail"], purposes=[Purpose.ACCOUNT, Purpose.MARKETING]),
        "full_name": personal(Category.NAME),
        "phone": personal(Category.CONTACT, purposes=[Purpose.DELIVERY]),
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
        # Letters go there too, where its owner agreed to any by post (`accounts.print_lists`).
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
        "digest": _hidden(Category.CREDENTIAL, sensitive=True),
        "token_key": _hidden(Category.CREDENTIAL),
        "user": link("the account it opens", edge=Edge.DEEP),
        "name": personal(Category.ACCOUNT),
        "created": personal(Category.ACCOUNT, source=Source.DERIVED),
        "expiry": personal(Category.ACCOUNT, source=Source.DERIVED),
    },
)

declare(
    "accounts.Session",
    label="Sessions",
    reach=ByValue(sessions_of, "sessions of their account, or of nobody yet with one of their addresses in them"),
    action=Action.DELETE_ROW,
    retention=Retention.days(0, anchor="expire_date", words="14 days after you signed in, or until you sign out"),
    orphans="browsers in which nobody signed in",
    purposes=[Purpose.ACCOUNT],
    describe=lambda session: f"A browser signed in until {session.expire_date:%-d %B %Y}",
    fields={
        "session_key": _hidden(Category.CREDENTIAL),
        "session_data": _hidden(Category.ONLINE),
        "expire_date": personal(Category.ONLINE, source=Source.DERIVED),
        "user": link("the account it is signed in to", edge=Edge.DEEP),
        "names": _hidden(Category.LINKAGE),
    },
)

# --- allauth -----------------------------------------------------------------------------------

declare(
    "account.EmailAddress",
    label="E-mail addresses",
    reach="user__subject",
    action=Action.DELETE_ROW,
    retention=WHILE_ACCOUNT,
    purposes=[Purpose.ACCOUNT],
    after=["account.EmailConfirmation"],
    describe=lambda address: address.email,
    fields={
        "user": link("the account it belongs to", edge=Edge.DEEP),
        "email": personal(Category.CONTACT, recipients=["mail"]),
        "verified": personal(Category.ACCOUNT, source=Source.DERIVED),
        "primary": personal(Category.ACCOUNT, source=Source.DERIVED),
    },
)

declare(
    "account.EmailConfirmation",
    label="E-mail confirmations",
    reach="email_address__user__subject",
    action=Action.DELETE_ROW,
    retention=Retention.days(3, anchor="created"),
    purposes=[Purpose.ACCOUNT],
    fields={
        "email_address": link("the address to be confirmed", edge=Edge.DEEP),
        "created": personal(Category.ACCOUNT, source=Source.DERIVED),
        "sent": personal(Category.ACCOUNT, source=Source.DERIVED),
        "key": _hidden(Category.CREDENTIAL),
    },
)


def of_no_session(at: datetime) -> Q:
    """Devices of sessions that are over."""
    return ~Q(Exists(Session.objects.filter(session_key=OuterRef("session_key"))))


declare(
    "usersessions.UserSession",
    label="Devices",
    reach="user__subject",
    action=Action.DELETE_ROW,
    retention=Retention.until_event("its session ends, 14 days after the last visit at most", model="accounts.Session"),
    ended=of_no_session,
    after=["accounts.Session"],
    purposes=[Purpose.SECURITY],
    describe=lambda device: f"Signed in from {device.ip} since {device.created_at:%-d %B %Y}",
    fields={
        "user": link("the account that was entered", edge=Edge.DEEP),
        "created_at": personal(Category.ONLINE, source=Source.OBSERVED),
        "ip": personal(Category.ONLINE, source=Source.OBSERVED),
        "last_seen_at": personal(Category.ONLINE, source=Source.OBSERVED),
        # Whoever reads it could enter the account with it, so it is no desk's: what serves an account is open to nobody.
        "session_key": personal(
            Category.CREDENTIAL, source=Source.DERIVED, on_export=Export.HIDE, purposes=[Purpose.ACCOUNT]
        ),
        "user_agent": personal(Category.ONLINE, source=Source.OBSERVED),
        "data": personal(Category.ONLINE, source=Source.OBSERVED),
    },
)

declare(
    "mfa.Authenticator",
    label="Second factors",
    reach="user__subject",
    action=Action.DELETE_ROW,
    retention=WHILE_ACCOUNT,
    purposes=[Purpose.SECURITY],
    describe=lambda factor: factor.get_type_display(),
    fields={
        "user": link("the account it protects", edge=Edge.DEEP),
        "type": personal(Category.CREDENTIAL),
        "data": _hidden(Category.CREDENTIAL, Source.CUSTOMER, sensitive=True),
        "created_at": personal(Category.CREDENTIAL, source=Source.DERIVED),
        "last_used_at": personal(Category.ONLINE, source=Source.OBSERVED),
    },
)

declare(
    "socialaccount.SocialAccount",
    label="Sign-in through another company",
    reach="user__subject",
    action=Action.DELETE_ROW,
    retention=WHILE_ACCOUNT,
    purposes=[Purpose.ACCOUNT],
    after=["socialaccount.SocialToken"],
    describe=lambda account: f"You sign in through {account.provider.capitalize()}",
    fields={
        "user": link("the account it opens", edge=Edge.DEEP),
        "provider": personal(Category.ACCOUNT),
        "uid": personal(Category.ACCOUNT, source=Source.LOGIN_PROVIDER),
        "last_login": personal(Category.ONLINE, source=Source.OBSERVED, purposes=[Purpose.SECURITY]),
        "date_joined": personal(Category.ACCOUNT, source=Source.DERIVED),
        # Emptied at every sign-in; declared in case a future provider needs it.
        "extra_data": personal(Category.ACCOUNT, source=Source.LOGIN_PROVIDER),
    },
)

declare(
    "socialaccount.SocialToken",
    label="Permissions another company gave us for you",
    reach="account__user__subject",
    action=Action.DELETE_ROW,
    retention=WHILE_ACCOUNT,
    purposes=[Purpose.ACCOUNT],
    eraser=social.forget,
    describe=lambda _: "A permission, which we give back when you are erased",
    fields={
        "app": not_personal("the provider's entry; ours come from the environment"),
        "account": link("the account at the other company", edge=Edge.DEEP),
        "token": _hidden(Category.CREDENTIAL, Source.LOGIN_PROVIDER, recipients=AT_GOOGLE),
        "token_secret": _hidden(Category.CREDENTIAL, Source.LOGIN_PROVIDER, recipients=AT_GOOGLE),
        "expires_at": personal(Category.CREDENTIAL, source=Source.LOGIN_PROVIDER),
    },
)

# --- Django ------------------------------------------------------------------------------------


def entries_about(family: Family) -> Rows:
    """What anybody did in the admin to the accounts of these people."""
    accounts = get_user_model()._base_manager.filter(subject_id__in=family)
    return LogEntry._base_manager.filter(
        content_type=ContentType.objects.get_for_model(get_user_model()),
        object_id__in=accounts.annotate(key=Cast("pk", TextField())).values("key"),
    )


def _about_somebody(category: Category) -> Any:
    """What an entry says about the one it names: theirs to read, and gone with them; nothing for its owner's copy."""
    return personal(
        category,
        source=Source.STAFF,
        on_export=Export.REDACT,
        visible_export=Export.SHOW,
        visible_erase=BLANK,
    )


declare(
    "admin.LogEntry",
    label="Admin history",
    reach="user__subject",
    visible=ByValue(find=entries_about, words="entries that name their account"),
    action=Action.DELETE_ROW,
    retention=Retention.months(24, anchor="action_time"),
    purposes=[Purpose.SECURITY],
    describe=lambda entry: f"{entry.get_action_flag_display()}, {entry.action_time:%-d %B %Y}",
    fields={
        "action_time": personal(Category.EVIDENCE, source=Source.OBSERVED),
        "user": link("the member of staff who did it", edge=Edge.DEEP),
        "content_type": not_personal("the kind of thing that was changed"),
        "object_id": personal(Category.LINKAGE, source=Source.DERIVED, on_export=Export.HIDE, visible_erase=BLANK),
        "object_repr": _about_somebody(Category.LINKAGE),
        "action_flag": not_personal("whether it was added, changed or deleted"),
        "change_message": _about_somebody(Category.EVIDENCE),
    },
)

declare_not_personal(
    "socialaccount.SocialApp", "the shop's own keys at a provider; empty, since they come from the environment"
)
declare_not_personal("auth.Group", "a staff role, such as the order desk")
declare_not_personal("auth.Permission", "something a role may do")
declare_not_personal("contenttypes.ContentType", "a list of the shop's own tables")

rotation.secrets_in("mfa.Authenticator", "data")
rotation.values_also(addresses.envelopes)

declare_processor(
    Processor(
        slug=print_lists.PRINTER,
        name="The printer of our letters",
        purpose=Purpose.MARKETING,
        payload={name: f"accounts.Address.{name}" for name in print_lists.COLUMNS},
        after_erasure="The printer destroys each list when its letters are posted.",
        is_used=lambda: "post" in profiles.current().channels,
    )
)

if social.is_used():
    declare_processor(social.processor())
