"""Customers with an account, for what everybody has to be told. Not staff, and nobody who never confirmed the address."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from accounts.models import User
from privacy.messages import addressees
from privacy.messages.addressees import Addressee


def customers() -> QuerySet[User]:
    """Accounts whose address somebody proved to read."""
    return User.objects.filter(is_staff=False, emailaddress__verified=True).distinct()


def after(key: str, many: int, at: datetime) -> Iterator[Addressee]:
    """The next of them."""
    yield from _addressees(customers().filter(pk__gt=int(key or 0)).order_by("pk")[:many])


def of(subjects: Collection[UUID]) -> Iterator[Addressee]:
    """The accounts of these person records, staff's too."""
    yield from _addressees(User.objects.filter(subject_id__in=subjects).exclude(email=""))


def _addressees(users: QuerySet[User]) -> Iterator[Addressee]:
    for pk, subject_id, email in users.values_list("pk", "subject_id", "email"):
        yield Addressee(str(pk), subject_id, email)


def count(at: datetime) -> int:
    """How many there are."""
    return customers().count()


addressees.offer(addressees.Source("accounts", after, of, count))
