"""What the API says about the person who is signed in."""

from __future__ import annotations

from rest_framework import serializers

from accounts import phones
from accounts.forms import NOT_A_NUMBER
from accounts.models import User
from privacy.forms import texts


class MeSerializer(serializers.ModelSerializer[User]):
    """The signed-in customer: name and telephone number can be changed here, the e-mail address cannot."""

    phone = serializers.CharField(max_length=40, allow_blank=True, required=False)

    class Meta:
        model = User
        fields = ("email", "full_name", "phone", "date_joined")
        read_only_fields = ("email", "date_joined")

    def validate_full_name(self, typed: str) -> str:
        """A name; a card's number is none."""
        return texts.without_card(typed)

    def validate_phone(self, typed: str) -> str:
        """Keep the number in one spelling."""
        try:
            return phones.normalise(typed) if typed else ""
        except phones.NotANumber:
            raise serializers.ValidationError(NOT_A_NUMBER)
