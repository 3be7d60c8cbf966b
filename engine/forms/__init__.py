"""What a page shows of a record or list, decided without any web: which fields, which columns, which filters."""

from engine.forms.layout import FieldState, FormState, SectionState, form_state
from engine.forms.lists import OPERATORS, Filter, column_names, condition_of, operators_of, total_names
from engine.forms.related import RelatedList, related_lists

__all__ = [
    "OPERATORS",
    "FieldState",
    "Filter",
    "FormState",
    "RelatedList",
    "SectionState",
    "column_names",
    "condition_of",
    "form_state",
    "operators_of",
    "related_lists",
    "total_names",
]
