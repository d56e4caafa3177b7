"""Every code a caller can be told, read from the source of the services (RFC 9457)."""

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from kernel.errors import FieldError, Invalid, Problem, invalid
from rapport.reference.rendering import FOLDER, Files, page, table
from rapport.services import SERVICES

PACKAGES: Final = ("kernel", "chassis", *SERVICES)
NOWHERE: Final = ("", None)
NOT_SERVED: Final = frozenset({"testing", "migrations"})

INTRODUCTION: Final = """\
Every failure is answered as `application/problem+json` (RFC 9457). `code` is stable: branch on it,
never on `title` or `detail`; `type` is `/problems/<code>`."""

ABOUT_FIELDS = """\
A problem of status 422 has one entry per wrong field in `errors`: `field` is a JSON pointer into
the body, or names a parameter as in `query/limit`; `code` is one of these, or names what is wrong
with the value itself, as in `missing`, `extra_forbidden`, `string_too_long`, `greater_than_equal`.
An entry names the first sentence that is said with it."""


@dataclass(frozen=True)
class Use:
    """A place in the source that answers a problem, or names a wrong field (`of_field`)."""

    status: int
    code: str
    package: str
    saying: str
    of_field: bool = False


@dataclass(frozen=True)
class _Maker:
    """What makes a problem of `status` when called, and the places of its arguments.

    `title` is said where the call itself gives no sentence.
    """

    status: int
    title: str
    code_at: int | None = None
    saying_at: tuple[str, int | None] = ("detail", 0)
    of_field: bool = False


def problem_files() -> Files:
    """Answer the page of all codes."""
    uses = [use for package in PACKAGES for use in uses_in(package)]
    problems = [(str(status), *row) for (status, *row) in _rows(uses, of_field=False)]
    fields = [row for (_, *row) in _rows(uses, of_field=True)]
    body = page(
        "Problems",
        INTRODUCTION,
        table(("Status", "Code", "Answered by", "As in"), problems),
        "## Wrong fields",
        ABOUT_FIELDS,
        table(("Code", "Answered by", "As in"), fields),
    )
    return {f"{FOLDER}/problems.md": body}


def uses_in(package: str) -> Iterator[Use]:
    """Find every code in the source of a package, and those of its own kinds of problem."""
    kinds = {kind.__name__: kind for kind in kinds_of_problem()}
    for kind in kinds.values():
        if kind.__module__.partition(".")[0] == package and "default_code" in vars(kind):
            yield Use(kind.status, kind.default_code, package, kind.title)
    for path in _sources(package):
        module = ast.parse(path.read_bytes(), path)
        makers = _makers(kinds) | dict(_passing_on(module, kinds))
        for call in _calls(module):
            maker = makers.get(_called(call))
            code = maker and _argument(call, "code", maker.code_at)
            if maker and code:
                saying = _sentence(_argument(call, *maker.saying_at), maker.title)
                for each in _codes(code, f"{path}:{call.lineno}"):
                    yield Use(maker.status, each, package, saying, maker.of_field)


def kinds_of_problem(kind: type[Problem] = Problem) -> Iterator[type[Problem]]:
    """Answer every class of problem of the suite; tests may have others."""
    if kind.__module__.partition(".")[0] in PACKAGES:
        yield kind
    for narrower in kind.__subclasses__():
        yield from kinds_of_problem(narrower)


def _sources(package: str) -> Iterable[Path]:
    spec = find_spec(package)
    assert spec is not None  # noqa: S101 - it is installed with us
    assert spec.origin is not None  # noqa: S101
    folder = Path(spec.origin).parent
    found = folder.rglob("*.py")
    return sorted(p for p in found if NOT_SERVED.isdisjoint(p.relative_to(folder).parts))


def _makers(kinds: Mapping[str, type[Problem]]) -> dict[str, _Maker]:
    """Answer what makes problems everywhere: the classes, and what names a wrong field."""
    classes = {name: _Maker(kind.status, kind.title) for name, kind in kinds.items()}
    field = _Maker(Invalid.status, "", code_at=2, saying_at=("message", 1), of_field=True)
    entry = replace(field, code_at=1, saying_at=("message", 2))
    return classes | {invalid.__name__: field, FieldError.__name__: entry}


def _passing_on(
    module: ast.Module, kinds: Mapping[str, type[Problem]]
) -> Iterator[tuple[str, _Maker]]:
    """Find the functions of a module that take the code of the problem they raise."""
    for function in ast.walk(module):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            names = [argument.arg for argument in function.args.args]
            for call in _calls(function) if "code" in names else ():
                if kind := kinds.get(_called(call)):
                    saying = _sentence(_argument(call, "detail", 0), kind.title)
                    yield function.name, _Maker(kind.status, saying, names.index("code"), NOWHERE)


def _calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def _called(call: ast.Call) -> str:
    name: str = getattr(call.func, "id", "") or getattr(call.func, "attr", "")
    return name


def _codes(expression: ast.expr, where: str) -> list[str]:
    """Read the codes an expression may have; none where one is passed on.

    Raises:
        ValueError: the source does not show the code.
    """
    match expression:
        case ast.IfExp(body=one, orelse=other):
            return [*_codes(one, where), *_codes(other, where)]
        case ast.Name(id="code") | ast.Subscript():  # a parameter; an entry of Pydantic's
            return []
    if code := _text(expression):
        return [code]
    raise ValueError(f"{where}: write the code out, it is part of the contract")


def _argument(call: ast.Call, name: str, place: int | None = None) -> ast.expr | None:
    """Find an argument by its place or name."""
    if place is not None and place < len(call.args):
        return call.args[place]
    return next((each.value for each in call.keywords if each.arg == name), None)


def _text(expression: ast.expr | None) -> str:
    """Read a sentence from the source; what is filled in later becomes an ellipsis."""
    match expression:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(_text(part) or "…" for part in parts)
    return ""


def _sentence(expression: ast.expr | None, otherwise: str) -> str:
    """Read a sentence, if the source has one with words."""
    text = _text(expression)
    return text if any(map(str.isalpha, text)) else otherwise


def _rows(uses: Iterable[Use], *, of_field: bool) -> Iterator[tuple[int, str, str, str]]:
    """Merge the uses of one code, in order of status and code."""
    found: dict[tuple[int, str], list[Use]] = defaultdict(list)
    for use in uses:
        if use.of_field == of_field:
            found[use.status, use.code].append(use)
    for (status, code), same in sorted(found.items()):
        packages = dict.fromkeys(use.package for use in same)
        everywhere = not packages.keys() <= SERVICES.keys()
        saying = next((use.saying for use in same if use.saying), "")
        yield status, f"`{code}`", "all" if everywhere else ", ".join(packages), saying
