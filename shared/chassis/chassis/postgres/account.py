"""The system account PostgreSQL runs as: ours, or an unprivileged one when we are root."""

import os
import pwd
import stat
from contextlib import suppress
from pathlib import Path
from typing import Final, TypedDict

from chassis.postgres.errors import PostgresError

UNPRIVILEGED: Final = ("postgres", "_postgres", "nobody")


class Credentials(TypedDict, total=False):
    """What `subprocess.Popen` needs to run a program as another account; empty for our own."""

    user: int
    group: int
    extra_groups: list[int]


def account_for(folder: Path) -> pwd.struct_passwd | None:
    """Choose the account that owns `folder`, which need not exist yet; None means ourselves.

    PostgreSQL refuses to run as root. A folder inside somebody's home is left to that person.
    """
    if os.geteuid() != 0:
        return None
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    owner = existing.stat().st_uid
    if owner != 0:
        with suppress(KeyError):
            return pwd.getpwuid(owner)
    for name in UNPRIVILEGED:
        with suppress(KeyError):
            return pwd.getpwnam(name)
    raise PostgresError("PostgreSQL must not run as root, and there is no user 'nobody' to run it.")


def credentials(account: pwd.struct_passwd | None) -> Credentials:
    if account is None:
        return {}
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def closed_folder(path: Path, account: pwd.struct_passwd | None) -> Path | None:
    """Find the outermost folder on the way to `path` that `account` may not enter."""
    if account is None:
        return None
    return next((up for up in reversed(path.parents) if not _may_enter(up, account)), None)


def _may_enter(folder: Path, account: pwd.struct_passwd) -> bool:
    status = folder.stat()
    if status.st_uid == account.pw_uid:
        return bool(status.st_mode & stat.S_IXUSR)
    if status.st_gid == account.pw_gid:
        return bool(status.st_mode & stat.S_IXGRP)
    return bool(status.st_mode & stat.S_IXOTH)
