"""One bad request, what it must get, and what is wrong with the answer it got."""

import re
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal, Self

import httpx2
import orjson

PROBLEM: Final = "application/problem+json"
PAGE: Final = "text/html"
MOST_ECHOED: Final = 20_000
"""Bytes; an answer never repeats a whole large input."""

Answers = Literal["problem", "page", "anything"]

_CODE: Final = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_VAGUE: Final = frozenset({"required", "unknown", "empty"})
_TRACES: Final = ("Traceback", 'File "', "sqlalchemy", "asyncpg")


@dataclass(frozen=True)
class Case:
    """A request with one thing wrong.

    `status` are the right answers; `fault` is the field at fault, and every one that is named must
    be there or below; `faults` are all that must be named, each once; `code` is the stable code,
    where the list of bad input names it.
    """

    endpoint: str
    what: str
    method: str
    path: str
    status: frozenset[int]
    fault: str | None = None
    faults: frozenset[str] = frozenset()
    code: str | None = None
    content: bytes | None = None
    headers: tuple[tuple[str, str], ...] = ()
    actor: Literal["admin", "other", "nobody"] = "admin"
    answers: Answers = "problem"
    cors: bool = False
    """Whether scripts of any site may read the answer."""

    def sent_with(self, *headers: tuple[str, str]) -> Self:
        """Add headers."""
        return replace(self, headers=(*self.headers, *headers))

    def expecting(self, fault: str, answers: Answers) -> Self:
        """Say which field is named, and on what."""
        return replace(self, fault=fault, answers=answers)


@dataclass
class Outcome:
    """The answer to a case; an exception when there was none."""

    case: Case
    answer: httpx2.Response | Exception
    seconds: float = field(default=0.0)

    def fault(self) -> str | None:
        """Say what is wrong with the answer; none when it is right."""
        if isinstance(self.answer, Exception):
            return f"no answer: {self.answer!r}"[:200]
        status, text = self.answer.status_code, self.answer.text
        if status not in self.case.status:
            return f"{status} {text[:160]}"
        if len(text) > MOST_ECHOED or any(trace in text for trace in _TRACES):
            return f"{status}, but it tells too much: {text[:160]}"
        if self.case.cors and self.answer.headers.get("access-control-allow-origin") != "*":
            return f"{status}, but without CORS headers"
        if self.case.answers == "anything" or status < 400:
            return None
        wrong = self._problem() if self.case.answers == "problem" else self._page()
        return f"{status}, but {wrong}: {text[:200]}" if wrong else None

    def _page(self) -> str | None:
        assert isinstance(self.answer, httpx2.Response)
        media = self.answer.headers.get("content-type", "")
        if not media.startswith(PAGE):
            return f"it is {media or 'without a type'}, no page"
        named = (self.case.fault or "").strip("/")
        return None if f"<li>{named}" in self.answer.text else f"it does not name {named}"

    def _problem(self) -> str | None:
        """Check RFC 9457 and GAT-002."""
        assert isinstance(self.answer, httpx2.Response)
        media = self.answer.headers.get("content-type", "")
        if media != PROBLEM:
            return f"it is {media or 'without a type'}, no problem"
        body: dict[str, Any] = orjson.loads(self.answer.content)
        missing = {"type", "title", "status", "detail", "code"} - body.keys()
        if missing:
            return f"it has no {sorted(missing)}"
        code = body["code"]
        if body["status"] != self.answer.status_code or body["type"] != f"/problems/{code}":
            return "status or type do not agree"
        if self.case.code is not None and code != self.case.code:
            return f"its code is not {self.case.code}"
        errors = body.get("errors", [])
        vague = [one for one in [body, *errors] if not _is_telling(one["code"])]
        if vague:
            return f"the code {vague[0]['code']} tells nothing"
        return self._fields([error["field"] for error in errors])

    def _fields(self, named: list[str]) -> str | None:
        if self.case.faults and sorted(named) != sorted(self.case.faults):
            missing = sorted(self.case.faults - set(named))
            return f"it names {len(named)} fields, not each wrong one once; missing: {missing}"
        wanted = self.case.fault
        if wanted is None:
            return None
        if not named:
            return f"it does not name {wanted or 'the body'}"
        others = [name for name in named if not _is_at(name, wanted)]
        return f"it names {others[0]!r} instead of {wanted!r}" if others else None


def _is_telling(code: str) -> bool:
    return _CODE.fullmatch(code) is not None and code not in _VAGUE


def _is_at(named: str, wanted: str) -> bool:
    named, wanted = named.lower(), wanted.lower().removesuffix("/0")  # or the array as a whole
    return named == wanted or (wanted != "" and named.startswith(f"{wanted}/"))
