"""Letters: written, sent, read and downloaded (MAI-012, MAI-027, MAI-028, MAI-035)."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.http.paging import Order, Paging, fetch_page
from chassis.http.removal import Deleted
from chassis.http.timelines import Entry, Stretch, timeline_page
from chassis.http.unit import IfMatch, ReadSession, Route, WriteSession, tag
from kernel.errors import NotFound
from kernel.pages import Page
from mail.api.callers import (
    LetterEditor,
    LetterParser,
    LetterReader,
    LetterRemover,
    LetterSender,
    LetterWriter,
)
from mail.api.downloads import ANY_TYPE, HARMLESS, file_answer
from mail.api.letter_schemas import (
    LetterChange,
    LetterIn,
    LetterLine,
    LetterOut,
    SendIn,
    addresses,
    line,
    whole,
)
from mail.commands import letters as commands
from mail.commands.ordering import send_letter
from mail.domain.parsing import MOST_PARTS
from mail.models import Message
from mail.queries.messages import get_body, get_message, links_of, visible_messages
from mail.queries.outgoing import recipients_of

router = APIRouter(prefix="/messages", tags=["messages"], route_class=Route)
ORDER = Order({"at": Message.at, "created_at": Message.created_at}, "-at", Message.id)
EML = "message/rfc822"

State = Literal["draft", "queued", "sending", "sent", "failed", "uncertain", "received"]


async def _shown(session: AsyncSession, message: Message) -> LetterOut:
    await session.flush()
    links = (await links_of(session, [message.id]))[message.id]
    recipients = await recipients_of(session, message.id)
    return whole(message, await get_body(session, message.id), links, recipients)


@router.post("", status_code=201)
async def write(
    body: LetterIn, response: Response, session: WriteSession, caller: LetterWriter
) -> LetterOut:
    """Write a letter, filled in from its record; it is a draft until it is sent."""
    written = commands.Written(
        record=(body.record.kind, body.record.id) if body.record else None,
        mailbox_id=body.mailbox_id,
        to=None if body.to is None else addresses(body.to),
        cc=addresses(body.cc),
        subject=body.subject,
        text=body.text,
        html=body.html,
    )
    message = await commands.write_letter(session, written, caller)
    response.headers["Location"] = f"/v1/messages/{message.id}"
    tag(response, message.version)
    return await _shown(session, message)


@router.get("")
async def list_(
    session: ReadSession,
    *,
    caller: LetterReader,
    paging: Paging,
    state: State | None = None,
    direction: Literal["in", "out"] | None = None,
    mailbox_id: UUID | None = None,
    ticket: Annotated[str | None, Query(max_length=200)] = None,
    deleted: Deleted = False,
) -> Page[LetterLine]:
    """Answer the letters the caller may see, or removed ones the caller may bring back."""
    asked = {
        Message.state: state,
        Message.direction: direction,
        Message.mailbox_id: mailbox_id,
        Message.ticket: ticket,
    }
    filters = [column == value for column, value in asked.items() if value is not None]
    found = visible_messages(caller, deleted=deleted).where(*filters)
    return await letter_page(session, found, paging)


async def letter_page(session: AsyncSession, query: Any, paging: Paging) -> Page[LetterLine]:
    """Answer a page of letters with their links, in two queries."""
    page = await fetch_page(session, query, ORDER, paging)
    links = await links_of(session, [message.id for message in page.rows])
    items = [line(message, links[message.id]) for message in page.rows]
    return Page(items=items, next_cursor=page.next_cursor, total=page.total)


@router.get("/{message_id}")
async def read(
    message_id: UUID, response: Response, session: ReadSession, caller: LetterReader
) -> LetterOut:
    """Answer one letter with its texts."""
    message = await get_message(session, message_id, caller)
    tag(response, message.version)
    return await _shown(session, message)


@router.patch("/{message_id}")
async def change(
    message_id: UUID,
    *,
    body: LetterChange,
    response: Response,
    session: WriteSession,
    caller: LetterEditor,
    if_match: IfMatch,
) -> LetterOut:
    """Change the given fields of a letter that was not sent."""
    given = body.given()
    for field in ("to", "cc"):
        if field in given:
            given[field] = addresses(given[field])
    message = await commands.edit_letter(session, message_id, given, caller, if_match)
    tag(response, message.version)
    return await _shown(session, message)


@router.delete("/{message_id}", status_code=204)
async def remove(
    message_id: UUID, session: WriteSession, caller: LetterRemover, if_match: IfMatch
) -> Response:
    """Remove a letter from all lists."""
    await commands.remove_letter(session, message_id, caller, if_match)
    return Response(status_code=204)


@router.post("/{message_id}/restore")
async def restore(
    message_id: UUID,
    response: Response,
    session: WriteSession,
    caller: LetterRemover,
    if_match: IfMatch,
) -> LetterOut:
    """Bring a removed letter back."""
    message = await commands.restore_letter(session, message_id, caller, if_match)
    tag(response, message.version)
    return await _shown(session, message)


@router.post("/{message_id}/send", status_code=202)
async def send(
    message_id: UUID,
    *,
    response: Response,
    session: WriteSession,
    caller: LetterSender,
    if_match: IfMatch,
    body: SendIn | None = None,
) -> LetterOut:
    """Hand the letter over to be sent; its state tells what became of it."""
    again = body.again if body else False
    message = await send_letter(session, message_id, caller, again=again, expected=if_match)
    tag(response, message.version)
    return await _shown(session, message)


@router.get(
    "/{message_id}/original", response_class=Response, responses={200: {"content": {EML: {}}}}
)
async def original(message_id: UUID, session: ReadSession, caller: LetterReader) -> Response:
    """Download the letter as it travelled (.eml)."""
    message = await get_message(session, message_id, caller)
    body = await get_body(session, message.id)
    if body.original is None:
        raise NotFound
    return file_answer(body.original, f"{message.id}.eml", EML)


@router.get(
    "/{message_id}/attachments/{number}",
    response_class=Response,
    responses={200: {"content": {ANY_TYPE: {}}}},
)
async def attachment(
    message_id: UUID,
    number: Annotated[int, Path(ge=1, le=MOST_PARTS)],
    *,
    session: ReadSession,
    caller: LetterReader,
    parser: LetterParser,
) -> Response:
    """Download one attachment of a letter, counted from 1 in the order they are listed."""
    message = await get_message(session, message_id, caller)
    original = (await get_body(session, message.id)).original
    await session.close()  # others need the connection while a large letter is read
    listed = message.attachments[number - 1 : number]
    content = await parser.attachment(original, number) if original and listed else None
    if content is None:
        raise NotFound
    (file,) = listed
    kind = file["media_type"]
    return file_answer(content, file["name"], kind if kind in HARMLESS else ANY_TYPE)


@router.get("/{message_id}/timeline")
async def timeline(
    message_id: UUID, session: ReadSession, caller: LetterReader, asked: Stretch
) -> Page[Entry]:
    """Answer who changed the letter, newest first."""
    message = await get_message(session, message_id, caller)
    return await timeline_page(session, "email", message.id, asked)
