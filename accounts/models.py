"""What we know about a customer's account: the login itself and the addresses saved on it.

What a person bought, asked or consented to is not here: it hangs on their `privacy.Subject`,
because most of those people never make an account. Verbs are in `addresses` and `security`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

import pgtrigger
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models, transaction
from django.db.models.functions import Lower
from django.utils import timezone
from django_countries import countries
from knox.models import AbstractAuthToken

from accounts import phones
from privacy.register import subjects
from privacy.register.usable import Usable
from privacy.register.vocabulary import Purpose

SIGN_UP = "system:sign-up"


class UserManager(BaseUserManager["User"]):
    """Makes users together with the data subject each of them is."""

    def get_queryset(self) -> Usable[User]:
        """Every account."""
        return Usable(self.model, using=self._db)

    def usable_for(self, purpose: Purpose) -> Usable[User]:
        """Accounts of people whose data may be used for *purpose*."""
        return self.get_queryset().usable_for(purpose)

    @classmethod
    def normalize_email(cls, email: str | None) -> str:
        """Lower-case the whole address: two spellings of one mailbox are one account."""
        return (email or "").strip().lower()

    def get_by_natural_key(self, username: str | None) -> User:
        """Find a user by e-mail, however it was typed."""
        return self.get(email=self.normalize_email(username))

    @transaction.atomic
    def enrol(self, user: User, *, at: datetime) -> User:
        """Save a new user with a data subject of their own and the e-mail as an unproven identifier.

        Nothing is joined here: a guest's past orders follow only once the address is proven.
        """
        user.email = self.normalize_email(user.email)
        if not user.email:
            raise ValueError("An account needs an e-mail address.")
        user.subject = subjects.new(by=SIGN_UP, at=at)
        user.date_joined = user.active_at = at
        user.save(using=self._db)
        subjects.identify(user.subject, kind="email", value=user.email, by=SIGN_UP, at=at)
        return user

    def create_user(
        self,
        email: str,
        password: str | None = None,
        full_name: str = "",
        *,
        at: datetime | None = None,
        **extra: Any,
    ) -> User:
        """Make an account. Without a password nobody can sign in to it until one is set."""
        user = self.model(email=email, full_name=full_name, **extra)
        user.set_password(password)
        return self.enrol(user, at=at or timezone.now())

    def create_superuser(self, email: str, password: str | None = None, **extra: Any) -> User:
        """Make a member of staff whom no permission stops; for the first minutes of a new shop."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **extra)


class User(AbstractBaseUser, PermissionsMixin):  # type: ignore[django-manager-missing]  # knox has no types
    """A login: a customer's or a staff member's. The e-mail address is its name."""

    email = models.EmailField("e-mail", unique=True)
    full_name = models.CharField("full name", max_length=150, blank=True)
    phone = models.CharField(max_length=20, blank=True, help_text="With country code: +1 212 555 0100")
    # The subject outlives the login: orders kept for tax still point at it after an erasure.
    subject = models.OneToOneField("privacy.Subject", on_delete=models.PROTECT, related_name="user")
    is_staff = models.BooleanField("staff", default=False)
    date_joined = models.DateTimeField(default=timezone.now)
    # When the customer last did something here themself; an account nobody uses ends from here (`accounts.inactivity`).
    active_at = models.DateTimeField("last used", default=timezone.now)
    warned_at = models.DateTimeField(null=True, blank=True)  # null: not told yet that the account will end unused
    last_warned_at = models.DateTimeField(null=True, blank=True)  # null: not told for the last time
    # Null while the account can be used; a deactivated account can come back.
    deactivated_at = models.DateTimeField(null=True, blank=True)
    # Whether its owner closed it, and may open it again; what staff locked, staff open.
    can_come_back = models.BooleanField(default=False)
    # Null: open. Wrong passwords locked it, until its owner shows that it is them (`accounts.suspicion`).
    locked_at = models.DateTimeField(null=True, blank=True)
    # Null: no end. Somebody who works here for a while, such as a contractor, is locked out then (`security.end_contracts`).
    access_until = models.DateTimeField("works here until", null=True, blank=True)
    # Read by Django, allauth and knox; the one fact behind it is `deactivated_at`.
    is_active = models.GeneratedField(
        expression=models.ExpressionWrapper(models.Q(deactivated_at__isnull=True), output_field=models.BooleanField()),
        output_field=models.BooleanField(),
        db_persist=True,
    )

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        ordering = ("-date_joined",)
        constraints = (
            models.CheckConstraint(condition=models.Q(email=Lower("email")), name="user_email_lower"),
            models.CheckConstraint(
                condition=models.Q(last_warned_at__isnull=True) | models.Q(last_warned_at__gte=models.F("warned_at")),
                name="user_warned_in_turn",
            ),
            models.CheckConstraint(
                condition=models.Q(can_come_back=False) | models.Q(deactivated_at__isnull=False, is_staff=False),
                name="user_comes_back_from_deactivation",
            ),
            models.CheckConstraint(
                condition=models.Q(access_until__isnull=True) | models.Q(is_staff=True),
                name="user_only_staff_works_until",
            ),
        )
        # What staff did hangs on their account and would go with it: they are deactivated, never deleted.
        triggers = (
            pgtrigger.Protect(
                name="user_staff_stay",
                operation=pgtrigger.Delete,
                condition=pgtrigger.Q(old__is_staff=True) | pgtrigger.Q(old__is_superuser=True),
            ),
        )
        indexes = (models.Index(fields=["active_at"], condition=models.Q(is_staff=False), name="user_unused_since"),)

    def __str__(self) -> str:
        return f"staff {self.pk}" if self.is_staff else f"customer {self.subject_id.hex[:8]}"

    def clean(self) -> None:
        """Store the address in one spelling, whichever form it came through."""
        super().clean()
        self.email = type(self).objects.normalize_email(self.email)
        if not self.is_staff:
            self.access_until = None

    def has_left(self, at: datetime) -> bool:
        """Whether the time they were to work here is over."""
        return self.access_until is not None and self.access_until <= at

    def get_full_name(self) -> str:
        """The name the person gave, or nothing: never a guess from the e-mail."""
        return self.full_name

    def get_short_name(self) -> str:
        """What to call the person in a greeting."""
        return self.full_name.partition(" ")[0]


