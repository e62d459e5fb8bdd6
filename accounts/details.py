"""What a customer says about themselves: name and telephone number. The e-mail address is allauth's to change."""

from __future__ import annotations

from datetime import datetime

from accounts import phones
from accounts.models import User
from privacy.ground import audit
from privacy.register.declare import Unfit, Values


def change(user: User, *, full_name: str, phone: str, by: audit.Actor, at: datetime) -> User:
    """Keep what the customer typed; *phone* is E.164 or empty. The trail names the fields, never the values."""
    changed = [name for name, value in (("full_name", full_name), ("phone", phone)) if getattr(user, name) != value]
    if changed:
        user.full_name, user.phone = full_name, phone
        user.save(update_fields=changed)
        audit.append("account.details_changed", subject=user.subject_id, details={"fields": changed}, by=by, at=at)
    return user


def correct(user: User, values: Values, by: audit.Actor, at: datetime) -> User:
    """What somebody asked to have put right about themselves. *Raises* `Unfit`."""
    now = {"full_name": user.full_name, "phone": user.phone} | dict(values)
    try:
        phone = phones.normalise(now["phone"]) if now["phone"] else ""
    except phones.NotANumber:
        raise Unfit("that is no telephone number")
    return change(user, full_name=now["full_name"], phone=phone, by=by, at=at)
