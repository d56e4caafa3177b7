"""Mailboxes: added and changed by those who manage them, used by their owners (MAI-001)."""

from datetime import datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import Field, SecretStr

from chassis.http.paging import Order, Paging, fetch_page
from chassis.http.removal import Deleted
from chassis.http.schemas import Flag, Input, Output, Whole
from chassis.http.timelines import Entry, Stretch, timeline_page
from chassis.http.unit import IfMatch, ReadSession, Route, WriteSession, tag
from kernel.pages import Page
from kernel.text import Email, Line, Secret
from mail.api.callers import (
    MailboxKey,
    MailboxManager,
    MailboxReader,
    MailboxUser,
    SecretChanger,
)
from mail.commands import mailboxes as commands
from mail.models import Mailbox
from mail.queries.mailboxes import get_mailbox, visible_mailboxes

router = APIRouter(prefix="/mailboxes", tags=["mailboxes"], route_class=Route)
ORDER = Order({"name": Mailbox.name, "created_at": Mailbox.created_at}, "name", Mailbox.id)

SecretKind = Literal["password", "oauth2_token"]
PASSWORD: Final = "password"  # noqa: S105 - a kind of secret, not one


class ServerIn(Input):
    """Where a mail server is. `none` is for servers on this very machine only."""

    host: Annotated[str, Line(253)]
    port: Annotated[Whole, Field(ge=1, le=65_535)]
    security: Literal["tls", "starttls", "none"] = "tls"


class MailboxIn(Input):
    """A new mailbox; without an owner it is the caller's."""

    name: Annotated[str, Line(100)]
    address: Email
    owner_id: UUID | None = None
    co_owner_id: UUID | None = None
    smtp: ServerIn
    imap: ServerIn | None = None
    user: Annotated[str, Line(320)]
    secret: Annotated[Secret | None, Field(min_length=1, max_length=8_000)] = None
    secret_kind: SecretKind = PASSWORD
    main: Flag = False
    mailings: Flag = False
    sync: Flag = False
    intake: Literal["manual", "automatic"] = "manual"
    daily_limit: Annotated[Whole, Field(ge=0, le=100_000)] = 94


class MailboxChange(Input):
    """What changes of a mailbox; the secret has a call of its own."""

    name: Annotated[str, Line(100)] = ""
    address: Email = ""
    owner_id: UUID = UUID(int=0)
    co_owner_id: UUID | None = None
    smtp: ServerIn | None = None
    imap: ServerIn | None = None
    user: Annotated[str, Line(320)] = ""
    main: Flag = False
    mailings: Flag = False
    sync: Flag = False
    intake: Literal["manual", "automatic"] = "manual"
    daily_limit: Annotated[Whole, Field(ge=0, le=100_000)] = 94


class SecretIn(Input):
    """A password or token; null takes it away."""

    secret: Annotated[Secret | None, Field(min_length=1, max_length=8_000)]
    secret_kind: SecretKind = PASSWORD


class ServerOut(Output):
    """Where a mail server is."""

    host: str
    port: int
    security: str


class MailboxOut(Output):
    """A mailbox; of its secret only whether there is one."""

    id: UUID
    version: int
    name: str
    address: str
    owner_id: UUID
    co_owner_id: UUID | None
    smtp: ServerOut
    imap: ServerOut | None
    user: str
    secret: Literal["set"] | None
    secret_kind: SecretKind
    main: bool
    mailings: bool
    sync: bool
    intake: str
    daily_limit: int
    state: str
    last_error: str | None
    last_sync_at: datetime | None
    created_at: datetime
    created_by: str
    updated_at: datetime
    updated_by: str


def shown(mailbox: Mailbox) -> MailboxOut:
    """Show a mailbox without its secret."""
    special = {"smtp", "imap", "secret"}
    plain = {name: getattr(mailbox, name) for name in MailboxOut.model_fields.keys() - special}
    return MailboxOut(
        **plain,
        smtp=_server(mailbox.smtp_host, mailbox.smtp_port, mailbox.smtp_security),
        imap=_server(mailbox.imap_host, mailbox.imap_port, mailbox.imap_security)
        if mailbox.imap_host
        else None,
        secret="set" if mailbox.secret else None,
    )


def _server(host: Any, port: Any, security: Any) -> ServerOut:
    return ServerOut(host=host, port=port, security=security)


