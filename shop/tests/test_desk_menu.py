"""The menu of the desk: by the work a page serves, and only what its reader may open."""

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth import get_user
from django.test import RequestFactory

from privacy.tests.people import at_the_desk
from shop.desk import MENU, navigation

pytestmark = pytest.mark.django_db


def asks(client):
    request = RequestFactory().get("/admin/")
    request.user = get_user(client)
    return request


def menu(request):
    return {section["title"]: [each["title"] for each in section["items"]] for section in navigation(request)}


def test_every_page_of_the_menu_exists():
    assert all(admin.site.is_registered(apps.get_model(label)) for _, labels in MENU for label in labels)


def test_all_that_somebody_may_open_stands_in_the_menu_once():
    request = asks(at_the_desk("owner"))
    named = [
        title for section, titles in menu(request).items() if section != "Registers and reports" for title in titles
    ]

    assert sorted(named) == sorted(each["name"] for app in admin.site.get_app_list(request) for each in app["models"])


def test_the_order_desk_is_shown_orders_and_nothing_of_the_privacy_desk():
    carol = asks(at_the_desk("order desk"))

    assert next(iter(menu(carol))) == "Selling"
    assert "Requests" not in menu(carol)
    assert "Evidence" not in menu(carol)
