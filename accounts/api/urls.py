"""The account's part of `/api/v1/`. `router_patterns` is gathered by the project's list of addresses."""

from django.urls import path

from accounts.api import views

router_patterns = [
    path("", views.Root.as_view(), name="api_root"),
    path("me/", views.Me.as_view(), name="api_me"),
    path("schema/", views.Schema.as_view(), name="api_schema"),
]
