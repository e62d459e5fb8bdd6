"""Rebuild ``schema.json``, the trimmed shape of every Stripe object and request the local server speaks.

    python -m dev.stripe.refresh_schema                      # from the installed Stripe SDK
    python -m dev.stripe.refresh_schema spec3.json           # from Stripe's published OpenAPI file
    python -m dev.stripe.refresh_schema https://raw.githubusercontent.com/stripe/openapi/master/openapi/spec3.json

The SDK's classes are themselves generated from that OpenAPI file, for the API version the SDK pins, so both roads lead
to the same fields, types and enums. The SDK says a little less: it does not tell a field that may be absent from one
that may be null, so from the SDK only the fields that are never null count as required.

Writes JSON Schema (draft 2020-12) of three kinds: ``objects`` (closed: an unknown field is an error), ``requests``
(closed: an unknown parameter is an error) and where it all came from. Descriptions are left out.
"""

from __future__ import annotations

import argparse
import ast
import importlib.metadata
import importlib.util
import json
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

Schema = dict[str, Any]

SCHEMA_FILE: Final = Path(__file__).with_name("schema.json")
MOST_BYTES: Final = 300 * 1024

#: object name in the API -> (module in the SDK, class)
OBJECTS: Final[Mapping[str, tuple[str, str]]] = {
    "checkout.session": ("stripe.checkout._session", "Session"),
    "item": ("stripe._line_item", "LineItem"),
    "price": ("stripe._price", "Price"),
    "payment_intent": ("stripe._payment_intent", "PaymentIntent"),
    "charge": ("stripe._charge", "Charge"),
    "refund": ("stripe._refund", "Refund"),
    "dispute": ("stripe._dispute", "Dispute"),
    "event": ("stripe._event", "Event"),
    "error": ("stripe._error_object", "ErrorObject"),
}

#: (method, path as in the OpenAPI file) -> (module in the SDK, TypedDict)
REQUESTS: Final[Mapping[tuple[str, str], tuple[str, str]]] = {
    ("POST", "/v1/checkout/sessions"): ("stripe.params.checkout._session_create_params", "SessionCreateParams"),
    ("GET", "/v1/checkout/sessions"): ("stripe.params.checkout._session_list_params", "SessionListParams"),
    ("GET", "/v1/checkout/sessions/{session}"): (
        "stripe.params.checkout._session_retrieve_params",
        "SessionRetrieveParams",
    ),
    ("POST", "/v1/checkout/sessions/{session}/expire"): (
        "stripe.params.checkout._session_expire_params",
        "SessionExpireParams",
    ),
    ("GET", "/v1/checkout/sessions/{session}/line_items"): (
        "stripe.params.checkout._session_list_line_items_params",
        "SessionListLineItemsParams",
    ),
    ("GET", "/v1/payment_intents/{intent}"): (
        "stripe.params._payment_intent_retrieve_params",
        "PaymentIntentRetrieveParams",
    ),
    ("POST", "/v1/payment_intents/{intent}/cancel"): (
        "stripe.params._payment_intent_cancel_params",
        "PaymentIntentCancelParams",
    ),
    ("POST", "/v1/payment_intents/{intent}/capture"): (
        "stripe.params._payment_intent_capture_params",
        "PaymentIntentCaptureParams",
    ),
    ("GET", "/v1/charges"): ("stripe.params._charge_list_params", "ChargeListParams"),
    ("GET", "/v1/charges/{charge}"): ("stripe.params._charge_retrieve_params", "ChargeRetrieveParams"),
    ("POST", "/v1/refunds"): ("stripe.params._refund_create_params", "RefundCreateParams"),
    ("GET", "/v1/refunds"): ("stripe.params._refund_list_params", "RefundListParams"),
    ("GET", "/v1/refunds/{refund}"): ("stripe.params._refund_retrieve_params", "RefundRetrieveParams"),
    ("GET", "/v1/disputes"): ("stripe.params._dispute_list_params", "DisputeListParams"),
    ("GET", "/v1/disputes/{dispute}"): ("stripe.params._dispute_retrieve_params", "DisputeRetrieveParams"),
    ("GET", "/v1/events"): ("stripe.params._event_list_params", "EventListParams"),
    ("GET", "/v1/events/{id}"): ("stripe.params._event_retrieve_params", "EventRetrieveParams"),
}

