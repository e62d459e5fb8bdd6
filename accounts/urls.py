"""Addresses of the account pages. Signing in and its relatives are allauth's, under `/accounts/`."""

from django.urls import path

from accounts import views
from accounts.api.views import Docs

app_name = "accounts"
urlpatterns = [
    path("accounts/age/", views.age, name="age"),
    path("accounts/parent-first/", views.parent_first, name="parent_first"),
    path("account/", views.overview, name="overview"),
    path("account/details/", views.change_details, name="details"),
    path("account/addresses/", views.list_addresses, name="addresses"),
    path("account/addresses/add/", views.add_address, name="address_add"),
    path("account/addresses/<int:address_id>/", views.edit_address, name="address"),
    path("account/addresses/<int:address_id>/prefer/", views.prefer_address, name="address_prefer"),
    path("account/addresses/<int:address_id>/remove/", views.remove_address, name="address_remove"),
    path("account/security/", views.show_security, name="security"),
    path("account/security/keys/", views.tokens, name="tokens"),
    path("account/security/keys/<slug:reference>/revoke/", views.revoke_token, name="token_revoke"),
    path("account/deactivate/", views.deactivate, name="deactivate"),
    path("account/locked/", views.locked, name="locked"),
    path("account/unlock/", views.unlock, name="unlock"),
    path("account/closed/", views.closed_for_now, name="closed_for_now"),
    path("account/come-back/", views.come_back, name="come_back"),
    path("contact/", views.contact, name="contact"),
    path("api/docs/", Docs.as_view(), name="api_docs"),
]
