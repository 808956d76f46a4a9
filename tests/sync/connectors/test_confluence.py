"""Confluence against a site that stands in: the contract, and its traps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from canonical.models import Golden
from sync import egress
from sync.connectors.confluence import page
from sync.inbound.receive import retire
from sync.models import Attempt, Connection, Subscription
from sync.models.connections import LoginKind
from tests.factories import hub, targets
from tests.standins import environment
from tests.standins.confluence import HOME, SPACE, USER, Confluence
from tests.standins.server import SECRET, Fault, Reply, Standin
from tests.sync.connectors.kit import ConnectorContract
from tests.sync.connectors.samples import CLIENT_1, CLIENT_2


class TestConfluence(ConnectorContract):
    """The contract: a page by its title, our code in a content property."""

    connector = "confluence"
    vendor_class = Confluence
    settings = {"space_id": SPACE}
    login_kind = LoginKind.BASIC
    writes = ("client", "contract", "engagement")
    reads = writes
    write_call = "POST .*/v2/pages$"
    poison = {"legal_name": "N" * 250}  # with our code behind it longer than a title may be

    def login(self, vendor: Standin) -> dict[str, str]:
        return {"username": USER}

    def held(self, vendor: Standin, entity: str, key: str) -> list[dict[str, Any]]:
        assert isinstance(vendor, Confluence)
        found = ((row, vendor.property(i)) for i, row in vendor.table("pages").items())
        return [{**row, "property": p} for row, p in found if p.get("golden_id") == key]

    def name_of(self, entity: str, record: Mapping[str, Any]) -> Any:
        return page.named(record["title"], record["property"]["golden_id"])

    def is_active(self, entity: str, record: Mapping[str, Any]) -> bool:
        return bool(record["property"]["status"] == "active")

    def rename_there(self, vendor: Standin, source_id: str, name: str) -> None:
        assert isinstance(vendor, Confluence)
        vendor.edit(source_id, title=name)

    # Its traps

    def test_pages_stand_below_their_client_and_say_what_they_are(
        self, vendor: Standin, target: Subscription
    ) -> None:
        assert isinstance(vendor, Confluence)
        made = self.bring_in()
        self.deliver(target)
        first, second, contract, engagement = (
            self.one(vendor, entity, made[each])
            for entity, each in (("client", "C-1"), ("client", "C-2"), ("contract", "CT-1"),
                                 ("engagement", "E-1"))
        )  # fmt: skip
        assert first["parentId"] == HOME
        assert {p["parentId"] for p in (second, contract, engagement)} == {first["id"]}
        assert contract["title"] == f"Framework 2026 ({made['CT-1'].code})"
        told = page.told(vendor.text(contract["id"]))
        assert told is not None
        assert (told["Number"], told["Effective to"]) == ("NL-2026-7", "2026-12-31")
        assert contract["property"]["values"]["contract_number"] == "NL-2026-7"
        assert vendor.labels[contract["id"]] == {"assay-contract"}
        self.say("client", "C-2", **{**CLIENT_2, "parent": None})
        self.deliver(target)
        assert self.one(vendor, "client", made["C-2"])["parentId"] == HOME

    def test_what_people_write_on_a_page_stays(self, vendor: Standin, target: Subscription) -> None:
        assert isinstance(vendor, Confluence)
        golden = self.say("client", "C-1", **CLIENT_1)
        self.deliver(target)
        identity = self.one(vendor, "client", golden)["id"]
        theirs = ('<ac:structured-macro ac:name="details"><ac:parameter ac:name="id">team'
                  "</ac:parameter><ac:rich-text-body><p>Ours</p></ac:rich-text-body>"
                  "</ac:structured-macro>")  # fmt: skip
        text = f"<h1>Notes &amp; more</h1>{theirs}{vendor.text(identity)}<p>After</p>"
        vendor.edit(identity, text=text)
        self.say("client", "C-1", **{**CLIENT_1, "website": None, "client_status": "former"})
        self.deliver(target)
        now = vendor.text(identity)
        assert now.startswith("<h1>Notes &amp; more</h1>")
        assert "<p>Ours</p>" in now
        assert now.endswith("<p>After</p>")
        told = page.told(now)
        assert told is not None
        assert (told["Status"], told["Website"]) == ("former", "")

    def test_what_a_page_says_already_is_no_new_version(
        self, vendor: Standin, target: Subscription
    ) -> None:
        golden = self.say("client", "C-1", **CLIENT_1)
        self.deliver(target)
        self.again(target)
        assert self.one(vendor, "client", golden)["version"]["number"] == 1
        assert not vendor.requests("PUT")

    def test_somebody_who_was_quicker_is_not_overwritten(
        self, vendor: Standin, target: Subscription
    ) -> None:
        """409: the page is read again, and what was written meanwhile stays."""
        assert isinstance(vendor, Confluence)
        golden = self.say("client", "C-1", **CLIENT_1)
        self.deliver(target)
        identity = self.one(vendor, "client", golden)["id"]
        conflict = {"errors": [{"status": 409, "code": "CONFLICT", "title": "Conflict"}]}
        vendor.next(Fault("conflict", Reply(409, conflict)), on="PUT .*/pages/")
        self.rename("client", "C-1", "Renamed")
        self.deliver(target)
        vendor.edit(identity, text=f"{vendor.text(identity)}<p>Meanwhile</p>")
        targets.make_due(target)
        self.deliver(target)
        assert self.one(vendor, "client", golden)["title"] == f"Renamed ({golden.code})"
        assert vendor.text(identity).endswith("<p>Meanwhile</p>")
        assert targets.at_rest(target)

    def test_a_limit_says_how_long_to_wait(self, vendor: Standin, target: Subscription) -> None:
        self.say("client", "C-1", **CLIENT_1)
        vendor.next(Fault("throttled", vendor.throttled), on=self.write_call)
        self.deliver(target)
        due, at = target.lanes.get().due_at, Attempt.objects.get().started_at
        assert (due - at).total_seconds() >= 7

    def test_one_that_is_used_no_longer_says_so_and_stays(
        self, vendor: Standin, target: Subscription
    ) -> None:
        assert isinstance(vendor, Confluence)
        golden = self.say("client", "C-1", **CLIENT_1)
        self.deliver(target)
        identity = self.one(vendor, "client", golden)["id"]
        retire(hub.SENDER, "erp", "client", "C-1")
        self.deliver(target)
        assert vendor.labels[identity] == {"assay-client", "assay-inactive"}
        self.say("client", "C-1", **{**CLIENT_1, "legal_name": "Nordlicht Beratung AG"})
        self.deliver(target)
        assert vendor.labels[identity] == {"assay-client"}
        assert len(self.held(vendor, "client", golden.code)) == 1

    def test_a_page_in_the_bin_is_made_anew(self, vendor: Standin, target: Subscription) -> None:
        assert isinstance(vendor, Confluence)
        golden = self.say("client", "C-1", **CLIENT_1)
        self.deliver(target)
        binned = self.one(vendor, "client", golden)["id"]
        vendor.table("pages")[binned]["status"] = "trashed"
        self.rename("client", "C-1", "Renamed")
        self.deliver(target)
        live = [r for r in self.held(vendor, "client", golden.code) if r["status"] == "current"]
        assert [row["title"] for row in live] == [f"Renamed ({golden.code})"]
        assert targets.at_rest(target)

    def test_the_link_comes_in_and_a_moved_page_has_no_client(
        self, vendor: Standin, target: Subscription
    ) -> None:
        assert isinstance(vendor, Confluence)
        made = self.bring_in()
        self.deliver(target)
        notes = vendor.write("Meeting notes")
        for entity in self.reads:
            self.pull(entity)
        engagement = self.one(vendor, "engagement", made["E-1"])
        link = f"https://firm.atlassian.net/wiki/spaces/FIRM/pages/{engagement['id']}/"
        assert hub.document(made["E-1"])["workspace_uri"].startswith(link)
        [document] = hub.document(made["CT-1"])["document_refs"]
        assert document["title"] == "Confluence page"
        assert document["uri"].startswith("https://firm.atlassian.net/wiki/spaces/FIRM/pages/")
        assert not Golden.objects.filter(links__record__source_id=notes).exists()
        vendor.edit(engagement["id"], parent=notes)
        assert not {"refused", "quarantined"} & set(self.pull("engagement"))
        assert hub.document(made["E-1"])["client"] == str(made["C-1"].pk)

    def test_only_what_changed_is_read(self, vendor: Standin, target: Subscription) -> None:
        assert isinstance(vendor, Confluence)
        made = self.bring_in()
        self.deliver(target)
        identity = self.one(vendor, "client", made["C-2"])["id"]
        vendor.now = vendor.now.replace(year=2027)
        vendor.edit(identity, title="Southgate")
        with egress.Client() as client:
            [found] = self.speaker(client).changes("client", "2026-06-01T00:00:00.000Z")
        assert [item.source_id for item in found.items] == [identity]
        assert found.cursor.startswith("2027-")

    def test_without_a_space_nothing_is_made(self, vendor: Standin, target: Subscription) -> None:
        Connection.objects.update(settings={})
        self.say("client", "C-1", **CLIENT_1)
        self.deliver(target)
        dead = target.lanes.filter(parked="dead").values_list("last_error", flat=True)
        assert list(dead) == ["the setting space_id names no space for the pages"]

    def test_a_library_of_others_agrees(self, vendor: Standin, target: Subscription) -> None:
        """atlassian-python-api, unmodified: addresses, verbs, login, paging and versions."""
        assert isinstance(vendor, Confluence)
        python = environment.python(LIBRARY)
        made = self.bring_in()
        self.deliver(target)
        identity = self.one(vendor, "contract", made["CT-1"])["id"]
        title = f"Framework 2026 ({made['CT-1'].code})"
        told = environment.run(python, _SCRIPT, vendor.url, USER, SECRET, identity, SPACE, title)
        assert told["found"] == [identity]
        assert told["all"] == len(made) + 1
        assert page.told(told["text"]) == page.told(vendor.text(identity))
        assert told["property"]["golden_id"] == made["CT-1"].code
        assert told["labels"] == ["assay-contract"]
        assert told["versions"] == [1, 2]
        assert told["refused"] == "HTTPError"


LIBRARY = ["atlassian-python-api==5.0.5"]
_SCRIPT = """
import json, sys
from atlassian.confluence_v2 import ConfluenceV2

