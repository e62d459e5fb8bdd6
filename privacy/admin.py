"""The pages of the privacy desk, gathered for Django, and the trail itself.

What a page of the desk is made of: `admin_masks` (personal rows), `admin_decisions` (what staff decide). Each page is in the module
of its noun.
"""

from __future__ import annotations

from django.contrib import admin

from privacy import (  # they register their pages
    admin_announcements,  # noqa: F401
    admin_campaigns,  # noqa: F401
    admin_consent,  # noqa: F401
    admin_demands,  # noqa: F401
    admin_holds,  # noqa: F401
    admin_inbox,  # noqa: F401
    admin_incidents,  # noqa: F401
    admin_intake,  # noqa: F401
    admin_messages,  # noqa: F401
    admin_policy,  # noqa: F401
    admin_proof,  # noqa: F401
    admin_requests,  # noqa: F401
    admin_restrictions,  # noqa: F401
)
from privacy.admin_masks import Evidence
from privacy.ground.models import AuditEvent


@admin.register(AuditEvent)
class AuditEventAdmin(Evidence):
    """The trail: who did what to which reference, when."""

    list_display = ("at", "event", "object_ref", "actor")
    list_filter = ("event",)
    search_fields = ("=object_ref", "=actor", "=event")
    ordering = ("-at", "-pk")
    show_full_result_count = False
