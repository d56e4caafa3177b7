"""Reads a CSV file of deals row by row: what each cell means, or what is wrong with it.

    table = open_table(content)
    plan = Plan(columns_of(table.header, mapping), currency="EUR")
    rows = [read_row(line, cells, plan) for line, cells in table.rows]

Names of stages, people, companies, customers and products become keys that the database looks up.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Final, Literal, NamedTuple

from kernel.currencies import decimals
from kernel.ids import ticket
from kernel.money import DIGITS
from kernel.text import clean, email_key, fold, trigrams

DealField = Literal[
    "name",
    "stage",
    "owner",
    "company",
    "customer",
    "product",
    "amount",
    "created",
    "closed",
    "lost_reason",
    "external_id",
]
LENGTHS: Final = {"name": 250, "external_id": 100, "lost_reason": 1000}
MOST_ROWS: Final = 1_000_000
MOST_COLUMNS: Final = 200
MOST_CELL: Final = 32_768
EARLIEST: Final = date(1900, 1, 1)
"""An older date is a slip, such as a year of two digits."""
DELIMITERS: Final = ",;\t|"
DATE_FORMATS: Final = {
    "YYYY-MM-DD": re.compile(r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})", re.ASCII),
    "DD.MM.YYYY": re.compile(r"(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>\d{4})", re.ASCII),
    "DD/MM/YYYY": re.compile(r"(?P<day>\d{1,2})/(?P<month>\d{1,2})/(?P<year>\d{4})", re.ASCII),
    "MM/DD/YYYY": re.compile(r"(?P<month>\d{1,2})/(?P<day>\d{1,2})/(?P<year>\d{4})", re.ASCII),
}
_NUMBERS: Final = {
    ".": re.compile(r"-?[0-9]+(?:\.[0-9]+)?"),
    ",": re.compile(r"-?[0-9]+(?:,[0-9]+)?"),
}


class UnreadableFileError(ValueError):
    """The file as a whole cannot be imported; the message says why."""


class UnfitMappingError(ValueError):
    """The mapping does not fit the file; the message says why."""


class RowError(ValueError):
    """One row cannot be imported."""

    def __init__(self, field_: str, code: str, value: str) -> None:
        super().__init__(code)
        self.field, self.code, self.value = field_, code, value


@dataclass(frozen=True)
class Table:
    """A CSV file: its heading, and its records with their line, the heading being line 1."""

    header: list[str]
    rows: Iterator[tuple[int, list[str]]]


@dataclass(frozen=True)
class Plan:
    """How to read a row: which column holds a field, and how its values are written."""

    columns: Mapping[str, int]
    currency: str
    date_format: str = "YYYY-MM-DD"
    decimal_mark: str = "."
    aliases: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


class StagedRow(NamedTuple):
    """A row as it goes to the database: names beside the keys they are looked up by."""

    line: int
    name: str | None = None
    stage: str | None = None
    stage_key: str | None = None
    owner: str | None = None
    owner_key: str | None = None
    company: str | None = None
    company_key: str | None = None
    company_email: str | None = None
    customer: str | None = None
    customer_key: str | None = None
    customer_email: str | None = None
    product: str | None = None
    product_key: str | None = None
    amount: Decimal | None = None
    created: date | None = None
    closed: date | None = None
    reason: str | None = None
    reason_key: str | None = None
    external_id: str | None = None
    ticket: str | None = None
    search_key: str | None = None
    search_trigrams: list[str] | None = None
    field: str | None = None
    code: str | None = None
    value: str | None = None


def open_table(content: bytes) -> Table:
    """Read the heading of a CSV file, whose delimiter is the one its heading has most of.

    Raises:
        UnreadableFileError: it is neither UTF-8 nor UTF-16 text, is empty, or too wide.
    """
    text = _decoded(content)
    if "\0" in text:  # the database could keep neither the row nor what is wrong with it
        raise UnreadableFileError("The file has NUL characters.")
    first = text[: text.find("\n")] if "\n" in text else text
    delimiter = max(DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows = _records(reader)
    header = [cell.strip() for _, cells in _first(rows) for cell in cells]
    if not any(header):
        raise UnreadableFileError("The file has no heading.")
    if len(header) > MOST_COLUMNS:
        raise UnreadableFileError(f"The file has more than {MOST_COLUMNS} columns.")
    return Table(header, rows)


def _first(rows: Iterator[tuple[int, list[str]]]) -> Iterator[tuple[int, list[str]]]:
    row = next(rows, None)
    if row:
        yield row


def _records(reader: Iterator[list[str]]) -> Iterator[tuple[int, list[str]]]:
    line = 0
    try:
        for line, cells in enumerate(reader, start=1):
            if line > MOST_ROWS + 1:
                raise UnreadableFileError(f"The file has more than {MOST_ROWS} rows.")
            if cells:
                yield line, cells
    except csv.Error as error:
        raise UnreadableFileError(f"Row {line + 1} is not CSV: {error}.") from error


def _decoded(content: bytes) -> str:
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        raise UnreadableFileError("The file is not text in UTF-8 or UTF-16.") from None


def count_rows(table: Table) -> int:
    """Read a whole file once, to know that it can be read.

    Raises:
        UnreadableFileError: a row is not CSV, or there are too many.
    """
    return sum(1 for _ in table.rows)


def columns_of(header: Sequence[str], mapping: Mapping[str, str]) -> dict[str, int]:
    """Answer where each mapped field stands.

    Args:
        header: the file's column names.
        mapping: fields by column name.

    Raises:
        UnfitMappingError: a column is not there or there twice, or a field has two columns.
    """
    columns: dict[str, int] = {}
    for column, name in mapping.items():
        if header.count(column) != 1:
            raise UnfitMappingError(f"The file has no single column {column[:100]!r}.")
        if name in columns:
            raise UnfitMappingError(f"The field {name} has two columns.")
        columns[name] = header.index(column)
    return columns


def read_row(line: int, cells: Sequence[str], plan: Plan) -> StagedRow:
    """Read one row; one that cannot be imported carries its first error."""
    try:
        return _read(line, cells, plan)
    except RowError as error:
        return StagedRow(line, field=error.field, code=error.code, value=error.value[:200])


def _read(line: int, cells: Sequence[str], plan: Plan) -> StagedRow:
    values = {name: _cell(name, cells, index) for name, index in plan.columns.items()}
    for name, names in plan.aliases.items():
        if values.get(name) in names:
            values[name] = names[values[name] or ""]
    company, customer = values.get("company"), values.get("customer")
    product = values.get("product")
    name = values.get("name") or " - ".join(filter(None, (product, company or customer)))
    if not name:
        raise RowError("name", "name_missing", "")
    search_key, grams = _searchable(name)
    owner = values.get("owner")
    return StagedRow(
        line,
        name=name,
        stage=values.get("stage"),
        stage_key=_key(values.get("stage")),
        owner=owner,
        owner_key=_email_key(owner) or _key(owner),
        company=company,
        company_key=_key(company),
        company_email=_email_key(company),
        customer=customer,
        customer_key=_key(customer),
        customer_email=_email_key(customer),
        product=product,
        product_key=_key(product),
        amount=_amount(values.get("amount"), plan),
        created=_date("created", values.get("created"), plan.date_format),
        closed=_date("closed", values.get("closed"), plan.date_format),
        reason=values.get("lost_reason"),
        reason_key=_key(values.get("lost_reason")),
        external_id=values.get("external_id"),
        ticket=ticket(),
        search_key=search_key,
        search_trigrams=grams,
    )


def _cell(name: str, cells: Sequence[str], index: int) -> str | None:
    raw = cells[index] if index < len(cells) else ""
    if len(raw) > MOST_CELL:
        raise RowError(name, "text_too_long", raw)
    try:
        return clean(raw, LENGTHS.get(name, MOST_CELL)) or None
    except ValueError as error:
        code = getattr(error, "type", "text_invalid")
        raise RowError(name, code, raw) from error


@lru_cache(maxsize=50_000)
def _key(name: str | None) -> str | None:
    return fold(name) if name else None


@lru_cache(maxsize=50_000)
def _email_key(name: str | None) -> str | None:
    return email_key(name) if name and "@" in name else None


@lru_cache(maxsize=50_000)
def _searchable(name: str) -> tuple[str, list[str]]:
    return fold(name), trigrams(name)


def _amount(text: str | None, plan: Plan) -> Decimal | None:
    if text is None:
        return None
    if not _NUMBERS[plan.decimal_mark].fullmatch(text):
        raise RowError("amount", "number_invalid", text)
    amount = Decimal(text.replace(",", "."))
    if amount < 0:
        raise RowError("amount", "amount_negative", text)
    places = decimals(plan.currency)
    if amount.adjusted() + 1 + places > DIGITS:
        raise RowError("amount", "amount_out_of_range", text)
    if amount != round(amount, places):
        raise RowError("amount", "amount_too_many_decimals", text)
    return amount


@lru_cache(maxsize=50_000)
def _date(name: str, text: str | None, form: str) -> date | None:
    if text is None:
        return None
    parts = DATE_FORMATS[form].fullmatch(text)
    if parts is None:
        raise RowError(name, "date_invalid", text)
    try:
        day = date(int(parts["year"]), int(parts["month"]), int(parts["day"]))
    except ValueError as error:
        raise RowError(name, "date_invalid", text) from error
    if day < EARLIEST:
        raise RowError(name, "date_too_early", text)
    return day
