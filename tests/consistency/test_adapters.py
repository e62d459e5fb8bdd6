"""Everything in the shop that can talk to another machine: known by name, over TLS to declared hosts, a row before each call."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest
from django.conf import settings

from accounts import social
from privacy.register import disclosures, registry

ROOT: Final = Path(settings.BASE_DIR)
#: What it takes to open a connection. Django's own mail and Celery's broker are reached through the modules below only.
NETWORK: Final = {
    "requests", "stripe", "smtplib", "http.client", "urllib.request", "urllib3", "imaplib", "imap_tools", "socket", "ssl",
    "httpx", "aiohttp", "ftplib", "telnetlib", "poplib", "nntplib", "xmlrpc", "asyncio", "django.core.mail", "paramiko",
}  # fmt: skip


class Adapter(NamedTuple):
    """One module that connects: who is at the other end, and the room that writes down what leaves, before it does."""

    other_end: str
    written_by: str


ADAPTERS: Final = {
    "orders/gateway.py": Adapter("stripe", "orders/gateway.py"),
    "privacy/messages/mail.py": Adapter("mail", "privacy/messages/delivery.py"),
    "privacy/messages/twilio.py": Adapter("sms", "privacy/messages/delivery.py"),
    "privacy/messages/mailchimp.py": Adapter("mailchimp", "privacy/messages/mailchimp.py"),
    "accounts/social.py": Adapter("google-sign-in", "accounts/social.py"),
    "privacy/ground/public_hosts.py": Adapter(disclosures.CHOSEN_BY_YOU, "privacy/rights/transfer.py"),
}
#: These connect, and tell nobody anything about anybody that the other end did not say first.
TELLS_NOTHING: Final = {
    "privacy/rights/reviews.py": "asks declared links of ours whether they still lead somewhere, and says nothing about anybody",
    "privacy/messages/mailbox.py": "reads the shop's own mailbox",
    "shop/settings/outside.py": "says with whose certificates broker and mail are believed; opens nothing",
}


def connects(path: Path) -> bool:
    """Whether a module imports something that opens connections."""
    tree = ast.parse(path.read_text())
    named = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    whole = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and not node.level}
    return any(name == each or name.startswith(f"{each}.") for name in named | whole for each in NETWORK)


def modules() -> list[Path]:
    """The shop's own, without their tests and commands."""
    every = (path for app in ("shop", "accounts", "orders", "privacy") for path in (ROOT / app).rglob("*.py"))
    return [path for path in every if not {"tests", "migrations"} & set(path.relative_to(ROOT).parts)]


def test_whoever_can_connect_is_known() -> None:
    found = {str(path.relative_to(ROOT)) for path in modules() if connects(path)}
    assert found == ADAPTERS.keys() | TELLS_NOTHING.keys()
    assert settings.SOCIALACCOUNT_STORE_TOKENS is False
    assert [url for url in social.REVOKED_AT.values() if not url.startswith("https://")] == []


@pytest.mark.promise("JK-21", "JH-17")
@pytest.mark.parametrize("module", sorted(ADAPTERS))
def test_each_adapter_has_a_room_that_writes_the_row(module: str) -> None:
    """That the row comes first is shown on the wire, by the socket guard in each adapter's own tests."""
    calls = [
        node.func.attr
        for node in ast.walk(ast.parse((ROOT / ADAPTERS[module].written_by).read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "disclosures"
    ]
    assert len({"record", "drafted"} & set(calls)) == 1
    if (
        ADAPTERS[module].other_end != disclosures.CHOSEN_BY_YOU
    ):  # whose host its person confirmed, and `public_hosts` vets
        assert "address" in calls


@pytest.mark.promise("JE-53")
def test_every_processor_is_reached_over_tls_at_its_own_hosts_only(settings: Any) -> None:
    settings.IS_DEMO = False
    there = [(each.slug, host) for each in registry.processors() for host in each.hosts]
    assert {"stripe", "mail"} <= {slug for slug, _ in there}
    for slug, host in there:
        assert disclosures.address(slug, f"https://{host}/x") == host
        for elsewhere in (
            f"http://{host}/x",
            f"https://{host}.evil.example/",
            f"https://{host}@evil.example/",
            f"//{host}/",
        ):
            with pytest.raises(disclosures.NotAllowed):
                disclosures.address(slug, elsewhere)