url, user, secret, page, space, title = sys.argv[1:]
site = ConfluenceV2(url=url + "/wiki", username=user, password=secret)
told = {"found": [row["id"] for row in site.get_pages(space_id=space, title=title)]}
told["all"] = len(site.get_pages(space_id=space))
told["text"] = site.get_page_by_id(page, body_format="storage")["body"]["storage"]["value"]
told["property"] = site.get_page_properties(page)[0]["value"]
told["labels"] = [label["name"] for label in site.get_page_labels(page)]
made = site.create_page(space_id=space, title="By others", body="<p>x</p>")
changed = site.update_page(made["id"], title="Changed", body="<p>y</p>", status="current")
told["versions"] = [made["version"]["number"], changed["version"]["number"]]
try:
    site.create_page(space_id=space, title=title, body="<p>x</p>")
except Exception as error:
    told["refused"] = type(error).__name__
print(json.dumps(told))
"""


@pytest.mark.parametrize("name", ["A & B <Ltd>", 'Say "yes"', "Zoë  Groß"])
def test_a_table_says_what_was_put_in_it(name: str) -> None:
    rows = {"Status": " ".join(name.split()), "Website": ""}
    text = page.placed("<p>x</p>", rows)
    assert page.told(text) == rows
    assert page.placed(text, rows) == text
    assert page.told("<p>x</p>") is None
