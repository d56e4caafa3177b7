"""The failures a caller can be told about, and the HTTP status of each.

    Problem                      the root; rendered as RFC 9457 problem+json
    ├── Malformed           400  the message cannot be read (bad JSON, forged cursor)
    ├── Unauthenticated     401  no login, or one that is no longer good
    ├── Forbidden           403  visible, but the right is missing
    ├── NotFound            404  absent, or not visible to this caller: both look the same
    ├── NotAllowed          405  the path exists, the method does not
    ├── Conflict            409  uniqueness, guard, illegal state
    ├── Stale               412  If-Match names an older version
    ├── TooLarge            413  the body is over the limit
    ├── UnsupportedMedia    415  not a content type this path reads
    ├── Invalid             422  one entry per wrong field
    ├── TooManyRequests     429  with the seconds to wait
    └── Unavailable         503  something this call needs does not answer; try again

Domain rules and commands raise these; only the edge knows HTTP. `code` is stable and part of the
contract: clients branch on it, so it never changes its meaning.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class FieldError:
    """One wrong field: `field` is a JSON pointer (RFC 6901) into the body, or names a parameter."""

    field: str
    code: str
    message: str


class Problem(Exception):
    """A failure with a stable code; `detail` is a sentence for people, `extra` adds members."""

    status: ClassVar[int] = 500
    title: ClassVar[str] = "Internal error"
    default_code: ClassVar[str] = "internal_error"

    def __init__(
        self,
        detail: str = "",
        *,
        code: str | None = None,
        errors: tuple[FieldError, ...] = (),
        retry_after: int | None = None,
        **extra: object,
    ) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.code = code or self.default_code
        self.errors = errors
        self.retry_after = retry_after
        self.extra = extra


class Malformed(Problem):
    status, title, default_code = 400, "Malformed request", "malformed"


class Unauthenticated(Problem):
    status, title, default_code = 401, "Login required", "unauthenticated"


class Forbidden(Problem):
    status, title, default_code = 403, "Not allowed", "forbidden"


class NotFound(Problem):
    status, title, default_code = 404, "Not found", "not_found"


class NotAllowed(Problem):
    status, title, default_code = 405, "Method not allowed", "method_not_allowed"


class Conflict(Problem):
    status, title, default_code = 409, "Conflict", "conflict"


class Stale(Problem):
    status, title, default_code = 412, "The record has changed meanwhile", "stale"


class TooLarge(Problem):
    status, title, default_code = 413, "Body too large", "too_large"


class UnsupportedMedia(Problem):
    status, title, default_code = 415, "Unsupported media type", "unsupported_media_type"


class Invalid(Problem):
    status, title, default_code = 422, "Invalid input", "invalid"


class TooManyRequests(Problem):
    status, title, default_code = 429, "Too many requests", "too_many_requests"


class Unavailable(Problem):
    status, title, default_code = 503, "Temporarily unavailable", "unavailable"


def invalid(field: str, message: str, code: str = "invalid") -> Invalid:
    """Make the answer for one wrong field, named without the leading slash."""
    return all_invalid([FieldError(f"/{field}", code, message)])


def all_invalid(errors: Sequence[FieldError]) -> Invalid:
    """Make the answer for everything that is wrong, which is at least one thing."""
    first = errors[0]
    return Invalid(f"{first.field.lstrip('/')}: {first.message}", errors=tuple(errors))
