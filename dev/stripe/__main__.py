"""Run the local Stripe-compatible server until it is told to stop.

examples:
  STRIPE_SECRET_KEY=sk_test_local STRIPE_WEBHOOK_SECRET=whsec_local \\
    python -m dev.stripe --port 12111 --webhook-url http://127.0.0.1:8000/webhooks/stripe/ --state stripe.sqlite3

  # talk to it with Stripe's own SDK
  StripeClient("sk_test_local", base_addresses={"api": "http://127.0.0.1:12111"})

  # pull a lever that only tests pull: expire a session now
  curl -X POST http://127.0.0.1:12111/_test/expire/cs_test_...
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading

from .server import Settings, StripeServer


def main(argv: list[str] | None = None) -> int:
    """Start, say where, serve until SIGINT or SIGTERM. Returns the exit code."""
    options = _parser().parse_args(argv)
    missing = [name for name in ("STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET") if not os.environ.get(name)]
    if missing:
        print(
            f"Set {' and '.join(missing)} in the environment: any text will do, the shop needs the same.",
            file=sys.stderr,
        )
        return 2
    settings = Settings(
        port=options.port,
        webhook_url=options.webhook_url,
        state=options.state,
        public_url=options.public_url,
        secret_key=os.environ["STRIPE_SECRET_KEY"],
        webhook_secret=os.environ["STRIPE_WEBHOOK_SECRET"],
    )
    try:
        server = StripeServer(settings)
    except OSError as taken:
        print(f"Cannot listen on port {options.port}: {taken.strerror}.", file=sys.stderr)
        return 1
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    serving = threading.Thread(target=server.serve, name="http")
    serving.start()
    print(f"Local Stripe at {server.url}, webhooks to {options.webhook_url}, state in {options.state}", flush=True)
    stop.wait()
    server.close()
    serving.join()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m dev.stripe", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--port", type=int, required=True, help="port to listen on, on 127.0.0.1; 0 takes a free one")
    parser.add_argument("--webhook-url", required=True, help="where the shop listens for events")
    parser.add_argument("--state", required=True, help="SQLite file that keeps sessions and payments over a restart")
    parser.add_argument("--public-url", default="", help="address of this server as the browser sees it")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
