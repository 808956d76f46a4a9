"""Synthetic companies: a seeded population with the errors that real systems carry.

Not made to please one matcher: near-namesakes share rare words, groups share phones and domains,
records lose attributes, names are abbreviated, misspelt and translated, firms move house.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

from django.conf import settings

from matching.tables import write_columns

COLUMNS = (
    "legal_name",
    "address_line",
    "locality",
    "postal_code",
    "country",
    "phone",
    "website",
    "email",
    "tax_id",
)


@dataclass(frozen=True, slots=True)
class Land:
    """A country with its names, towns, legal forms with their spellings, and web ending."""

    code: str
    names: tuple[str, ...]
    towns: tuple[str, ...]
    forms: tuple[tuple[str, ...], ...]
    ending: str
    calling: str


LANDS = (
    Land(
        "US",
        ("United States", "USA", "us"),
        ("New York", "Chicago", "Boston", "Denver", "Miami", "Austin", "Seattle", "Dayton"),
        (("Inc", "Inc.", "Incorporated"), ("LLC", "L.L.C."), ("Corp", "Corporation")),
        "com",
        "1",
    ),
    Land(
        "GB",
        ("United Kingdom", "UK", "gb"),
        ("London", "Leeds", "Bristol", "Derby", "Exeter", "Dundee", "Cardiff", "York"),
        (("Ltd", "Ltd.", "Limited"), ("PLC", "plc"), ("LLP",)),
        "co.uk",
        "44",
    ),
    Land(
        "DE",
        ("Germany", "Deutschland", "de"),
        ("Berlin", "Hamburg", "Köln", "Jena", "Bremen", "Ulm", "Mainz", "Kiel"),
        (("GmbH", "mbH", "G.m.b.H."), ("AG", "Aktiengesellschaft"), ("GmbH & Co. KG",), ("KG",)),
        "de",
        "49",
    ),
    Land(
        "FR",
        ("France", "fr"),
        ("Paris", "Lyon", "Nantes", "Lille", "Nice", "Rennes", "Dijon", "Metz"),
        (("SA", "S.A.", "Société Anonyme"), ("SARL", "S.A.R.L."), ("SAS", "S.A.S.")),
        "fr",
        "33",
    ),
    Land(
        "ES",
        ("Spain", "España", "es"),
        ("Madrid", "Sevilla", "Vigo", "Bilbao", "Gijón", "León", "Cádiz", "Toledo"),
        (("SL", "S.L."), ("SA", "S.A."), ("SLU",)),
        "es",
        "34",
    ),
    Land(
        "NL",
        ("Netherlands", "Nederland", "nl"),
        ("Amsterdam", "Utrecht", "Breda", "Delft", "Leiden", "Zwolle", "Gouda", "Venlo"),
        (("BV", "B.V."), ("NV", "N.V.")),
        "nl",
        "31",
    ),
    Land(
        "SE",
        ("Sweden", "Sverige", "se"),
        ("Stockholm", "Malmö", "Lund", "Umeå", "Visby", "Kalmar", "Borås", "Luleå"),
        (("AB", "Aktiebolag"),),
        "se",
        "46",
    ),
    Land(
        "PL",
        ("Poland", "Polska", "pl"),
        ("Warszawa", "Kraków", "Łódź", "Gdynia", "Opole", "Toruń", "Lublin", "Kielce"),
        (("Sp. z o.o.", "Sp z oo"), ("SA", "S.A.", "Spółka Akcyjna")),
        "pl",
        "48",
    ),
)
SURNAMES = """
    Abbott Becker Castell Duvall Ericsen Farrow Galindo Hartwig Ivarsson Jansky Keller
    Lindqvist Moreau Novak Olmedo Petrov Quintana Rossi Santini Tremblay Ullman Verdier
    Wexford Ybarra Zeller
""".split()  # noqa: SIM905
TRADES = """
    Logistics Foods Chemicals Consulting Engineering Software Energy Textiles Media
    Packaging Pharma Instruments Shipping Electronics Advisory Machinery Optics Plastics
    Security Travel Insurance Construction Furniture Printing Laboratories
