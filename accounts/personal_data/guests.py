"""The tables of the guests in our house: allauth keeps addresses, devices and second factors; Django what staff did in the admin.

An entry of the admin's history is the member of staff's who made it; whose account it names may see what was done there, and
once they are erased the entry stays without a word about them.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.contrib.contenttypes.models import ContentType
from django.db.models import Exists, OuterRef, Q, TextField
from django.db.models.functions import Cast

from accounts import social
from accounts.models import Session
from accounts.personal_data.terms import WHILE_ACCOUNT, hidden
from privacy.register import rotation
from privacy.register.declare import (
    BLANK,
    Action,
    ByValue,
    Category,
    Edge,
    Export,
    Family,
    Purpose,
    Retention,
    Rows,
    Source,
    declare,
    declare_not_personal,
    link,
    not_personal,
    personal,
)

AT_GOOGLE = [social.SLUG] if social.is_used() else []

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
        "key": hidden(Category.CREDENTIAL),
    },
)


def of_no_session(at: datetime) -> Q:
    """Devices of sessions that are over."""
    return ~Q(Exists(Session.objects.filter(session_key=OuterRef("session_key"))))


declare(
    "usersessions.UserSession",
    label="Devices",
    labels={
        "ip": "network address",
        "user_agent": "browser",
        "data": "other details",
    },
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
    labels={
        "type": "kind",
    },
    reach="user__subject",
    action=Action.DELETE_ROW,
    retention=WHILE_ACCOUNT,
    purposes=[Purpose.SECURITY],
    describe=lambda factor: factor.get_type_display(),
    fields={
        "user": link("the account it protects", edge=Edge.DEEP),
        "type": personal(Category.CREDENTIAL),
        "data": hidden(Category.CREDENTIAL, Source.CUSTOMER, sensitive=True),
        "created_at": personal(Category.CREDENTIAL, source=Source.DERIVED),
        "last_used_at": personal(Category.ONLINE, source=Source.OBSERVED),
    },
)

declare(
    "socialaccount.SocialAccount",
    label="Sign-in through another company",
    labels={
        "provider": "company",
        "uid": "your number there",
        "extra_data": "what it told us",
    },
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
        "token": hidden(Category.CREDENTIAL, Source.LOGIN_PROVIDER, recipients=AT_GOOGLE),
        "token_secret": hidden(Category.CREDENTIAL, Source.LOGIN_PROVIDER, recipients=AT_GOOGLE),
        "expires_at": personal(Category.CREDENTIAL, source=Source.LOGIN_PROVIDER),
    },
)


def entries_about(family: Family) -> Rows:
    """What anybody did in the admin to the accounts of these people."""
    accounts = get_user_model()._base_manager.filter(subject_id__in=family)
    return LogEntry._base_manager.filter(
        content_type=ContentType.objects.get_for_model(get_user_model()),
        object_id__in=accounts.annotate(key=Cast("pk", TextField())).values("key"),
    )


def owners_of_entries(entries: Rows) -> Iterator[Rows]:
    """Whose accounts these entries name."""
    about = entries.filter(content_type=ContentType.objects.get_for_model(get_user_model())).values("object_id")
    accounts = get_user_model()._base_manager.annotate(key=Cast("pk", TextField())).filter(key__in=about)
    yield accounts.values_list("subject", flat=True)


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
    labels={
        "action_time": "when",
        "object_repr": "what it was about",
        "change_message": "what was changed",
    },
    reach="user__subject",
    visible=ByValue(entries_about, "entries that name their account", owners_of_entries),
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
