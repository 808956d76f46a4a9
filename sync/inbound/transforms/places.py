"""Transforms to the codes of countries, languages and currencies, and to telephone numbers."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import phonenumbers
import pycountry

from sync.inbound.transforms.registry import Transform, as_text, named, pair, shown

# What systems write that ISO 3166-1 does not list.
_ALSO_CALLED = {
    "uk": "GB", "great britain": "GB", "britain": "GB", "england": "GB", "scotland": "GB",
    "wales": "GB", "northern ireland": "GB", "united states of america": "US", "america": "US",
    "u.s.": "US", "u.s.a.": "US", "deutschland": "DE", "österreich": "AT", "schweiz": "CH",
    "suisse": "CH", "españa": "ES", "italia": "IT", "nederland": "NL", "holland": "NL",
    "the netherlands": "NL", "polska": "PL", "sverige": "SE", "norge": "NO", "danmark": "DK",
    "suomi": "FI", "éire": "IE", "hellas": "GR", "ελλάδα": "GR", "россия": "RU", "russia": "RU",
    "中国": "CN", "日本": "JP", "turkey": "TR", "south korea": "KR", "czech republic": "CZ",
    "uae": "AE", "vietnam": "VN", "taiwan": "TW", "bolivia": "BO", "iran": "IR", "moldova": "MD",
    "tanzania": "TZ", "venezuela": "VE", "macedonia": "MK", "ivory coast": "CI",
}  # fmt: skip


@lru_cache(maxsize=1)
def _countries() -> dict[str, str]:
    known = dict(_ALSO_CALLED)
    for country in pycountry.countries:
        for field in ("alpha_2", "alpha_3", "name", "official_name", "common_name"):
            if name := getattr(country, field, None):
                known.setdefault(name.casefold(), country.alpha_2)
    return known


def country_code(value: Any) -> str:
    """The ISO 3166-1 alpha-2 code of a code or name; ValueError when it is neither."""
    code = _countries().get(" ".join(as_text(value).split()).casefold())
    if code is None:
        raise ValueError(f"{shown(value)} is not a country")
    return code


@named
def country() -> Transform:
    """A country's alpha-2 code from its name, alpha-3 or alpha-2 code."""
    return country_code


@lru_cache(maxsize=1)
def _languages() -> dict[str, str]:
    """Codes before names: one language is called En."""
    coded = [(getattr(each, "alpha_2", each.alpha_3), each) for each in pycountry.languages]
    known = {each.name.casefold(): code for code, each in coded}
    known |= {each.alpha_3: code for code, each in coded}
    return known | {code: code for code, _ in coded}


@named
def language() -> Transform:
    """A BCP 47 tag from a tag, a locale (`en_GB`) or a language's English name."""

    def apply(value: Any) -> str:
        primary, *rest = as_text(value).strip().replace("_", "-").split("-")
        code = _languages().get(primary.casefold())
        if code is None or any(not part.isalnum() or not part.isascii() for part in rest):
            raise ValueError(f"{shown(value)} is not a language")
        return "-".join([code, *(part.upper() if len(part) == 2 else part for part in rest)])

    return apply


@lru_cache(maxsize=1)
def _currencies() -> dict[str, str]:
    known: dict[str, str] = {}
    for currency in pycountry.currencies:
        for name in (currency.alpha_3, currency.name, currency.numeric):
            known.setdefault(name.casefold(), currency.alpha_3)
    return known


@named
def currency() -> Transform:
    """An ISO 4217 code from the code, the number or the English name of a currency."""

    def apply(value: Any) -> str:
        code = _currencies().get(as_text(value).strip().casefold())
        if code is None:
            raise ValueError(f"{shown(value)} is not a currency")
        return code

    return apply


@named
def phone(country: str = "") -> Transform:
    """A number in E.164, from `[number, country]` or a number and the default country."""
    default = country_code(country) if country else ""

    def apply(value: Any) -> str | None:
        number, where = pair(value, default)
        if number is None or number == "":
            return None
        try:
            parsed = phonenumbers.parse(as_text(number), country_code(where) if where else None)
        except phonenumbers.NumberParseException as error:
            raise ValueError(f"{shown(number)} is not a telephone number") from error
        if not phonenumbers.is_possible_number(parsed):
            raise ValueError(f"{shown(number)} has not the length of a telephone number")
        return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)

    return apply
