"""Access tokens: short-lived proof of a login, for the gateway only (GAT-022, RFC 9068).

They have a type and an audience of their own, so that neither kind of token passes for the other.
"""

from dataclasses import dataclass
from uuid import UUID

from fastapi import Request

from chassis.tokens import REFUSED, Signer, Verifier
from kernel.errors import Unauthenticated

ACCESS_SECONDS = 300
LONGEST_TOKEN = 4096

_TYPE = "at+jwt"
_AUDIENCE = "rapport"


@dataclass(frozen=True)
class Access:
    """What an access token says."""

    user_id: UUID
    session_id: UUID
    expires: int


def access_token(signer: Signer, user_id: UUID, session_id: UUID) -> str:
    """Make the access token of a login session."""
    claims = {"sub": str(user_id), "sid": str(session_id)}
    return signer.sign(claims, audience=_AUDIENCE, type_=_TYPE, seconds=ACCESS_SECONDS)


def read_access_token(verifier: Verifier, token: str) -> Access:
    """Check an access token, but not whether its session still lives.

    Raises:
        Unauthenticated: it is not one of ours, or no longer good.
    """
    if len(token) > LONGEST_TOKEN:
        raise Unauthenticated(REFUSED)
    claims = verifier.claims(token, audience=_AUDIENCE, type_=_TYPE, longest=ACCESS_SECONDS)
    try:
        return Access(UUID(claims["sub"]), UUID(claims["sid"]), claims["exp"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Unauthenticated(REFUSED) from error


def session_of(request: Request) -> UUID:
    """Answer the login session behind a call to the gateway's own API.

    Raises:
        Unauthenticated: the call does not come from one.
    """
    token = request.headers.get("authorization", "").partition(" ")[2]
    claims = request.app.state.verifier.claims(token, audience=request.app.state.service)
    if "sid" not in claims:
        raise Unauthenticated(REFUSED)
    return UUID(claims["sid"])
