"""The public form: the only door without login, and nothing but submissions goes through it.

Any web site may post here, so every answer carries CORS headers, refusals included.
"""

from collections.abc import Callable, Coroutine, Mapping
from types import MappingProxyType
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Request, Response

from chassis.http.problems import problem_response
from chassis.http.schemas import Output
from chassis.http.unit import ReadSession, Route, WriteSession
from intake.api.form_pages import form_page, mistakes_page, thanks_page
from intake.api.submissions import FORM_TYPES, Submission, is_form_post, read_submission
from intake.commands.web_forms import submit
from intake.queries.web_forms import find_open_form
from kernel.errors import NotFound, Problem

CORS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS, POST",
        "Access-Control-Allow-Headers": "Content-Type, Idempotency-Key",
        "Access-Control-Max-Age": "86400",
    }
)

Token = Annotated[str, Path(max_length=100)]


class PublicRoute(Route):
    """Answers every site's scripts, and browsers that posted a form in their own language."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_in_public(request: Request) -> Response:
            try:
                response = await handle(request)
            except Problem as problem:
                response = _refusal(request, problem)
            response.headers.update(CORS)
            return response

        return handle_in_public


router = APIRouter(prefix="/public/forms", tags=["public-forms"], route_class=PublicRoute)


BODY: Final = {
    "required": True,
    "content": {
        media: {"schema": Submission.model_json_schema()}
        for media in ("application/json", *FORM_TYPES)
    },
}
"""What OpenAPI says of a body that is read by hand, for it comes in three shapes."""


class Receipt(Output):
    """The ticket of a request that came in, and a word of thanks."""

    ticket: str
    message: str


@router.post(
    "/{token}", status_code=201, response_model=Receipt, openapi_extra={"requestBody": BODY}
)
async def submit_form(request: Request, token: Token, session: WriteSession) -> Any:
    """Take what a visitor filled in."""
    submission = await read_submission(request)
    received = await submit(session, token, submission.given())
    message = f"Thank you, {submission.name}. We have received your message."
    if _wants_page(request):
        return thanks_page(message, received.ticket)
    return Receipt(ticket=received.ticket, message=message)


@router.get("/{token}", include_in_schema=False)
async def show_form(token: Token, session: ReadSession) -> Response:
    """Show the form as a page."""
    form = await find_open_form(session, token)
    if form is None:
        raise NotFound
    return form_page(form.name)


@router.head("/{token}", include_in_schema=False)
async def probe_form(token: Token, session: ReadSession) -> Response:
    """Answer like the page, without it."""
    return await show_form(token, session)


@router.options("/{_token}", include_in_schema=False, status_code=204)
async def allow_origins(_token: Token) -> Response:
    """Let browsers post from any site."""
    return Response(status_code=204, headers={"Allow": CORS["Access-Control-Allow-Methods"]})


def _wants_page(request: Request) -> bool:
    return is_form_post(request) and "text/html" in request.headers.get("accept", "")


def _refusal(request: Request, problem: Problem) -> Response:
    if problem.errors and _wants_page(request):
        return mistakes_page(problem.errors, problem.status)
    return problem_response(problem)
