"""How long ``check`` takes on 500 entities × 20 fields with 1,500 expressions: from nothing, and after one edit.

The bars (2-core reference machine): 6 s cold in a fresh process, 0.5 s after an edit in a resident one (``check --watch``
and the designer keep a Compiler).
"""

import gc
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from engine.model import Compiler, read_packages
from tests.benchmarks import calibration
from tests.benchmarks.generate_app import generate

NAME = "check"


def run(*, sample: bool = False) -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "bench"
        generate(root, 20 if sample else 500)
        _tell("check, fresh process", _seconds_of_command(root), "   (bar 6 s)")
        compiler = Compiler()
        _tell("compile, nothing remembered", _seconds(compiler, root))
        gc.freeze()  # as ``check --watch`` does
        for what, old, new in _EDITS:
            path = root / "entities" / "e7.yaml"
            before = path.read_text(encoding="utf-8")
            assert old in before
            path.write_text(before.replace(old, new), encoding="utf-8")
            _tell(f"after an edit ({what})", _seconds(compiler, root), "   (bar 0.5 s)")
            path.write_text(before, encoding="utf-8")
            _seconds(compiler, root)


_EDITS = (
    ("comment", "entity: e7\n", "entity: e7  # seven\n"),
    ("label", "en: Extra 3", "en: Third"),
    ("expression", "qty * price", "qty * price + price"),
    ("field name", "extra3:", "renamed:"),
    ("mistake", "qty * price", "qty * prise"),
)


def _tell(what: str, seconds: float, bar: str = "") -> None:
    """Seconds, and the same as so many calibration loops run right after, which a busy machine slows alike."""
    print(f"{what:<30}{seconds:6.2f} s = {seconds / calibration.seconds():5.1f} loops{bar}", flush=True)


def _seconds(compiler: Compiler, root: Path) -> float:
    began = time.perf_counter()
    compiler.compile(read_packages([root]))
    return time.perf_counter() - began


def _seconds_of_command(root: Path) -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-m", "engine.cli", "check", str(root)], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


if __name__ == "__main__":
    run()
