"""`python -m sync.torture [--seed N] [--port P]`: the receiver as a process of its own.

Prints its address, then serves until its standard input ends; then prints what it holds as JSON.
"""

from __future__ import annotations

import argparse
import json
import sys

from sync.torture.receiver import OK, Receiver, chaos


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, help="misbehave by this seed; well behaved without")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--unguarded", action="store_true", help="apply whatever comes")
    options = parser.parse_args()
    behave = (lambda _: OK) if options.seed is None else chaos(options.seed)
    with Receiver(behave, guarded=not options.unguarded, port=options.port) as receiver:
        receiver.keep = False
        sys.stdout.write(f"{receiver.url}\n")
        sys.stdout.flush()
        sys.stdin.read()
        truth = receiver.truth
    json.dump(
        {
            "requests": truth.requests,
            "older_after_newer": truth.older_after_newer,
            "most_effects": max(truth.effects.values(), default=0),
            "versions": {subject: version for (_, subject), version in truth.versions.items()},
        },
        sys.stdout,
    )


if __name__ == "__main__":
    main()
