"""Exact money: a decimal amount with its currency, never a float and never rounded in silence.

    Money            an amount and its currency; also the wire form {"currency", "amount"}
    NonNegativeMoney the same, at least 0
    Amount           an amount whose currency is decided later, at least 0
    UnitPrice        at least 0, 6 decimals
    Rate             above 0, 8 decimals
    Quantity         above 0, 3 decimals
    CurrencyCode     an ISO 4217 code; `eur` becomes `EUR`

Every number has at most 18 digits. It is read from a string or an integer; a JSON number with a
fraction or an exponent has already lost its digits and is refused. It is written as a plain string.
"""

import re
from decimal import (
    MAX_EMAX,
    MAX_PREC,
    MIN_EMIN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    Context,
    Decimal,
)
from functools import partial
from typing import Annotated, Final, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    PlainSerializer,
    PlainValidator,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
)
from pydantic_core import PydanticCustomError

from kernel.currencies import DECIMALS, ENDED, decimals

DIGITS: Final = 18
MOST_DECIMALS: Final = max(DECIMALS.values())

_WRITTEN: Final = re.compile(r"-?[0-9]{1,40}(?:\.[0-9]{1,40})?")
_EXACT: Final = Context(prec=MAX_PREC, Emin=MIN_EMIN, Emax=MAX_EMAX)  # never rounds
_ROUNDING: Final = Context(prec=80)


def round_half_even(amount: Decimal, digits: int) -> Decimal:
    """Round to so many decimals; a tie goes to the even neighbour, so that sums do not drift."""
    return amount.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_EVEN, _ROUNDING)


def round_half_up(amount: Decimal, digits: int) -> Decimal:
    """Round to so many decimals; a tie goes away from zero, as people expect of percentages."""
    return amount.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP, _ROUNDING)


def _exact(value: object) -> Decimal:
    """Read a number whose every digit was meant: a string or an integer, or a Decimal of ours."""
    number: Decimal | None = None
    if isinstance(value, str) and _WRITTEN.fullmatch(value):
        number = Decimal(value)
    elif isinstance(value, int) and not isinstance(value, bool):
        # An integer of thousands of digits costs time to turn into a Decimal: cap it unread.
        number = Decimal(max(-(10**DIGITS), min(value, 10**DIGITS)))
    elif isinstance(value, Decimal) and value.is_finite():
        number = _without_padding(value)
    if number is None:
        raise PydanticCustomError(
            "number_invalid", 'Input should be a plain decimal number in a string, such as "12.50"'
        )
    return number or number.copy_abs()  # -0 is 0


def _without_padding(number: Decimal) -> Decimal:
    """Drop the zeros that a database column of fixed scale adds after the last decimal."""
    return number.normalize(_EXACT)


def _fit(kind: str, number: Decimal, most_decimals: int, whole_digits: int = DIGITS) -> Decimal:
    """Refuse, rather than round, what has too many decimals or digits."""
    places = max(0, -int(number.as_tuple().exponent))
    if places > most_decimals:
        raise PydanticCustomError(
            f"{kind}_too_many_decimals",
            "Input should have at most {most} decimals",
            {"most": most_decimals},
        )
    whole = max(0, number.adjusted() + 1) if number else 0
    if whole > whole_digits or whole + places > DIGITS:
        raise PydanticCustomError(
            f"{kind}_out_of_range", "Input should have at most {digits} digits", {"digits": DIGITS}
        )
    return number


def _not_negative(value: object, most_decimals: int) -> Decimal:
    number = _fit("money", _exact(value), most_decimals)
    if number < 0:
        raise PydanticCustomError("money_negative", "Input should not be negative")
    return number


def _positive(value: object, most_decimals: int) -> Decimal:
    number = _fit("number", _exact(value), most_decimals)
    if number <= 0:
        raise PydanticCustomError("number_not_positive", "Input should be greater than 0")
    return number


def _currency(code: str) -> str:
    upper = code.upper() if code.isascii() else code
    if upper not in DECIMALS and upper not in ENDED:
        raise PydanticCustomError("currency_unknown", "Input should be an ISO 4217 currency code")
    return upper


def _plain(number: Decimal) -> str:
    """Write without exponent and without padding, so that stored and sent values look alike."""
    return format(_without_padding(number), "f")


def _schema(most_decimals: int, sign: str = "") -> WithJsonSchema:
    pattern = f"^{sign}[0-9]{{1,{DIGITS}}}([.][0-9]{{1,{most_decimals}}})?$"
    return WithJsonSchema({"type": "string", "pattern": pattern, "examples": ["12.5"]})


_AS_TEXT: Final = PlainSerializer(_plain, return_type=str, when_used="json")

CurrencyCode = Annotated[
    str, AfterValidator(_currency), WithJsonSchema({"type": "string", "pattern": "^[A-Z]{3}$"})
]
Amount = Annotated[
    Decimal,
    PlainValidator(partial(_not_negative, most_decimals=MOST_DECIMALS)),
    _AS_TEXT,
    _schema(MOST_DECIMALS),
]
UnitPrice = Annotated[
    Decimal, PlainValidator(partial(_not_negative, most_decimals=6)), _AS_TEXT, _schema(6)
]
Rate = Annotated[Decimal, PlainValidator(partial(_positive, most_decimals=8)), _AS_TEXT, _schema(8)]
Quantity = Annotated[
    Decimal, PlainValidator(partial(_positive, most_decimals=3)), _AS_TEXT, _schema(3)
]


class Money(BaseModel):
    """An amount in a currency, with exactly the decimals the currency has."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    currency: CurrencyCode  # comes first: the amount is judged by it
    amount: Annotated[
        Decimal,
        PlainValidator(_exact),
        PlainSerializer("{:f}".format, return_type=str, when_used="json"),
        _schema(MOST_DECIMALS, "-?"),
    ]

    @field_validator("amount")
    @classmethod
    def _in_its_currency(cls, amount: Decimal, info: ValidationInfo) -> Decimal:
        if "currency" not in info.data:  # already refused
            return amount
        places = decimals(info.data["currency"])
        return round_half_even(_fit("money", amount, places, DIGITS - places), places)

    @classmethod
    def zero(cls, currency: str) -> Self:
        """Make no money at all, where a sum starts."""
        return cls(amount=Decimal(0), currency=currency)

    def __add__(self, other: "Money") -> "Money":
        return Money(amount=self.amount + self._matching(other), currency=self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(amount=self.amount - self._matching(other), currency=self.currency)

    def _matching(self, other: "Money") -> Decimal:
        if other.currency != self.currency:
            raise ValueError(f"{other.currency} cannot be reckoned with {self.currency}")
        return other.amount

    def convert(self, rate: Decimal, to: str) -> "Money":
        """Turn into another currency, rounded half-even to its decimals.

        Args:
            rate: how many units of `to` one unit of this currency is worth on the day.
            to: the currency wanted, as an upper-case code.

        Raises:
            UnknownCurrencyError: `to` is no currency.
            ValueError: the rate is not a number above 0, or the result has over 18 digits.
        """
        if not rate.is_finite() or rate <= 0:
            raise ValueError(f"a rate is a number above 0, not {rate}")
        exact = _EXACT.multiply(self.amount, rate)
        return Money(amount=round_half_even(exact, decimals(to)), currency=to)


def _money_not_negative(money: Money) -> Money:
    if money.amount < 0:
        raise PydanticCustomError("money_negative", "Input should not be negative")
    return money


NonNegativeMoney = Annotated[Money, AfterValidator(_money_not_negative)]