""".split()  # noqa: SIM905
FILLERS = """
    Group International Holding Services Systems Solutions Technology Partners
""".split()  # noqa: SIM905
SYLLABLES = """
    ba be bo da de do fa fi go ka ke ki la le lo ma me mi mo na ne no pa pe ra re ri ro sa
    se si ta te ti to va ve vi vo xa za zo tra bri cle dro flu gra kel lor mun nex pol qua
    ster tul ven
""".split()  # noqa: SIM905
STREETS = """
    Main Church Station Mill Park School Victoria Garden River King Bridge Forest
""".split()  # noqa: SIM905
STREET_KINDS = (("Street", "St", "St."), ("Road", "Rd"), ("Avenue", "Ave", "Av."), ("Lane", "Ln"))
SHORTER = {
    "International": "Intl",
    "Services": "Svcs",
    "Engineering": "Eng.",
    "Technology": "Tech",
    "Laboratories": "Labs",
    "Electronics": "Elec",
    "Pharma": "Pharmaceuticals",
    "Group": "Grp",
    "Systems": "Sys",
    "Logistics": "Logistik",
}
MAILBOXES = ("info", "office", "contact", "accounts", "sales")


@dataclass(frozen=True, slots=True)
class Firm:
    """What is true of one company."""

    land: Land
    words: tuple[str, ...]
    form: tuple[str, ...]
    number: int
    street: str
    kind: tuple[str, ...]
    town: str
    postal: str
    phone: str
    domain: str
    tax: str


def generate(records: int, seed: int) -> tuple[dict[str, list[str]], list[int]]:
    """Columns of `records` rows in random order, and the true cluster of each."""
    random = Random(seed)  # noqa: S311 - a seed is the point
    rows: list[tuple[int, dict[str, str]]] = []
    for number, firm in enumerate(_firms(random)):
        rows.extend((number, _record(random, firm)) for _ in range(_copies(random)))
        if len(rows) >= records:
            break
    del rows[records:]
    random.shuffle(rows)
    columns = {name: [row[name] for _, row in rows] for name in COLUMNS}
    columns = {
        "source": [random.choice(("crm", "erp", "psa")) for _ in rows],
        "source_id": [f"c{k}" for k in range(len(rows))],
        **columns,
    }
    return columns, [number for number, _ in rows]


def _copies(random: Random) -> int:
    return random.choices((1, 2, 3, 4, 5), (66, 18, 9, 5, 2))[0]


def _firms(random: Random) -> Iterator[Firm]:
    previous = _firm(random)
    while True:
        yield previous
        fresh = _firm(random)
        kinship = random.random()
        if kinship < 0.05:  # a near-namesake: the same words, another trade or form
            fresh = replace(fresh, words=(previous.words[0], random.choice(TRADES)))
        elif kinship < 0.08:  # a sister firm: the same house, phone and domain
            fresh = _sister(random, previous)
        previous = fresh


def _firm(random: Random) -> Firm:
    land = random.choice(LANDS)
    words = tuple(_words(random))
    label = "".join(words[:2]).lower() if random.random() < 0.8 else words[0].lower()
    return Firm(
        land=land,
        words=words,
        form=random.choice(land.forms),
        number=random.randint(1, 2500),
        street=random.choice((*STREETS, *SURNAMES, _coined(random))),
        kind=random.choice(STREET_KINDS),
        town=random.choice(land.towns),
        postal=str(random.randint(10000, 99999)),
        phone=str(random.randint(200_000_000, 999_999_999)),
        domain=f"{label}{random.choice(('', '', '', '-group', '24'))}.{land.ending}",
        tax=land.code + str(random.randint(10**8, 10**9 - 1)),
    )


def _sister(random: Random, firm: Firm) -> Firm:
    words = (firm.words[0], random.choice(TRADES), random.choice(FILLERS))
    tax = firm.land.code + str(random.randint(10**8, 10**9 - 1))
    return replace(firm, words=words, form=random.choice(firm.land.forms), tax=tax)


def _words(random: Random) -> Iterator[str]:
    kind = random.random()
    yield random.choice(SURNAMES) if kind < 0.25 else _coined(random)
    if kind > 0.9:
        yield random.choice(SURNAMES)
    yield random.choice(TRADES)
    if random.random() < 0.25:
        yield random.choice(FILLERS)


def _coined(random: Random) -> str:
    return "".join(random.choices(SYLLABLES, k=random.choice((2, 3, 3)))).capitalize()


def _record(random: Random, firm: Firm) -> dict[str, str]:
    """One system's view of a firm: parts missing, abbreviated, mistyped or out of date."""
    if random.random() < 0.08:
        firm = _moved(random, firm)
    street = f"{firm.number} {firm.street} {random.choice(firm.kind)}"
    return {
        "legal_name": _name(random, firm),
        "address_line": _kept(random, 0.85, _typed(random, street)),
        "locality": _kept(random, 0.9, _typed(random, firm.town)),
        "postal_code": _kept(random, 0.82, _slipped(random, firm.postal)),
        "country": _kept(random, 0.9, random.choice(firm.land.names)),
        "phone": _kept(random, 0.8, _phone(random, firm)),
        "website": _kept(random, 0.65, random.choice(("", "www.", "https://")) + firm.domain),
        "email": _kept(random, 0.6, f"{random.choice(MAILBOXES)}@{firm.domain}"),
        "tax_id": _kept(random, 0.5, _slipped(random, firm.tax)),
    }


