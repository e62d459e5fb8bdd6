"""What a customer says about themselves: name and telephone number. The e-mail address is allauth's to change."""

from __future__ import annotations

from datetime import datetime

from accounts.models import User
from privacy.ground import audit


def change(user: User, *, full_name: str, phone: str, by: User, at: datetime) -> User:
    """Keep what the customer typed; *phone* is E.164 or empty. The trail names the fields, never the values."""
    changed = [name for name, value in (("full_name", full_name), ("phone", phone)) if getattr(user, name) != value]
    if changed:
        user.full_name, user.phone = full_name, phone
        user.save(update_fields=changed)
        audit.append("account.details_changed", subject=user.subject_id, details={"fields": changed}, by=by, at=at)
    return user
