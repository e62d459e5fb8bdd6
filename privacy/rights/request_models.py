"""What people asked for: one row for each request, from receipt to the last word.

These rows are the record that a right was honoured, so they outlive the person's data: they carry references, dates and counts,
never a name. What is personal is sealed: the address to answer to, blanked when the request ends; what exactly was asked and
what was answered, blanked when its person is erased.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce

from privacy.ground.sealed import SealedJSONField
from privacy.rights import kinds
from privacy.rights.kinds import Kind
from privacy.rights.states import OPEN, WITHDRAWABLE


class Channel(models.TextChoices):
    """How the request reached us."""

    ACCOUNT = "account", "Account page"
    FORM = "form", "Public form"
    MAIL = "mail", "Mail to us"
    PHONE = "phone", "By telephone"
    POST = "post", "By letter"
    API = "api", "API"
    AGENT = "agent", "Somebody they authorised"
    RETENTION = "retention", "The account was not used for a long time"
    CHILD = "child", "We learnt that it is a child's"


GUESTS = (Channel.FORM, Channel.MAIL, Channel.PHONE, Channel.POST, Channel.AGENT)
"""Channels of people whom only an address names: their request stands on a person record of its own until it is proved."""

BY_LINK = (*GUESTS, Channel.API)
"""Channels on which a mailed link is the proof."""


LINK_LIVES = timedelta(hours=72)
"""How long the mailed link proves an address."""


class State(models.TextChoices):
    """Where a request stands; `rights.states.REQUEST` says what may follow what."""

    RECEIVED = "received", "Waiting for proof"
    VERIFIED = "verified", "Verified"
    APPROVED = "approved", "Approved"
    EXECUTING = "executing", "Being carried out"
    PARTLY_DONE = "partly_done", "Partly done"
    COMPLETED = "completed", "Completed"
    REFUSED = "refused", "Refused"
    WITHDRAWN = "withdrawn", "Withdrawn"
    JOINED = "joined", "Joined with another"
    LAPSED = "lapsed", "Lapsed without proof"


class DataRequestQuerySet(models.QuerySet["DataRequest"]):
    """The questions the desk, the sweep and the privacy centre ask."""

    def of(self, family: list[uuid.UUID]) -> DataRequestQuerySet:
        """Everything one person asked for, under any of their subjects."""
        return self.filter(subject_id__in=family)

    def open(self) -> DataRequestQuerySet:
        """Still owed an answer or an act."""
        return self.filter(state__in=OPEN)

    def due_to_execute(self, at: datetime) -> DataRequestQuerySet:
        """What the worker should carry out now, or finish: found by the sweep when a bell was missed."""
        decided = Q(state=State.APPROVED, execute_after__lte=at)
        undecided = Q(kind__in=kinds.AT_ONCE, state=State.VERIFIED)
        interrupted = Q(state=State.EXECUTING)
        blocked = Q(state=State.PARTLY_DONE, retry_at__isnull=False)
        now = Q(retry_at=None) | Q(retry_at__lte=at)
        return self.filter(now & (decided | undecided | interrupted | blocked))

    def unproven_past(self, at: datetime) -> DataRequestQuerySet:
        """Never proved by anybody although its whole time has run. One entered late keeps the time that its link lives."""
        entered = Q(entered_at=None) | Q(entered_at__lt=at - LINK_LIVES)
        return self.filter(entered, state=State.RECEIVED, due_at__lt=at)


class DataRequest(models.Model):
    """One person asking for one right, from receipt to the last word."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    reference = models.CharField(max_length=20, unique=True)
    # The subject outlives an erasure as a bare UUID, so the record of the request can stay.
    subject = models.ForeignKey("privacy.Subject", on_delete=models.PROTECT, related_name="requests")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    channel = models.CharField(max_length=12, choices=Channel.choices)
    state = models.CharField(max_length=12, choices=State.choices, default=State.RECEIVED)
    # The language of the letters about it: the person's choice goes with the person, before the last letter. Empty: English.
    language = models.CharField(max_length=10, blank=True)
    # null: the request has ended, and nobody needs the address any more.
    contact = SealedJSONField(null=True, blank=True)
    # null: the kind says it all. Else what exactly was asked, by the names in `Rule.asks`.
    wishes = SealedJSONField(null=True, blank=True)
    # null: nothing was answered in words.
    answer = SealedJSONField(null=True, blank=True)
    # Whose desk it lies on, as the audit trail names them; empty: nobody's yet.
    assigned_to = models.CharField(max_length=80, blank=True)
    # The share of its time, in percent, at which staff were last reminded.
    escalated = models.PositiveSmallIntegerField(default=0)

    received_at = models.DateTimeField()
    entered_at = models.DateTimeField(
        null=True, blank=True
    )  # null: as it arrived; else when a letter, call or mail was entered
    verified_at = models.DateTimeField(null=True, blank=True)  # null: nobody has proved who asks
    first_reply_due_at = models.DateTimeField()
    first_replied_at = models.DateTimeField(null=True, blank=True)  # null: no answer yet
    due_at = models.DateTimeField()
    derivation = models.JSONField(default=list)

    approved_at = models.DateTimeField(null=True, blank=True)  # null: not decided, or decided otherwise
    approved_by = models.CharField(max_length=80, blank=True)
    execute_after = models.DateTimeField(null=True, blank=True)  # null: not approved
    refused_at = models.DateTimeField(null=True, blank=True)  # null: not refused
    refused_by = models.CharField(max_length=80, blank=True)
    refusal_ground = models.CharField(max_length=40, blank=True)
    refusal_reason = models.TextField(blank=True)
    extended_at = models.DateTimeField(null=True, blank=True)  # null: its first date stands
    extended_by = models.CharField(max_length=80, blank=True)
    extension_reason = models.TextField(blank=True)
    retry_at = models.DateTimeField(null=True, blank=True)  # null: no retry is planned
    completed_at = models.DateTimeField(null=True, blank=True)  # null: not completed
    # null: stands for itself; else the request that answers this one too.
    joined_to = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="joined")
    # null: no appeal; else the refused request that somebody else looks at again.
    against = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="appeals")
    # How often the confirming mail was sent; a stranger typing an address cannot flood it.
    links_sent = models.PositiveSmallIntegerField(default=0)

    objects = DataRequestQuerySet.as_manager()

    class Meta:
        verbose_name = "request"
        ordering = ("due_at", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("subject", "kind"),
                condition=Q(state__in=OPEN, kind__in=kinds.ONE_WISH),
                name="request_one_open_per_subject_and_kind",
            ),
            models.CheckConstraint(
                condition=Q(approved_at__isnull=True, approved_by="")
                | (Q(approved_at__isnull=False) & ~Q(approved_by="")),
                name="request_approved_at_with_by",
            ),
            models.CheckConstraint(
                condition=Q(refused_at__isnull=True, refused_by="", refusal_reason="")
                | (Q(refused_at__isnull=False) & ~Q(refused_by="") & ~Q(refusal_reason="")),
                name="request_refused_at_with_by_and_reason",
            ),
            models.CheckConstraint(
                condition=Q(extended_at__isnull=True, extended_by="", extension_reason="")
                | (Q(extended_at__isnull=False) & ~Q(extended_by="") & ~Q(extension_reason="")),
                name="request_extended_at_with_by_and_reason",
            ),
            models.CheckConstraint(
                condition=~Q(state="completed") | Q(completed_at__isnull=False), name="request_completed_has_time"
            ),
            models.CheckConstraint(
                condition=Q(against__isnull=True) | Q(kind=Kind.COMPLAINT), name="request_appeal_is_a_complaint"
            ),
            models.CheckConstraint(
                condition=Q(entered_at__isnull=True) | Q(entered_at__gt=F("received_at")),
                name="request_entered_after_receipt",
            ),
            models.CheckConstraint(condition=Q(escalated__lte=100), name="request_escalated_in_percent"),
            models.CheckConstraint(
                condition=Q(joined_to__isnull=True) | Q(state="joined"), name="request_joined_to_only_when_joined"
            ),
        )
        indexes = (
            # Holds what the first page of the desk counts, so that it is counted without reading the rows.
            models.Index(
                fields=("due_at", "id"),
                include=("kind", "state", "escalated", "first_replied_at", "first_reply_due_at"),
                condition=Q(state__in=OPEN),
                name="request_open_and_owed",
            ),
            models.Index(fields=("received_at",), name="request_by_receipt"),
            models.Index(Coalesce("completed_at", "refused_at"), name="request_by_answer"),
            models.Index(fields=("assigned_to", "due_at"), condition=Q(state__in=OPEN), name="request_by_desk"),
            models.Index(fields=("state", "due_at"), name="request_by_state_and_due"),
            models.Index(fields=("subject", "-received_at"), name="request_by_subject"),
        )

    def __str__(self) -> str:
        return self.reference

    @property
    def is_open(self) -> bool:
        """Whether it still owes its person something."""
        return self.state in OPEN

    @property
    def is_withdrawable(self) -> bool:
        """Whether the person may still take it back."""
        return self.state in WITHDRAWABLE

    @property
    def rule(self) -> kinds.Rule:
        """What is particular to its kind."""
        return kinds.rule(self.kind)

    @property
    def is_copy(self) -> bool:
        """Whether it ends with a file."""
        return self.kind in kinds.COPIES

    @property
    def is_erasure(self) -> bool:
        """Whether it asks for erasure."""
        return self.kind == Kind.ERASURE
