"""A wrong variable ends the start with one sentence that names it."""

import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings

from privacy.register import profiles
from shop.environment import Environment, is_here
from shop.keyring import demo_key

OWN_POLICY = Path(settings.LOUPE_HOME) / f"own-policy-{os.getpid()}.toml"  # each worker of a divided run has its own
PRODUCTION = {
    "LOUPE_ENV": "production",
    "LOUPE_POLICY": str(OWN_POLICY),
    "SECRET_KEY": "x" * 50,
    "LOUPE_SEALING_KEYS": "x",
    "LOUPE_DIGEST_KEYS": "1:ab",
    "LOUPE_SIGNING_KEY": "ab",
    "LOUPE_PUBLIC_URL": "https://shop.example",
    "STRIPE_SECRET_KEY": "sk_live_x",
    "STRIPE_WEBHOOK_SECRET": "whsec_x",
}


@pytest.fixture(autouse=True, scope="module")
def _own_policy():
    """A profile that is no demonstration."""
    demo = (profiles.FOLDER / "jane_ellen.toml").read_text()
    OWN_POLICY.write_text(demo.replace("demo = true", "demo = false"))
    yield
    OWN_POLICY.unlink(missing_ok=True)


def start(**variables):
    """Read the settings in a fresh process; its exit code and what it said."""
    kept = {name: os.environ[name] for name in ("PATH", "DATABASE_URL", "REDIS_URL") if name in os.environ}
    kept["LOUPE_HOME"] = str(settings.LOUPE_HOME)
    run = subprocess.run(
        [sys.executable, "-c", "import shop.settings"],
        env={**kept, **variables},
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return run.returncode, run.stderr.strip()


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"LOUPE_ENV": "staging"}, "LOUPE_ENV must be one of demo, production; it is 'staging'."),
        (
            {**PRODUCTION, "LOUPE_POLICY": "jane_ellen"},
            "LOUPE_POLICY must be the path of your own profile in production; it names one with stand-in contacts.",
        ),
        ({"PORT": "http"}, "PORT must be a whole number from 1 to 65535; it is 'http'."),
        ({"PORT": "70000"}, "PORT must be a whole number from 1 to 65535; it is 70000."),
        ({"DATABASE_URL": "mysql://x/y"}, "DATABASE_URL must be a URL that starts with postgres:// or postgresql://."),
        ({"REDIS_URL": "localhost"}, "REDIS_URL must be a URL that starts with redis:// or rediss:// or unix://."),
        ({"EMAIL_USE_TLS": "yes"}, "EMAIL_USE_TLS must be one of 0, 1; it is 'yes'."),
        ({**PRODUCTION, "SECRET_KEY": ""}, "SECRET_KEY must be set to at least 50 random characters."),
        (
            {**PRODUCTION, "LOUPE_PUBLIC_URL": "http://shop.example"},
            "LOUPE_PUBLIC_URL must start with https:// in production.",
        ),
        (
            {**PRODUCTION, "STRIPE_API_BASE": "http://127.0.0.1:1"},
            "STRIPE_API_BASE must start with https:// in production.",
        ),
        (
            {**PRODUCTION, "STRIPE_CHECKOUT_ORIGIN": "http://checkout.example"},
            "STRIPE_CHECKOUT_ORIGIN must start with https:// in production.",
        ),
        pytest.param(
            {**PRODUCTION, "MAILCHIMP_API_BASE": "http://list.example"},
            "MAILCHIMP_API_BASE must start with https:// in production.",
            marks=pytest.mark.prove,
        ),
        pytest.param(
            {**PRODUCTION, "TWILIO_API_BASE": "http://texts.example"},
            "TWILIO_API_BASE must start with https:// in production.",
            marks=pytest.mark.prove,
        ),
        (
            {**PRODUCTION, "IMAP_HOST": "imap.example", "IMAP_USER": "x", "IMAP_PASSWORD": "y", "IMAP_TLS": "0"},
            "IMAP_TLS must not be off in production.",
        ),
        pytest.param(
            {**PRODUCTION, "DATABASE_URL": "postgres://x:y@db.example/loupe"},
            "DATABASE_URL must end with ?sslmode=verify-full in production, unless it leads to this very machine.",
            marks=pytest.mark.prove,
        ),
        (
            {**PRODUCTION, "DATABASE_URL": "postgres://x:y@db.example/loupe?sslmode=prefer"},
            "DATABASE_URL must end with ?sslmode=verify-full in production, unless it leads to this very machine.",
        ),
        (
            {**PRODUCTION, "REDIS_URL": "redis://:x@broker.example/0"},
            "REDIS_URL must start with rediss:// in production, unless it leads to this very machine.",
        ),
        ({**PRODUCTION, "EMAIL_USE_TLS": "0"}, "EMAIL_USE_TLS must be 1 in production: mails leave under TLS only."),
        (
            {"LOUPE_MAIL_SERVICE": "postmark"},
            "ANYMAIL_WEBHOOK_SECRET must be set with LOUPE_MAIL_SERVICE, like name:password; its reports carry it.",
        ),
        (
            {**PRODUCTION, "LOUPE_ERASURE_GRACE": "10"},
            "LOUPE_ERASURE_GRACE must be a whole number from 86400 to 7776000; it is 10.",
        ),
    ],
)
@pytest.mark.promise("JE-53", "JS-46", "SG-09")
def test_a_wrong_value_stops_the_start_with_one_sentence(variables, sentence):
    assert start(**variables) == (1, sentence)


