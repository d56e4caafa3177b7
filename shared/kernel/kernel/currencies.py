"""The currencies of ISO 4217 and the digits of their minor units (list of 2026-09-17).

Left out on purpose: metals, testing codes, units of account between banks, and the codes ISO marks
as funds. The one fund kept is CLF, in which Chilean contracts are really written.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

_NO_DIGITS: Final = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"
_TWO_DIGITS: Final = """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF
    CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL
    HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT
    MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB
    SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH
    USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG
"""
_THREE_DIGITS: Final = "BHD IQD JOD KWD LYD OMR TND"
_FOUR_DIGITS: Final = "CLF"
_ENDED: Final = "BGN CYP EEK HRK LTL LVL MTL ROL SIT SKK"

DECIMALS: Final[Mapping[str, int]] = MappingProxyType(
    dict.fromkeys(_NO_DIGITS.split(), 0)
    | dict.fromkeys(_TWO_DIGITS.split(), 2)
    | dict.fromkeys(_THREE_DIGITS.split(), 3)
    | dict.fromkeys(_FOUR_DIGITS.split(), 4)
)
"""Every active currency code and how many decimals an amount in it has."""

ENDED: Final[Mapping[str, int]] = MappingProxyType(dict.fromkeys(_ENDED.split(), 2) | {"TRL": 0})
"""Currencies that have ended but that dated rates and old money still carry."""

_EVER: Final[Mapping[str, int]] = {**DECIMALS, **ENDED}


class UnknownCurrencyError(LookupError):
    """No currency, active or ended, has this code."""

    def __init__(self, code: str) -> None:
        super().__init__(f"unknown currency {code!r}")
        self.code = code


def decimals(code: str) -> int:
    """Answer how many decimals an amount in the currency has, be it active or ended.

    Raises:
        UnknownCurrencyError: no currency has this code; codes are upper case.
    """
    try:
        return _EVER[code]
    except KeyError:
        raise UnknownCurrencyError(code) from None
