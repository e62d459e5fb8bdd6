"""What people asked for, the steps of carrying it out, and the packages waiting to be fetched.

These rows are the record that a right was honoured, so they outlive the person's data: they carry references, dates and counts,
never a name. The one personal value, the address to answer to, is sealed and blanked when the request ends.
"""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import models
from django.db.models import F, Q

from privacy.ground.sealed import SealedJSONField
from privacy.rights.states import OPEN, WITHDRAWABLE


class Kind(models.TextChoices):
    """Which right is exercised."""

    ACCESS = "access", "See my data"
    ERASURE = "erasure", "Erase my data"


class Channel(models.TextChoices):
    """How the request reached us."""

    ACCOUNT = "account", "Account page"
    FORM = "form", "Public form"
    MAIL = "mail", "Mail to us"
    API = "api", "API"
    STAFF = "staff", "Entered by staff"
    RETENTION = "retention", "The account was not used for a long time"


BY_LINK = (Channel.FORM, Channel.MAIL, Channel.API)
"""Channels on which a mailed link is the proof."""

GUESTS = (Channel.FORM, Channel.MAIL)
"""Channels of people whom only an address names: their request stands on a person record of its own until it is proved."""


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
        waiting = Q(kind=Kind.ERASURE, state=State.APPROVED, execute_after__lte=at)
        copies = Q(kind=Kind.ACCESS, state=State.VERIFIED) & (Q(retry_at=None) | Q(retry_at__lte=at))
        interrupted = Q(state=State.EXECUTING) & (Q(retry_at=None) | Q(retry_at__lte=at))
        blocked = Q(state=State.PARTLY_DONE, retry_at__lte=at)
        return self.filter(waiting | copies | interrupted | blocked)

    def unproven_past(self, at: datetime) -> DataRequestQuerySet:
        """Never proved by anybody although its whole time has run."""
        return self.filter(state=State.RECEIVED, due_at__lt=at)


