"""Which shop this is: its environment, keys and address. The only place that opens the process environment."""

import os
import sys
from pathlib import Path
from urllib.parse import urlsplit

from privacy.register import profiles
from shop.environment import Environment, stop
from shop.keyring import demo_key, is_demo_key

env = Environment(os.environ)

BASE_DIR = Path(__file__).resolve().parent.parent.parent
LOUPE_ENV = env.choice("LOUPE_ENV", ("demo", "production"), "demo")
LOUPE_HOME = env.path("LOUPE_HOME", BASE_DIR / ".loupe")
LOUPE_POLICY = env.text("LOUPE_POLICY", "jane_ellen")
IS_DEMO = LOUPE_ENV == "demo"
try:
    if profiles.named(LOUPE_POLICY).is_demo and not IS_DEMO:
        stop("LOUPE_POLICY", "must be the path of your own profile in production; it names one with stand-in contacts")
except profiles.Unknown as problem:
    sys.exit(str(problem))
DEBUG = False


def secret(variable: str, name: str, expected: str) -> str:
    """A secret: from the environment, or in a demo from its generated file."""
    if IS_DEMO:
        return env.text(variable) or demo_key(LOUPE_HOME / "keys", name)
    value = env.required(variable, expected)
    if is_demo_key(value, LOUPE_HOME / "keys"):
        stop(variable, "is the demo's own key; make one of your own (docs/operations.md)")
    return value


# Keys. Lists are newest first: the first one writes, all of them read.
SECRET_KEY = secret("SECRET_KEY", "secret_key", "must be set to at least 50 random characters")
LOUPE_SEALING_KEYS = secret("LOUPE_SEALING_KEYS", "sealing_keys", "must hold Fernet keys, newest first").split(",")
LOUPE_DIGEST_KEYS = secret(
    "LOUPE_DIGEST_KEYS", "digest_keys", "must hold version:hex pairs, newest first, like 2:ab12...,1:cd34..."
).split(",")
# The public halves of signing keys used before: what they signed stays valid.
LOUPE_OLD_PUBLIC_KEYS = env.words("LOUPE_OLD_PUBLIC_KEYS")
LOUPE_SIGNING_KEY = secret("LOUPE_SIGNING_KEY", "signing_key", "must be an Ed25519 private key: 64 hex digits")

# Where the shop stands
PORT = env.number("PORT", 8000, low=1, high=65535)
LOUPE_PUBLIC_URL = env.url("LOUPE_PUBLIC_URL", f"http://127.0.0.1:{PORT}", ("http", "https"))
PUBLIC = urlsplit(LOUPE_PUBLIC_URL)
IS_HTTPS = PUBLIC.scheme == "https"
if not IS_DEMO and not IS_HTTPS:
    stop("LOUPE_PUBLIC_URL", "must start with https:// in production")
_LOOPBACK = ["127.0.0.1", "localhost", "[::1]"] if IS_DEMO else []
ALLOWED_HOSTS = [*env.words("LOUPE_HOSTS", [PUBLIC.hostname or "127.0.0.1"]), *_LOOPBACK]
CSRF_TRUSTED_ORIGINS = [LOUPE_PUBLIC_URL]
