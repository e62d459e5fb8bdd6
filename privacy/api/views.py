"""`/api/v1/privacy/requests/`: make a request, read one's own, take one back. The same verbs as the pages."""

from __future__ import annotations

from typing import Any, Final, cast

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_view
from knox.auth import TokenAuthentication
from rest_framework import mixins, status, viewsets
from rest_framework.decorators import action
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from privacy.api.serializers import AskSerializer, RequestSerializer
from privacy.ground import states
from privacy.register import subjects
from privacy.rights import identity, kinds, requests
from privacy.rights.identity_checks import Method
from privacy.rights.kinds import Proof, Rule
from privacy.rights.models import Channel, DataRequest
from privacy.views.people import Customer

ENOUGH: Final = "So many requests of this kind are open already that another would only be noise."


@extend_schema_view(
    list=extend_schema(summary="Your privacy requests", tags=["privacy"]),
    retrieve=extend_schema(summary="One of your privacy requests", tags=["privacy"]),
)
class Requests(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[DataRequest]):
    """One's own requests, of every kind."""

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
        summary="Ask for any of your rights",
        description=(
            "What needs no proof counts at once. The rest counts once it is proven who asks: at once in a session that is signed "
            "in (for a copy, a correction, an erasure: whose password was typed in the last minutes), else by the link we mail to "
            "the account's address, and before a copy two facts about an order. The same request again returns the open first one."
        ),
        tags=["privacy"],
        request=AskSerializer,
        responses={201: RequestSerializer},
    )
    def create(self, request: Request) -> Response:
        """Receive it; the answer has its reference and dates."""
        typed = AskSerializer(data=request.data)
        typed.is_valid(raise_exception=True)
        person, now = cast(Customer, request.user), timezone.now()
        rule = kinds.rule(typed.validated_data["kind"])
        proof = _proof(request, rule)
        try:
            made = requests.receive(
                rule.kind,
                subject=person.subject,
                contact=person.email,
                channel=Channel.API,
                wishes=typed.validated_data["wishes"],
                needs_link=proof is None,
                by=person,
                at=now,
            )
        except requests.TooMany:
            return Response({"detail": ENOUGH}, status=status.HTTP_429_TOO_MANY_REQUESTS)
        if proof and made.verified_at is None:
            made = requests.verify(made, evidence=proof, by=person, at=now)
        return Response(RequestSerializer(made).data, status=status.HTTP_201_CREATED)

    @extend_schema(
        summary="Take one of your requests back",
        description="409 where it is too late.",
        tags=["privacy"],
        request=None,
        responses={200: RequestSerializer},
    )
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, reference: str) -> Response:
        """Take it back, as its button on the page does."""
        mine = self.get_object()
        try:
            requests.withdraw(mine, by=cast(Customer, request.user), at=timezone.now())
        except (states.NotAllowed, states.Changed):
            return Response({"detail": "It cannot be taken back any more."}, status=status.HTTP_409_CONFLICT)
        return Response(RequestSerializer(mine).data)


def _proof(request: Request, rule: Rule) -> Method | None:
    """What shows who asks, enough for this kind. A key proves who made it, not who holds it now: it shows nothing here."""
    if isinstance(request.successful_authenticator, TokenAuthentication):
        return None
    if identity.recently_proved(request._request):
        return Method.REAUTHENTICATED
    return None if rule.proof is Proof.REAUTHENTICATED else Method.SIGNED_IN
