"""Login, refresh, logout, and the set-up of a fresh install (GAT-022, GAT-029).

These calls manage their own transactions: no connection waits while a password is checked, a
failed refresh keeps what it found out, and no answer with tokens is stored for an Idempotency-Key.
"""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import Field, SecretStr

from chassis.auth import optional_caller
from chassis.http.schemas import Input, Output
from chassis.http.unit import Route, database_of, origin_of
from chassis.origin import Origin
from gateway.api.access import ACCESS_SECONDS, access_token, session_of
from gateway.api.fields import Password
from gateway.commands import sessions, setup
from gateway.commands.users import rehash_password
from gateway.queries.users import find_by_email
from kernel.errors import Unauthenticated
from kernel.text import Email, Line

router = APIRouter(tags=["login"], route_class=Route)

WRONG = "The e-mail address or the password is wrong."

Token = Annotated[str, Field(min_length=1, max_length=200)]


class LoginIn(Input):
    """Who wants to log in."""

    email: Annotated[str, Line(250)]
    password: Annotated[SecretStr, Field(max_length=1000)]


class RefreshIn(Input):
    """A refresh token, which is good once."""

    refresh_token: Token


class LogoutIn(Input):
    """The refresh token of the session to end; without it the call's own session ends."""

    refresh_token: Token | None = None


class SetupIn(Input):
    """The first administrator."""

    token: Token
    email: Email
    password: Password


class SetupOut(Output):
    """The first administrator's account."""

    id: UUID
    email: str


class TokensOut(Output):
    """An access token for the Authorization header, and what carries the session on."""

    access_token: str
    refresh_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - a word of RFC 6750
    expires_in: int = ACCESS_SECONDS


def _tokens(request: Request, opened: sessions.Opened, response: Response) -> TokensOut:
    response.headers["Cache-Control"] = "no-store"
    token = access_token(request.app.state.signer, opened.user_id, opened.session_id)
    return TokensOut(access_token=token, refresh_token=opened.refresh_token)


def _by(request: Request, user_id: UUID) -> Origin:
    """Let the user be the one who acts."""
    origin = origin_of(request, None)
    return Origin(
        str(user_id), "user", "api", origin.correlation_id, traceparent=origin.traceparent
    )


@router.post("/login")
async def login(request: Request, body: LoginIn, response: Response) -> TokensOut:
    """Log in with e-mail address and password."""
    database, passwords = database_of(request), request.app.state.passwords
    password = body.password.get_secret_value()
    async with database.reading() as session:
        user = await find_by_email(session, body.email)
    right = await passwords.matches(user.password_hash if user else None, password)
    if user is None or not user.password_hash or not right or not user.active:
        raise Unauthenticated(WRONG, code="login_wrong")
    better = None
    if passwords.is_outdated(user.password_hash):
        better = await passwords.hash(password)
    async with database.transaction(_by(request, user.id)) as session:
        opened = await sessions.open_session(session, user.id, user.password_hash)
        if better:
            await rehash_password(session, user.id, user.password_hash, better)
    if opened is None:
        raise Unauthenticated(WRONG, code="login_wrong")
    return _tokens(request, opened, response)


@router.post("/token/refresh")
async def refresh(request: Request, body: RefreshIn, response: Response) -> TokensOut:
    """Exchange a refresh token for new tokens; the old one is used up."""
    origin, key = origin_of(request, None), request.app.state.refresh_key
    async with database_of(request).transaction(origin) as session:
        opened = await sessions.refresh(session, body.refresh_token, key)
    if opened is None:
        raise Unauthenticated("The refresh token is not good.", code="refresh_token_invalid")
    return _tokens(request, opened, response)


@router.post("/logout", status_code=204)
async def logout(request: Request, body: LogoutIn | None = None) -> Response:
    """End the session of the refresh token, or else of the access token."""
    caller = await optional_caller(request)
    async with database_of(request).transaction(origin_of(request, caller)) as session:
        if body and body.refresh_token:
            await sessions.end_session_of_token(session, body.refresh_token)
        elif caller is not None:
            await sessions.end_session(session, session_of(request), "logout")
        else:
            raise Unauthenticated("There is no session to end.")
    return Response(status_code=204)


@router.post("/setup", status_code=201)
async def set_up(request: Request, body: SetupIn, response: Response) -> SetupOut:
    """Make the first administrator with the one-time token that the start printed."""
    database = database_of(request)
    hashed = await request.app.state.passwords.hash(body.password.get_secret_value())
    async with database.transaction(origin_of(request, None)) as session:
        user = await setup.use_setup_token(session, body.token, body.email, hashed)
    response.headers["Location"] = f"/v1/users/{user.id}"
    return SetupOut(id=user.id, email=user.email)
