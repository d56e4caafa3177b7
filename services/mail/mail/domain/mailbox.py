"""Rules of mailboxes (MAI-001)."""

from ipaddress import ip_address
from typing import Any, Final

from kernel.errors import all_invalid, invalid

IMAP_FIELDS: Final = ("imap_host", "imap_port", "imap_security")


def check(fields: dict[str, Any]) -> None:
    """Refuse a mailbox that cannot work.

    Raises:
        Invalid: IMAP data are missing while sync is on, or a password would travel in the open.
    """
    faults = []
    if fields["sync"] and any(fields[field] is None for field in IMAP_FIELDS):
        faults.append(invalid("imap", "is needed while sync is on", "imap_missing"))
    faults += [
        invalid(f"{server}/security", "must be tls or starttls", "connection_unencrypted")
        for server in ("smtp", "imap")
        if fields[f"{server}_security"] == "none" and not is_this_machine(fields[f"{server}_host"])
    ]
    if faults:
        raise all_invalid([error for fault in faults for error in fault.errors])


def is_this_machine(host: str) -> bool:
    """Answer whether `host` is this very machine, where nobody listens on the line."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
