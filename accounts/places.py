"""Where letters to people with an account go: the addresses they saved (`privacy.messages.contacts`)."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from uuid import UUID

from accounts.models import Address
from privacy.messages import contacts
from privacy.register.vocabulary import Purpose


def of(subjects: Collection[UUID]) -> Iterator[tuple[UUID, list[str]]]:
    """The saved addresses of these person records that news may go to, the one parcels go to first."""
    saved = Address.objects.usable_for(Purpose.MARKETING).filter(user__subject__in=subjects).select_related("user")
    for address in saved.order_by("-is_default_shipping", "created_at", "pk"):
        yield address.user.subject_id, address.lines


contacts.offer(of)
