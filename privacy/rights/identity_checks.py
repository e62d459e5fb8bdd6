"""What showed, or failed to show, who asks: one row for each look, kept beside the request. Verbs in `rights.identity`.

The row says how and when, never what was typed: no answer, no paper and no picture of anybody is kept as proof.
"""

from __future__ import annotations

from django.db import models

from privacy.ground import evidence
from privacy.rights.models import DataRequest


class Method(models.TextChoices):
    """How somebody showed who they are."""

    REAUTHENTICATED = "reauthenticated", "Signed in, and proved it once more"
    SIGNED_IN = "signed_in", "Signed in"
    LINK_CLICKED = "link_clicked", "Opened the link we mailed"
    MAIL_AUTHENTICATED = "mail_authenticated", "Wrote from an address our mail server vouched for"
    FACTS = "facts", "Two facts about an order"
    AGENT_CONFIRMED = "agent_confirmed", "Confirmed who asks for them"
    AGENT_PERMISSION = "agent_permission", "An agent showed their written permission"
    PARENT = "parent", "A parent who reads mail at the address we have for them"
    NOT_ASKED = "not_asked", "This kind of request asks for no proof"


class IdentityCheck(models.Model):
    """One look at who asks for a request, and how it ended. Append-only."""

    Method = Method

    # The checks are the evidence of the request; neither goes without the other.
    request = models.ForeignKey(DataRequest, on_delete=models.PROTECT, related_name="identity_checks")
    method = models.CharField(max_length=20, choices=Method.choices)
    passed = models.BooleanField()
    at = models.DateTimeField()

    class Meta:
        app_label = "privacy"
        verbose_name = "identity check"
        ordering = ("at", "pk")
        indexes = (models.Index(fields=("request", "at"), name="identity_check_of_request"),)
        triggers = (evidence.UntilItsTime(name="identity_check_append_only"),)

    def __str__(self) -> str:
        return f"identity check #{self.pk}"