def test_a_demo_needs_nothing_but_its_services():
    assert start() == (0, "")


def test_production_refuses_a_key_that_the_demo_made():
    key = demo_key(settings.LOUPE_HOME / "keys", "signing_key")
    code, sentence = start(**{**PRODUCTION, "LOUPE_SIGNING_KEY": key})
    assert code == 1
    assert sentence.startswith("LOUPE_SIGNING_KEY is the demo's own key;")


def test_a_policy_nobody_wrote_stops_the_start():
    code, sentence = start(LOUPE_POLICY="tiffany")
    assert code == 1
    assert sentence.startswith("LOUPE_POLICY must be one of jane_ellen, ")


def test_production_starts_with_everything_set():
    assert start(**PRODUCTION) == (0, "")


@pytest.mark.promise("SG-09")
def test_what_travels_to_database_and_broker_is_encrypted_once_it_leaves_the_machine():
    """What libpq, the cache and Celery are told, in a shop whose services stand elsewhere."""
    look = (
        "import json; from shop import settings; from shop.celery import app; d = settings.DATABASES['default'];"
        "print(json.dumps([d['HOST'], d['OPTIONS'], settings.CACHES['default']['LOCATION'], str(app.connection_for_write().ssl)]))"
    )
    away = {
        "DATABASE_URL": "postgres://x:y@db.example/loupe?sslmode=verify-full",
        "REDIS_URL": "rediss://:x@broker.example:6380/0",
    }
    environment = {"PATH": os.environ["PATH"], "LOUPE_HOME": str(settings.LOUPE_HOME), **PRODUCTION, **away}
    run = subprocess.run(
        [sys.executable, "-c", look], env=environment, cwd=settings.BASE_DIR, capture_output=True, text=True, timeout=60
    )
    assert run.returncode == 0, run.stderr
    host, options, cache, broker = json.loads(run.stdout)
    assert (host, options) == ("db.example", {"application_name": "loupe", "sslmode": "verify-full"})
    assert cache == away["REDIS_URL"]
    assert "CERT_REQUIRED" in broker


def test_a_machine_is_here_by_loopback_and_socket_alone():
    hosts = ["", "localhost", "127.0.0.1", "::1", "/var/run/postgresql", "db.example", "10.0.0.1", "127.0.0.1.example"]
    assert [host for host in hosts if is_here(host)] == hosts[:5]


def test_durations_are_given_in_seconds():
    environment = Environment({"WAIT": "90"})
    assert environment.seconds("WAIT", timedelta(hours=1), low=timedelta(0)) == timedelta(seconds=90)
    assert environment.seconds("OTHER", timedelta(hours=1), low=timedelta(0)) == timedelta(hours=1)


def test_a_demo_key_is_made_once_and_is_private(tmp_path: Path):
    first = demo_key(tmp_path / "keys", "secret_key")
    assert demo_key(tmp_path / "keys", "secret_key") == first
    assert (tmp_path / "keys" / "secret_key").stat().st_mode & 0o777 == 0o600
    assert list((tmp_path / "keys").iterdir()) == [tmp_path / "keys" / "secret_key"]
