"""What an invented account looks like: its address confirmed, its password one that nobody has."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib.auth.hashers import make_password

from privacy.register import invented
from privacy.register.synthetic import Sketch, hint


@hint("accounts.User")
def user(row: Any, sketch: Sketch) -> None:
    row.email, row.full_name, row.phone = sketch.who.email, sketch.who.name, sketch.who.phone
    row.password = make_password(None)
    row.deactivated_at = row.last_login = row.locked_at = None


@hint("accounts.Session")
def session(row: Any, sketch: Sketch) -> None:
    """A signed-in browser that remembers nothing."""
    row.session_key = invented.hexadecimal(sketch.who.chance, 32)
    row.session_data = ""
    row.expire_date = sketch.at + timedelta(days=7)


@hint("account.EmailAddress")
def address(row: Any, sketch: Sketch) -> None:
    row.email, row.verified, row.primary = sketch.who.email, True, True


@hint("account.EmailConfirmation")
def confirmation(row: Any, sketch: Sketch) -> None:
    row.key = invented.hexadecimal(sketch.who.chance, 40)


@hint("mfa.Authenticator")
def authenticator(row: Any, sketch: Sketch) -> None:
    row.type, row.data = "recovery_codes", {}


@hint("admin.LogEntry")
def log_entry(row: Any, sketch: Sketch) -> None:
    row.object_id, row.object_repr, row.change_message = str(sketch.rows["accounts.User"].pk), "customer", "[]"
    row.action_flag, row.action_time = 2, sketch.at - timedelta(days=2)
