"""The launcher with real services and small programs: how it ends, and what it says when it cannot start."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dev import locks, machine, run, services
from dev.errors import Unavailable
from dev.postgres import Postgres
from dev.programs import Ports, Shop
from dev.valkey import Valkey

LAUNCHER = """
import sys
from dev import run
from dev.processes import Program
from dev.programs import Shop
code = "import os, time; print('up', os.getpid(), flush=True); time.sleep(60)"
names = ("web", "worker", "beat")
Shop.programs = lambda self: [Program(name=n, command=(sys.executable, "-c", code, n), says="up") for n in names]
run._prepare = lambda processes, shop: None
sys.argv = ["dev.run"]
run.main()
"""


def launcher_environment(home: Path) -> dict[str, str]:
    settled = ("DATABASE_URL", "REDIS_URL", "STRIPE_API_BASE", "EMAIL_HOST")
    given = {name: value for name, value in os.environ.items() if name not in settled}
    return {**given, "LOUPE_HOME": str(home), "PORT": str(four_free_ports())}


def four_free_ports() -> int:
    """The first of four free ports in a row."""
    while True:
        first = machine.free_port()
        if first < 65_000 and all(machine.is_free(first + more) for more in range(4)):
            return first


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("run")
    yield folder
    run.reset(folder)


@contextmanager
def launched(home: Path) -> "Iterator[subprocess.Popen[str]]":
    """A launcher whose programs are up."""
    launcher = subprocess.Popen(
        [sys.executable, "-c", LAUNCHER, "dev.run"],
        cwd=services.PROJECT,
        env=launcher_environment(home),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    said = []
    try:
        for line in launcher.stdout:
            said.append(line)
            if "Logs" in line:  # the last line of the block
                break
        assert launcher.poll() is None, said
        yield launcher
    finally:
        launcher.kill()
        launcher.communicate()


def everything(home: Path) -> list[int]:
    """The process ids of all that a launcher has started."""
    started = [int((home / "logs" / f"{name}.log").read_text().split()[1]) for name in ("web", "worker", "beat")]
    return [*started, Postgres(home)._postmaster(), Valkey(home)._pid(), locks.occupant(home / services.KEEPER)]


def alive(pids: list[int]) -> list[str]:
    return [command for pid in pids if (command := machine.command_of(pid))]


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_every_way_to_end_it_ends_everything_and_keeps_the_data(home: Path, number: signal.Signals) -> None:
    with launched(home) as launcher:
        pids = everything(home)
        assert len(alive(pids)) == 6
        launcher.send_signal(number)
        said, _ = launcher.communicate(timeout=40)
    assert launcher.returncode == 0, said
    assert said.endswith("\nLoupe has stopped; its data stays.\n")
    assert alive(pids) == []
    assert (Postgres(home).data / "PG_VERSION").exists()


@pytest.mark.slow
def test_when_one_program_ends_all_end_and_its_log_is_shown(home: Path) -> None:
    with launched(home) as launcher:
        pids = everything(home)
        os.kill(pids[1], signal.SIGKILL)
        said, _ = launcher.communicate(timeout=40)
    assert launcher.returncode == 1
    assert "worker ended by itself, so everything stops." in said
    assert alive(pids) == []


@pytest.mark.slow
def test_a_launcher_that_is_killed_leaves_no_program_behind(home: Path) -> None:
    with launched(home) as launcher:
        pids = everything(home)
        launcher.kill()
        launcher.wait()
    assert machine.wait_until(lambda: alive(pids[:3]) == [], seconds=20)
    run.stop(home)
    assert alive(pids) == []


@pytest.mark.slow
def test_a_second_launcher_is_refused(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "_let_signals_interrupt", lambda: None)  # pytest's own stay as they are
    with launched(home) as launcher:
        with pytest.raises(Unavailable, match=r"Loupe runs from .* already: `make stop` ends it"):
            run.run(home)
        assert len(alive(everything(home))) == 6
        launcher.terminate()
        launcher.communicate(timeout=40)


def test_a_taken_port_names_the_variable_to_set(tmp_path: Path) -> None:
    ports = Ports.free()
    with socket.create_server((machine.LOOPBACK, ports.mail_page)):
        shop = Shop(home=tmp_path, ports=ports)
        with pytest.raises(Unavailable, match=rf"Port {ports.mail_page}, for the mail page, is taken: set PORT"):
            run._check_ports(shop)


@pytest.mark.parametrize("port", ["eighty", "0", "65533", "-1", "8000.5"])
def test_a_port_that_is_none_is_refused(tmp_path: Path, port: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", port)
    with pytest.raises(Unavailable, match=f"PORT must be a number from 1 to 65532; it is '{port}'"):
        run._shop(tmp_path)


def test_production_is_not_started_like_a_demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOUPE_ENV", "production")
    with pytest.raises(Unavailable, match="unset LOUPE_ENV"):
        run.run(tmp_path / "home")
    assert not (tmp_path / "home").exists()


def test_real_stripe_and_real_mail_are_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STRIPE_API_BASE", "https://api.stripe.com")
    monkeypatch.setenv("STRIPE_SECRET_KEY", "sk_test_mine")
    monkeypatch.setenv("EMAIL_HOST", "smtp.example")
    shop = run._shop(tmp_path)
    assert [program.name for program in shop.programs()] == ["web", "worker", "beat"]
    environment = shop.environment()
    assert environment["STRIPE_API_BASE"] == "https://api.stripe.com"
    assert environment["STRIPE_SECRET_KEY"] == "sk_test_mine"
    assert environment["EMAIL_HOST"] == "smtp.example"
    assert "Test cards" not in run.block(shop)
    assert "Mail" not in run.block(shop)


def test_the_block_says_where_everything_is(tmp_path: Path) -> None:
    people = {
        "staff": [{"role": "privacy desk", "email": "privacy@shop.example", "password": "green-lamp"}],
        "customers": [{"email": "alice@example.com", "password": "blue-door"}],
    }
    machine.write_json(tmp_path / "demo.json", people)
    block = run.block(Shop(home=tmp_path, ports=Ports.from_web(8000)))
    lines = [" ".join(line.split()) for line in block.splitlines()]
    for expected in (
        "Shop http://127.0.0.1:8000/",
        "customer alice@example.com blue-door",
        "Admin http://127.0.0.1:8000/admin/",
        "privacy desk privacy@shop.example green-lamp",
        "Mail http://127.0.0.1:8002/",
        "4242 4242 4242 4242 Payment succeeds",
        "4000 0000 0000 9995 Insufficient funds",
    ):
        assert expected in lines
