"""How a privacy request reads in the API."""

from __future__ import annotations

from rest_framework import serializers

from privacy.rights.models import DataRequest


class RequestSerializer(serializers.ModelSerializer[DataRequest]):
    """One request with its dates and how they came about. Only `kind` is given by the caller."""

    class Meta:
        model = DataRequest
        fields = (
            "reference",
            "kind",
            "channel",
            "state",
            "received_at",
            "verified_at",
            "first_reply_due_at",
            "due_at",
            "derivation",
            "execute_after",
            "refusal_reason",
            "completed_at",
        )
        read_only_fields = tuple(name for name in fields if name != "kind")
