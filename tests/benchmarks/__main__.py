"""``python -m tests.benchmarks [NAME…] [--sample]``: all benchmarks, or those named; ``--sample`` only tries that each runs."""

import argparse
import sys
from collections.abc import Sequence

from tests.benchmarks import api, calibration, check, import_speed, language

BENCHMARKS = {each.NAME: each for each in (check, language, import_speed, api)}


def main(arguments: Sequence[str]) -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which: {', '.join(BENCHMARKS)} (default: all)")
    parser.add_argument("--sample", action="store_true", help="small inputs and short rounds: shows that it runs, its figures mean nothing")
    args = parser.parse_args(arguments)
    unknown = [name for name in args.names if name not in BENCHMARKS]
    if unknown:
        parser.error(f"no benchmark {unknown[0]}; there are {', '.join(BENCHMARKS)}")
    for name in args.names or BENCHMARKS:
        print(f"== {name} (calibration loop {calibration.seconds():.3f} s)", flush=True)
        BENCHMARKS[name].run(sample=args.sample)


if __name__ == "__main__":
    main(sys.argv[1:])
