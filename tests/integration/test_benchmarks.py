"""The benchmarks and the fuzzing run: tried with small inputs, and no time asserted."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", *arguments], cwd=ROOT, capture_output=True, text=True, check=False, timeout=240)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "figures"),
    [
        ("check", ["check, fresh process", "after an edit"]),
        ("language", ["geometric mean ratio"]),
        ("import", ["1000 rows created", "the same file again"]),
        ("api", ["create", "list", "share"]),
    ],
)
def test_a_benchmark_prints_its_figures(name: str, figures: list[str]) -> None:
    outcome = _run("tests.benchmarks", name, "--sample")
    assert outcome.returncode == 0, outcome.stderr
    assert outcome.stdout.startswith(f"== {name} (calibration loop ")
    assert [each for each in figures if each not in outcome.stdout] == []


def test_a_benchmark_that_is_not_there_is_refused() -> None:
    outcome = _run("tests.benchmarks", "nothing")
    assert outcome.returncode == 2
    assert "no benchmark nothing; there are check, language, import, api" in outcome.stderr


@pytest.mark.slow
@pytest.mark.postgresql
def test_fuzzing_compares_four_back_ends() -> None:
    outcome = _run("tests.fuzz", "2000", "3")
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    assert " 0 differences" in outcome.stdout
