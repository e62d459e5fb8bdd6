"""Alice, Bob and Carol for tests of rights: whole people, each value of theirs unmistakable in a dump."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from allauth.account.models import EmailAddress
from django.apps import apps
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.test import Client

from privacy.models import Message, Subject
from privacy.register import registry, subjects
from privacy.rights import requests
from privacy.rights.models import DataRequest, Kind

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)  # a Monday
LATER = NOON + timedelta(days=4)


@dataclass(frozen=True)
class Someone:
    """A customer with an account, a confirmed address and a street."""

    user: Any
    email: str
    words: tuple[str, ...]

    @property
    def subject(self) -> Subject:
        return self.user.subject


def someone(name: str, *, is_staff: bool = False) -> Someone:
    """Make a person whose values all carry their name."""
    email, full_name = f"{name}@example.com", f"{name.capitalize()} Token{name}son"
    user = get_user_model().objects.create_user(
        email, f"{name}-opal-briolette-7", full_name, at=NOON, is_staff=is_staff, phone=f"+1212555{len(name):04}"
    )
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    proof = subjects.Proof.EMAIL_CONFIRMED
    subjects.prove(user.subject, value=email, proof=proof, by=user, at=NOON)
    street, city = f"{len(name)} {name.capitalize()}token Lane", f"{name.capitalize()}ville"
    apps.get_model("accounts.Address").objects.create(
        user=user,
        full_name=full_name,
        line1=street,
        city=city,
        region="NY",
        postal_code="10012",
        country="US",
        created_at=NOON,
    )
    return Someone(user, email, (email, full_name, street, city))


def at_the_desk(role: str = "privacy desk", *, name: str = "carol") -> Client:
    """The browser of a member of staff with one role, signed in."""
    person = someone(name, is_staff=True)
    call_command("ensure_roles", verbosity=0)
    person.user.groups.add(Group.objects.get(name=role))
    client = Client()
    client.force_login(person.user)
    return client


def asks(
    person: Someone, kind: str = Kind.ERASURE, *, wishes: dict[str, str] | None = None, at: datetime = NOON
) -> DataRequest:
    """A signed-in, re-authenticated request."""
    request = requests.receive(kind, subject=person.subject, contact=person.email, wishes=wishes, by=person.user, at=at)
    if request.verified_at is not None:  # it asks for no proof
        return request
    return requests.verify(request, evidence="reauthenticated", by=person.user, at=at)


def held(person: Someone | Subject | UUID) -> dict[str, int]:
    """How many rows of each declared model lead to this person: the picture that must not change for Bob."""
    subject = person.subject if isinstance(person, Someone) else person
    family = subjects.family(subject) if isinstance(subject, Subject) else [subject]
    counts = {each.model: each.rows(family).count() for each in registry.all_declared()}
    return {model: count for model, count in counts.items() if count}


def mails(kind: str = "") -> list[Message]:
    """What waits in the outbox, oldest first."""
    every = Message.objects.order_by("created_at", "id")
    return list(every.filter(kind=f"privacy.{kind}") if kind else every)
