"""Who may call: one name for each right that an endpoint asks for; and what it works with."""

from typing import Annotated

from fastapi import Depends, Request

from chassis.auth import Caller, may
from mail.clients.parser import Parser

MailboxReader = Annotated[Caller, Depends(may("mail.mailbox.view"))]
MailboxUser = Annotated[Caller, Depends(may("mail.mailbox.use"))]
MailboxManager = Annotated[Caller, Depends(may("mail.mailbox.manage"))]
SecretChanger = Annotated[Caller, Depends(may("mail.mailbox.change_secret"))]
LetterReader = Annotated[Caller, Depends(may("mail.message.view"))]
LetterWriter = Annotated[Caller, Depends(may("mail.message.add"))]
LetterEditor = Annotated[Caller, Depends(may("mail.message.change"))]
LetterSender = Annotated[Caller, Depends(may("mail.message.send"))]
LetterRemover = Annotated[Caller, Depends(may("mail.message.delete"))]


async def _parser(request: Request) -> Parser:
    parser: Parser = request.app.state.parser
    return parser


LetterParser = Annotated[Parser, Depends(_parser)]
"""The reader of what is attached to letters."""


async def _mailbox_key(request: Request) -> bytes:
    key: bytes = request.app.state.mailbox_key
    return key


MailboxKey = Annotated[bytes, Depends(_mailbox_key)]
"""The key that seals secrets."""
