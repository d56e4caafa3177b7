from pathlib import Path

import pytest

from kernel.currencies import DECIMALS, ENDED, UnknownCurrencyError, decimals

RATES = Path(__file__).parents[4] / "shared/data/07-exchange-rates/eurofxref-hist.csv"


@pytest.mark.parametrize(
    ("code", "digits"),
    [("EUR", 2), ("JPY", 0), ("KWD", 3), ("CLF", 4), ("XCG", 2), ("ZWG", 2), ("BGN", 2)],
)
def test_a_currency_knows_its_decimals(code: str, digits: int) -> None:
    assert decimals(code) == digits


@pytest.mark.parametrize("code", ["XXX", "XTS", "XAU", "XDR", "BTC", "EURO", "eur", "", "USN"])
def test_what_is_no_national_currency_is_unknown(code: str) -> None:
    with pytest.raises(UnknownCurrencyError) as caught:
        decimals(code)
    assert caught.value.code == code


def test_a_currency_is_either_active_or_ended() -> None:
    assert not DECIMALS.keys() & ENDED.keys()
    assert len(DECIMALS) == 156
    assert all(len(code) == 3 and code.isupper() for code in (*DECIMALS, *ENDED))


def test_every_currency_the_central_bank_ever_quoted_is_known() -> None:
    if not RATES.exists():
        pytest.skip(f"the rate history is not at {RATES}")
    with RATES.open(encoding="ascii") as lines:
        codes = next(lines).strip().rstrip(",").split(",")[1:]
    assert [code for code in codes if code not in DECIMALS and code not in ENDED] == []
