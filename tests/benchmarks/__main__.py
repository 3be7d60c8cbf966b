"""``python -m tests.benchmarks [NAME…]``: all benchmarks, or those named; each prints its figures beside its bars."""

import sys

from tests.benchmarks import check

BENCHMARKS = (check,)

if __name__ == "__main__":
    for benchmark in BENCHMARKS:
        if not sys.argv[1:] or benchmark.NAME in sys.argv[1:]:
            print(f"== {benchmark.NAME}")
            benchmark.run()
