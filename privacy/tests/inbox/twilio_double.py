"""A stand-in for Twilio's Messages API on the loopback: checks what arrives and answers in the real shapes.

*Source*: https://www.twilio.com/docs/messaging/api/message-resource#create-a-message-resource, and of errors
https://www.twilio.com/docs/usage/twilios-response#response-formats-exceptions
"""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs

ACCOUNT, TOKEN = "AC00000000000000000000000000000001", "an-auth-token"


class Double(BaseHTTPRequestHandler):
    """Takes texts; `refuses` makes the next one fail with a status and a code, or break off without an answer."""

    taken: ClassVar[list[dict[str, str]]] = []
    refuses: ClassVar[list[tuple[int, int]]] = []

    def do_POST(self) -> None:
        form = {
            name: values[0]
            for name, values in parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode()).items()
        }
        login = "Basic " + base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
        if self.path != f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json" or self.headers["Authorization"] != login:
            return self._say(401, {"code": 20003, "message": "Authenticate", "more_info": "…", "status": 401})
        if self.refuses:
            status, code = self.refuses.pop()
            if not status:
                return self.connection.close()
            return self._say(status, {"code": code, "message": "No.", "more_info": "…", "status": status})
        self.taken.append(form)
        number = f"SM{len(self.taken):032}"
        said = {"sid": number, "status": "queued", "account_sid": ACCOUNT, "body": form["Body"], "to": form["To"]}
        return self._say(
            201, {**said, "from": form["From"], "error_code": None, "num_segments": "1", "direction": "outbound-api"}
        )

    def log_message(self, *_: Any) -> None:
        """Numbers are in nobody's log."""

    def _say(self, status: int, said: dict[str, Any]) -> None:
        body = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def running() -> Iterator[str]:
    """The address of a fresh double."""
    Double.taken.clear()
    Double.refuses.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Double) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()
