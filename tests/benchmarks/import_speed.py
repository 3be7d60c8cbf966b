"""How many rows a second an import takes: ``python -m tests.benchmarks.import_speed [URL]``.

The file has the shape of the sales records: eight columns, three of them references, two dates, a key. Each row is
validated, has its computed fields, its audit row and its event. Printed beside a calibration loop of the same process.
"""

from __future__ import annotations

import csv
import random
import sys
import tempfile
import time
from pathlib import Path

from engine import resources
from engine.records import transfer
from engine.runtime import Runtime
from engine.testing import factory
from tests.benchmarks import calibration

NAME = "import"
_STAGES = ("Won", "Lost", "Engaging", "Prospecting")


def write_files(folder: Path, rows: int, *, seed: int = 1) -> dict[str, Path]:
    """Products, accounts, sales teams and a pipeline of so many rows, by the name of their format."""
    made = random.Random(seed)
    products = [f"Product {number}" for number in range(7)]
    accounts = [f"Account {number}" for number in range(85)]
    agents = [f"Agent {number}" for number in range(35)]
    tables: dict[str, list[tuple[object, ...]]] = {
        "products": [("product", "series", "sales_price"), *((name, "S", made.randrange(50, 30_000)) for name in products)],
        "accounts": [
            ("account", "sector", "year_established", "revenue", "employees", "office_location", "subsidiary_of"),
            *((name, "retail", 1999, "12.5", 100, "Here", "") for name in accounts),
        ],
        "agents": [
            ("sales_agent", "manager", "regional_office"),
            *((name, f"Manager {i % 6}", f"R{i % 3}") for i, name in enumerate(agents)),
        ],
        "pipeline": [
            ("opportunity_id", "sales_agent", "product", "account", "deal_stage", "engage_date", "close_date", "close_value"),
            *(_deal(made, number, agents, products, accounts) for number in range(rows)),
        ],
    }
    paths = {}
    for name, table in tables.items():
        paths[name] = folder / f"{name}.csv"
        with paths[name].open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(table)
    return paths


def _deal(made: random.Random, number: int, agents: list[str], products: list[str], accounts: list[str]) -> tuple[object, ...]:
    stage = made.choice(_STAGES)
    closed = stage in ("Won", "Lost")
    engaged = f"{made.randrange(1, 13)}/{made.randrange(1, 29)}/2016" if stage != "Prospecting" else ""
    left = f"{made.randrange(1, 13)}/{made.randrange(1, 29)}/2017" if closed else ""
    value = made.randrange(20, 9_000) if stage == "Won" else 0 if closed else ""
    return f"D{number:07d}", made.choice(agents), made.choice(products), made.choice(accounts), stage, engaged, left, value


def load(running: Runtime, path: Path, name: str) -> tuple[transfer.ImportResult, ...]:
    """Import one file by a format of the app."""
    return transfer.run_import(lambda: running.begin(factory.SYSTEM), path, transfer.survey(path), running.app.imports[f"crm.{name}"])


def run(*, sample: bool = False, url: str | None = None) -> None:
    """Print the figures; ``url`` names another database than a fresh SQLite file."""
    rows = 1_000 if sample else 100_000
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        running = factory.runtime([resources.apps() / "crm"], url or f"sqlite:///{folder / 'bench.db'}")
        paths = write_files(folder, rows)
        for name in ("products", "accounts", "agents"):
            load(running, paths[name], name)
        loop = calibration.seconds()
        started, used = time.perf_counter(), time.process_time()
        result = load(running, paths["pipeline"], "pipeline")[0]
        seconds, cpu = time.perf_counter() - started, time.process_time() - used
        assert (result.created, result.refused) == (rows, 0), result
        print(f"{rows} rows created    {rows / seconds:7.0f} rows/s   (bar 5000)   {rows / cpu:7.0f} rows per CPU second")
        print(f"                       {seconds / loop:7.1f} calibration loops")
        again = time.perf_counter()
        second = load(running, paths["pipeline"], "pipeline")[0]
        assert second.unchanged == rows, second
        print(f"the same file again    {rows / (time.perf_counter() - again):7.0f} rows/s")
        running.database.close()


if __name__ == "__main__":
    run(url=sys.argv[1] if len(sys.argv) > 1 else None)
