"""What the whole shop consists of, as programs: web, worker, beat, and the local stand-ins for Stripe and mail.

`make run`, the journeys and the benchmark start the same programs with the same settings; only ports and folders differ.
"""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dev import machine
from dev.processes import Program, answers_http, listens
from shop.keyring import demo_key

WEB_WORKERS = 2


@dataclass(frozen=True, kw_only=True)
class Ports:
    """Where the programs listen, all on the loopback."""

    web: int
    stripe: int
    mail_page: int
    smtp: int

    @classmethod
    def from_web(cls, web: int) -> "Ports":
        """The shop's port and the three after it."""
        return cls(web=web, stripe=web + 1, mail_page=web + 2, smtp=web + 3)

    @classmethod
    def free(cls) -> "Ports":
        """Four ports nobody uses."""
        return cls(**{name: machine.free_port() for name in ("web", "stripe", "mail_page", "smtp")})


@dataclass(frozen=True, kw_only=True)
class Shop:
    """The programs of one shop with one data folder."""

    home: Path
    ports: Ports
    own_stripe: bool = True  # the local stand-in; False where STRIPE_API_BASE names another
    own_mail: bool = True  # the mail catcher; False where EMAIL_HOST names a server

    @property
    def url(self) -> str:
        """The address of the shop."""
        return f"http://{machine.LOOPBACK}:{self.ports.web}"

    @property
    def stripe_url(self) -> str:
        """The address of the local Stripe."""
        return f"http://{machine.LOOPBACK}:{self.ports.stripe}"

    @property
    def mail_url(self) -> str:
        """The address of the page with the caught mails."""
        return f"http://{machine.LOOPBACK}:{self.ports.mail_page}"

    @property
    def maildir(self) -> Path:
        """Where caught mails lie."""
        return self.home / "mail"

    @property
    def stripe_state(self) -> Path:
        """Where the local Stripe keeps what it knows."""
        return self.home / "stripe.sqlite3"

    def preparing(self) -> list[str]:
        """What `dev.prepare` must know of this shop."""
        return [f"--stripe={self.stripe_state}"] if self.own_stripe else []

    def environment(self, given: Mapping[str, str] = os.environ) -> dict[str, str]:
        """What every program of this shop finds in its environment; what is given there already stands."""
        keys = self.home / "keys"
        defaults = {
            "LOUPE_PUBLIC_URL": self.url,
            "STRIPE_SECRET_KEY": given.get("STRIPE_SECRET_KEY") or demo_key(keys, "stripe_secret_key"),
            "STRIPE_WEBHOOK_SECRET": given.get("STRIPE_WEBHOOK_SECRET") or demo_key(keys, "stripe_webhook_secret"),
        }
        settled = {"LOUPE_HOME": str(self.home), "PORT": str(self.ports.web), "PYTHONUNBUFFERED": "1"}
        if self.own_stripe:
            settled["STRIPE_API_BASE"] = self.stripe_url
        if self.own_mail:
            settled |= {"EMAIL_HOST": machine.LOOPBACK, "EMAIL_PORT": str(self.ports.smtp), "EMAIL_USE_TLS": "0"}
        return {**defaults, **given, **settled}

    def programs(self, *, beat: bool = True) -> list[Program]:
        """All programs, those first that others talk to."""
        standing_in = ([self._stripe()] if self.own_stripe else []) + ([self._mail()] if self.own_mail else [])
        return [*standing_in, self._web(), self._worker(), *([self._beat()] if beat else [])]

    def _web(self) -> Program:
        return Program(
            name="web",
            command=web_command(self.ports.web),
            answers=lambda: answers_http(self.ports.web, "/healthz"),
        )

    def _worker(self) -> Program:
        options = ("--concurrency=2", "--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel=INFO")
        return Program(
            name="worker",
            command=_module("celery", "--app=shop", "worker", "--hostname=loupe@%h", *options),
            says=" ready.",
        )

    def _beat(self) -> Program:
        schedule = f"--schedule={self.home / 'beat-schedule'}"
        return Program(
            name="beat",
            command=_module("celery", "--app=shop", "beat", "--pidfile=", schedule, "--loglevel=INFO"),
            says="beat: Starting",
        )

    def _stripe(self) -> Program:
        return Program(
            name="stripe",
            command=_module(
                "dev.stripe",
                f"--port={self.ports.stripe}",
                f"--webhook-url={self.url}/webhooks/stripe/",
                f"--state={self.stripe_state}",
            ),
            answers=lambda: listens(self.ports.stripe),
        )

    def _mail(self) -> Program:
        return Program(
            name="mail",
            command=_module(
                "dev.mail",
                f"--smtp-port={self.ports.smtp}",
                f"--http-port={self.ports.mail_page}",
                f"--maildir={self.maildir}",
            ),
            answers=lambda: listens(self.ports.smtp) and answers_http(self.ports.mail_page, "/healthz"),
        )


def web_command(port: int, *, workers: int = WEB_WORKERS) -> tuple[str, ...]:
    """The production web server. Threads, because browsers open connections ahead of time and a plain worker would wait."""
    return _module(
        "gunicorn",
        "shop.wsgi",
        f"--bind={machine.LOOPBACK}:{port}",
        f"--workers={workers}",
        "--worker-class=gthread",
        "--threads=4",
        "--graceful-timeout=5",
        "--no-control-socket",
    )


def _module(name: str, *arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-m", name, *arguments)
