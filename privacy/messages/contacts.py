"""Where news to people goes, by each channel: asked of the register, for many people at once.

A mail goes to a contact that is declared for marketing and for the mail service, and of which the person proved that it is theirs.
A text goes to the telephone number that is declared for marketing and for the text service. A letter goes to a postal address,
which the app that keeps such addresses offers in its `places.py`, since only it knows how one stands on an envelope. Nothing is
given of people whose data must not be used for marketing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Final
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import autodiscover_modules

from privacy.consent.vocabulary import Channel
from privacy.ground import digests
from privacy.register import registry, usable
from privacy.register.models import Identifier
from privacy.register.vocabulary import Category, Purpose

RECEIVERS: Final = {Channel.EMAIL: "mail", Channel.SMS: "sms"}
"""Who carries what goes to a contact: its declaration names them as its recipient."""

Owners = Mapping[UUID, UUID]
"""Person records, each with the person it stands for."""
Places = Callable[[Collection[UUID]], Iterable[tuple[UUID, list[str]]]]
"""From person records to their postal addresses: whose, and its lines. The one that is used first comes first."""

_PLACES: Final[list[Places]] = []


def offer(places: Places) -> None:
    """Hand over how to find postal addresses. The same twice is the same."""
    if places not in _PLACES:
        _PLACES.append(places)


def of(channel: str, owners: Owners) -> dict[UUID, str]:
    """Where this channel reaches each of these people, in the one spelling it is compared in; nobody who cannot be reached."""
    return _OF[Channel(channel)](owners)


def proven_emails(owners: Owners) -> dict[UUID, list[str]]:
    """Every address that these people proved, the account's first."""
    proven = Identifier.objects.filter(subject_id__in=owners, kind="email", proven_at__isnull=False)
    keys = {(owners[whose], digest) for whose, digest in proven.values_list("subject_id", "digest")}
    found: dict[UUID, list[str]] = {}
    for whose, address in _contacts(owners, Channel.EMAIL):
        root = owners[whose]
        if any((root, each.value) in keys for each in digests.all_of("email", address)):
            found.setdefault(root, []).append(digests.normal_email(address))
    return found


def _emails(owners: Owners) -> dict[UUID, str]:
    return {root: addresses[0] for root, addresses in proven_emails(owners).items()}


def _phones(owners: Owners) -> dict[UUID, str]:
    found: dict[UUID, str] = {}
    for whose, number in _contacts(owners, Channel.SMS):
        found.setdefault(owners[whose], digests.normal_phone(number))
    return {root: number for root, number in found.items() if number}


def _places(owners: Owners) -> dict[UUID, str]:
    autodiscover_modules("places")
    found: dict[UUID, str] = {}
    for places in _PLACES:
        for whose, lines in places(list(owners)):
            found.setdefault(owners[whose], "\n".join(lines))
    return found


_OF: Final[dict[Channel, Callable[[Owners], dict[UUID, str]]]] = {
    Channel.EMAIL: _emails,
    Channel.SMS: _phones,
    Channel.POST: _places,
}


def _contacts(ids: Iterable[UUID], channel: Channel) -> Iterator[tuple[UUID, str]]:
    """Every contact of these person records that may be used for news by a channel: the account's first."""
    ids, found = list(ids), []
    fields = registry.fields(category=Category.CONTACT, purpose=Purpose.MARKETING, recipient=RECEIVERS[channel])
    for declaration, name, _ in fields:
        rank = 0 if declaration.model == settings.AUTH_USER_MODEL else 1
        for path in declaration.paths:
            usable_rows = usable.rows(declaration.model_class(), Purpose.MARKETING)
            rows = usable_rows.filter(**{f"{path}__in": ids}).order_by()
            found += [(rank, whose, value) for whose, value in rows.values_list(path, name).distinct() if value]
    for _, whose, value in sorted(found, key=lambda each: each[0]):
        yield whose, value