def _moved(random: Random, firm: Firm) -> Firm:
    other = _firm(random)
    return replace(firm, number=other.number, street=other.street, postal=other.postal)


def _name(random: Random, firm: Firm) -> str:
    words = [SHORTER.get(w, w) if random.random() < 0.2 else w for w in firm.words]
    if len(words) > 2 and random.random() < 0.1:
        words.pop()
    name = _typed(random, " ".join(words))
    if random.random() < 0.88:
        name = f"{name} {random.choice(firm.form)}"
    return random.choice((name, name, name.upper(), name.lower()))


def _phone(random: Random, firm: Firm) -> str:
    number = _slipped(random, firm.phone)
    return random.choice((f"+{firm.land.calling} {number}", f"0{number}", number))


def _kept(random: Random, share: float, value: str) -> str:
    return value if random.random() < share else ""


def _typed(random: Random, text: str, share: float = 0.12) -> str:
    """The text with one slip of the fingers in some cases."""
    if random.random() >= share or len(text) < 4:
        return text
    at = random.randrange(1, len(text) - 1)
    slips = (
        text[:at] + text[at + 1 :],
        text[:at] + text[at + 1] + text[at] + text[at + 2 :],
        text[:at] + random.choice("aeiorstn") + text[at:],
    )
    return random.choice(slips)


def _slipped(random: Random, number: str, share: float = 0.03) -> str:
    if random.random() >= share:
        return number
    at = random.randrange(len(number) - 3, len(number))
    return number[:at] + random.choice("0123456789") + number[at + 1 :]


def file_of(records: int, seed: int, directory: Path) -> Path:
    """The file of such a population, made by a process of its own where it is missing."""
    file = directory / f"companies_{records}_{seed}.csv"
    if not file.exists():
        command = [sys.executable, "manage.py", "bench", "companies", str(records), str(seed)]
        subprocess.run([*command, str(directory)], check=True, cwd=settings.BASE_DIR)
    return file


def run(options: list[str]) -> int:
    """Write NAME.csv and NAME.truth.csv: `bench companies RECORDS SEED DIRECTORY`."""
    if len(options) != 3 or not (options[0].isdecimal() and options[1].isdecimal()):
        sys.stdout.write("usage: bench companies RECORDS SEED DIRECTORY\n")
        return 0 if not options else 2
    records, seed, directory = int(options[0]), int(options[1]), Path(options[2])
    columns, truth = generate(records, seed)
    name = f"companies_{records}_{seed}"
    write_columns(directory / f"{name}.csv", columns)
    truths: dict[str, list[Any]] = {"source_id": columns["source_id"], "cluster_id": truth}
    write_columns(directory / f"{name}.truth.csv", truths)
    sys.stdout.write(f"{directory / name}.csv\n")
    return 0
