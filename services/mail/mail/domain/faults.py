"""Says everything that is wrong with an input at once (GAT-002)."""

from collections.abc import Sequence

from kernel.errors import Invalid


def all_of(faults: Sequence[Invalid]) -> Invalid:
    """Make one problem of several; the first one gives the sentence."""
    errors = tuple(error for fault in faults for error in fault.errors)
    return Invalid(faults[0].detail, errors=errors)
