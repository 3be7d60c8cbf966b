"""Expressions evaluated outside any database: one case of an expression and a record, on any of the four back ends."""

from engine.cli.evaluation.backends import BACK_ENDS, Evaluators
from engine.cli.evaluation.cases import Case, Cases
from engine.cli.evaluation.json_form import json_of, spoken_type

__all__ = ["BACK_ENDS", "Case", "Cases", "Evaluators", "json_of", "spoken_type"]
