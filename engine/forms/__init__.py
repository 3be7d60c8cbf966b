"""What a page shows of a record or list, decided without any web: which fields, which columns, which filters."""

from engine.forms.boards import BLANK_LANE, Board, Lane, board, board_field, cards, lane_value
from engine.forms.layout import FieldState, FormState, SectionState, form_state
from engine.forms.lists import OPERATORS, Filter, column_names, condition_of, operators_of, total_names
from engine.forms.months import Day, Month, days_condition, month_condition, month_named, month_of
from engine.forms.related import RelatedList, related_lists

__all__ = [
    "BLANK_LANE",
    "OPERATORS",
    "Board",
    "Day",
    "FieldState",
    "Filter",
    "FormState",
    "Lane",
    "Month",
    "RelatedList",
    "SectionState",
    "board",
    "board_field",
    "cards",
    "column_names",
    "condition_of",
    "days_condition",
    "form_state",
    "lane_value",
    "month_condition",
    "month_named",
    "month_of",
    "operators_of",
    "related_lists",
    "total_names",
]
