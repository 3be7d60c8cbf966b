"""``make fuzz``: a million (expression, record) pairs on four back ends; or so many, with a seed: ``python -m tests.fuzz 1000000 7``."""

from __future__ import annotations

import sys

from tests.properties.fuzz_agreement import main

if __name__ == "__main__":
    given = [int(argument) for argument in sys.argv[1:3]]
    pairs, seed = given + [1_000_000, 1][len(given) :]
    sys.exit(main(pairs, seed))
