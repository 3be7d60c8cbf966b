"""Data in and out: files read, mapped and imported through the gate, imports undone, records exported, packaged data loaded."""

from engine.records.transfer.binding import fits
from engine.records.transfer.datasets import DataProblem, Loaded, load_data
from engine.records.transfer.export import export_csv, export_rows, export_xlsx
from engine.records.transfer.guarding import guarded
from engine.records.transfer.importing import ImportResult, check_import, may_import, run_import, try_import
from engine.records.transfer.ledger import ImportState, Refusal, import_state, imports, refusal_of, refusals, write_refusals
from engine.records.transfer.mapping import (
    DATE_FORMATS,
    chosen_mapping,
    importable,
    mapping_from_json,
    mapping_to_json,
    steps_of,
    suggest_mapping,
)
from engine.records.transfer.rows import FileRow, Outcome
from engine.records.transfer.runs import Run, runs, undo_run
from engine.records.transfer.tabular import Survey, read, survey
from engine.records.transfer.undo import Kept, UndoResult, undo_import

__all__ = [
    "DATE_FORMATS",
    "DataProblem",
    "FileRow",
    "ImportResult",
    "ImportState",
    "Kept",
    "Loaded",
    "Outcome",
    "Refusal",
    "Run",
    "Survey",
    "UndoResult",
    "check_import",
    "chosen_mapping",
    "export_csv",
    "export_rows",
    "export_xlsx",
    "fits",
    "guarded",
    "import_state",
    "importable",
    "imports",
    "load_data",
    "mapping_from_json",
    "mapping_to_json",
    "may_import",
    "read",
    "refusal_of",
    "refusals",
    "run_import",
    "runs",
    "steps_of",
    "suggest_mapping",
    "survey",
    "try_import",
    "undo_import",
    "undo_run",
    "write_refusals",
]
