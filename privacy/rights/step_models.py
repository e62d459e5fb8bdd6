"""The steps of an erasure: what each declaration's share of it was to be, and what became of it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from privacy.rights.request_models import DataRequest


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
