"""Reads rates as the European Central Bank publishes them: a row per day, a column per currency.

    Date,USD,JPY,BGN,          eurofxref-hist.csv: ISO dates, N/A where there is none
    Date, USD, JPY,            eurofxref.csv: one row, dates such as 30 October 2026

The numbers are units of the currency for one euro.
"""

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from deals.domain.rates import inverted
from kernel.currencies import DECIMALS, ENDED

MISSING = ("", "N/A")
LEAST, MOST = Decimal(1).scaleb(-12), Decimal(1).scaleb(12)
"""Beyond these no currency is worth anything, or anything else is."""


class UnreadableRatesError(ValueError):
    """The file is not in the format; the message says where."""


@dataclass(frozen=True)
class QuotedRate:
    """Units of a currency for one euro on a day."""

    code: str
    day: date
    units: Decimal


def read_rates(text: str) -> Iterator[QuotedRate]:
    """Read a file of euro reference rates.

    Raises:
        UnreadableRatesError: a heading, date or number is not what it should be.
    """
    rows = csv.reader(io.StringIO(text, newline=""))
    try:
        codes = _heading([cell.strip() for cell in next(rows, [])])
        for row in rows:
            cells = [cell.strip() for cell in row]
            if any(cells):
                yield from _row(codes, cells, rows.line_num)
    except csv.Error as error:
        raise UnreadableRatesError(f"line {rows.line_num}: {error}") from error


def national_rates(quotes: Iterable[QuotedRate], national: str) -> dict[tuple[str, date], Decimal]:
    """Turn euro rates into rates of a national currency, by code and day.

    Of days without a rate of the national currency none is known; a rate that 8 decimals cannot
    express is left out.
    """
    by_day: dict[date, dict[str, Decimal]] = {}
    for quote in quotes:
        by_day.setdefault(quote.day, {"EUR": Decimal(1)})[quote.code] = quote.units
    return {
        (code, day): rate
        for day, units in by_day.items()
        if national in units
        for code, of_code in units.items()
        if code != national and (rate := inverted(of_code / units[national])) is not None
    }


def _heading(cells: list[str]) -> list[str]:
    if not cells or cells[0].lower() != "date":
        raise UnreadableRatesError("line 1: the first column should be Date")
    codes = cells[1:]
    unknown = [code for code in codes if code and code not in DECIMALS and code not in ENDED]
    if unknown:
        raise UnreadableRatesError(f"line 1: {unknown[0][:20]!r} is no currency")
    return codes


def _row(codes: list[str], cells: list[str], line: int) -> Iterator[QuotedRate]:
    day = _day(cells[0], line)
    for code, cell in zip(codes, cells[1:], strict=False):  # rows end in a comma, or do not
        if code and cell not in MISSING:
            yield QuotedRate(code, day, _units(cell, line))


def _day(cell: str, line: int) -> date:
    for form in ("%Y-%m-%d", "%d %B %Y"):
        try:
            return datetime.strptime(cell, form).date()  # noqa: DTZ007 - a date has no zone
        except ValueError:
            continue
    raise UnreadableRatesError(f"line {line}: {cell[:40]!r} is no date")


def _units(cell: str, line: int) -> Decimal:
    try:
        units = Decimal(cell)
    except InvalidOperation:
        units = Decimal(0)
    if not units.is_finite() or not LEAST < units < MOST:
        raise UnreadableRatesError(f"line {line}: {cell[:40]!r} is no rate")
    return units
