"""The ``/v1`` side: who is asking, which operation, is it a repeat, and what the answer looks like.

*Source*: https://docs.stripe.com/api (authentication, errors, expanding, idempotent requests, pagination).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from . import objects, parameters
from .errors import ApiError, missing_object
from .store import Answer, Json, Store
from .till import Cause, Till

IDEMPOTENCY_KEPT_SECONDS: Final = 24 * 3600
PAGE: Final = 10
MOST_PER_PAGE: Final = 100

#: field of an object -> kind of object it can be expanded into
_EXPANDABLE: Final[Mapping[str, Mapping[str, str]]] = {
    "checkout.session": {"payment_intent": "payment_intent"},
    "payment_intent": {"latest_charge": "charge"},
    "charge": {"payment_intent": "payment_intent"},
    "refund": {"payment_intent": "payment_intent", "charge": "charge"},
    "dispute": {"payment_intent": "payment_intent", "charge": "charge"},
}


@dataclass(frozen=True)
class Request:
    """One HTTP request, as far as the API cares."""

    method: str
    path: str
    parameters: str
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Response:
    status: int
    body: Json
    headers: Mapping[str, str]


@dataclass(frozen=True)
class _Call:
    """A request that has been understood: its operation's parameters and the ids in its path."""

    params: Json
    ids: tuple[str, ...]
    cause: Cause
    path: str


