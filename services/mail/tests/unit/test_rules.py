"""Rules of mailboxes, of sending, of reading, and of keeping secrets."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kernel.errors import Invalid
from kernel.ids import uuid7
from mail.domain import mailbox, sending, syncing
from mail.domain.sealing import Unreadable, key_from, seal, unseal

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
KEY = key_from("k" * 40)


def test_a_secret_opens_with_its_key_and_for_its_mailbox_only() -> None:
    """MAI-002."""
    ours = uuid7()
    sealed = seal(KEY, ours, "geheim")
    assert b"geheim" not in sealed
    assert sealed != seal(KEY, ours, "geheim")
    assert unseal(KEY, ours, sealed) == "geheim"
    for key, mailbox_id, data in (
        (key_from("another key"), ours, sealed),
        (KEY, uuid7(), sealed),
        (KEY, ours, sealed[:-1] + bytes([sealed[-1] ^ 1])),
        (KEY, ours, b""),
    ):
        with pytest.raises(Unreadable):
            unseal(key, mailbox_id, data)


@pytest.mark.parametrize(
    ("host", "ours"),
    [
        ("127.0.0.1", True),
        ("::1", True),
        ("localhost", True),
        ("127.9.9.9", True),
        ("10.0.0.1", False),
        ("mail.example.com", False),
        ("localhost.example.com", False),
    ],
)
def test_only_this_very_machine_may_be_spoken_to_in_the_open(host: str, *, ours: bool) -> None:
    """MAI-001."""
    fields: dict[str, Any] = {"sync": False, "smtp_host": host, "smtp_security": "none"}
    fields |= {"imap_host": None, "imap_port": None, "imap_security": None}
    if ours:
        mailbox.check(fields)
    else:
        with pytest.raises(Invalid):
            mailbox.check(fields)


def test_pauses_grow_for_48_hours_and_then_a_letter_is_given_up() -> None:
    """MAI-028, C6."""
    at, pauses = NOW, []
    for attempts in range(1, 100):
        again = sending.next_try(attempts, NOW, at, 0)
        if again is None:
            break
        pauses.append((again - at).total_seconds() / 60)
        at = again
    assert pauses[:7] == [1, 5, 15, 30, 60, 120, 120]
    assert timedelta(hours=46) < at - NOW <= timedelta(hours=48)
    assert sending.next_try(1, NOW, NOW, 1) == NOW + timedelta(seconds=72)


@pytest.mark.parametrize(
    ("code", "verdict"),
    [
        (250, "sent"),
        (251, "sent"),
        (0, "waiting"),
        (421, "waiting"),
        (499, "waiting"),
        (354, "waiting"),
        (500, "refused"),
        (550, "refused"),
        (571, "refused"),
    ],
)
def test_a_reply_code_has_one_meaning(code: int, verdict: str) -> None:
    assert sending.Reply(code, "").verdict == verdict


def test_a_letter_is_sent_when_nobody_waits_and_somebody_has_it() -> None:
    sent, waiting, refused = (sending.Recipient(name) for name in ("sent", "waiting", "refused"))
    assert sending.outcome([sent, refused]) == "sent"
    assert sending.outcome([sent, waiting]) == "queued"
    assert sending.outcome([refused, refused]) == "failed"


def test_reading_goes_in_windows_that_fit_into_memory() -> None:
    """MAI-009."""
    uids = list(range(1, 251))
    assert [len(window) for window in syncing.windows(uids)] == [100, 100, 50]
    assert syncing.first_cursor(uids) == 50
    assert syncing.first_cursor(uids[:200]) == 0
    sizes = [(1, 5_000_000), (2, 2_000_000), (3, 2_000_000), (4, 25_000_000), (5, 1)]
    assert list(syncing.groups(sizes)) == [[1, 2], [3], [4], [5]]
    assert list(syncing.groups([])) == []


def test_a_failing_mailbox_is_tried_less_and_less_but_never_forgotten() -> None:
    pauses = [syncing.pause(streak, 120).total_seconds() for streak in (0, 1, 2, 3, 4, 50)]
    assert pauses == [120, 240, 480, 960, 1800, 1800]
    assert syncing.pause(3, 86_400) == timedelta(days=1)


@pytest.mark.parametrize(
    ("name", "flags", "sent"),
    [
        ("Gesendet", ("\\HasNoChildren", "\\Sent"), True),
        ("INBOX.Sent", (), True),
        ("Sent Items", (), True),
        ("INBOX", (), False),
        ("Sentiments", (), False),
    ],
)
def test_the_sent_folder_is_found_by_mark_or_name(
    name: str, flags: tuple[str, ...], *, sent: bool
) -> None:
    assert syncing.is_sent_folder(name, flags) is sent


def test_after_a_renumbering_old_letters_are_passed_over_and_doubtful_ones_are_not() -> None:
    assert syncing.seen_before(NOW - timedelta(days=3), NOW)
    assert not syncing.seen_before(NOW - timedelta(days=1), NOW)
    assert not syncing.seen_before(None, NOW)
