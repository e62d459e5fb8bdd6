"""`make run`: the whole shop on this machine, with one block that says where everything is; Ctrl-C ends all of it.

    python -m dev.run [--stop | --reset]

The data stays under `LOUPE_HOME`. A database, broker, Stripe or mail server named in the environment is used instead of
the local one.
"""

import argparse
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from dev import locks, machine, services
from dev.errors import Unavailable
from dev.processes import Processes, step
from dev.programs import Ports, Shop
from dev.stripe.cards import CARDS

READY_SECONDS = 90
LOCK = "run.lock"


def main() -> None:
    """Run, stop or reset the shop; a problem ends in one message."""
    parser = argparse.ArgumentParser(prog="python -m dev.run", description="Run the whole shop on this machine.")
    other = parser.add_mutually_exclusive_group()
    other.add_argument("--stop", action="store_true", help="stop the shop that runs from this data folder")
    other.add_argument("--reset", action="store_true", help="stop it and delete the data folder")
    chosen = parser.parse_args()
    home = services.data_home()
    try:
        if chosen.reset:
            reset(home)
        elif chosen.stop:
            stop(home)
        else:
            run(home)
    except Unavailable as problem:
        sys.exit(str(problem))


def run(home: Path) -> None:
    """Start everything, say where it is, and stay until told to stop or until one program ends."""
    if os.environ.get("LOUPE_ENV") == "production":
        raise Unavailable("This starts a demo on a developer's machine: unset LOUPE_ENV, or see docs/operations.md.")
    shop = _shop(home)
    _let_signals_interrupt()
    with contextlib.suppress(KeyboardInterrupt), _only_launcher(home):
        _check_ports(shop)
        with step("Database and broker"):
            services.ensure(home)
        with Processes(logs=home / "logs", environment=shop.environment(), folder=services.PROJECT) as processes:
            _prepare(processes, shop)
            with step("Programs"):
                programs = shop.programs()
                processes.start_all(programs)
                processes.wait_for_all(programs, seconds=READY_SECONDS)
            print(block(shop), flush=True)
            _watch(processes)
    print("\nLoupe has stopped; its data stays.", flush=True)


def stop(home: Path) -> None:
    """End the shop that runs from this data folder."""
    if launcher := locks.occupant(home / LOCK):
        machine.end_process(launcher, mark="dev.run", seconds=30)
    services.stop(home)


def reset(home: Path) -> None:
    """Stop everything and delete the data folder."""
    stop(home)
    services.wipe(home)


def block(shop: Shop) -> str:
    """What a newcomer needs to look around: addresses, logins, cards."""
    demo = machine.read_json(shop.home / "demo.json")
    lines = [
        "",
        "Loupe is running; Ctrl-C stops it and keeps the data.",
        "",
        f"  Shop        {shop.url}/",
        *(_login(person, person.get("name", "customer")) for person in demo.get("customers", ())),
        f"  Admin       {shop.url}/admin/",
        *(_login(person, person["role"]) for person in demo.get("staff", ())),
    ]
    if shop.own_mail:
        lines.append(f"  Mail        {shop.mail_url}/")
    if shop.own_stripe:
        lines.append("  Test cards  chosen on the payment page; no other card is accepted")
        lines += [f"    {card.spaced}   {card.label}" for card in CARDS]
    return "\n".join([*lines, f"  Logs        {shop.home / 'logs'}", ""])


def _login(person: dict[str, str], role: str) -> str:
    return f"    {role:<23} {person['email']:<32} {person['password']}"


def _shop(home: Path) -> Shop:
    """The shop this environment asks for."""
    port = os.environ.get("PORT") or "8000"
    if not (port.isdecimal() and 1 <= int(port) <= 65_532):
        raise Unavailable(f"PORT must be a number from 1 to 65532; it is {port!r}.")
    return Shop(
        home=home,
        ports=Ports.from_web(int(port)),
        own_stripe=not os.environ.get("STRIPE_API_BASE"),
        own_mail=not os.environ.get("EMAIL_HOST"),
    )


def _check_ports(shop: Shop) -> None:
    """Refuse to start over somebody else's server."""
    wanted = {"shop": shop.ports.web}
    if shop.own_stripe:
        wanted["local Stripe"] = shop.ports.stripe
    if shop.own_mail:
        wanted |= {"mail page": shop.ports.mail_page, "mail server": shop.ports.smtp}
    for use, port in wanted.items():
        if not machine.is_free(port):
            raise Unavailable(
                f"Port {port}, for the {use}, is taken: set PORT to the first of four free ports, "
                f"like `make run PORT={shop.ports.web + 100}`."
            )


def _prepare(processes: Processes, shop: Shop) -> None:
    """Bring the database up to date and fill it."""
    log = processes.log("prepare")
    done = subprocess.run(
        [sys.executable, "-m", "dev.prepare", log, *shop.preparing()],
        cwd=processes.folder,
        env=processes.environment,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    if done.returncode:
        raise Unavailable(f"Preparing the data failed. The end of {log}:\n{machine.tail(log, 25)}")


def _watch(processes: Processes) -> None:
    """Stay while all programs live."""
    while not (name := processes.ended()):
        time.sleep(0.5)
    log = processes.log(name)
    raise Unavailable(f"{name} ended by itself, so everything stops. The end of {log}:\n{machine.tail(log)}")


@contextmanager
def _only_launcher(home: Path) -> Iterator[None]:
    """Be the only launcher of this data folder; leave no program and no service behind."""
    home.mkdir(parents=True, exist_ok=True)
    place = locks.occupy(home / LOCK)
    if place < 0:
        raise Unavailable(f"Loupe runs from {home} already: `make stop` ends it, another LOUPE_HOME runs a second one.")
    try:
        yield
    finally:
        services.stop(home)
        os.close(place)


def _let_signals_interrupt() -> None:
    """Let a request to end and a closed terminal do what Ctrl-C does: interrupt once, then let us tidy up in peace."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def interrupt(number: int, frame: FrameType | None) -> None:
        for each in numbers:
            signal.signal(each, signal.SIG_IGN)
        raise KeyboardInterrupt

    for each in numbers:
        signal.signal(each, interrupt)


if __name__ == "__main__":
    main()
