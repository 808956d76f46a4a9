"""What is ours on a page: our code at the end of its title, and one table in its text. Pure.

The table stands in a page properties macro (`details`) whose id is `assay`, so that page
properties reports can list it. All else on the page is people's and is never touched. Confluence
puts marks and attributes of its own into what it keeps, so tables are compared by what they say.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape, unescape
from typing import Final

ID: Final = '<ac:parameter ac:name="id">assay</ac:parameter>'
OPENED: Final = r'<ac:structured-macro\b[^>]*\bac:name="details"[^>]*>'
BLOCK: Final = re.compile(
    rf"{OPENED}(?:(?!</?ac:structured-macro\b).)*?{re.escape(ID)}"
    r"(?:(?!<ac:structured-macro\b).)*?</ac:structured-macro>",
    re.DOTALL,
)
ROW: Final = re.compile(r"<tr\b[^>]*>\s*<th\b[^>]*>(.*?)</th>\s*<td\b[^>]*>(.*?)</td>", re.DOTALL)
MARK: Final = re.compile(r"<[^>]+>")


def titled(name: str, code: str) -> str:
    """The title of a record's page: our code makes it the only one in its space."""
    return f"{name} ({code})"


def named(title: str, code: str) -> str:
    """The name that a title says, whether somebody left our code out or not."""
    return title.removesuffix(f"({code})").strip() if code else title


def table(rows: Mapping[str, str]) -> str:
    """Our block of a page's text, in storage format."""
    cells = "".join(
        f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in rows.items()
    )
    return (
        f'<ac:structured-macro ac:name="details">{ID}<ac:rich-text-body><table><tbody>{cells}'
        "</tbody></table></ac:rich-text-body></ac:structured-macro>"
    )


def told(text: str) -> dict[str, str] | None:
    """What our table on a page says; None where the page has none."""
    found = BLOCK.search(text)
    if found is None:
        return None
    return {_plain(name): _plain(value) for name, value in ROW.findall(found[0])}


def placed(text: str, rows: Mapping[str, str]) -> str:
    """The text with our table where it was; above all else where there was none."""
    block = table(rows)
    if BLOCK.search(text) is None:
        return f"{block}{text}"
    return BLOCK.sub(lambda _: block, text, count=1)


def _plain(markup: str) -> str:
    return " ".join(unescape(MARK.sub(" ", markup)).split())
