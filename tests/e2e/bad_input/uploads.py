"""Files: the same rows for calls that take CSV instead of JSON."""

import gzip
from collections.abc import Iterator
from typing import Final

from tests.e2e.bad_input.document import Operation
from tests.e2e.bad_input.rows import AS_CSV, AS_JSON, Cases, case, right_file, row
from tests.e2e.bad_input.world import World

BOUNDARY: Final = "x-boundary-x"
AS_FORM: Final = ("Content-Type", f"multipart/form-data; boundary={BOUNDARY}")


def fields_of(operation: Operation) -> tuple[tuple[str, None, bytes], ...]:
    """Answer the fields that have to come beside the file."""
    return (MAPPING,) if operation.path.endswith(NAMED) else ()


def uploads(world: World) -> Iterator[Operation]:
    """Answer every call that takes a file."""
    forms = (one for one in world.document.operations if "multipart/form-data" in one.media)
    return (one for one in forms if not one.is_form)


MAPPING: Final = ("mapping", None, b'{"name": "name"}')
NAMED: Final = "/deals/imports"


def form(*parts: tuple[str, str | None, bytes]) -> bytes:
    """Write a form of parts: name, file name and content."""
    written = b""
    for name, file_name, content in parts:
        file = f'; filename="{file_name}"' if file_name is not None else ""
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n'
        written += head.encode() + content + b"\r\n"
    return written + f"--{BOUNDARY}--\r\n".encode()


@row("3 files", "a file under another media type, or compressed, answers 415")
def other_media(world: World) -> Cases:
    for operation in uploads(world):
        for headers in (
            (),
            (AS_JSON,),
            (("Content-Type", "text/plain"),),
            (("Content-Type", "application/x-www-form-urlencoded"),),
            (("Content-Type", "application/vnd.ms-excel"),),
            (("Content-Type", "text/csv; charset=utf-16"),),
            (AS_CSV, ("Content-Encoding", "gzip")),
        ):
            what = headers[-1][1] if headers else "no type"
            packed = what == "gzip"
            content = gzip.compress(right_file(operation)) if packed else right_file(operation)
            yield case(world, operation, what, 415, content=content, headers=headers)


@row("4 files", "a form that cannot be read answers 400, a file that is no text 422")
def unreadable(world: World) -> Cases:
    for operation in uploads(world):
        right = right_file(operation)
        whole = form(("file", "a.csv", right))
        wrong = {
            "no boundary": (whole, ("Content-Type", "multipart/form-data")),
            "another boundary": (whole, ("Content-Type", "multipart/form-data; boundary=other")),
            "no form": (b"nonsense", AS_FORM),
            "no end of the heads": (f"--{BOUNDARY}\r\nContent-Disp".encode(), AS_FORM),
        }
        for what, (content, header) in wrong.items():
            yield case(world, operation, what, (400, 422), content=content, headers=(header,))
        texts = {
            "no UTF-8": b"name\n\xff\xfe\n",
            "NUL": right[:-3] + b"\x00" + right[-3:],
            "empty": b"",
            "blank": b" \n\n",
            "an image": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
        }
        for what, content in texts.items():
            body = form(("file", "a", content), *fields_of(operation))
            yield case(world, operation, what, 422, content=body, headers=(AS_FORM,), fault="/file")


@row("11 files", "a form without its file, with two, or with unread fields answers 4xx")
def wrong_form(world: World) -> Cases:
    for operation in uploads(world):
        file = ("file", "a.csv", right_file(operation))
        rest = fields_of(operation)
        wrong = {
            "no file": form(*rest),
            "a file as a field": form(("file", None, file[2]), *rest),
            "another name": form(("data", "a.csv", file[2]), *rest),
        }
        for what, content in wrong.items():
            yield case(
                world, operation, what, 422, content=content, headers=(AS_FORM,), fault="/file"
            )
        unread = form(file, *rest, ("is_admin", None, b"1"))
        yield case(
            world, operation, "is_admin", 422, content=unread, headers=(AS_FORM,),
            fault="/is_admin",
        )  # fmt: skip
        for what, content in {
            "two files": form(file, file, *rest),
            "200 fields": form(file, *((f"f{number}", None, b"1") for number in range(200))),
        }.items():
            status = (400, 413, 422)
            yield case(world, operation, what, status, content=content, headers=(AS_FORM,))


@row("14 files", "a field of the form that is no JSON, or not what it should be, answers 422")
def wrong_options(world: World) -> Cases:
    """JSON inside a form is a field like others: GAT-001 says 422 of an invalid field."""
    wrong = [b"{", b"[]", b"null", b"NaN", b'"\\ud800"', b"[" * 3_000, b"\xff"]
    for operation in uploads(world):
        file = ("file", "a.csv", right_file(operation))
        if operation.path.endswith(NAMED):
            for content in (*wrong, b"{}", b'{"name": "is_admin"}', b'{"name": 5}'):
                body = form(file, ("mapping", None, content))
                yield case(
                    world, operation, f"mapping {content[:20]!r}", 422, content=body,
                    headers=(AS_FORM,), fault="/mapping",
                )  # fmt: skip
            for content in (
                *wrong, b'{"is_admin": 1}', b'{"currency": "XXX"}', b'{"pipeline_id": "a"}',
                b'{"source": "a\\u0000b"}', b'{"aliases": {"stage": {"a": "b\\u0000"}}}',
                b'{"decimal_mark": "\'"}', b'{"source": ""}',
            ):  # fmt: skip
                body = form(file, MAPPING, ("options", None, content))
                yield case(
                    world, operation, f"options {content[:20]!r}", 422, content=body,
                    headers=(AS_FORM,), fault="/options",
                )  # fmt: skip
