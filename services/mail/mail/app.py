"""Mail's API."""

from fastapi import FastAPI

from chassis.http.app import build_app
from chassis.http.removal import purge_router
from chassis.tokens import Verifier
from mail.api import mailboxes, messages, records
from mail.clients.parser import Parser
from mail.commands.secret_key import secret_key
from mail.queries.removables import REMOVABLES
from mail.settings import Settings


def create_app(settings: Settings, *, verifier: Verifier | None = None) -> FastAPI:
    """Make the API of mail."""

    async def prepare(app: FastAPI) -> None:
        app.state.mailbox_key = await secret_key(app.state.database, settings.mail_secret_key)
        app.state.parser = Parser()

    return build_app(
        "mail",
        settings,
        [mailboxes.router, messages.router, records.router, purge_router(REMOVABLES)],
        description="Mailboxes, letters and tickets.",
        verifier=verifier,
        body_limits={"/v1/messages": 4_000_000},
        on_start=prepare,
    )
