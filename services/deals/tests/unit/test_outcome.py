"""The one routine of moving, closing and reopening, on paper."""

from dataclasses import replace
from datetime import UTC, date, datetime

from deals.domain.outcome import (
    Moment,
    State,
    Step,
    Why,
    close_in_place,
    move,
    reopen_in_place,
)
from kernel.ids import uuid7

LEAD = Step(uuid7(), 10)
OFFER = Step(uuid7(), 60)
SIGNED = Step(uuid7(), 80, is_conditional_win=True)
PACKING = Step(uuid7(), None, is_after_conditional_win=True)
SHIPPING = Step(uuid7(), None, is_after_conditional_win=True)
WON = Step(uuid7(), 100, is_won=True)
LOST = Step(uuid7(), 0, is_lost=True)

NOW = Moment(datetime(2026, 3, 1, 12, tzinfo=UTC), date(2026, 3, 1))
LATER = Moment(datetime(2026, 4, 1, 12, tzinfo=UTC), date(2026, 4, 1))
OPEN = State("open", OFFER.id, None, 60)
BECAUSE = Why(uuid7(), "too dear")


def test_winning_closes_today_with_certainty_and_no_reason_needed() -> None:  # DEA-053
    change = move(OPEN, OFFER, WON, NOW)
    after = change.after
    assert (change.moved, change.closed, change.reopened) == (True, "won", False)
    assert (after.status, after.closed_on, after.won_at) == ("won", NOW.today, NOW.now)
    assert (after.probability, after.stage_before_id) == (100, OFFER.id)


def test_losing_keeps_the_reason_and_the_note() -> None:  # DEA-054
    after = move(OPEN, OFFER, LOST, NOW, BECAUSE).after
    assert (after.status, after.closed_on, after.lost_at) == ("lost", NOW.today, NOW.now)
    assert (after.probability, after.reason_id, after.note) == (0, BECAUSE.reason_id, "too dear")


def test_leaving_a_closed_stage_clears_everything_closing_had_set() -> None:  # DEA-055
    lost = move(OPEN, OFFER, LOST, NOW, BECAUSE).after
    change = move(lost, LOST, LEAD, LATER)
    assert (change.closed, change.reopened) == (None, True)
    after = change.after
    assert after == State("open", LEAD.id, OFFER.id, 10)


def test_moves_between_active_stages_touch_neither_date_nor_reason() -> None:  # DEA-059, R07
    change = move(OPEN, OFFER, LEAD, NOW)
    assert change.after == replace(OPEN, stage_id=LEAD.id, probability=10)
    assert move(OPEN, OFFER, SHIPPING, NOW).after.probability == 60  # it has none of its own


def test_a_lost_deal_that_is_won_keeps_the_new_date_and_no_lost_reason() -> None:  # DEA-057
    lost = move(OPEN, OFFER, LOST, NOW, BECAUSE).after
    change = move(lost, LOST, WON, LATER)
    after = change.after
    assert (change.closed, change.reopened) == ("won", False)
    assert (after.closed_on, after.won_at, after.lost_at) == (LATER.today, LATER.now, None)
    assert (after.reason_id, after.note, after.stage_before_id) == (None, None, OFFER.id)


def test_a_conditional_win_is_stamped_and_taken_back_on_the_way_back() -> None:  # DEA-060
    signed = move(OPEN, OFFER, SIGNED, NOW).after
    assert (signed.status, signed.won_at, signed.closed_on) == ("open", NOW.now, None)
    onward = move(signed, SIGNED, SHIPPING, LATER).after
    assert onward.won_at == NOW.now
    assert move(onward, SHIPPING, PACKING, LATER).after.won_at == NOW.now  # still after the win
    assert move(onward, SHIPPING, LEAD, LATER).after.won_at is None


def test_staying_changes_nothing() -> None:
    change = move(OPEN, OFFER, OFFER, NOW)
    assert (change.after, change.moved, change.closed) == (OPEN, False, None)


def test_a_second_won_stage_moves_a_won_deal_without_winning_it_again() -> None:  # DEA-014
    won = move(OPEN, OFFER, WON, NOW).after
    change = move(won, replace(WON, is_won=False), Step(uuid7(), 100, is_won=True), LATER)
    assert (change.moved, change.closed) == (True, None)
    assert change.after.closed_on == NOW.today


def test_without_a_stage_for_the_outcome_the_deal_stays_where_it_is() -> None:  # DEA-056
    change = close_in_place(OPEN, "lost", NOW, BECAUSE)
    assert (change.moved, change.after.stage_id, change.after.status) == (False, OFFER.id, "lost")
    back = reopen_in_place(change.after, OFFER)
    assert (back.reopened, back.after.status, back.after.probability) == (True, "open", 60)
    moved = move(change.after, OFFER, LEAD, LATER)
    assert (moved.reopened, moved.after.status) == (True, "open")
