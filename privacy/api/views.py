"""`/api/v1/privacy-requests/`: make a request, read one's own. The same verbs as the pages."""

from __future__ import annotations

from typing import Any, cast

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_view
from knox.auth import TokenAuthentication
from rest_framework import mixins, status, viewsets
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from privacy.api.serializers import RequestSerializer
from privacy.register import subjects
from privacy.rights import identity, requests
from privacy.rights.models import Channel, DataRequest
from privacy.views.centre import Customer


@extend_schema_view(
    list=extend_schema(summary="Your privacy requests", tags=["privacy"]),
    retrieve=extend_schema(summary="One of your privacy requests", tags=["privacy"]),
)
class Requests(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[DataRequest]):
    """One's own requests for a copy or an erasure."""

    serializer_class = RequestSerializer
    permission_classes = (IsAuthenticated,)
    lookup_field = "reference"
    lookup_value_regex = "[A-Z]{2,3}-[2-9A-Z]{4}-[2-9A-Z]{4}"
    filter_backends = ()
    queryset = DataRequest.objects.none()

    def get_queryset(self) -> QuerySet[DataRequest]:
        """The caller's own; anybody else's do not exist here."""
        if getattr(self, "swagger_fake_view", False):
            return DataRequest.objects.none()
        person = cast(Customer, self.request.user)
        return DataRequest.objects.of(subjects.family(person.subject)).order_by("-received_at")

    def get_throttles(self) -> list[Any]:
        """Making requests is throttled harder than reading them."""
        self.throttle_scope = "privacy-requests" if self.action == "create" else None
        return super().get_throttles()

    @extend_schema(
        summary="Ask for a copy or an erasure",
        description=(
            "A request counts once it is proven who asks: at once where the session's password was typed in the last "
            "minutes, else by the link we mail to the account's address. A second request of a kind returns the open first one."
        ),
        tags=["privacy"],
        request=RequestSerializer,
        responses={201: RequestSerializer},
    )
    def create(self, request: Request) -> Response:
        """Receive it; the answer has its reference and dates."""
        typed = RequestSerializer(data=request.data)
        typed.is_valid(raise_exception=True)
        person, now = cast(Customer, request.user), timezone.now()
        made = requests.receive(
            typed.validated_data["kind"],
            subject=person.subject,
            contact=person.email,
            channel=Channel.API,
            by=person,
            at=now,
        )
        if made.verified_at is None and _proved_just_now(request):
            made = requests.verify(made, evidence="reauthenticated", by=person, at=now)
        return Response(RequestSerializer(made).data, status=status.HTTP_201_CREATED)


def _proved_just_now(request: Request) -> bool:
    """A key proves who made it, not who holds it now: only a session with a fresh password counts."""
    by_key = isinstance(request.successful_authenticator, TokenAuthentication)
    return not by_key and identity.recently_proved(request._request)