#: Fields that hold one entry per payment method: the card's stays whole, the others become "some object".
PER_METHOD: Final = frozenset(
    {"payment_method_options", "payment_method_details", "destination_details", "next_action"}
)
KEPT_METHODS: Final = frozenset({"card", "type", "redirect_to_url", "use_stripe_sdk"})

SOME_OBJECT: Final[Schema] = {"type": "object"}


def main(argv: list[str] | None = None) -> int:
    """Write the schema file and say what it came from and how large it is. Returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "spec", nargs="?", help="path or URL of Stripe's spec3.json; without it, the installed SDK is read"
    )
    parser.add_argument("--output", type=Path, default=SCHEMA_FILE)
    options = parser.parse_args(argv)
    schema = from_openapi(_load(options.spec)) if options.spec else from_sdk()
    text = json.dumps(schema, separators=(",", ":"), sort_keys=True) + "\n"
    if len(text) > MOST_BYTES:
        print(
            f"The trimmed schema is {len(text):,} bytes, more than {MOST_BYTES:,}: trim more methods.", file=sys.stderr
        )
        return 1
    options.output.write_text(text, encoding="utf-8")
    print(f"{options.output}: {len(text):,} bytes from {schema['source']}, API version {schema['api_version']}")
    return 0


def trim(schema: Schema, *, field: str = "") -> Schema:
    """Collapse the entries of payment methods the server does not offer, wherever they stand."""
    trimmed = dict(schema)
    if "properties" in trimmed:
        trimmed["properties"] = {
            name: dict(SOME_OBJECT) if field in PER_METHOD and name not in KEPT_METHODS else trim(child, field=name)
            for name, child in trimmed["properties"].items()
        }
    for key in ("items", "additionalProperties"):
        if isinstance(trimmed.get(key), dict):
            trimmed[key] = trim(trimmed[key], field=field)
    if "anyOf" in trimmed:
        trimmed["anyOf"] = [trim(choice, field=field) for choice in trimmed["anyOf"]]
    return trimmed


# From the SDK -------------------------------------------------------------------------------------------------------


def from_sdk() -> Schema:
    """The schema as the installed ``stripe`` package declares it, read from its source without importing it."""
    version = importlib.metadata.version("stripe")
    known = {cls: name for name, (_module, cls) in OBJECTS.items()}
    return {
        "source": f"the Python package stripe {version}",
        "api_version": _sdk_api_version(),
        "objects": {
            name: trim(_SdkModule.load(module, known).object_schema(cls)) for name, (module, cls) in OBJECTS.items()
        },
        "requests": {
            f"{method} {path}": trim(_SdkModule.load(module, known).object_schema(cls))
            for (method, path), (module, cls) in REQUESTS.items()
        },
    }


_PLAIN: Final[Mapping[str, Schema]] = {
    "str": {"type": "string"},
    "int": {"type": "integer"},
    "float": {"type": "number"},
    "bool": {"type": "boolean"},
    "Decimal": {"type": "string"},
    "Any": {},
    "object": {},
}


@dataclass(frozen=True)
class _SdkModule:
    """One generated module of the SDK: its classes by dotted name, and how its annotations read as JSON Schema."""

    classes: Mapping[str, ast.ClassDef]
    known: Mapping[str, str]

    @classmethod
    def load(cls, module: str, known: Mapping[str, str]) -> _SdkModule:
        spec = importlib.util.find_spec(module)
        if spec is None or spec.origin is None:
            raise SystemExit(f"The installed stripe package has no module {module}.")
        tree = ast.parse(Path(spec.origin).read_text(encoding="utf-8"))
        return cls(classes=dict(_classes(tree.body)), known=known)

    def object_schema(self, name: str) -> Schema:
        properties: Schema = {}
        required: list[str] = []
        for node in self.classes[name].body:
            if not isinstance(node, ast.AnnAssign) or not isinstance(node.target, ast.Name):
                continue
            annotation = _unquoted(node.annotation)
            if node.target.id.startswith("_") or _head(annotation) == "ClassVar":
                continue
            field = node.target.id.removesuffix("_")
            properties[field] = self._read(annotation, scope=name)
            if _head(annotation) not in {"Optional", "NotRequired"}:
                required.append(field)
        schema: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
        return {**schema, "required": sorted(required)} if required else schema

    def _read(self, node: ast.expr, *, scope: str) -> Schema:
        node = _unquoted(node)
        if isinstance(node, ast.BinOp):
            return self._any_of([node.left, node.right], scope=scope)
        if isinstance(node, ast.Subscript):
            return self._subscript(_head(node), _arguments(node), scope=scope)
        if isinstance(node, ast.Constant) and node.value is None:
            return {"type": "null"}
        return self._named(ast.unparse(node), scope=scope)

    def _subscript(self, head: str, arguments: list[ast.expr], *, scope: str) -> Schema:
        first = arguments[0]
        if head == "Literal":
            return {"enum": [ast.literal_eval(argument) for argument in arguments]}
        if head == "Optional":
            return _or_null(self._read(first, scope=scope))
        if head in {"NotRequired", "Required"}:
            return self._read(first, scope=scope)
        if head == "Union":
            return self._any_of(arguments, scope=scope)
        if head in {"List", "list"}:
            return {"type": "array", "items": self._read(first, scope=scope)}
        if head in {"Dict", "dict", "UntypedStripeObject"}:
            return {"type": "object", "additionalProperties": self._read(arguments[-1], scope=scope)}
        if head == "ExpandableField":
            return {"anyOf": [{"type": "string"}, self._read(first, scope=scope)]}
        if head == "ListObject":
            return _list_of(self._read(first, scope=scope))
        raise SystemExit(f"Do not know how to read {head}[...] in the SDK's annotations.")

    def _any_of(self, nodes: list[ast.expr], *, scope: str) -> Schema:
        choices = [self._read(node, scope=scope) for node in nodes]
        enums = [choice["enum"] for choice in choices if "enum" in choice and choice["enum"] != [""]]
        if enums and {"type": "string"} in choices:
            # ``Union[Literal[...], str]`` is how the SDK keeps an enum open for its users; the server must stay inside.
            choices = [choice for choice in choices if choice != {"type": "string"}]
        unique = [choice for index, choice in enumerate(choices) if choice not in choices[:index]]
        return unique[0] if len(unique) == 1 else {"anyOf": unique}

    def _named(self, name: str, *, scope: str) -> Schema:
        if name in _PLAIN:
            return dict(_PLAIN[name])
        for candidate in _scopes(name, scope):
            if candidate in self.classes and candidate not in self.known:
                return self.object_schema(candidate)
        if name in self.known:
            return {"$ref": f"#/objects/{self.known[name]}"}
        return dict(SOME_OBJECT)


def _classes(body: list[ast.stmt], prefix: str = "") -> Iterator[tuple[str, ast.ClassDef]]:
    for node in body:
        if isinstance(node, ast.ClassDef):
            yield prefix + node.name, node
            yield from _classes(node.body, f"{prefix}{node.name}.")


def _scopes(name: str, scope: str) -> Iterator[str]:
    """Where a name may stand, innermost class first, as Python looks it up."""
    parts = scope.split(".")
    for depth in range(len(parts), 0, -1):
        yield ".".join([*parts[:depth], name])
    yield name


def _unquoted(node: ast.expr) -> ast.expr:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return ast.parse(node.value, mode="eval").body
    return node


def _head(node: ast.expr) -> str:
    return ast.unparse(node.value) if isinstance(node, ast.Subscript) else ""


def _arguments(node: ast.Subscript) -> list[ast.expr]:
    return list(node.slice.elts) if isinstance(node.slice, ast.Tuple) else [node.slice]


def _or_null(schema: Schema) -> Schema:
    return {"anyOf": [*schema.get("anyOf", [schema]), {"type": "null"}]} if schema else {}


def _list_of(item: Schema) -> Schema:
    return {
        "type": "object",
        "properties": {
            "object": {"enum": ["list"]},
            "data": {"type": "array", "items": item},
            "has_more": {"type": "boolean"},
            "url": {"type": "string"},
        },
        "required": ["data", "has_more", "object", "url"],
        "additionalProperties": False,
    }


def _sdk_api_version() -> str:
    spec = importlib.util.find_spec("stripe._api_version")
    assert spec is not None
    assert spec.origin is not None
    for node in ast.walk(ast.parse(Path(spec.origin).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "CURRENT":
            return str(ast.literal_eval(node.value))
    raise SystemExit("The installed stripe package does not say which API version it pins.")


# From the OpenAPI file ----------------------------------------------------------------------------------------------

#: names of our objects that the OpenAPI file files under another name
_OPENAPI_NAMES: Final[Mapping[str, str]] = {"error": "api_errors"}


def from_openapi(spec: Mapping[str, Any]) -> Schema:
    """The schema as Stripe's ``spec3.json`` declares it: same output, with absent and null told apart."""
    reader = _OpenApi(spec)
    return {
        "source": "Stripe's OpenAPI file",
        "api_version": str(spec["info"]["version"]),
        "objects": {name: trim(reader.component(_OPENAPI_NAMES.get(name, name))) for name in OBJECTS},
        "requests": {f"{method} {path}": trim(reader.request(method, path)) for method, path in REQUESTS},
    }


