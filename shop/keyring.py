"""The secrets of a demo, made once and kept in files under `LOUPE_HOME/keys`.

Production brings its own secrets by environment and never calls this module.
"""

import os
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable
from pathlib import Path

MAKERS: dict[str, Callable[[], str]] = {
    "secret_key": lambda: secrets.token_urlsafe(50),
    "sealing_keys": lambda: urlsafe_b64encode(secrets.token_bytes(32)).decode(),
    "digest_keys": lambda: f"1:{secrets.token_hex(32)}",
    "signing_key": lambda: secrets.token_hex(32),
    "stripe_secret_key": lambda: f"sk_test_{secrets.token_hex(16)}",
    "stripe_webhook_secret": lambda: f"whsec_{secrets.token_hex(16)}",
}


def demo_key(folder: Path, name: str) -> str:
    """The secret called *name*, from its file; made with mode 0600 on first use, safe when two processes race."""
    file = folder / name
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = folder / f".{name}.{os.getpid()}"
        draft.touch(mode=0o600)
        draft.write_text(MAKERS[name]())
        try:
            os.link(draft, file)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return file.read_text().strip()


def is_demo_key(value: str, folder: Path) -> bool:
    """Whether *value* is one of the secrets a demo made for itself in *folder*."""
    return any(file.is_file() and file.read_text().strip() == value for file in folder.glob("[a-z]*"))
