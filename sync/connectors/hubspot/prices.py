"""Prices as HubSpot has them: of one unit, and a product's in several currencies. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

from sync.connectors.faults import poison
from sync.outbound.content.envelope import Message

PLACES: Final = Decimal("0.000001")
PRICE: Final = "price"
CURRENCY: Final = "golden_currency"


def by_unit(message: Message) -> Message:
    """The message with a unit price in each line that says its amount alone.

    HubSpot reckons a line's amount from price and quantity, and takes none.
    """
    lines = message.content.get("lines")
    if message.entity != "contract" or not lines:
        return message
    return replace(message, content={**message.content, "lines": [_line(line) for line in lines]})


def _line(line: Mapping[str, Any]) -> Mapping[str, Any]:
    amount, quantity = line.get("amount"), Decimal(str(line.get("quantity") or 1))
    if line.get("unit_price") is not None or amount is None or not quantity:
        return line
    price = (Decimal(str(amount)) / quantity).quantize(PLACES).normalize()
    return {**line, "unit_price": format(price, "f")}


def others(settings: Mapping[str, Any]) -> dict[str, str]:
    """The properties of prices in other currencies than the account's own, by currency."""
    codes = str(settings["currencies"]).upper().replace(",", " ").split()
    return {code: f"hs_price_{code.lower()}" for code in codes if code != settings["currency"]}


def outward(properties: Mapping[str, str], settings: Mapping[str, Any]) -> dict[str, str]:
    """A product's properties with its price where its currency's stands; Turned where none does."""
    currency = properties[CURRENCY]
    if currency == settings["currency"]:
        return dict(properties)
    if currency not in others(settings):
        raise poison(f"products have no prices in {currency}: see the settings `currency` "
                     "and `currencies`")  # fmt: skip
    rest = {name: value for name, value in properties.items() if name != PRICE}
    return {**rest, others(settings)[currency]: properties[PRICE]}


def inward(properties: Mapping[str, Any], settings: Mapping[str, Any]) -> dict[str, Any]:
    """A product's properties with the price of its currency as its price."""
    name = others(settings).get(str(properties.get(CURRENCY)))
    return {**properties, PRICE: properties.get(name)} if name else dict(properties)
