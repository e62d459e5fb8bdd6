"""The addresses a customer saved: read at checkout, kept up on the account page.

`of` and `default_of` are what checkout needs. An order copies an address when it is placed, so
editing or deleting one here never changes where an earlier parcel went.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from datetime import datetime

from django.db import transaction
from django_countries import countries

from accounts import phones
from accounts.models import Address, User
from privacy.ground import audit
from privacy.ground.audit import Actor
from privacy.register import residence
from privacy.register.declare import Unfit, Values

MOST = 20


class TooMany(Exception):
    """The customer already keeps `MOST` addresses."""


class NotTheirs(Exception):
    """No such address on this account: it does not exist, or it is somebody else's."""


@dataclass(frozen=True)
class Details:
    """An address as somebody typed it, already validated; `country` is ISO 3166-1 alpha-2."""

    full_name: str
    line1: str
    line2: str
    city: str
    region: str
    postal_code: str
    country: str
    phone: str = ""


def of(user: User) -> list[Address]:
    """The customer's addresses, the default one first."""
    return list(Address.objects.of(user))


def default_of(user: User) -> Address | None:
    """The address a parcel goes to unless the customer says otherwise."""
    return Address.objects.filter(user=user, is_default_shipping=True).first()


def get(user: User, address_id: int) -> Address:
    """One of this customer's addresses. Raises `NotTheirs`."""
    address = Address.objects.filter(user=user, pk=address_id).first()
    if address is None:
        raise NotTheirs
    return address


@transaction.atomic
def add(user: User, details: Details, *, make_default: bool = False, by: User | str, at: datetime) -> Address:
    """Save another address; the first one becomes the default. Raises `TooMany`."""
    held = _locked(user)
    if len(held) >= MOST:
        raise TooMany
    address = Address.objects.create(user=user, created_at=at, **asdict(details))
    if make_default or not held:
        _make_default(address, by=by, at=at)
    audit.append("address.added", subject=user.subject_id, obj=address, by=by, at=at)
    return address


@transaction.atomic
def change(address: Address, details: Details, *, make_default: bool = False, by: Actor, at: datetime) -> Address:
    """Overwrite an address with what the customer typed."""
    _locked(address.user)
    for name, value in asdict(details).items():
        setattr(address, name, value)
    address.save(update_fields=list(asdict(details)))
    if make_default or address.is_default_shipping:
        _make_default(address, by=by, at=at)
    audit.append("address.changed", subject=address.user.subject_id, obj=address, by=by, at=at)
    return address


def correct(address: Address, values: Values, by: Actor, at: datetime) -> Address:
    """What somebody asked to have put right about a saved address. *Raises* `Unfit`."""
    now = {each.name: getattr(address, each.name) for each in fields(Details)} | dict(values)
    try:
        phone = phones.normalise(now["phone"], now["country"]) if now["phone"] else ""
    except phones.NotANumber:
        raise Unfit("that is no telephone number")
    if now["country"] not in dict(countries):
        raise Unfit("that is no country")
    return change(address, Details(**{**now, "phone": phone}), by=by, at=at)


@transaction.atomic
def prefer(address: Address, *, by: User | str, at: datetime) -> Address:
    """Make this the address that checkout offers first."""
    _locked(address.user)
    _make_default(address, by=by, at=at)
    audit.append("address.preferred", subject=address.user.subject_id, obj=address, by=by, at=at)
    return address


@transaction.atomic
def remove(address: Address, *, by: User | str, at: datetime) -> None:
    """Delete an address; the oldest of the others becomes the default when it was that."""
    user = address.user
    _locked(user)
    audit.append("address.removed", subject=user.subject_id, obj=address, by=by, at=at)
    address.delete()
    heir = Address.objects.filter(user=user).order_by("-is_default_shipping", "created_at", "pk").first()
    if heir is not None and not heir.is_default_shipping:
        _make_default(heir, by=by, at=at)


def _locked(user: User) -> list[int]:
    """Take the customer's row, so that two tabs cannot both make a default; return the ids held."""
    User.objects.select_for_update().get(pk=user.pk)
    return list(Address.objects.filter(user=user).values_list("pk", flat=True))


def _make_default(address: Address, *, by: Actor, at: datetime) -> None:
    """The one that is used first also says where they live, and with it whose law counts."""
    Address.objects.filter(user=address.user, is_default_shipping=True).exclude(pk=address.pk).update(
        is_default_shipping=False
    )
    address.is_default_shipping = True
    address.save(update_fields=["is_default_shipping"])
    where = residence.place(address.country, address.region)
    residence.note(address.user.subject, where, by=by, at=at)


def envelopes() -> Iterator[tuple[str, str]]:
    """Every postal address as a suppression of letters knows it, for a new digest key (`rotation.values_also`)."""
    for address in Address.objects.order_by().iterator(chunk_size=500):
        yield "post", "\n".join(address.lines)
