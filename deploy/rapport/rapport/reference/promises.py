"""What an event's schema promises its readers, and what breaks it (EVT-006).

A service of yesterday reads what one of today says, and today's reads yesterday's log. So within a
version fields are only added, and only such as may be missing. A schema that was committed is the
promise; whoever breaks it makes a new version, or removes the file of an event nobody heard yet.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from rapport.reference.rendering import FOLDER, Files

Schema = Mapping[str, Any]

SCHEMAS: Final = f"{FOLDER}/schemas/"
REMARKS: Final = frozenset({"$defs", "$id", "default", "description", "examples", "title"})
"""Keywords that say nothing of what may be written."""
PARTS: Final = ("items", "additionalProperties")
"""Keywords with a schema of their own, or with a flag."""
LOOKED_INTO: Final = frozenset({"properties", "required", "anyOf", *PARTS})


def broken_promises(root: Path, wanted: Files) -> list[str]:
    """Name what the committed schemas promise and the wanted ones do not keep."""
    return [
        f"{path.removeprefix(SCHEMAS).removesuffix('.json')}: {broken}"
        for path, text in sorted(wanted.items())
        if path.startswith(SCHEMAS) and (root / path).exists()
        for broken in breaks(json.loads((root / path).read_text("utf-8")), json.loads(text))
    ]


def breaks(old: Schema, new: Schema) -> Iterator[str]:
    """Answer what readers of either schema would stumble over in what the other one allows."""
    return _breaks("", _whole(old, old), _whole(new, new))


def _breaks(at: str, old: Schema, new: Schema) -> Iterator[str]:
    yield from _fields(at, old, new)
    yield from _choices(at, old.get("anyOf", ()), new.get("anyOf", ()))
    for part in PARTS:
        if isinstance(old.get(part), dict) and isinstance(new.get(part), dict):
            yield from _breaks(f"{at}/{part}", old[part], new[part])
        elif old.get(part) != new.get(part):
            yield f"{at or '/'} has another {part}"
    for keyword in sorted((old.keys() | new.keys()) - LOOKED_INTO):
        if old.get(keyword) != new.get(keyword):
            yield f"{at or '/'} has another {keyword}"


def _fields(at: str, old: Schema, new: Schema) -> Iterator[str]:
    known, told = old.get("properties", {}), new.get("properties", {})
    needed, need = set(old.get("required", ())), set(new.get("required", ()))
    for name, field in known.items():
        if name not in told:
            yield f"{at}/{name} is gone"
            continue
        yield from _breaks(f"{at}/{name}", field, told[name])
        if name in needed - need:
            yield f"{at}/{name} may be missing"
    for name in sorted(need - needed):
        yield f"{at}/{name} is needed"


def _choices(at: str, old: Sequence[Schema], new: Sequence[Schema]) -> Iterator[str]:
    if len(old) != len(new):
        yield f"{at or '/'} has other choices"
    for choice, other in zip(old, new, strict=False):
        yield from _breaks(at, choice, other)


def _whole(part: Any, root: Schema) -> Any:
    """Put definitions where they are referred to, and leave out what is only remarked."""
    if isinstance(part, list):
        return [_whole(one, root) for one in part]
    if not isinstance(part, dict):
        return part
    if "$ref" in part:
        return _whole(root["$defs"][part["$ref"].rpartition("/")[2]], root)
    return {
        name: {field: _whole(one, root) for field, one in value.items()}
        if name == "properties"
        else _whole(value, root)
        for name, value in part.items()
        if name not in REMARKS
    }
