"""Run the mail catcher until it is told to stop.

python -m dev.mail --smtp-port 8003 --http-port 8002 --maildir .loupe/mail
"""

import argparse
import signal
import threading
from pathlib import Path

from dev.mail.catcher import smtp_server
from dev.mail.letters import Letters
from dev.mail.page import page_server


def main() -> None:
    """Take mails and show them until SIGINT or SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m dev.mail", description="Catches mail and shows it in a page.")
    parser.add_argument("--smtp-port", type=int, required=True, help="port for SMTP, on 127.0.0.1")
    parser.add_argument("--http-port", type=int, required=True, help="port for the page, on 127.0.0.1")
    parser.add_argument("--maildir", type=Path, required=True, help="folder that keeps the mails")
    options = parser.parse_args()

    told_to_stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: told_to_stop.set())

    letters = Letters(options.maildir)
    try:
        page = page_server(letters, options.http_port)
        smtp = smtp_server(letters, options.smtp_port)
        smtp.start()
    except OSError as taken:
        raise SystemExit(f"The mail catcher cannot listen: {taken.strerror}.") from None
    with page:
        threading.Thread(target=page.serve_forever, name="page", daemon=True).start()
        print(f"Mail page http://127.0.0.1:{options.http_port}/, SMTP on port {options.smtp_port}", flush=True)
        told_to_stop.wait()
        page.shutdown()
    smtp.stop()


if __name__ == "__main__":
    main()