class Clearance(models.Model):
    """Something a member of staff did before the desk opened to them, and the very words it was about."""

    class Kind(models.TextChoices):
        TRAINING = "training", "Training passed"
        RULES = "rules", "Handling rules accepted"

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="clearances")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    digest = models.CharField(max_length=64, help_text="SHA-256 of the words that were read")
    given_at = models.DateTimeField()

    class Meta:
        indexes = (models.Index(fields=["user", "digest"], name="clearance_of_user"),)
        triggers = (pgtrigger.Protect(name="clearance_stays_as_given", operation=pgtrigger.Update),)

    def __str__(self) -> str:
        return f"clearance {self.pk}"


class AddressQuerySet(Usable["Address"]):
    """Filters over saved addresses."""

    def of(self, user: User) -> AddressQuerySet:
        """This customer's addresses, the default one first."""
        return self.filter(user=user).order_by("-is_default_shipping", "created_at", "pk")


class Address(models.Model):
    """A place a customer saved to have parcels sent to. Orders copy it; they never point at it."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="addresses")
    full_name = models.CharField("full name", max_length=150)
    line1 = models.CharField("address", max_length=150)
    line2 = models.CharField("apartment, floor", max_length=150, blank=True)
    city = models.CharField("town or city", max_length=100)
    region = models.CharField("state or region", max_length=100, blank=True)
    postal_code = models.CharField("postal code", max_length=20, blank=True)
    country = models.CharField(max_length=2, help_text="ISO 3166-1 alpha-2")
    phone = models.CharField(max_length=20, blank=True)
    is_default_shipping = models.BooleanField("used first", default=False)
    created_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[models.Manager[Address]] = AddressQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "addresses"
        constraints = (
            models.UniqueConstraint(
                fields=["user"],
                condition=models.Q(is_default_shipping=True),
                name="address_one_default_per_user",
            ),
            models.CheckConstraint(condition=models.Q(country__regex=r"^[A-Z]{2}$"), name="address_country_iso2"),
        )

    def __str__(self) -> str:
        return f"address {self.pk}"

    @property
    def country_name(self) -> str:
        """The country in words."""
        return str(countries.name(self.country))

    @property
    def phone_in_words(self) -> str:
        """The telephone number as people read it."""
        return phones.in_words(self.phone)

    @property
    def lines(self) -> list[str]:
        """The address as it stands on an envelope, without empty lines."""
        town = " ".join(part for part in (self.city, self.region, self.postal_code) if part)
        rows = (self.full_name, self.line1, self.line2, town, self.country_name)
        return [row for row in rows if row]


class ApiToken(AbstractAuthToken):
    """A key to the API that a customer made for a program of theirs; only its digest is kept."""

    name = models.CharField(max_length=60, help_text="What the key is for, in the customer's words")

    class Meta:
        ordering = ("-created",)
        verbose_name = "API key"

    def __str__(self) -> str:
        return f"API key {self.token_key[:6]}"

    @property
    def reference(self) -> str:
        """The public part of the key, by which pages and the audit trail name it."""
        return str(self.token_key)


class Session(AbstractBaseSession):
    """A browser's session, with the account it is signed in to as a column.

    Django's own table knows the account only inside the signed payload; this one finds a person's
    sessions with one query, to show them, to end them and to erase them.
    """

    # Null before anybody signs in. Without a constraint in the database, so that a request in
    # flight can still save its session when the account has just been deleted.
    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, db_constraint=False, related_name="sessions")

    # Keyed digests of the addresses in a session of nobody yet, such as one typed for a new password: how an erasure finds it.
    names = ArrayField(models.CharField(max_length=64), default=list, blank=True)

    def __str__(self) -> str:
        return "session"

    @classmethod
    def get_session_store_class(cls) -> type[Any]:
        """The engine that reads and writes these rows."""
        from accounts.sessions import SessionStore

        return SessionStore