class DataRequest(models.Model):
    """One person asking for one right, from receipt to the last word."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    reference = models.CharField(max_length=20, unique=True)
    # The subject outlives an erasure as a bare UUID, so the record of the request can stay.
    subject = models.ForeignKey("privacy.Subject", on_delete=models.PROTECT, related_name="requests")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    channel = models.CharField(max_length=12, choices=Channel.choices)
    state = models.CharField(max_length=12, choices=State.choices, default=State.RECEIVED)
    # null: the request has ended, and nobody needs the address any more.
    contact = SealedJSONField(null=True, blank=True)

    received_at = models.DateTimeField()
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
    refusal_reason = models.TextField(blank=True)
    extended_at = models.DateTimeField(null=True, blank=True)  # null: its first date stands
    extended_by = models.CharField(max_length=80, blank=True)
    extension_reason = models.TextField(blank=True)
    retry_at = models.DateTimeField(null=True, blank=True)  # null: no retry is planned
    completed_at = models.DateTimeField(null=True, blank=True)  # null: not completed
    # null: stands for itself; else the request that answers this one too.
    joined_to = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="joined")
    # How often the confirming mail was sent; a stranger typing an address cannot flood it.
    links_sent = models.PositiveSmallIntegerField(default=0)

    objects = DataRequestQuerySet.as_manager()

    class Meta:
        verbose_name = "request"
        ordering = ("due_at", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("subject", "kind"), condition=Q(state__in=OPEN), name="request_one_open_per_subject_and_kind"
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
                condition=Q(joined_to__isnull=True) | Q(state="joined"), name="request_joined_to_only_when_joined"
            ),
        )
        indexes = (
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
    def is_erasure(self) -> bool:
        """Whether it asks for erasure."""
        return self.kind == Kind.ERASURE


class StepKind(models.TextChoices):
    """What a step acts on."""

    ROWS = "rows", "Our rows"
    PROCESSOR = "processor", "A processor"
    CHECK = "check", "A look afterwards"


class StepState(models.TextChoices):
    """How far one step has come."""

    PENDING = "pending", "To do"
    DONE = "done", "Done"
    KEPT = "kept", "Kept as a whole"
    BLOCKED = "blocked", "Blocked"


class ErasureStep(models.Model):
    """One declaration's share of an erasure: planned before anything is touched, ticked off one by one."""

    # The steps are the evidence of the request; neither goes without the other.
    request = models.ForeignKey(DataRequest, on_delete=models.PROTECT, related_name="steps")
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=12, choices=StepKind.choices, default=StepKind.ROWS)
    target = models.CharField(max_length=120)
    label = models.CharField(max_length=120)
    is_record = models.BooleanField(default=False, help_text="Proves what was done; references and dates only.")
    goes = models.TextField(blank=True)
    stays = models.TextField(blank=True)
    why = models.TextField(blank=True)
    until_on = models.DateField(null=True, blank=True)  # null: nothing of it stays, or no end is known
    retained = models.JSONField(default=list)
    planned = models.PositiveIntegerField(default=0)
    affected = models.PositiveIntegerField(default=0)
    # The last primary key dealt with, so that a killed worker goes on behind it.
    cursor = models.CharField(max_length=80, blank=True)
    state = models.CharField(max_length=12, choices=StepState.choices, default=StepState.PENDING)
    blocker = models.TextField(blank=True)
    receipt = models.CharField(max_length=200, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    finished_at = models.DateTimeField(null=True, blank=True)  # null: not done yet

    class Meta:
        ordering = ("request", "position")
        constraints = (
            models.UniqueConstraint(fields=("request", "target"), name="step_once_per_request_and_target"),
            models.UniqueConstraint(fields=("request", "position"), name="step_one_per_position"),
            models.CheckConstraint(condition=~Q(state="blocked") | ~Q(blocker=""), name="step_blocked_says_why"),
            models.CheckConstraint(
                condition=~Q(state="done") | Q(finished_at__isnull=False), name="step_done_has_time"
            ),
            models.CheckConstraint(
                condition=~Q(state="done") | Q(planned=0) | Q(affected__gt=0) | ~Q(kind="rows"),
                name="step_done_did_something",
            ),
        )

    def __str__(self) -> str:
        return f"step {self.position} of {self.request_id}"


class LegalHoldQuerySet(models.QuerySet["LegalHold"]):
    """The questions erasure, retention and the desk ask."""

    def active(self, at: datetime) -> LegalHoldQuerySet:
        """Placed, and not released."""
        return self.filter(placed_at__lte=at).exclude(released_at__lte=at)


class LegalHold(models.Model):
    """Something of a person that must not be deleted for now, because of a claim: all of it, one kind, or one row."""

    reference = models.CharField(max_length=20, unique=True)
    # The subject outlives an erasure as a bare UUID, so the record of the hold can stay.
    subject = models.ForeignKey("privacy.Subject", on_delete=models.PROTECT, related_name="holds")
    model = models.CharField(max_length=120, blank=True, help_text="app.Model; empty: everything about the person.")
    row = models.CharField(max_length=80, blank=True, help_text="The key of one row; empty: all of that kind.")
    reason = models.CharField(max_length=500, help_text="The person reads these words.")
    owner = models.CharField(max_length=80, help_text="Who answers for it: a role or a member of staff.")
    review_on = models.DateField()
    placed_at = models.DateTimeField()
    placed_by = models.CharField(max_length=80)
    released_at = models.DateTimeField(null=True, blank=True)  # null: it still holds
    released_by = models.CharField(max_length=80, blank=True)

    objects = LegalHoldQuerySet.as_manager()

    class Meta:
        verbose_name = "legal hold"
        ordering = ("review_on", "pk")
        constraints = (
            models.CheckConstraint(condition=Q(row="") | ~Q(model=""), name="hold_on_a_row_names_its_model"),
            models.CheckConstraint(condition=~Q(reason="") & ~Q(owner=""), name="hold_says_why_and_whose"),
            models.CheckConstraint(
                condition=Q(released_at__isnull=True, released_by="")
                | (Q(released_at__isnull=False) & ~Q(released_by="")),
                name="hold_released_at_with_by",
            ),
        )
        permissions = (("place_legalhold", "Can place and release legal holds"),)

    def __str__(self) -> str:
        return self.reference

    @property
    def is_active(self) -> bool:
        """Whether it still holds."""
        return self.released_at is None

    @property
    def words(self) -> str:
        """How the person reads it."""
        again = f"We look at it again by {self.review_on:%-d %B %Y}."
        return f"A legal hold ({self.reference}) keeps this: {self.reason.rstrip('.')}. {again}"


class ExportPackage(models.Model):
    """A person's copy, sealed on disk until its last byte has left, and gone after 72 hours or three starts."""

    MAX_STARTS = 3

    # One package per request; the row stays as evidence after its file is gone.
    request = models.OneToOneField(DataRequest, on_delete=models.PROTECT, related_name="package")
    file_name = models.CharField(max_length=80, unique=True)
    size_bytes = models.PositiveBigIntegerField()  # of the ZIP, as its owner gets it; so is the checksum
    sha256 = models.CharField(max_length=64)
    built_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    starts = models.PositiveSmallIntegerField(default=0)
    last_started_at = models.DateTimeField(null=True, blank=True)  # null: never fetched
    spent_at = models.DateTimeField(null=True, blank=True)  # null: its last byte has not left yet
    removed_at = models.DateTimeField(null=True, blank=True)  # null: the file is still there

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(starts__lte=3), name="package_at_most_three_starts"),
            models.CheckConstraint(condition=Q(expires_at__gt=F("built_at")), name="package_expires_later"),
        )

    def __str__(self) -> str:
        return f"copy for {self.request_id}"

    def is_available(self, at: datetime) -> bool:
        """Whether a download may start now."""
        return self.left(at) > 0

    def left(self, at: datetime) -> int:
        """How many downloads may still start."""
        if self.removed_at is not None or self.spent_at is not None or at >= self.expires_at:
            return 0
        return self.MAX_STARTS - self.starts


