"""`POST /api/v1/sandbox/reset`: an integrator's practice ground, as it was in the beginning."""

from __future__ import annotations

from dataclasses import asdict
from typing import ClassVar, Final

from rest_framework.request import Request
from rest_framework.response import Response

from canonical.api.contract import describe
from canonical.api.contract.cursors import known_parameters
from canonical.api.contract.describe import Answer, Operation
from canonical.api.contract.problems import Problem
from canonical.api.contract.view import ContractView
from mdm import sandbox


class SandboxReset(ContractView):
    """Repeating it changes nothing more, so it takes no Idempotency-Key."""

    scopes: ClassVar = {"POST": "admin"}

    def post(self, request: Request) -> Response:
        known_parameters(request.query_params, ())
        try:
            done = sandbox.reset()
        except sandbox.NoSandbox:
            raise Problem("not-found", "This hub is no sandbox: only a demo is.") from None
        return Response(asdict(done))

    def describe(self, method: str) -> Operation:
        return _RESET


_RESET: Final = Operation(
    "reset_sandbox",
    "Put the sandbox back to its beginning",
    "All that was put in, merged or subscribed since the demo was ready is gone; keys, tokens and "
    "sign-ins of the beginning stay good, and cursors given out before answer 410. It takes no "
    "body and no Idempotency-Key: repeating it is safe. A hub that is no demo answers 404.",
    "Ways in",
    {
        200: Answer(
            "What the sandbox holds now.",
            describe.record({"golden_records": describe.INTEGER, "timeline": describe.INTEGER}),
            {"golden_records": 1432, "timeline": 1},
        )
    },
)
