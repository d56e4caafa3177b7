"""The letters of a record (MAI-038, MAI-039)."""

from uuid import UUID

from fastapi import APIRouter

from chassis.http.paging import Paging
from chassis.http.unit import ReadSession, Route
from kernel.pages import Page
from mail.api.callers import LetterReader
from mail.api.letter_schemas import LetterLine, RecordKind
from mail.api.messages import letter_page
from mail.queries.messages import letters_of

router = APIRouter(prefix="/records", tags=["records"], route_class=Route)


@router.get("/{kind}/{record_id}/letters")
async def letters(
    kind: RecordKind, record_id: UUID, session: ReadSession, caller: LetterReader, paging: Paging
) -> Page[LetterLine]:
    """Answer the letters of a record that the caller may see, newest first.

    A record without such letters, or not known here yet, answers an empty list.
    """
    return await letter_page(session, letters_of(caller, kind, record_id), paging)