class Api:
    """Answers ``/v1`` requests for one secret key. *clock* gives whole seconds of Unix time."""

    def __init__(self, till: Till, store: Store, *, secret_key: str, clock: Callable[[], int]) -> None:
        self._till = till
        self._store = store
        self._secret_key = secret_key
        self._clock = clock
        self._in_progress: set[str] = set()
        self._guard = threading.Lock()
        self.delay_seconds = 0.0
        self._operations: Mapping[str, Callable[[_Call], Json]] = {
            "POST /v1/checkout/sessions": self._open_session,
            "GET /v1/checkout/sessions": lambda call: self._list("checkout.session", call),
            "GET /v1/checkout/sessions/{session}": lambda call: self._till.session(call.ids[0]),
            "POST /v1/checkout/sessions/{session}/expire": self._expire_session,
            "GET /v1/checkout/sessions/{session}/line_items": self._line_items,
            "GET /v1/payment_intents/{intent}": lambda call: self._till.intent(call.ids[0]),
            "POST /v1/payment_intents/{intent}/cancel": self._cancel_intent,
            "POST /v1/payment_intents/{intent}/capture": self._capture,
            "GET /v1/charges": lambda call: self._list("charge", call),
            "GET /v1/charges/{charge}": lambda call: self._till.charge(call.ids[0]),
            "POST /v1/refunds": lambda call: self._till.refund(call.params, by=call.cause, at=self._clock()),
            "GET /v1/refunds": lambda call: self._list("refund", call),
            "GET /v1/refunds/{refund}": lambda call: self._one("refund", call.ids[0]),
            "GET /v1/disputes": lambda call: self._list("dispute", call),
            "GET /v1/disputes/{dispute}": lambda call: self._one("dispute", call.ids[0]),
            "GET /v1/events": lambda call: self._list("event", call),
            "GET /v1/events/{id}": lambda call: self._one("event", call.ids[0]),
        }

    def in_progress(self) -> list[str]:
        """The idempotency keys of the calls that are being carried out now."""
        with self._guard:
            return sorted(self._in_progress)

    def handle(self, request: Request) -> Response:
        """Answer one request; every refusal is an answer too."""
        request_id = objects.new_id("request")
        key = request.headers.get("Idempotency-Key") if request.method == "POST" else None
        try:
            status, body, extra = self._answer(request, request_id=request_id, key=key)
        except ApiError as refusal:
            status, body, extra = refusal.status, refusal.body(request_id), {}
        headers = {
            "Request-Id": request_id,
            "Stripe-Version": request.headers.get("Stripe-Version") or parameters.API_VERSION,
            **({"Idempotency-Key": key} if key else {}),
            **extra,
        }
        return Response(status, body, headers)

    def _answer(self, request: Request, *, request_id: str, key: str | None) -> tuple[int, Json, dict[str, str]]:
        self._authenticate(request.headers.get("Authorization", ""))
        operation, ids = self._route(request)
        params = parameters.decode(request.parameters, operation=operation)
        call = _Call(params, ids, Cause(request_id, key), request.path)
        verb = self._operations[operation]
        if key is None:
            self._dawdle()
            return 200, self._carry_out(verb, call), {}
        return self._once(verb, call, key=key)

    def _once(self, verb: Callable[[_Call], Json], call: _Call, *, key: str) -> tuple[int, Json, dict[str, str]]:
        """Carry out a request under an idempotency key, or repeat what its first run was answered."""
        fingerprint = hashlib.sha256(json.dumps([call.path, call.params], sort_keys=True).encode()).hexdigest()
        with self._guard:
            if key in self._in_progress:
                raise ApiError(
                    f"There is currently another in-progress request using this Idempotent Key: {key}. "
                    "Please try again later.",
                    status=409,
                    kind="idempotency_error",
                    code="idempotency_key_in_use",
                )
            self._store.forget_answers(before=self._clock() - IDEMPOTENCY_KEPT_SECONDS)
            earlier = self._store.answer_to(key)
            if earlier is None:
                self._in_progress.add(key)
        if earlier is not None:
            _refuse_other_request(earlier, fingerprint=fingerprint, path=call.path, key=key)
            replayed = {"Idempotent-Replayed": "true", "Original-Request": earlier.request_id}
            return earlier.status, earlier.body, replayed
        try:
            self._dawdle()
            return *self._first_run(verb, call, key=key, fingerprint=fingerprint), {}
        finally:
            with self._guard:
                self._in_progress.discard(key)

    def _first_run(self, verb: Callable[[_Call], Json], call: _Call, *, key: str, fingerprint: str) -> tuple[int, Json]:
        request_id, at = str(call.cause.request_id), self._clock()
        try:
            with self._store.transaction():
                body = self._carry_out(verb, call)
                self._store.keep_answer(key, Answer(fingerprint, call.path, 200, body, request_id, at))
                return 200, body
        except ApiError as refusal:
            body = refusal.body(request_id)
            self._store.keep_answer(key, Answer(fingerprint, call.path, refusal.status, body, request_id, at))
            return refusal.status, body

    def _carry_out(self, verb: Callable[[_Call], Json], call: _Call) -> Json:
        body = verb(call)
        for path in call.params.get("expand", []):
            _expand(body, str(path).split("."), path=str(path), find=self._store.get, lines=self._till.lines)
        return body

    def _dawdle(self) -> None:
        if self.delay_seconds:
            time.sleep(self.delay_seconds)

    def _authenticate(self, authorization: str) -> None:
        given = _given_key(authorization)
        if not given:
            raise ApiError(
                "You did not provide an API key. You need to provide your API key in the Authorization header, using "
                "Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').",
                status=401,
            )
        if not hmac.compare_digest(given.encode(), self._secret_key.encode()):
            masked = f"{given[:7]}{'*' * 8}{given[-4:]}" if len(given) > 16 else "*" * 8
            raise ApiError(f"Invalid API Key provided: {masked}", status=401)

    def _route(self, request: Request) -> tuple[str, tuple[str, ...]]:
        for operation in self._operations:
            method, pattern = operation.split(" ")
            match = re.fullmatch(re.sub(r"\{\w+\}", r"([\\w]+)", pattern), request.path)
            if match and method == request.method:
                return operation, match.groups()
        raise ApiError(f"Unrecognized request URL ({request.method}: {request.path}).", status=404)

    # operations that need more than one line

    def _open_session(self, call: _Call) -> Json:
        return self._till.open_session(call.params, by=call.cause, at=self._clock())

    def _expire_session(self, call: _Call) -> Json:
        return self._till.expire_session(call.ids[0], by=call.cause, at=self._clock())

    def _cancel_intent(self, call: _Call) -> Json:
        reason = call.params.get("cancellation_reason")
        return self._till.cancel_intent(call.ids[0], reason=reason, by=call.cause, at=self._clock())

    def _capture(self, call: _Call) -> Json:
        amount = call.params.get("amount_to_capture")
        return self._till.capture(call.ids[0], amount=amount, by=call.cause, at=self._clock())

    def _line_items(self, call: _Call) -> Json:
        session = self._till.session(call.ids[0])
        return _page(self._till.lines(session["id"]), call)

    def _one(self, kind: str, ident: str) -> Json:
        found = self._store.get(ident, kind=kind)
        if found is None:
            raise missing_object(kind, ident, param="id")
        return found

    def _list(self, kind: str, call: _Call) -> Json:
        paging = {"limit", "starting_after", "ending_before", "expand", "created", "types"}
        wanted = {name: value for name, value in call.params.items() if name not in paging}
        matching = [
            body
            for body in self._store.newest_first(kind, dict(parameters.flat(wanted)))
            if _in_range(int(body["created"]), call.params.get("created"))
            and ("types" not in call.params or body["type"] in call.params["types"])
        ]
        return _page(matching, call)