def _columns(given: dict[str, Any]) -> dict[str, Any]:
    """Turn what was sent into columns: each server into its three."""
    columns = {name: value for name, value in given.items() if name not in ("smtp", "imap")}
    for name in ("smtp", "imap"):
        if name in given:
            server: ServerIn | None = given[name]
            for field in ServerIn.model_fields:
                columns[f"{name}_{field}"] = getattr(server, field) if server else None
    return columns


def _revealed(secret: SecretStr | None) -> str | None:
    return secret.get_secret_value() if secret else None


@router.post("", status_code=201)
async def add(
    body: MailboxIn,
    response: Response,
    session: WriteSession,
    caller: MailboxManager,
    key: MailboxKey,
) -> MailboxOut:
    """Add a mailbox."""
    fields = _columns(dict(body))
    fields["owner_id"] = body.owner_id or caller.user_id
    secret = _revealed(fields.pop("secret"))
    mailbox = await commands.add_mailbox(session, fields, secret, key)
    response.headers["Location"] = f"/v1/mailboxes/{mailbox.id}"
    tag(response, mailbox.version)
    await session.flush()
    return shown(mailbox)


@router.get("")
async def list_(
    session: ReadSession,
    *,
    caller: MailboxReader,
    paging: Paging,
    deleted: Deleted = False,
) -> Page[MailboxOut]:
    """Answer the caller's mailboxes, or all of them to those who may see them."""
    page = await fetch_page(session, visible_mailboxes(caller, deleted=deleted), ORDER, paging)
    items = [shown(mailbox) for mailbox in page.rows]
    return Page(items=items, next_cursor=page.next_cursor, total=page.total)


@router.get("/{mailbox_id}")
async def read(
    mailbox_id: UUID, response: Response, session: ReadSession, caller: MailboxReader
) -> MailboxOut:
    """Answer one mailbox."""
    mailbox = await get_mailbox(session, mailbox_id, caller)
    tag(response, mailbox.version)
    return shown(mailbox)


@router.patch("/{mailbox_id}")
async def change(
    mailbox_id: UUID,
    *,
    body: MailboxChange,
    response: Response,
    session: WriteSession,
    caller: MailboxManager,
    if_match: IfMatch,
) -> MailboxOut:
    """Change the given fields of a mailbox."""
    given = _columns(body.given())
    mailbox = await commands.change_mailbox(session, mailbox_id, given, caller, if_match)
    tag(response, mailbox.version)
    return shown(mailbox)


@router.put("/{mailbox_id}/secret")
async def change_secret(
    mailbox_id: UUID,
    *,
    body: SecretIn,
    response: Response,
    session: WriteSession,
    caller: SecretChanger,
    key: MailboxKey,
    if_match: IfMatch,
) -> MailboxOut:
    """Give a mailbox another password or token."""
    mailbox = await commands.change_secret(
        session,
        mailbox_id,
        _revealed(body.secret),
        body.secret_kind,
        caller,
        key=key,
        expected=if_match,
    )
    tag(response, mailbox.version)
    return shown(mailbox)


@router.delete("/{mailbox_id}", status_code=204)
async def remove(
    mailbox_id: UUID, session: WriteSession, caller: MailboxManager, if_match: IfMatch
) -> Response:
    """Remove a mailbox; its letters stay."""
    await commands.remove_mailbox(session, mailbox_id, caller, if_match)
    return Response(status_code=204)


@router.post("/{mailbox_id}/restore")
async def restore(
    mailbox_id: UUID,
    response: Response,
    session: WriteSession,
    caller: MailboxManager,
    if_match: IfMatch,
) -> MailboxOut:
    """Bring a removed mailbox back; for those who manage all of them."""
    mailbox = await commands.restore_mailbox(session, mailbox_id, caller, if_match)
    tag(response, mailbox.version)
    return shown(mailbox)


@router.post("/{mailbox_id}/sync", status_code=202)
async def sync_now(
    mailbox_id: UUID,
    response: Response,
    session: WriteSession,
    caller: MailboxUser,
    if_match: IfMatch,
) -> MailboxOut:
    """Let the mailbox be read at once instead of at its time."""
    mailbox = await commands.sync_soon(session, mailbox_id, caller, if_match)
    tag(response, mailbox.version)
    return shown(mailbox)


@router.get("/{mailbox_id}/timeline")
async def timeline(
    mailbox_id: UUID, session: ReadSession, caller: MailboxReader, asked: Stretch
) -> Page[Entry]:
    """Answer who changed the mailbox, newest first."""
    mailbox = await get_mailbox(session, mailbox_id, caller)
    return await timeline_page(session, "mailbox", mailbox.id, asked)
