"""The ticket in subjects and texts."""

from hypothesis import given
from hypothesis import strategies as st

from kernel.ids import ticket as new_ticket
from mail.domain import ticket

MARK = "[ticket:abcdefgh_-1]"
OWN = "abcdefgh_-1"


def test_the_ticket_stands_at_the_end_of_the_subject() -> None:
    """MAI-016."""
    assert ticket.in_subject("Re: Pumps", OWN) == f"Re: Pumps {MARK}"
    assert ticket.in_subject(f"{MARK} Re:  Pumps", OWN) == f"Re: Pumps {MARK}"
    assert ticket.in_subject("[ticket:ZZZZZZZZZZZ] Pumps", OWN) == f"Pumps {MARK}"
    assert ticket.in_subject("", OWN) == MARK


@given(st.text(max_size=200))
def test_a_ticket_is_put_in_once_and_found_again(text: str) -> None:
    """MAI-016: never twice; MAI-017."""
    own = new_ticket()
    subject = ticket.in_subject(text, own)
    assert ticket.in_subject(subject, own) == subject
    assert ticket.tickets_in(subject)[-1] == own
    body = ticket.in_text(text, own)
    assert ticket.in_text(body, own) == body
    html = ticket.in_html(text, own)
    assert ticket.in_html(html, own) == html
    assert own in ticket.tickets_in(html)


def test_tickets_are_found_in_order_each_once_and_not_without_end() -> None:
    text = " ".join(f"[ticket:{number:011}]" for number in range(100)) * 2
    assert ticket.tickets_in(text) == tuple(f"{number:011}" for number in range(20))
    assert ticket.tickets_in("[ticket:short] [ticket:muchtoolong__] ticket:abcdefghijk") == ()
