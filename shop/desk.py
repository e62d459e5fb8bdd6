"""How the staff's desk looks, in Unfold's words: the shop's paper, ink and gold, and a menu by the work that is done.

What stands on a page is said by each app's `admin`; who may see it, by `accounts.roles`.
"""

from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse

from privacy.register import profiles

PAPER_AND_INK: Final = {
    "50": "#fbf9f6",
    "100": "#f4f0ea",
    "200": "#e7e1d9",
    "300": "#d3cbc1",
    "400": "#a79e94",
    "500": "#766d64",
    "600": "#5d564f",
    "700": "#433e38",
    "800": "#2b2723",
    "900": "#1e1b18",
    "950": "#151311",
}
GOLD: Final = {
    "50": "#faf5eb",
    "100": "#f3e8d2",
    "200": "#e7d3ab",
    "300": "#dcc08a",
    "400": "#d3ae6b",
    "500": "#a98440",
    "600": "#86652c",
    "700": "#6c5124",
    "800": "#543f1d",
    "900": "#3f3017",
    "950": "#261d0e",
}


def favicon(request: HttpRequest) -> str:
    """The shop's own mark, where it has one."""
    slug = profiles.current().slug
    known = slug in profiles.slugs()
    return static(f"img/brand/{slug if known else 'jane_ellen'}/favicon.svg")


def style_sheet(request: HttpRequest) -> str:
    """The desk's own style sheet: the shop's faces, and tabular figures."""
    return static("css/desk.css")


def script(request: HttpRequest) -> str:
    """The keys of the desk's queues."""
    return static("js/desk.js")


def environment(request: HttpRequest) -> list[str] | None:
    """The small word in the corner that says when this is not the real shop."""
    return ["Demonstration", "info"] if settings.IS_DEMO else None


REGISTERS: Final = (
    ("Processing activities", "list_alt", "registers:article_30", "privacy.view_register"),
    ("Companies that work for us", "handshake", "registers:processors", "privacy.view_register"),
    ("Consent statistics", "how_to_vote", "registers:consents", "privacy.view_register"),
    ("Mails", "mail", "registers:mails", "privacy.view_register"),
    ("Reports", "bar_chart", "reports:overview", "shop.view_reports"),
)


MENU: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    (
        "Requests",
        (
            "privacy.DataRequest",
            "privacy.InboundMail",
            "privacy.ChildCase",
            "privacy.Incident",
            "privacy.Demand",
            "privacy.LegalHold",
            "privacy.Restriction",
            "privacy.Attachment",
        ),
    ),
    (
        "Selling",
        ("orders.Order", "orders.Return", "orders.Share", "shop.Review", "orders.Payment", "orders.WebhookEvent"),
    ),
    (
        "Writing to people",
        (
            "privacy.Campaign",
            "privacy.PrintList",
            "privacy.PartnerList",
            "privacy.Announcement",
            "privacy.Message",
            "privacy.Suppression",
            "privacy.MailchimpMember",
        ),
    ),
    (
        "Evidence",
        (
            "privacy.AuditEvent",
            "privacy.Certificate",
            "privacy.ResidueSweep",
            "privacy.Disclosure",
            "privacy.ConsentRecord",
            "privacy.ConsentNotice",
            "privacy.PolicyVersion",
            "privacy.CollectionStop",
        ),
    ),
)


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """The menu of whoever asks: pages by the work they serve, what `MENU` does not name by its app, and the registers."""
    from django.contrib import admin  # the settings import this module before the admin may be imported

    apps = admin.site.get_app_list(request)
    open_to = {each["model"]._meta.label: each for app in apps for each in app["models"]}
    sections = [(title, [open_to.pop(label) for label in labels if label in open_to]) for title, labels in MENU] + [
        (app["name"], [each for each in app["models"] if each["model"]._meta.label in open_to]) for app in apps
    ]
    menu = [
        {"title": title, "items": [{"title": each["name"], "link": each["admin_url"]} for each in pages]}
        for title, pages in sections
    ]
    registers = [
        {"title": title, "icon": icon, "link": reverse(name)}
        for title, icon, name, permission in REGISTERS
        if request.user.has_perm(permission)
    ]
    return [section for section in [*menu, {"title": "Registers and reports", "items": registers}] if section["items"]]


UNFOLD: Final[dict[str, Any]] = {
    "SITE_TITLE": "Loupe desk",
    "SITE_HEADER": "Loupe desk",
    "SITE_URL": "/",
    "SITE_SYMBOL": "diamond",
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": True,
    "BORDER_RADIUS": "2px",
    "ENVIRONMENT": "shop.desk.environment",
    "DASHBOARD_CALLBACK": "privacy.admin.start.start_page",
    "STYLES": [style_sheet],
    "SCRIPTS": [script],
    "SIDEBAR": {"navigation": "shop.desk.navigation"},
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": favicon}],
    "COLORS": {
        "base": PAPER_AND_INK,
        "primary": GOLD,
        "font": {
            "subtle-light": "var(--color-base-500)",
            "subtle-dark": "var(--color-base-400)",
            "default-light": "var(--color-base-700)",
            "default-dark": "var(--color-base-300)",
            "important-light": "var(--color-base-900)",
            "important-dark": "var(--color-base-50)",
        },
    },
}
