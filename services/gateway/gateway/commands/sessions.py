"""Login sessions: opened, carried on by refresh tokens that are good once, ended."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, Select, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from chassis import audit
from gateway.domain.opaque import digest, new_token, successor
from gateway.domain.sessions import LONGEST, Refresh, judge
from gateway.models.session import LoginSession, RefreshToken
from gateway.models.user import User
from kernel import clock
from kernel.ids import uuid7


@dataclass(frozen=True)
class Opened:
    """A live session and the refresh token that carries it on."""

    session_id: UUID
    user_id: UUID
    refresh_token: str


async def open_session(session: AsyncSession, user_id: UUID, password_hash: str) -> Opened | None:
    """Begin a session of a user whose password was right.

    Answers None if the account was deactivated, or got another password, since it was compared:
    that change has ended the user's sessions and must not miss this one.
    """
    same = select(User.id).where(
        User.id == user_id, User.active, User.password_hash == password_hash
    )
    if await session.scalar(same.with_for_update(key_share=True)) is None:
        return None
    now, token = clock.now(), new_token()
    login = LoginSession(
        id=uuid7(), user_id=user_id, created_at=now, used_at=now, ended_at=None, end_reason=None
    )
    session.add(login)
    await session.flush()
    _issue(session, login.id, token)
    return Opened(login.id, user_id, token)


async def refresh(session: AsyncSession, token: str, key: bytes) -> Opened | None:
    """Exchange a refresh token for its one successor, which `key` derives; None if it is not good.

    A token that comes back long after its use was stolen from somebody, or by somebody: its
    session ends, and so that this is kept, nothing is raised here.
    """
    found = (await session.execute(_family(token))).one_or_none()
    if found is None:
        return None
    used, login, active = found
    if login.ended_at is not None or not active:
        return None
    now = clock.now()
    verdict = judge(now, began=login.created_at, issued=used.issued_at, used=used.used_at)
    if verdict is Refresh.EXPIRED:
        return None
    if verdict is Refresh.REUSED:
        await end_session(session, login.id, "refresh_token_reused")
        return None
    following = successor(token, key)
    if verdict is Refresh.ROTATE:
        used.used_at = login.used_at = now
        _issue(session, login.id, following)
    return Opened(login.id, login.user_id, following)


def _family(token: str) -> Select[RefreshToken, LoginSession, bool]:
    """Select a token with its session, both locked: tries of one session wait for each other."""
    return (
        select(RefreshToken, LoginSession, User.active)
        .join(LoginSession, LoginSession.id == RefreshToken.session_id)
        .join(User, User.id == LoginSession.user_id)
        .where(RefreshToken.digest == digest(token))
        .with_for_update(of=(LoginSession, RefreshToken))
    )


def _issue(session: AsyncSession, session_id: UUID, token: str) -> None:
    session.add(
        RefreshToken(
            digest=digest(token), session_id=session_id, issued_at=clock.now(), used_at=None
        )
    )


async def end_session(session: AsyncSession, session_id: UUID, reason: str) -> None:
    """End one session."""
    await _end(session, reason, LoginSession.id == session_id)


async def end_session_of_token(session: AsyncSession, token: str) -> None:
    """End the session a refresh token belongs to, if it does."""
    of_token = select(RefreshToken.session_id).where(RefreshToken.digest == digest(token))
    await _end(session, "logout", LoginSession.id.in_(of_token))


async def end_sessions_of(
    session: AsyncSession, user_id: UUID, reason: str, *, but: UUID | None = None
) -> None:
    """End every session of a user, or all but one."""
    others = [LoginSession.id != but] if but else []
    await _end(session, reason, LoginSession.user_id == user_id, *others)


async def _end(session: AsyncSession, reason: str, *which: ColumnElement[bool]) -> None:
    ended = await session.execute(
        update(LoginSession)
        .where(*which, LoginSession.ended_at.is_(None))
        .values(ended_at=clock.now(), end_reason=reason)
        .returning(LoginSession.id, LoginSession.user_id)
        .execution_options(synchronize_session=False)
    )
    for session_id, user_id in ended:
        changes = {"session_id": (str(session_id), None), "reason": (None, reason)}
        audit.record(session, "user", user_id, "session_ended", changes)


async def forget_old_sessions(session: AsyncSession) -> None:
    """Drop sessions that are too old to be carried on, with their tokens."""
    past = clock.now() - LONGEST
    gone = select(LoginSession.id).where(LoginSession.created_at < past)
    await session.execute(delete(RefreshToken).where(RefreshToken.session_id.in_(gone)))
    await session.execute(delete(LoginSession).where(LoginSession.created_at < past))
