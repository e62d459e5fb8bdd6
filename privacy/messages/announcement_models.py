"""What everybody concerned was told, and the ledger of who: one row for each address."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class Announcement(models.Model):
    """One thing that people are told, from gathering whom to the last mail in the outbox."""

    class Occasion(models.TextChoices):
        POLICY = "policy", "A change of the policy"
        BREACH = "breach", "A breach"
        OWNER = "owner", "A new owner"

    class State(models.TextChoices):
        DRAFT = "draft", "Being written"
        GATHERING = "gathering", "Gathering whom to tell"
        POSTING = "posting", "Being posted"
        DONE = "done", "Posted"

    reference = models.CharField(max_length=20, unique=True)
    occasion = models.CharField(max_length=10, choices=Occasion.choices)
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    # The version that changes something, or that goes on protecting people under a new owner. Null: a breach is about none.
    version = models.ForeignKey(
        "privacy.PolicyVersion", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    words = models.JSONField(default=dict, blank=True)  # what staff wrote for everybody; names nobody
    scope = models.JSONField(default=dict, blank=True)  # of a breach: which tables, which window, how many people
    cursor = models.JSONField(default=dict, blank=True)  # how far the gathering has come
    created_at = models.DateTimeField()
    begun_at = models.DateTimeField(null=True, blank=True)  # null: nobody is being told yet
    finished_at = models.DateTimeField(null=True, blank=True)  # null: not everybody's mail is in the outbox

    class Meta:
        ordering = ("-created_at", "-pk")
        permissions = [("send_announcement", "Can tell people of a breach")]
        constraints = [
            models.CheckConstraint(
                condition=Q(occasion__in=["policy", "owner"], version__isnull=False)
                | Q(occasion="breach", version__isnull=True),
                name="announcement_names_version_or_breach",
            ),
            models.CheckConstraint(
                condition=Q(state="draft", begun_at__isnull=True) | (~Q(state="draft") & Q(begun_at__isnull=False)),
                name="announcement_begun_once_no_draft",
            ),
            models.CheckConstraint(
                condition=Q(state="done", finished_at__isnull=False) | (~Q(state="done") & Q(finished_at__isnull=True)),
                name="announcement_finished_when_done",
            ),
            models.UniqueConstraint(
                fields=["version"], condition=Q(occasion="policy"), name="announcement_once_per_version"
            ),
        ]

    def __str__(self) -> str:
        return self.reference


class AnnouncementDelivery(models.Model):
    """One address that is told. The address itself stands where it always stood; here is its fingerprint."""

    class State(models.TextChoices):
        WAITING = "waiting", "To be told"
        POSTED = "posted", "Handed to the outbox"
        GONE = "gone", "The address is gone"

    announcement = models.ForeignKey(Announcement, on_delete=models.PROTECT, related_name="deliveries")
    subject = models.ForeignKey("privacy.Subject", on_delete=models.PROTECT, related_name="announcements")
    key_version = models.PositiveSmallIntegerField()
    digest = models.CharField(max_length=64)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    # The mail in the outbox, as a value: each of the two rows goes when its own time has run. Null: not posted.
    mail_id = models.UUIDField(null=True, blank=True, unique=True)
    created_at = models.DateTimeField()
    posted_at = models.DateTimeField(null=True, blank=True)  # null: not handed to the outbox

    class Meta:
        verbose_name_plural = "announcement deliveries"
        indexes = [models.Index(fields=["announcement", "state", "id"], name="delivery_waiting")]
        constraints = [
            models.UniqueConstraint(fields=["announcement", "digest"], name="delivery_once_per_address"),
            models.CheckConstraint(
                condition=Q(state="posted", posted_at__isnull=False, mail_id__isnull=False)
                | (~Q(state="posted") & Q(posted_at__isnull=True, mail_id__isnull=True)),
                name="delivery_posted_with_its_mail",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.announcement_id} to {str(self.subject_id)[:8]}"