def _given_key(authorization: str) -> str:
    scheme, _, credentials = authorization.partition(" ")
    if scheme.lower() == "bearer":
        return credentials.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(credentials).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            return ""
    return ""


def _refuse_other_request(earlier: Answer, *, fingerprint: str, path: str, key: str) -> None:
    if earlier.path != path:
        raise ApiError(
            "Keys for idempotent requests can only be used for the same endpoint they were first used for "
            f"('{path}' vs '{earlier.path}'). Try using a key other than '{key}' if you meant to execute a different "
            "request.",
            kind="idempotency_error",
        )
    if earlier.fingerprint != fingerprint:
        raise ApiError(
            "Keys for idempotent requests can only be used with the same parameters they were first used with. "
            f"Try using a key other than '{key}' if you meant to execute a different request.",
            kind="idempotency_error",
        )


def _page(matching: list[Json], call: _Call) -> Json:
    """One page of a list, newest first, from after or before a known object."""
    limit = call.params.get("limit", PAGE)
    if not 1 <= limit <= MOST_PER_PAGE:
        raise ApiError(f"Invalid limit: must be between 1 and {MOST_PER_PAGE}", param="limit")
    ids = [body["id"] for body in matching]
    if "starting_after" in call.params:
        start = _position(ids, call.params["starting_after"], param="starting_after") + 1
    elif "ending_before" in call.params:
        end = _position(ids, call.params["ending_before"], param="ending_before")
        start = max(0, end - limit)
        return objects.list_of(matching[start:end], url=call.path, has_more=start > 0)
    else:
        start = 0
    return objects.list_of(matching[start : start + limit], url=call.path, has_more=len(matching) > start + limit)


def _position(ids: list[str], ident: str, *, param: str) -> int:
    if ident not in ids:
        raise missing_object("object", ident, param=param)
    return ids.index(ident)


def _in_range(created: int, wanted: Any) -> bool:
    if wanted is None:
        return True
    if not isinstance(wanted, dict):
        return created == int(wanted)
    tests: Mapping[str, Callable[[int], bool]] = {
        "gt": lambda bound: created > bound,
        "gte": lambda bound: created >= bound,
        "lt": lambda bound: created < bound,
        "lte": lambda bound: created <= bound,
    }
    return all(tests[name](int(bound)) for name, bound in wanted.items())


def _expand(
    body: Any,
    steps: list[str],
    *,
    path: str,
    find: Callable[[str], Json | None],
    lines: Callable[[str], list[Json]],
) -> None:
    """Replace an id by its object, in place, along a path such as ``payment_intent.latest_charge``."""
    step, *rest = steps
    if body.get("object") == "list" and step == "data":
        for entry in body["data"]:
            _expand(entry, rest, path=path, find=find, lines=lines)
        return
    if body["object"] == "checkout.session" and step == "line_items" and not rest:
        body["line_items"] = objects.list_of(lines(body["id"]), url=f"/v1/checkout/sessions/{body['id']}/line_items")
        return
    if step not in _EXPANDABLE.get(body["object"], {}):
        raise ApiError(f"This property cannot be expanded ({path}).", param="expand")
    if isinstance(body[step], str):
        body[step] = find(body[step])
    if rest and body[step] is not None:
        _expand(body[step], rest, path=path, find=find, lines=lines)
