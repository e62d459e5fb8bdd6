"""The command line: starts, says where, needs its two secrets, stops when told."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import urllib.request


def _run(*arguments: str, **environment: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "dev.stripe", *arguments]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("STRIPE_")}
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**kept, **environment}
    )


def test_it_serves_until_it_is_told_to_stop(tmp_path):
    secrets = {"STRIPE_SECRET_KEY": "sk_test_local", "STRIPE_WEBHOOK_SECRET": "whsec_local"}
    with _run(
        "--port", "0", "--webhook-url", "http://127.0.0.1:9/", "--state", str(tmp_path / "s.sqlite3"), **secrets
    ) as server:
        said = server.stdout.readline()
        url = re.search(r"http://127\.0\.0\.1:\d+", said)[0]
        with urllib.request.urlopen(f"{url}/healthz", timeout=5) as answer:
            assert answer.read() == b"ok"
        server.send_signal(signal.SIGTERM)
        assert server.wait(timeout=10) == 0


def test_without_its_secrets_it_names_them_and_does_not_start(tmp_path):
    with _run(
        "--port", "0", "--webhook-url", "http://127.0.0.1:9/", "--state", str(tmp_path / "s"), STRIPE_SECRET_KEY="x"
    ) as server:
        _out, said = server.communicate(timeout=10)

    assert server.returncode == 2
    assert said == "Set STRIPE_WEBHOOK_SECRET in the environment: any text will do, the shop needs the same.\n"


def test_its_help_shows_examples():
    with _run("--help") as server:
        said, _err = server.communicate(timeout=10)

    assert "examples:" in said
    assert "StripeClient(" in said
