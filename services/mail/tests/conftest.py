"""The mail servers of the tests: real ones, with an authority that vouches for them."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from services.mail.tests import dovecot_server, smtp_server
from services.mail.tests.authority import Authority, Tokens, new_authority, new_tokens


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return new_authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def tokens() -> Tokens:
    return new_tokens()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def running_smtp(
    authority: Authority, tokens: Tokens
) -> AsyncIterator[smtp_server.SmtpServer]:
    async with smtp_server.running(authority, tokens) as server:
        yield server


@pytest.fixture
def smtp(running_smtp: smtp_server.SmtpServer) -> smtp_server.SmtpServer:
    running_smtp.reset()
    return running_smtp


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def dovecot(authority: Authority, tokens: Tokens) -> AsyncIterator[dovecot_server.Dovecot]:
    async with dovecot_server.running(authority, tokens) as server:
        yield server
