"""The gate: who shows a good access token gets an internal token for the service wanted.

Nothing here touches the database for a login it knows. What it knows is dropped when the version
of all rights has been raised or the session has ended; it looks for both after every change made
through this process, and every two seconds for those made elsewhere.
"""

import asyncio
import hashlib
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy.exc import SQLAlchemyError

from chassis.database import Database
from chassis.tokens import LEEWAY_SECONDS, REFUSED, Signer, Verifier
from gateway.api.access import Access, read_access_token
from gateway.queries.rights import MOST_MATES, Identity, find_session_identity, news_of_rights
from kernel import clock
from kernel.errors import Unauthenticated

POLL_SECONDS = 2.0
KEEP_MINTED_SECONDS = 30
LOOK_BACK = timedelta(minutes=10)
"""Longer than an access token can live."""
MOST_KEPT = 10_000

log = structlog.get_logger()


@dataclass
class Login:
    """A live session, who is behind it, and the internal tokens made for it by service."""

    session_id: UUID
    identity: Identity
    minted: dict[str, tuple[str, float]] = field(default_factory=dict)


class Gate:
    """Knows the logins of this process."""

    def __init__(self, database: Database, verifier: Verifier, signer: Signer) -> None:
        self._database, self._verifier, self._signer = database, verifier, signer
        self._read: dict[bytes, Access] = {}
        self._logins: dict[UUID, Login] = {}
        self._version = 0

    async def internal_token(self, authorization: list[bytes], service: str) -> str:
        """Answer the internal token for the one Authorization header of a request.

        Raises:
            Unauthenticated: the header is not a good access token, or its session has ended.
        """
        access = self._access(authorization)
        login = self._logins.get(access.session_id) or await self._load(access)
        if login.identity.user_id != access.user_id:
            raise Unauthenticated(REFUSED)
        now = clock.now().timestamp()
        token, made = login.minted.get(service, ("", 0.0))
        if not 0 <= now - made < KEEP_MINTED_SECONDS:
            claims = login.identity.claims(service) | {"sid": str(login.session_id)}
            token = self._signer.sign(claims, audience=service)
            login.minted[service] = (token, now)
        return token

    async def catch_up(self) -> None:
        """Drop what is known and no longer true."""
        async with self._database.reading() as session:
            version, ended = await news_of_rights(session, clock.now() - LOOK_BACK)
        for session_id in ended:
            self._logins.pop(session_id, None)
        if version != self._version:
            self._version = version
            self._logins.clear()

    async def try_to_catch_up(self) -> None:
        """Catch up unless the database is away: then access tokens end within minutes anyway."""
        try:
            await self.catch_up()
        except (SQLAlchemyError, OSError) as error:
            log.warning("rights.unknown", error=f"{type(error).__name__}: {error}")

    async def watch(self) -> None:
        """Catch up for ever."""
        while True:
            await self.try_to_catch_up()
            await asyncio.sleep(POLL_SECONDS)  # the schedule itself

    def _access(self, authorization: list[bytes]) -> Access:
        if len(authorization) != 1:
            raise Unauthenticated(REFUSED)
        scheme, _, token = authorization[0].partition(b" ")
        if scheme.lower() != b"bearer":
            raise Unauthenticated(REFUSED)
        key = hashlib.sha256(token).digest()
        access = self._read.get(key)
        if access is None:
            access = read_access_token(self._verifier, token.decode("latin-1"))
            _make_room(self._read)
            self._read[key] = access
        if clock.now().timestamp() >= access.expires + LEEWAY_SECONDS:
            raise Unauthenticated(REFUSED)
        return access

    async def _load(self, access: Access) -> Login:
        version = self._version
        async with self._database.reading() as session:
            identity = await find_session_identity(session, access.session_id, access.user_id)
        if identity is None:
            raise Unauthenticated(REFUSED)
        if len(identity.mates) == MOST_MATES:
            log.warning("rights.mates_cut_off", user=str(identity.user_id), most=MOST_MATES)
        login = Login(access.session_id, identity)
        if version == self._version:  # else it may be what has just stopped being true
            _make_room(self._logins)
            self._logins[access.session_id] = login
        return login


def _make_room(cache: dict[Any, Any]) -> None:
    if len(cache) >= MOST_KEPT:
        for key in list(islice(cache, MOST_KEPT // 10)):
            del cache[key]
