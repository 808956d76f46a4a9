"""Order of arrival: the same records in many orders, and how many clusters come out the same."""

from __future__ import annotations

import sys
from argparse import ArgumentParser

import numpy as np
from tqdm import tqdm

from matching.benchmarks.companies import generate
from matching.engine.accuracy import accuracy
from matching.engine.arrival import Arrivals, agreement, steady
from matching.engine.batch import dedupe
from matching.engine.compare.base import Index
from matching.engine.frame import read_frame
from matching.learning.learn import active_model, population
from matching.profiles import PROFILES, entity_named, profile_for


def run(options: list[str]) -> int:
    """Shuffle generated companies, or the hub's own records: `bench arrival [--hub]`."""
    parser = ArgumentParser(prog="bench arrival")
    parser.add_argument("records", type=int, nargs="?", default=10_000)
    parser.add_argument("--orders", type=int, default=20)
    parser.add_argument("--seed", type=int, default=103)
    parser.add_argument("--hub", nargs="*", help="entities of the hub instead; all without a name")
    chosen = parser.parse_args(options)
    if chosen.hub is None:
        _companies(chosen.records, chosen.orders, chosen.seed)
        return 0
    for entity in [entity_named(name) for name in chosen.hub] or list(PROFILES):
        _hub(entity, chosen.orders)
    return 0


def _companies(records: int, orders: int, seed: int) -> None:
    profile = profile_for("client")
    columns, truth = generate(records, seed)
    systems = np.unique(columns["source"], return_inverse=True)[1]
    frame = read_frame(profile, columns)
    model = dedupe(profile, frame, systems=systems).model
    arrivals = Arrivals(profile, model, frame, systems)
    _measure(f"{records:,} companies, seed {seed}", arrivals, orders, np.array(truth))


def _hub(entity: str, orders: int) -> None:
    profile = profile_for(entity)
    people = population(profile)
    if not people.frame.size:
        sys.stdout.write(f"{entity}: no records\n")
        return
    arrivals = Arrivals(profile, active_model(profile), people.frame, people.systems)
    _measure(f"{people.frame.size:,} of {entity} in the hub", arrivals, orders, None)


def _measure(name: str, arrivals: Arrivals, orders: int, truth: Index | None) -> None:
    random = np.random.default_rng(1)
    size = arrivals.frame.size
    bar = tqdm(range(orders), desc="orders", unit="order")
    placed = [arrivals.place(random.permutation(size).tolist()) for _ in bar]
    shares = [agreement(placed[0], other) for other in placed[1:]]
    same = steady(placed).mean()
    sys.stdout.write(
        f"{name}, {orders} orders: equal clusters {min(shares):.4f} to {max(shares):.4f}, "
        f"mean {np.mean(shares):.4f}; records in the same cluster in every order {same:.4f}; "
        f"questions {min(p.reviews for p in placed)} to {max(p.reviews for p in placed)}\n"
    )
    if truth is not None:
        f1 = [accuracy(truth, p.label).f1 for p in placed]
        sys.stdout.write(
            f"  F1 of links alone, questions unanswered {min(f1):.4f} to {max(f1):.4f}\n"
        )
