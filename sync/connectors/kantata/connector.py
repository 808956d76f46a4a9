"""Writing to Kantata OX one record at a time, and asking it what changed.

Our code is an external reference, which is a record of its own: it is written after the record it
belongs to. A record whose answer was lost before that says whose it is by the mark that it was
made with.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sync.connectors.base import Missing
from sync.connectors.faults import poison
from sync.connectors.kantata import answers
from sync.connectors.kantata.milestones import ACTIVE, INACTIVE, KantataMilestones
from sync.connectors.kantata.objects import MARKS, SUBJECTS
from sync.connectors.profile import Object, Rendered
from sync.connectors.rest import segment
from sync.outbound.answers.retry import Answer
from sync.outbound.content.envelope import Message


class Kantata(KantataMilestones):
    """One Kantata OX account."""

    def send_one(self, message: Message) -> Answer:
        """Write one record; a schedule is its milestones."""
        thing = self.object_of(message.entity)
        if not thing.name:
            return self._milestones(message)
        return super().send_one(message)

    def find(self, thing: Object, key: str) -> str | None:
        """The id of the record that our external reference belongs to."""
        found = set(self._referred(SUBJECTS[thing.name], thing.entity, key))
        if len(found) > 1:
            raise poison(f"several {thing.name} have the key {key}")
        return next(iter(found), None)

    def create(self, thing: Object, rendered: Rendered, message: Message) -> str:
        """Make it with our mark, unless an answer was lost; then say that it is ours."""
        made = self._marked(thing, rendered, message.key)
        if made is not None:
            self.update(thing, made, rendered, message)
            return made
        body = answers.outward(rendered.filled) | {MARKS[thing.name]: message.key}
        if thing.name == "workspaces":
            body |= {"creator_role": "maven"}
        data = self._asked("POST", f"/{thing.name}", {thing.name.removesuffix("s"): body})
        made = str(next(answers.rows(data))["id"])
        self._beside(thing, made, rendered, message)
        return made

    def _marked(self, thing: Object, rendered: Rendered, key: str) -> str | None:
        name = str(rendered.values["name" if thing.name == "workspace_groups" else "title"])
        mark = MARKS[thing.name]
        found = self._rows(thing.name, {"search": name})
        return next((str(row["id"]) for row in found if row.get(mark) == key), None)

    def update(self, thing: Object, source_id: str, rendered: Rendered, message: Message) -> None:
        """Write by id, then our external reference and the group beside it."""
        body = answers.outward(rendered.values)
        if thing.name == "workspace_groups":
            self._free(body.get("name"), message.target.source_ids[1:])
        self._change(thing, source_id, body)
        self._beside(thing, source_id, rendered, message)

    def deactivate(self, thing: Object, source_id: str, message: Message) -> None:
        """A workspace is archived; a group has no such thing: our reference to it says so."""
        if self._record(thing, source_id) is None:
            raise Missing(Answer(404))
        if thing.inactive:
            self._change(thing, source_id, dict(thing.inactive))
        self._refer(SUBJECTS[thing.name], source_id, thing.entity, message.key, INACTIVE)

    def _free(self, name: Any, absorbed: Collection[str]) -> None:
        """Names of groups are unique: one that was merged away leaves its name to the survivor."""
        if not name or not absorbed:
            return
        thing = self.profile.objects["client"]
        for record in list(self._records(thing, absorbed)):
            if str(record["name"]).lower() == str(name).lower():
                self._change(thing, str(record["id"]), {"name": f"{name} ({record['id']})"})

    def _change(self, thing: Object, source_id: str, body: Mapping[str, Any]) -> None:
        path = f"/{thing.name}/{segment(source_id)}"
        self._asked("PUT", path, {thing.name.removesuffix("s"): body})

    def _beside(self, thing: Object, source_id: str, rendered: Rendered, message: Message) -> None:
        self._refer(SUBJECTS[thing.name], source_id, thing.entity, message.key, ACTIVE)
        if "company_id" in rendered.values:
            self._move(source_id, rendered.values["company_id"])

    def _move(self, workspace: str, group: str | None) -> None:
        """Into its client's group, and out of any other client's."""
        record = self._record(self.profile.objects["engagement"], workspace)
        now = record and record["company_id"]
        if now and now != group:
            self._group(now, "remove_workspace_ids", workspace)
        if group and now != group:
            self._group(group, "add_workspace_ids", workspace)

    def _group(self, group: str, how: str, workspace: str) -> None:
        body = {"workspace_group": {how: [int(workspace)]}}
        try:
            self._asked("PUT", f"/workspace_groups/{segment(group)}", body)
        except Missing:
            raise poison(f"its client {group} is not there any more") from None
