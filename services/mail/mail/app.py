"""Mail's API."""

from fastapi import FastAPI

from chassis.http.app import build_app
from chassis.tokens import Verifier
from mail.api import mailboxes, messages, records
from mail.commands.secret_key import secret_key
from mail.settings import Settings


def create_app(settings: Settings, *, verifier: Verifier | None = None) -> FastAPI:
    """Make the API of mail."""

    async def load_key(app: FastAPI) -> None:
        app.state.mailbox_key = await secret_key(app.state.database, settings.mail_secret_key)

    return build_app(
        "mail",
        settings,
        [mailboxes.router, messages.router, records.router],
        description="Mailboxes, letters and tickets.",
        verifier=verifier,
        body_limits={"/v1/messages": 4_000_000},
        on_start=load_key,
    )
