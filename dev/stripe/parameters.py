"""How a form-encoded request becomes typed parameters, or one of Stripe's refusals.

The shapes come from ``schema.json``. Parameters that Stripe knows and this server does not carry out are refused with
a sentence that says so, rather than ignored: an answer must never look as if they had worked.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, cast
from urllib.parse import parse_qsl

from .errors import ApiError
from .store import Json

_SCHEMA: Final = cast(Json, json.loads(Path(__file__).with_name("schema.json").read_text(encoding="utf-8")))
API_VERSION: Final = str(_SCHEMA["api_version"])

_KEY_PART: Final = re.compile(r"[^\[\]]+")
_MOST_METADATA: Final = 50

#: What a new session may carry here. ``*`` stands for any key or index.
_CARRIED_OUT: Final[Mapping[str, frozenset[str]]] = {
    "POST /v1/checkout/sessions": frozenset(
        {
            "mode",
            "ui_mode",
            "line_items.*.quantity",
            "line_items.*.metadata.*",
            "line_items.*.price_data.currency",
            "line_items.*.price_data.unit_amount",
            "line_items.*.price_data.tax_behavior",
            "line_items.*.price_data.product_data.name",
            "line_items.*.price_data.product_data.metadata.*",
            "client_reference_id",
            "metadata.*",
            "payment_intent_data.metadata.*",
            "payment_intent_data.capture_method",
            "payment_intent_data.description",
            "payment_intent_data.statement_descriptor_suffix",
            "allowed_payment_method_types.*",
            "success_url",
            "cancel_url",
            "expires_at",
            "customer_email",
            "automatic_tax.enabled",
            "billing_address_collection",
            "submit_type",
            "locale",
            "expand.*",
        }
    ),
    "GET /v1/events": frozenset(
        {"type", "types.*", "created", "created.*", "limit", "starting_after", "ending_before", "expand.*"}
    ),
    "POST /v1/payment_intents/{intent}/capture": frozenset({"amount_to_capture", "expand.*"}),
    "POST /v1/refunds": frozenset({"amount", "charge", "payment_intent", "metadata.*", "reason", "expand.*"}),
}


def decode(encoded: str, *, operation: str) -> Json:
    """The parameters of one request. *operation* is a key of the schema's ``requests``, such as ``POST /v1/refunds``.

    *Raises* ``ApiError``: unknown or missing parameter, wrong type, a value outside the enum, metadata too large, or a
    parameter that only the real Stripe carries out.
    """
    raw = _nested(encoded)
    params = _object(raw, _SCHEMA["requests"][operation], path="")
    _refuse_not_carried_out(params, _CARRIED_OUT.get(operation))
    return params


def flat(params: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every leaf with its dotted path: ``line_items.0.price_data.currency``."""
    if isinstance(params, dict):
        entries: Any = params.items()
    elif isinstance(params, list):
        entries = enumerate(params)
    else:
        yield path, params
        return
    for key, value in entries:
        yield from flat(value, f"{path}.{key}" if path else str(key))


def _nested(encoded: str) -> Json:
    """``a[b][0]=c`` as ``{"a": {"b": {"0": "c"}}}``; ``a[]=c`` counts up."""
    tree: Json = {}
    for key, value in parse_qsl(encoded, keep_blank_values=True):
        parts = _KEY_PART.findall(key)
        if not parts:
            raise ApiError(f"Invalid parameter name: {key}")
        *above, last = parts if not key.endswith("[]") else [*parts, ""]
        node = tree
        for part in above:
            child = node.setdefault(part, {})
            if not isinstance(child, dict):
                raise ApiError(f"Invalid parameter: {key}", param=key)
            node = child
        node[last or str(len(node))] = value
    return tree


def _object(raw: Json, schema: Json, *, path: str) -> Json:
    properties: Json = schema.get("properties", {})
    extra = schema.get("additionalProperties", True)
    if extra is False:
        _refuse_unknown([name for name in raw if name not in properties], path=path)
    for name in schema.get("required", ()):
        if name not in raw:
            where = _inside(path, name)
            raise ApiError(f"Missing required param: {where}.", code="parameter_missing", param=where)
    rest = extra if isinstance(extra, dict) else {}
    params = {name: _value(value, properties.get(name, rest), path=_inside(path, name)) for name, value in raw.items()}
    if path.rsplit("[", 1)[-1].rstrip("]") == "metadata":
        _refuse_large_metadata(params, path=path)
    return params


