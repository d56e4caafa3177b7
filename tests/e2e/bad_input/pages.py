"""What is no JSON call: pages for browsers, forms they post, and paths for operators."""

from typing import Final
from urllib.parse import urlencode

from tests.e2e.bad_input.case import Answers, Case
from tests.e2e.bad_input.rows import Cases, row
from tests.e2e.bad_input.uploads import AS_FORM, form
from tests.e2e.bad_input.world import World

AS_FIELDS: Final = ("Content-Type", "application/x-www-form-urlencoded")
AS_PAGE: Final = ("Accept", "text/html")
RIGHT: Final = {"name": "Vera Visitor", "subject": "Hello", "email": "vera@example.com"}
LONG: Final = "a" * 10_001
WRONG: Final = {
    "name": ("", "  ", "a" * 201, "a\u202eb", "a\u0007b", "a" + "\u0301\u0323" * 50_000, "a\x00b"),
    "subject": ("", "\u200b", "a" * 201, "a\nb"),
    "email": ("a@b", "no address", "a" * 65 + "@example.com", "a b@example.com", "a@exa\nmple.com"),
    "phone": ("12", "a" * 201, "\u0660"),
    "message": (LONG, "a\x00b"),
    "website": ("javascript:alert(1)", "http://", "a b"),
    "country": ("a" * 41,),
    "city": ("a" * 41, "a\u2066b"),
}
"""By field, what visitors may not send (INT-014)."""


def _posted(
    world: World, what: str, status: int, content: bytes, *headers: tuple[str, str]
) -> Case:
    path = f"/api/v1/intake/public/forms/{world.ids['token']}"
    return Case(
        "POST intake/public/forms", what, "POST", path, frozenset({status}), content=content,
        headers=headers, actor="nobody", cors=True,
    )  # fmt: skip


@row("HTML", "a form that a browser posts wrongly is answered by a page that names the field")
def browser_forms(world: World) -> Cases:
    for name, values in WRONG.items():
        for value in values:
            fields = {**RIGHT, name: value}
            encoded = urlencode(fields).encode()
            parts = form(*((key, None, text.encode()) for key, text in fields.items()))
            what = f"{name} = {value[:20]!r}"
            for content, header in ((encoded, AS_FIELDS), (parts, AS_FORM)):
                page = _posted(world, what, 422, content, header, AS_PAGE)
                yield page.expecting(name, "page")
                yield _posted(world, what, 422, content, header).expecting(f"/{name}", "problem")
    for name in ("is_admin", "owner_id", "created_at", "version"):
        content = urlencode({**RIGHT, name: "1"}).encode()
        page = _posted(world, name, 422, content, AS_FIELDS, AS_PAGE)
        yield page.expecting(name, "page")
    many = urlencode({f"f{number}": "1" for number in range(51)}).encode()
    yield _posted(world, "51 fields", 422, many, AS_FIELDS)
    for number in (1, 11):
        files = form(*((f"file {n}", "a.txt", b"Vera") for n in range(number)))
        yield _posted(world, f"{number} files", 422, files, AS_FORM)


@row("HTML 400", "a form that cannot be read answers 400, of another type 415, to any site")
def unreadable_forms(world: World) -> Cases:
    right = urlencode(RIGHT).encode()
    written = [(name, None, text.encode()) for name, text in RIGHT.items()]
    unreadable = {
        "a field twice": (right + b"&name=Another", AS_FIELDS),
        "no UTF-8": (right + b"&message=%ff", AS_FIELDS),
        "raw bytes": (right + b"&message=\xff", AS_FIELDS),
        "no boundary": (right, ("Content-Type", "multipart/form-data")),
        "bytes": (form(*written, ("message", None, b"\xff")), AS_FORM),
    }
    for what, (content, header) in unreadable.items():
        yield _posted(world, what, 400, content, header)
    for media in ("text/plain", "application/xml", ""):
        header = ("Content-Type", media)
        yield _posted(world, media or "no type", 415, right, *([header] if media else []))


@row("CORS", "the public form answers GET, HEAD, OPTIONS and POST only (INT-013)")
def public_form(world: World) -> Cases:
    form_ = "/api/v1/intake/public/forms"
    for method in ("PUT", "PATCH", "DELETE", "TRACE"):
        path = f"{form_}/{world.ids['token']}"
        yield Case(f"{method} form", "method", method, path, frozenset({405}), actor="nobody")
    for method in ("GET", "HEAD"):
        answers: Answers = "problem" if method == "GET" else "anything"
        for token, status in (("another", 404), ("a" * 101, 422), ("..%2f..", 404), ("%00", 422)):
            yield Case(
                f"{method} form", token, method, f"{form_}/{token}", frozenset({status}),
                actor="nobody", answers=answers, cors=token == "another",
            )  # fmt: skip
    for query in ("is_admin=1", "q=%ff"):
        status = 422 if query == "is_admin=1" else 400
        path = f"{form_}/{world.ids['token']}?{query}"
        yield Case("GET form", query, "GET", path, frozenset({status}), actor="nobody")


@row("pages", "pages and paths for operators take nothing but GET and know no other names")
def pages_and_operations(world: World) -> Cases:
    known = ("/docs", "/docs/docs.js", "/health/live", "/health/ready", "/metrics")
    for path in (*known, "/api/v1/openapi.json"):
        for method in ("POST", "PUT", "PATCH", "DELETE", "TRACE"):
            yield Case(f"{method} {path}", "method", method, path, frozenset({404, 405}))
        yield Case(path, "%00", "GET", f"{path}?a=%00", frozenset({400, 422}), actor="nobody")
        yield Case(path, "%ff", "GET", f"{path}?a=%ff", frozenset({400}), actor="nobody")
        for tail in ("/x", "//", "%00", "/%2e%2e/x"):
            missing = frozenset({400, 404, 422})
            yield Case(path, tail, "GET", path + tail, missing, actor="nobody")
    for path in ("/docs/..%2fdocs.py", "/docs/%2e%2e/app.py", "/redoc", "/v1/me"):
        yield Case("", path, "GET", path, frozenset({401, 404}), actor="nobody")
