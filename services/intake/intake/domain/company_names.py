"""Company names as they are compared: letters and digits only, the legal form dropped (INT-025)."""

import re
from typing import Final

from intake.domain.index_keys import index_key
from intake.domain.public_domains import PUBLIC_DOMAINS
from intake.domain.web_addresses import host_of
from kernel.text import email_key, fold

# ruff: noqa: RUF001 - Cyrillic legal forms are meant to be Cyrillic
_FORMS: Final = """
    gmbh ggmbh mbh ag kg kgaa ohg gbr ug ev eg ek se co cie comp company
    ltd limited llc llp lp inc incorporated corp corporation plc pllc
    sa sas sasu sarl eurl snc spa srl srls sl slu slne sc scs
    bv nv vof cv ab as asa aps oy oyj ky hf ehf ou uab sia
    zoo sp spzoo sro spol kft zrt nyrt bt doo dd ad ood eood srl
    pty pte pvt private bhd sdn kk gk ltda eireli sab cv rl de
    ooo oao zao pao ao jsc pjsc llp too tov ооо оао зао пао ао ип тоо тов
"""
_FORMS_IN_FRONT: Final = "ooo oao zao pao pt cv ооо оао зао пао ао ип тоо тов"
_LEGAL_FORMS: Final = frozenset(_FORMS.split())
_LEADING_FORMS: Final = frozenset(_FORMS_IN_FRONT.split())


def company_key(name: str | None) -> str:
    """Answer the key of a company name; empty when nothing of it is a letter or a digit."""
    words = _joined_initials(re.findall(r"[^\W_]+", fold(name or "")))
    while len(words) > 1 and words[-1] in _LEGAL_FORMS:
        words.pop()
    while len(words) > 1 and words[0] in _LEADING_FORMS:
        words.pop(0)
    return index_key("".join(words))


def _joined_initials(words: list[str]) -> list[str]:
    """Write `g m b h`, which is what is left of G.m.b.H., as one word."""
    joined: list[str] = []
    open_run = False
    for word in words:
        single = len(word) == 1
        if single and open_run:
            joined[-1] += word
        else:
            joined.append(word)
        open_run = single
    return joined


def mail_domain(address: str | None) -> str | None:
    """Answer the domain of a mail address, unless it is one that identifies nobody."""
    domain = email_key(address or "").rpartition("@")[2]
    return index_key(domain) if domain and domain not in PUBLIC_DOMAINS else None


def web_host(website: str | None) -> str | None:
    """Answer the host of a company's web site; none for the site of a mail provider."""
    host = host_of(website)
    return index_key(host) if host and host not in PUBLIC_DOMAINS else None
