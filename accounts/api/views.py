"""`/api/v1/me/`, and the API's own front page and documents."""

from __future__ import annotations

from typing import cast

from django.conf import settings
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import details
from accounts.api.serializers import MeSerializer
from accounts.models import User


class Root(APIView):
    """Where to begin."""

    permission_classes = (AllowAny,)

    @extend_schema(operation_id="root", responses=OpenApiTypes.OBJECT, summary="Where to begin")
    def get(self, request: Request) -> Response:
        """Name the documents, the schema, and the person who is signed in."""
        base = settings.LOUPE_PUBLIC_URL
        return Response({"docs": f"{base}/api/docs/", "schema": f"{base}/api/v1/schema/", "me": f"{base}/api/v1/me/"})


class Me(APIView):
    """The signed-in customer."""

    @extend_schema(operation_id="me", responses=MeSerializer, summary="Your details")
    def get(self, request: Request) -> Response:
        """The details on the account."""
        return Response(MeSerializer(cast(User, request.user)).data)

    @extend_schema(
        operation_id="change_me", request=MeSerializer, responses=MeSerializer, summary="Change your details"
    )
    def patch(self, request: Request) -> Response:
        """Change name and telephone number, as the details page does."""
        user = cast(User, request.user)
        typed = MeSerializer(user, data=request.data, partial=True)
        typed.is_valid(raise_exception=True)
        wanted = {"full_name": user.full_name, "phone": user.phone, **typed.validated_data}
        details.change(user, **wanted, by=user, at=timezone.now())
        return Response(MeSerializer(user).data)


class Schema(SpectacularAPIView):
    """The OpenAPI description of the whole API."""

    permission_classes = (AllowAny,)


class Docs(SpectacularSwaggerSplitView):
    """The API's documents: Swagger's page from our own files, its script at an address of its own (no inline script)."""

    permission_classes = (AllowAny,)
    url_name = "api_schema"
