"""The people of the demo: one member of staff per role and two customers.

Passwords are drawn at random once per data folder and written to `LOUPE_HOME/demo.json`, which
the start-up block reads. Not for production: the command that calls this refuses there.
"""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.models import Group
from django.db import transaction

from accounts import addresses, roles
from accounts.models import User
from privacy.register import ages, subjects, tombstones

DEMO = "system:demo"
STAFF = {
    roles.OWNER: ("owner@loupe.example", "Olive Oyelaran"),
    roles.ORDER_DESK: ("orders@loupe.example", "Otto Ordway"),
    roles.PRIVACY_DESK: ("privacy@loupe.example", "Carol Prewitt"),
    roles.OFFICER: ("officer@loupe.example", "Dagny Dahlberg"),
    roles.CATALOGUE: ("catalogue@loupe.example", "Cato Calloway"),
    roles.AUDITOR: ("auditor@loupe.example", "Audra Ashgrove"),
}
CUSTOMERS = {
    "alice@example.com": ("Alice Abernathy", "+12125550137", "418 Larkspur Lane", "New York", "NY", "10012"),
    "bob@example.com": ("Bob Brightwater", "+14155550161", "77 Foghorn Terrace", "San Francisco", "CA", "94110"),
}
AGES = {"alice@example.com": "25_39", "bob@example.com": "40_64"}
WORDS = [
    "amber",
    "bezel",
    "cabochon",
    "carat",
    "facet",
    "garnet",
    "girdle",
    "halo",
    "jasper",
    "onyx",
    "opal",
    "pavilion",
    "pearl",
    "prong",
    "quartz",
    "topaz",
]


@dataclass(frozen=True)
class Login:
    """What somebody trying the demo types to sign in; `role` is empty for a customer."""

    email: str
    password: str
    role: str = ""


def load(*, by: str = DEMO, at: datetime) -> list[Login]:
    """Make the demo's people, or leave them as they are, and write down how to sign in as them."""
    remembered = _remembered()
    known = {login.email for login in remembered}
    logins = remembered + [login for login in _drawn() if login.email not in known]
    with transaction.atomic():
        roles.ensure()
        for login in logins:
            if login.role:
                _staff(login, by=by, at=at)
            else:
                _customer(login, by=by, at=at)
    _remember(logins)
    return logins


def _file() -> Path:
    return Path(settings.LOUPE_HOME) / "demo.json"


def _drawn() -> list[Login]:
    staff = [Login(email, _password(), role) for role, (email, _) in STAFF.items()]
    return staff + [Login(email, _password()) for email in CUSTOMERS]


def _password() -> str:
    return "-".join([*(secrets.choice(WORDS) for _ in range(3)), str(secrets.randbelow(9000) + 1000)])


def _remembered() -> list[Login]:
    try:
        written = json.loads(_file().read_text())
    except FileNotFoundError:
        return []
    return [Login(**person) for person in [*written["staff"], *written["customers"]]]


def _remember(logins: list[Login]) -> None:
    listed = {
        "staff": [asdict(login) for login in logins if login.role],
        "customers": [{"email": one.email, "password": one.password} for one in logins if not one.role],
    }
    _file().parent.mkdir(parents=True, exist_ok=True)
    _file().touch(mode=0o600)
    os.chmod(_file(), 0o600)
    _file().write_text(json.dumps(listed, indent=2) + "\n")


def _account(login: Login, full_name: str, *, is_staff: bool, phone: str = "", at: datetime) -> tuple[User, bool]:
    user = User.objects.filter(email=login.email).first()
    if user is not None:
        return user, False
    user = User.objects.create_user(login.email, login.password, full_name, phone=phone, is_staff=is_staff, at=at)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user, True


def _staff(login: Login, *, by: str, at: datetime) -> None:
    user, _ = _account(login, STAFF[login.role][1], is_staff=True, at=at)
    user.groups.set([Group.objects.get(name=login.role)])


def _customer(login: Login, *, by: str, at: datetime) -> None:
    if tombstones.stops("email", login.email):  # erased: a restart of the demo does not bring them back
        return
    full_name, phone, line1, city, region, postal_code = CUSTOMERS[login.email]
    user, created = _account(login, full_name, is_staff=False, phone=phone, at=at)
    if not created:
        return
    ages.state(user.subject, ages.ANSWERS[AGES[login.email]], by=by, at=at)
    subjects.prove(user.subject, kind="email", value=user.email, proof=subjects.Proof.EMAIL_CONFIRMED, by=by, at=at)
    addresses.add(
        user,
        addresses.Details(full_name, line1, "", city, region, postal_code, "US", phone),
        by=user,
        at=at,
    )
