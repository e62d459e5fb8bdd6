"""How a privacy request is made and how it reads in the API."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from privacy.forms.wishes import WishForm
from privacy.rights import kinds
from privacy.rights.kinds import Kind
from privacy.rights.models import DataRequest


class AskSerializer(serializers.Serializer[Any]):
    """What the caller asks for: a kind, and what that kind asks besides."""

    kind = serializers.ChoiceField(choices=Kind.choices)
    wishes = serializers.DictField(
        child=serializers.CharField(allow_blank=True, max_length=4_000),
        required=False,
        help_text="What the kind asks, by name: `field` and `value` of a correction, `purpose` of an objection, and so on.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """The same fields as on the page; a name that the kind does not ask is no wish of it."""
        rule, given = kinds.rule(attrs["kind"]), attrs.get("wishes", {})
        if unknown := sorted(given.keys() - set(rule.asks)):
            raise serializers.ValidationError({"wishes": [f"Not asked for this kind: {', '.join(unknown)}."]})
        form = WishForm(given, rule=rule)
        if not form.is_valid():
            told = {name: [str(each) for each in errors] for name, errors in form.errors.items()}
            raise serializers.ValidationError({"wishes": told})
        return {"kind": rule.kind, "wishes": form.wishes}


class RequestSerializer(serializers.ModelSerializer[DataRequest]):
    """One request with its dates and how they came about."""

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
            "refusal_ground",
            "refusal_reason",
            "completed_at",
        )
        read_only_fields = fields
