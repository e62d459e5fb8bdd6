"""How the server says no: one exception that carries Stripe's error object and its HTTP status."""

from __future__ import annotations

from typing import Any


class ApiError(Exception):
    """A refusal in Stripe's shape. *Source*: https://docs.stripe.com/api/errors"""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        kind: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.kind = kind
        self.code = code
        self.param = param

    def body(self, request_id: str) -> dict[str, Any]:
        """The answer's JSON; fields without a value are absent, as Stripe leaves them out."""
        facts = {"code": self.code, "message": self.message, "param": self.param, "type": self.kind}
        error: dict[str, Any] = {name: value for name, value in facts.items() if value is not None}
        if self.code:
            error["doc_url"] = f"https://docs.stripe.com/error-codes/{self.code.replace('_', '-')}"
        error["request_log_url"] = f"https://dashboard.stripe.com/test/logs/{request_id}"
        return {"error": error}


def missing_object(kind: str, ident: str, *, param: str) -> ApiError:
    return ApiError(f"No such {kind}: '{ident}'", status=404, code="resource_missing", param=param)
