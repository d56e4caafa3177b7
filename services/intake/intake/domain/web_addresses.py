"""Addresses of web sites, as people write them: with or without scheme and `www.` in front."""

import re
from typing import Final
from urllib.parse import urlsplit

_HOST: Final = re.compile(r"[\w-]{1,63}(\.[\w-]{1,63})+")


def host_of(website: str | None) -> str | None:
    """Answer the host without `www.`; none when this is no http address of a named host."""
    text = website or ""
    try:
        parts = urlsplit(text if "//" in text else f"//{text}")
    except ValueError:
        return None
    host = (parts.hostname or "").removeprefix("www.").rstrip(".")
    if parts.scheme not in ("", "http", "https") or not _HOST.fullmatch(host):
        return None
    return host
