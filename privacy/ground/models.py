"""The one table of the ground: the audit trail."""

from django.db import models

from privacy.ground import evidence


class AuditEventQuerySet(models.QuerySet["AuditEvent"]):
    def about(self, object_ref: str) -> "AuditEventQuerySet":
        """What happened to one reference, oldest first."""
        return self.filter(object_ref=object_ref).order_by("at", "id")


class AuditEvent(models.Model):
    """One thing that happened. Append-only: the database refuses UPDATE, and DELETE before its time."""

    event = models.CharField(max_length=80)
    subject_id = models.UUIDField(null=True, db_index=True)  # null: about no person; a value, not a key
    object_ref = models.CharField(max_length=120, blank=True)
    actor = models.CharField(max_length=120)
    note = models.TextField(blank=True)
    details = models.JSONField(default=dict)
    at = models.DateTimeField()

    objects = AuditEventQuerySet.as_manager()

    class Meta:
        app_label = "privacy"
        indexes = [
            models.Index(fields=["object_ref", "at"]),
            # How much somebody has revealed lately (`rights.looks`).
            models.Index(fields=["actor", "at"], condition=models.Q(event="data.revealed"), name="audit_revealed_by"),
        ]
        triggers = [evidence.UntilItsTime(name="audit_append_only")]

    def __str__(self) -> str:
        return f"{self.event} #{self.pk}"
