"""How many rows a second an import takes: ``python -m tests.benchmarks.import_speed [ROWS] [URL]``.

The file has the shape of the sales records: eight columns, three of them references, two dates, a key. Each row is
validated, has its computed fields, its audit row and its event. Printed beside a calibration loop of the same process.
"""

from __future__ import annotations

import csv
import json
import random
import sys
import tempfile
import time
from pathlib import Path

from engine import resources
from engine.records import transfer
from engine.runtime import Runtime
from engine.testing import factory

_STAGES = ("Won", "Lost", "Engaging", "Prospecting")


def write_files(folder: Path, rows: int, *, seed: int = 1) -> dict[str, Path]:
    """Products, accounts, sales teams and a pipeline of so many rows, by the name of their format."""
    made = random.Random(seed)
    products = [f"Product {number}" for number in range(7)]
    accounts = [f"Account {number}" for number in range(85)]
    agents = [f"Agent {number}" for number in range(35)]
    tables = {
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


def calibration() -> float:
    """Seconds that a plain loop takes here and now."""
    started = time.perf_counter()
    total = 0
    for number in range(3_000_000):
        total += number
    return time.perf_counter() - started


def main(arguments: list[str]) -> None:
    """Print the figures as JSON."""
    rows = int(arguments[0]) if arguments else 100_000
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        url = arguments[1] if len(arguments) > 1 else f"sqlite:///{folder / 'bench.db'}"
        running = factory.runtime([resources.apps() / "crm"], url)
        paths = write_files(folder, rows)
        for name in ("products", "accounts", "agents"):
            load(running, paths[name], name)
        before = calibration()
        started, used = time.perf_counter(), time.process_time()
        result = load(running, paths["pipeline"], "pipeline")[0]
        seconds, cpu = time.perf_counter() - started, time.process_time() - used
        again = time.perf_counter()
        second = load(running, paths["pipeline"], "pipeline")[0]
        figures = {
            "rows": rows,
            "created": result.created,
            "refused": result.refused,
            "rows_per_second": round(rows / seconds),
            "rows_per_cpu_second": round(rows / cpu),
            "unchanged": second.unchanged,
            "unchanged_rows_per_second": round(rows / (time.perf_counter() - again)),
            "calibration_s": round((before + calibration()) / 2, 3),
        }
        running.database.close()
    print(json.dumps(figures))


if __name__ == "__main__":
    main(sys.argv[1:])