class TransferState(models.TextChoices):
    """How far a direct transfer has come."""

    WAITING = "waiting", "Waiting to be sent"
    SENDING = "sending", "Being sent"
    DONE = "done", "Handed over"
    FAILED = "failed", "Not handed over"


class Transfer(models.Model):
    """A copy on its way to another provider, because its owner asked for that (GDPR Art. 20(2))."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # The row stays as evidence beside its package's.
    package = models.ForeignKey(ExportPackage, on_delete=models.PROTECT, related_name="transfers")
    host = models.CharField(max_length=253)
    # The whole address may hold a key of the other provider's. null: the transfer is over, and nobody needs it any more.
    address = SealedJSONField(null=True, blank=True)
    # Who is told how it went; null for the same reason.
    contact = SealedJSONField(null=True, blank=True)
    state = models.CharField(max_length=8, choices=TransferState.choices, default=TransferState.WAITING)
    outcome = models.CharField(max_length=200, blank=True)
    asked_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)  # null: nobody has begun
    finished_at = models.DateTimeField(null=True, blank=True)  # null: not over

    class Meta:
        ordering = ("-asked_at", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("package",), condition=Q(state__in=("waiting", "sending")), name="transfer_one_open_per_package"
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=("done", "failed"), finished_at__isnull=False, address__isnull=True, contact__isnull=True
                )
                | Q(state__in=("waiting", "sending"), finished_at__isnull=True),
                name="transfer_forgets_where_once_over",
            ),
        )

    def __str__(self) -> str:
        return f"transfer {str(self.pk)[:8]}"

    @property
    def subject_id(self) -> uuid.UUID:
        """Whose copy it is."""
        return self.package.request.subject_id

    @property
    def is_open(self) -> bool:
        """Whether it may still arrive."""
        return self.state in (TransferState.WAITING, TransferState.SENDING)
