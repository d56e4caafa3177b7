"""The first administrator of a fresh install, which has no default password (GAT-029)."""

from pydantic import SecretStr, TypeAdapter
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.commands.passwords import LEAST, LONGEST
from gateway.commands.records import change_rights
from gateway.commands.users import create_user
from gateway.domain.opaque import digest, new_token
from gateway.models.setup import SetupToken
from gateway.models.user import User
from gateway.queries.rights import ADMINISTRATOR
from gateway.queries.users import administrators
from kernel import clock
from kernel.errors import Conflict, Unauthenticated
from kernel.text import Email


async def pending_setup_token(session: AsyncSession) -> str | None:
    """Make a one-time token for `POST /setup`; None if there is an administrator.

    Each call makes another token; those made before stay good.
    """
    if await administrators(session):
        return None
    token = new_token()
    session.add(SetupToken(digest=digest(token), made_at=clock.now(), used_at=None))
    return token


async def use_setup_token(
    session: AsyncSession, token: str, email: str, password_hash: str
) -> User:
    """Make the first administrator with a set-up token.

    Raises:
        Unauthenticated: the token is wrong or was used.
        Conflict: there is an administrator.
    """
    await change_rights(session)
    known = await session.scalar(select(SetupToken).where(SetupToken.digest == digest(token)))
    if known is not None and known.used_at is not None:
        raise Unauthenticated("The set-up token was used.", code="setup_token_invalid")
    if await administrators(session):
        raise Conflict("There is an administrator already.", code="already_set_up")
    if known is None:
        raise Unauthenticated("The set-up token is wrong.", code="setup_token_invalid")
    known.used_at = clock.now()
    return await _create_administrator(session, email, password_hash)


async def make_first_administrator(session: AsyncSession, email: str, password_hash: str) -> None:
    """Make the administrator the environment names, unless there is one."""
    await change_rights(session)
    if not await administrators(session):
        await _create_administrator(session, email, password_hash)


def first_login(email: str, password: SecretStr) -> tuple[str, str]:
    """Check the first administrator's e-mail address and password.

    Raises:
        ValueError: one of them will not do.
    """
    secret = password.get_secret_value()
    if not LEAST <= len(secret) <= LONGEST:
        raise ValueError(f"RAPPORT_ADMIN_PASSWORD must have {LEAST} to {LONGEST} characters")
    return TypeAdapter(Email).validate_python(email), secret


async def _create_administrator(session: AsyncSession, email: str, password_hash: str) -> User:
    """Make an administrator, called after the e-mail address until somebody says better."""
    values = {
        "email": email,
        "name": email.partition("@")[0],
        "password_hash": password_hash,
        "roles": [ADMINISTRATOR],
        "department_ids": [],
        "language": "en",
        "time_zone": clock.zone().key,
    }
    return await create_user(session, values)
