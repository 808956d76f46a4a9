from __future__ import annotations

import pytest

from mdm.management.commands import bench


def test_every_benchmark_can_be_run_and_says_what_it_measures() -> None:
    for module in bench.benchmarks().values():
        loaded = bench.load(module)
        assert callable(loaded.run), module
        assert bench.title(loaded), module


def test_an_unknown_name_is_answered_with_the_known_ones(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as left:
        bench.Command().run_from_argv(["manage.py", "bench", "nonsense"])

    assert left.value.code == 2
    assert "nonsense" in capsys.readouterr().err