def _value(raw: Any, schema: Json, *, path: str) -> Any:
    choices = schema.get("anyOf", [schema])
    if isinstance(raw, dict):
        for choice in choices:
            if choice.get("type") == "array":
                return [_value(raw[index], choice["items"], path=_inside(path, index)) for index in _in_order(raw)]
            if choice.get("type", "object") == "object" and "enum" not in choice:
                return _object(raw, choice, path=path)
        raise ApiError(f"Invalid {path}: expected a single value", param=path)
    if any(choice == {} or raw in choice.get("enum", ()) for choice in choices):
        return raw
    return _scalar(str(raw), choices, path=path)


def _scalar(raw: str, choices: list[Json], *, path: str) -> Any:
    kinds = {choice.get("type") for choice in choices}
    enums = [value for choice in choices for value in choice.get("enum", ())]
    if raw == "" and kinds & {"string", "integer", "boolean"}:
        raise ApiError(
            f"You passed an empty string for '{path}'. We assume empty values are an attempt to unset a parameter; "
            f"however '{path}' cannot be unset. You should remove '{path}' from your request or supply a "
            "non-empty value.",
            code="parameter_invalid_empty",
            param=path,
        )
    if "integer" in kinds:
        if re.fullmatch(r"-?\d{1,18}", raw):
            return int(raw)
        raise ApiError(f"Invalid integer: {raw}", code="parameter_invalid_integer", param=path)
    if "boolean" in kinds:
        if raw in {"true", "false"}:
            return raw == "true"
        raise ApiError(f"Invalid boolean: {raw}", param=path)
    if "string" in kinds or "number" in kinds:
        return raw
    if enums:
        raise ApiError(f"Invalid {path}: must be one of {_either(enums)}", param=path)
    raise ApiError(f"Invalid {'array' if 'array' in kinds else 'object'}", param=path)


def _refuse_unknown(names: list[str], *, path: str) -> None:
    if names:
        where = [_inside(path, name) for name in names]
        plural = "s" if len(where) > 1 else ""
        raise ApiError(
            f"Received unknown parameter{plural}: {', '.join(where)}", code="parameter_unknown", param=where[0]
        )


def _refuse_large_metadata(metadata: Json, *, path: str) -> None:
    if len(metadata) > _MOST_METADATA:
        raise ApiError(
            f"Metadata can have up to {_MOST_METADATA} keys, you passed in {len(metadata)} keys.", param=path
        )
    for key, value in metadata.items():
        if len(key) > 40:
            raise ApiError(f"Metadata keys must be 40 characters or less, you passed in {key}.", param=path)
        if len(str(value)) > 500:
            raise ApiError(
                f"Metadata values must be 500 characters or less, the value under {key} is longer.", param=path
            )


def _refuse_not_carried_out(params: Json, carried_out: frozenset[str] | None) -> None:
    if carried_out is None:
        return
    for path, _ in flat(params):
        if not any(_matches(path, pattern) for pattern in carried_out):
            name = _bracketed(path)
            raise ApiError(f"Stripe knows {name}; this local server does not carry it out.", param=name)


def _matches(path: str, pattern: str) -> bool:
    expression = re.escape(pattern).replace(r"\*", "[^.]+" if not pattern.endswith("metadata.*") else ".+")
    return re.fullmatch(expression, path) is not None


def _in_order(raw: Json) -> list[str]:
    if not all(index.isdigit() for index in raw):
        raise ApiError("Invalid array")
    return sorted(raw, key=int)


def _inside(path: str, name: str) -> str:
    return f"{path}[{name}]" if path else name


def _bracketed(path: str) -> str:
    first, *rest = path.split(".")
    return first + "".join(f"[{part}]" for part in rest)


def _either(values: list[str]) -> str:
    return values[0] if len(values) == 1 else f"{', '.join(map(str, values[:-1]))} or {values[-1]}"
