"""What logs say, and what they must not."""

import pytest
import structlog
from sqlalchemy.exc import IntegrityError

from chassis import telemetry
from chassis.origin import by_system
from chassis.testing.ledger.books import open_account
from chassis.testing.service import ServiceUnderTest

SECRET = "a name\n\nfor us alone"


async def test_a_refused_row_is_not_logged(ledger: ServiceUnderTest) -> None:
    with pytest.raises(IntegrityError) as refused:
        await _open_account_without_version(ledger, SECRET)
    with structlog.testing.capture_logs(processors=telemetry.PROCESSORS) as lines:
        structlog.get_logger().error("request.crashed", exc_info=refused.value)
    logged = lines[0]["exception"]
    assert "NotNullViolation" in logged
    assert "insert into account" in logged.lower()
    assert SECRET.rsplit(maxsplit=1)[-1] not in logged


async def _open_account_without_version(ledger: ServiceUnderTest, name: str) -> None:
    async with ledger.database.transaction(by_system("test")) as session:
        account = await open_account(session, name)
        account.version = None  # type: ignore[assignment]
