"""What arrived: mails to the shop, their words sealed, each with where it goes; and texts, of which only the word is kept."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any, Final

from django.db import models
from django.db.models import Q

from privacy.ground import states
from privacy.ground.sealed import SealedJSONField
from privacy.messages.routing import FIRST, Route

LARGEST: Final = 10 * 1024 * 1024
"""How many bytes of a mail are taken in; of a larger one, its headers."""

MAIL: Final = states.Machine(
    "inbound_mail",
    {"new": {"waiting", "done", "ignored"}, "waiting": {"done"}, "done": set(), "ignored": set()},
)


class MailState(models.TextChoices):
    """How far a mail has come; `MAIL` says what may follow what."""

    NEW = "new", "Just arrived"
    WAITING = "waiting", "Waiting for an answer"
    DONE = "done", "Done"
    IGNORED = "ignored", "Left alone"


class InboundMailQuerySet(models.QuerySet["InboundMail"]):
    """The questions the mailroom, the desk and the mailbox ask."""

    def in_turn(self) -> InboundMailQuerySet:
        """In the order in which staff answer: those that go first first, then by what is due."""
        first = models.Case(models.When(route__in=FIRST, then=0), default=1, output_field=models.IntegerField())
        return self.annotate(turn=first).order_by("turn", "due_at", "pk")

    def waiting(self) -> InboundMailQuerySet:
        """For a person of our staff."""
        return self.filter(state=MailState.WAITING).in_turn()

    def left_lying(self, before: datetime) -> InboundMailQuerySet:
        """Came before that moment, and nobody has dealt with it."""
        return self.filter(state__in=[MailState.NEW, MailState.WAITING], received_at__lt=before)

    def from_address(self, digests: list[str]) -> InboundMailQuerySet:
        """Mails whose sender has this address, by its keyed digests."""
        return self.filter(subject__identifiers__kind="email", subject__identifiers__digest__in=digests).distinct()


class InboundMail(models.Model):
    """One mail that arrived."""

    class Via(models.TextChoices):
        IMAP = "imap", "Mailbox"
        WEBHOOK = "webhook", "Mail service"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    reference = models.CharField(max_length=20, unique=True)
    # Of Message-ID, sender, date, subject and text: the same mail, whatever the way it took and however often it came.
    digest = models.CharField(max_length=64, unique=True)
    envelope = models.CharField(max_length=64, db_index=True)  # the same of the headers alone: how the mailbox finds it
    subject = models.ForeignKey(
        "privacy.Subject", null=True, blank=True, on_delete=models.PROTECT, related_name="inbound_mails"
    )  # null: no person is behind it, or no address to know them by
    sender = SealedJSONField()  # the one address in From; null where there is none, or a machine wrote it
    letter = SealedJSONField()  # subject, text, Message-ID, what was enclosed; null where a machine wrote it
    route = models.CharField(max_length=12, choices=Route.choices)
    because = models.CharField(max_length=120, blank=True)
    about = models.CharField(max_length=20, blank=True)  # the reference of ours that it names, or that it led to
    via = models.CharField(max_length=8, choices=Via.choices)
    state = models.CharField(max_length=8, choices=MailState.choices, default=MailState.NEW)
    is_proven = models.BooleanField(default=False, help_text="Our own mail server vouched for the sender's domain.")
    is_silent = models.BooleanField(default=False, help_text="No machine may answer it.")
    is_whole = models.BooleanField(default=True, help_text="All of its text is here; else the rest is in the mailbox.")
    size_bytes = models.PositiveBigIntegerField()
    enclosures = models.PositiveSmallIntegerField(default=0)
    cards_masked = models.PositiveSmallIntegerField(default=0)
    received_at = models.DateTimeField()  # when it reached our mail server: the clocks run from then
    kept_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True, blank=True)  # null: nobody has to answer it
    handled_at = models.DateTimeField(null=True, blank=True)  # null: not over
    handled_by = models.CharField(max_length=80, blank=True)

    objects = InboundMailQuerySet.as_manager()

    class Meta:
        verbose_name = "mail to us"
        verbose_name_plural = "mails to us"
        ordering = ("-received_at", "pk")
        indexes = (
            models.Index(fields=("state", "due_at"), name="mail_by_state_and_due"),
            models.Index(fields=("subject", "-received_at"), name="mail_by_subject"),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(handled_at__isnull=True, handled_by="") | (Q(handled_at__isnull=False) & ~Q(handled_by="")),
                name="mail_handled_at_with_by",
            ),
            models.CheckConstraint(
                condition=~Q(state="waiting") | Q(due_at__isnull=False), name="mail_waiting_has_a_date"
            ),
            models.CheckConstraint(
                condition=~Q(route="automatic") | Q(subject__isnull=True, sender__isnull=True, letter__isnull=True),
                name="mail_of_a_machine_is_not_kept",
            ),
        )

    def __str__(self) -> str:
        return self.reference

    @property
    def is_urgent(self) -> bool:
        """Whether it is for staff, before everything else."""
        return self.route in FIRST

    @property
    def is_too_large(self) -> bool:
        """Whether only its headers were taken in."""
        return self.size_bytes > LARGEST

    @property
    def is_left_behind(self) -> bool:
        """Whether the mailbox holds something of it that is not here. A card's number lies nowhere any longer than it must."""
        return (not self.is_whole or self.enclosures > 0 or self.state == MailState.IGNORED) and not self.cards_masked

    def says(self, name: str) -> Any:
        """One thing of the sealed letter: `subject`, `text`, `message_id`, `enclosed`; empty where nothing was kept."""
        return (self.letter or {}).get(name, "") if isinstance(self.letter, dict) else ""


class InboundText(models.Model):
    """That a text came and which word it was: no number, no content. Its number is what a gateway gives each text once."""

    gateway_id = models.CharField(max_length=64, unique=True)
    word = models.CharField(max_length=12)
    received_at: models.DateTimeField[datetime, datetime] = models.DateTimeField()

    class Meta:
        verbose_name = "text to us"

    def __str__(self) -> str:
        return f"text {self.pk}"
