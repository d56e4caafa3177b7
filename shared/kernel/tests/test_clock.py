from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from kernel import clock

NEW_YEARS_EVE = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)


def test_the_clock_runs_in_utc() -> None:
    first = clock.now()
    assert first.tzinfo is UTC
    assert first <= clock.now()


def test_a_frozen_clock_stands_still_and_runs_on_afterwards() -> None:
    with clock.frozen(NEW_YEARS_EVE):
        assert clock.now() == clock.now() == NEW_YEARS_EVE
        with clock.frozen(NEW_YEARS_EVE + timedelta(days=1)):
            assert clock.now().year == 2027
        assert clock.now() == NEW_YEARS_EVE
    assert clock.now() != NEW_YEARS_EVE


def test_a_clock_frozen_in_another_zone_answers_in_utc() -> None:
    with clock.frozen(NEW_YEARS_EVE.astimezone(timezone(timedelta(hours=5)))):
        assert clock.now().tzinfo is UTC
        assert clock.now() == NEW_YEARS_EVE


def test_today_is_the_date_in_the_companys_zone() -> None:
    """GAT-006."""
    with clock.frozen(NEW_YEARS_EVE):
        for name, day in (
            ("Europe/Berlin", date(2027, 1, 1)),
            ("America/New_York", date(2026, 12, 31)),
        ):
            before = clock.zone()
            clock.use_zone(ZoneInfo(name))
            try:
                assert clock.today() == day
            finally:
                clock.use_zone(before)
