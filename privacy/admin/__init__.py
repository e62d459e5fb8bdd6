"""The pages of the privacy desk, gathered for Django, and the trail itself.

What a page of the desk is made of: `masks` (personal rows), `decisions` (what staff decide). Each page is in the module
of its noun.
"""

from __future__ import annotations

from django.contrib import admin

from privacy.admin import (  # they register their pages
    announcements,  # noqa: F401
    campaigns,  # noqa: F401
    child_cases,  # noqa: F401
    consent,  # noqa: F401
    demands,  # noqa: F401
    holds,  # noqa: F401
    inbox,  # noqa: F401
    incidents,  # noqa: F401
    intake,  # noqa: F401
    messages,  # noqa: F401
    partner_lists,  # noqa: F401
    policy,  # noqa: F401
    print_lists,  # noqa: F401
    proof,  # noqa: F401
    requests,  # noqa: F401
    restrictions,  # noqa: F401
)
from privacy.admin.masks import Evidence
from privacy.ground.models import AuditEvent


@admin.register(AuditEvent)
class AuditEventAdmin(Evidence):
    """The trail: who did what to which reference, when."""

    list_display = ("at", "event", "object_ref", "actor")
    list_filter = ("event",)
    search_fields = ("=object_ref", "=actor", "=event")
    ordering = ("-at", "-pk")
    show_full_result_count = False