@dataclass(frozen=True)
class _OpenApi:
    """Stripe's OpenAPI file, read as JSON Schema: references inlined, ``nullable`` spelled out, prose dropped."""

    spec: Mapping[str, Any]

    def component(self, name: str) -> Schema:
        return self._read(self.spec["components"]["schemas"][name], above=(name,))

    def request(self, method: str, path: str) -> Schema:
        operation = self.spec["paths"][path][method.lower()]
        if method == "POST":
            body = operation["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]
            return self._read(body, above=())
        query = [parameter for parameter in operation["parameters"] if parameter["in"] == "query"]
        required = sorted(parameter["name"] for parameter in query if parameter.get("required"))
        schema: Schema = {
            "type": "object",
            "properties": {parameter["name"]: self._read(parameter["schema"], above=()) for parameter in query},
            "additionalProperties": False,
        }
        return {**schema, "required": required} if required else schema

    def _read(self, node: Mapping[str, Any], *, above: tuple[str, ...]) -> Schema:
        if "$ref" in node:
            return self._reference(str(node["$ref"]).rsplit("/", 1)[-1], above=above)
        schema: Schema = {key: node[key] for key in ("type", "enum") if key in node}
        if "enum" in schema:
            schema.pop("type", None)
        if "anyOf" in node:
            schema["anyOf"] = [self._read(choice, above=above) for choice in node["anyOf"]]
        if "items" in node:
            schema["items"] = self._read(node["items"], above=above)
        if "properties" in node:
            schema["properties"] = {name: self._read(child, above=above) for name, child in node["properties"].items()}
        if isinstance(node.get("additionalProperties"), dict):
            schema["additionalProperties"] = self._read(node["additionalProperties"], above=above)
        elif "properties" in node:
            schema["additionalProperties"] = False
        if node.get("required"):
            schema["required"] = sorted(node["required"])
        return _or_null(schema) if node.get("nullable") else schema

    def _reference(self, name: str, *, above: tuple[str, ...]) -> Schema:
        ours = {_OPENAPI_NAMES.get(known, known): known for known in OBJECTS}
        if name in ours:
            return {"$ref": f"#/objects/{ours[name]}"}
        target = self.spec["components"]["schemas"][name]
        names_an_object = "object" in target.get("properties", {}) and "id" in target.get("properties", {})
        if name in above or names_an_object or name.startswith("deleted_"):
            return dict(SOME_OBJECT)
        return self._read(target, above=(*above, name))


def _load(place: str) -> Mapping[str, Any]:
    if place.startswith("https://"):
        with urllib.request.urlopen(place, timeout=60) as answer:
            loaded = json.load(answer)
    else:
        loaded = json.loads(Path(place).read_text(encoding="utf-8"))
    if not isinstance(loaded, dict):
        raise SystemExit(f"{place} is not an OpenAPI file.")
    return loaded


if __name__ == "__main__":
    raise SystemExit(main())
