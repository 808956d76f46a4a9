"""Batches of 100 records, answered each by itself (207)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from sync.connectors.base import confirmed, parts
from sync.connectors.faults import Turned, said
from sync.connectors.hubspot import answers
from sync.connectors.hubspot.reading import AT_ONCE, HubSpotReader, Record
from sync.connectors.rest import Response
from sync.outbound.answers.retry import Answer, Verdict

NOWHERE: Final = Answer(error="there is no record of this id")


class HubSpotBatches(HubSpotReader):
    """Many records of one object at once."""

    batch = AT_ONCE

    def _write(self, name: str, how: str, rows: Mapping[int, Record]) -> dict[int, Answer]:
        """Write inputs by their ids or by our key; those that are not there say NOWHERE."""
        told: dict[int, Answer] = {}
        for part in parts(rows, AT_ONCE):
            told |= self.isolating(
                {position: rows[position] for position in part},
                lambda some: self._written(name, how, some),
            )
        return told

    def _written(self, name: str, how: str, rows: Mapping[int, Record]) -> dict[int, Answer]:
        path = f"/crm/v3/objects/{name}/batch/{how}"
        response = self._rest.call("POST", path, {"inputs": list(rows.values())})
        if response.status not in (200, 201, 207):
            raise Turned(answers.whole(response))
        return {p: self._result(response, how, row) for p, row in rows.items()}

    def _result(self, response: Response, how: str, row: Record) -> Answer:
        """Results come in any order: they are told by our key in them, errors by what they name."""
        mine = {str(row["id"]), str(row.get("objectWriteTraceId", ""))}
        for error in response.data.get("errors") or ():
            if mine & set(answers.blamed(error)):
                gone = how == "update" and error.get("category") == answers.NOT_FOUND
                return NOWHERE if gone else answers.of_one(response, error)
        unique = str(row.get("idProperty", self._key))
        key = row["properties"].get(unique) or row["id"]
        for result in response.data.get("results") or ():
            held = result.get("properties", {}).get(unique)
            if str(held or "").upper() == str(key).upper() or str(result["id"]) == str(row["id"]):
                return self._told(response, how, row, str(result["id"]))
        unsaid = "the batch's answer does not name it"
        return said(Answer(response.status), Verdict.FAILED, unsaid)

    @staticmethod
    def _told(response: Response, how: str, row: Record, answered: str) -> Answer:
        """An update that answers with another id went to the record this one was merged into."""
        if how == "update" and answered != str(row["id"]):
            text = f"{row['id']} was merged there into {answered}, which our content now stands in"
            return said(Answer(response.status), Verdict.POISON, text)
        return confirmed(answered, "", Answer(response.status, response.answer.headers))

    def _archive(self, name: str, ids: Collection[str]) -> None:
        """Archive records, which can be restored there; Turned where that fails."""
        for part in parts(ids, AT_ONCE):
            self._done("POST", f"/crm/v3/objects/{name}/batch/archive",
                       {"inputs": [{"id": each} for each in part]})  # fmt: skip

    def _done(self, method: str, path: str, body: Record | None = None) -> None:
        """Ask for what answers with nothing; Turned where it fails for any input."""
        response = self._rest.call(method, path, body)
        if not response.ok or response.status == 207:
            raise Turned(answers.whole(response))
