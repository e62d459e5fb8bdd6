"""Whoever is signed in, as these pages know them, and the requests that are theirs."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID

from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from privacy.register import subjects
from privacy.register.models import Subject
from privacy.rights.models import DataRequest


class Customer(Protocol):
    """What these pages need to know of whoever is signed in."""

    pk: int
    is_staff: bool
    email: str
    subject: Subject
    subject_id: UUID

    def has_usable_password(self) -> bool: ...


class SignedIn(HttpRequest):
    """A request that `login_required` let through."""

    user: Customer  # type: ignore[assignment]


def own(request: SignedIn, reference: str) -> DataRequest:
    """A request of the person signed in; anybody else's does not exist here."""
    mine = DataRequest.objects.of(subjects.family(request.user.subject)).select_related("subject", "joined_to")
    return get_object_or_404(mine, reference=reference)
