"""The words of the language in English and Chinese: one table that the lexer reads and the printer writes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Word:
    """One keyword: the terminal it is, its canonical value, and its spellings, the preferred one first."""

    terminal: str
    value: str
    en: tuple[str, ...]
    zh: tuple[str, ...]


WORDS: tuple[Word, ...] = (
    Word("AND", "and", ("and",), ("且", "并且", "同时", "而且")),
    Word("OR", "or", ("or",), ("或", "或者")),
    Word("NOT", "not", ("not",), ("非", "不满足")),
    Word("WHERE", "where", ("where",), ("其中",)),
    Word("BETWEEN", "between", ("between",), ("介于",)),
    Word("BETWEEN", "not_between", ("not between",), ("不介于",)),
    Word("TO", "to", ("~",), ("到", "至")),
    Word("BLANKNESS", "is", ("is blank",), ("为空",)),
    Word("BLANKNESS", "is_not", ("is not blank",), ("不为空",)),
    Word("OP", "=", ("=", "=="), ("等于", "是")),
    Word("OP", "!=", ("!=", "<>"), ("不等于", "不是")),
    Word("OP", ">", (">",), ("大于", "超过", "高于", "多于", "晚于")),
    Word("OP", ">=", (">=",), ("大于等于", "不少于", "不低于", "不小于", "不早于", "至少")),
    Word("OP", "<", ("<",), ("小于", "低于", "少于", "早于")),
    Word("OP", "<=", ("<=",), ("小于等于", "不超过", "不高于", "不大于", "不多于", "不晚于", "至多")),
    Word("OP", "in", ("in",), ("属于", "在")),
    Word("OP", "not_in", ("not in",), ("不属于", "不在")),
    Word("OP", "contains", ("contains",), ("包含",)),
    Word("OP", "not_contains", ("not contains",), ("不包含",)),
    Word("OP", "starts", ("starts with",), ("开头是",)),
    Word("OP", "ends", ("ends with",), ("结尾是",)),
    Word("TRUE", "true", ("true",), ("真",)),
    Word("FALSE", "false", ("false",), ("假",)),
    Word("BLANK", "blank", ("blank", "null"), ("空",)),
)
"""Symbols stand among the English spellings; both languages may use them."""

SYMBOLS: dict[str, tuple[str, str]] = {
    "(": ("LPAR", "("),
    "（": ("LPAR", "("),
    ")": ("RPAR", ")"),
    "）": ("RPAR", ")"),
    "[": ("LSQB", "["),
    "［": ("LSQB", "["),
    "【": ("LSQB", "["),
    "]": ("RSQB", "]"),
    "］": ("RSQB", "]"),
    "】": ("RSQB", "]"),
    ",": ("COMMA", ","),
    "，": ("COMMA", ","),
    "、": ("COMMA", ","),
    ".": ("DOT", "."),
    "．": ("DOT", "."),
    "的": ("DOT", "."),
    "+": ("PLUS", "+"),
    "＋": ("PLUS", "+"),
    "-": ("MINUS", "-"),
    "－": ("MINUS", "-"),
    "−": ("MINUS", "-"),
    "*": ("STAR", "*"),
    "×": ("STAR", "*"),
    "＊": ("STAR", "*"),
    "/": ("SLASH", "/"),
    "÷": ("SLASH", "/"),
    "／": ("SLASH", "/"),
    "%": ("PERCENT", "%"),
    "％": ("PERCENT", "%"),
    "~": ("TO", "to"),
    "～": ("TO", "to"),
    "=": ("OP", "="),
    "==": ("OP", "="),
    "＝": ("OP", "="),
    "!=": ("OP", "!="),
    "<>": ("OP", "!="),
    "≠": ("OP", "!="),
    "<": ("OP", "<"),
    "＜": ("OP", "<"),
    "<=": ("OP", "<="),
    "≤": ("OP", "<="),
    "＜＝": ("OP", "<="),
    ">": ("OP", ">"),
    "＞": ("OP", ">"),
    ">=": ("OP", ">="),
    "≥": ("OP", ">="),
    "＞＝": ("OP", ">="),
}

UNITS: dict[str, tuple[str, ...]] = {
    "second": ("second", "seconds", "s", "秒钟", "秒"),
    "minute": ("minute", "minutes", "min", "分钟"),
    "hour": ("hour", "hours", "h", "个小时", "小时"),
    "workday": ("workday", "workdays", "个工作日", "工作日"),
    "day": ("day", "days", "d", "天", "日"),
    "week": ("week", "weeks", "w", "周", "个星期", "星期"),
    "month": ("month", "months", "个月"),
    "quarter": ("quarter", "quarters", "个季度", "季度"),
    "year": ("year", "years", "y", "年"),
}
"""Units of durations: singular, plural, short, then Chinese with the preferred spelling last but for one-spelling rows."""

UNIT_ZH: dict[str, str] = {
    "second": "秒",
    "minute": "分钟",
    "hour": "小时",
    "workday": "个工作日",
    "day": "天",
    "week": "周",
    "month": "个月",
    "quarter": "个季度",
    "year": "年",
}
UNIT_SECONDS: dict[str, int] = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400, "week": 604_800}
UNIT_MONTHS: dict[str, int] = {"month": 1, "quarter": 3, "year": 12}

MULTIPLIERS: dict[str, int] = {"万": 4, "亿": 8}
"""Chinese number words after digits, as powers of ten."""

PERIODS_ZH: dict[str, tuple[str, ...]] = {
    "today": ("今日", "当天"),
    "yesterday": ("昨天", "昨日"),
    "tomorrow": ("明天", "明日"),
    "this_week": ("本周", "这周"),
    "last_week": ("上周",),
    "next_week": ("下周",),
    "this_month": ("本月", "当月", "这个月"),
    "last_month": ("上月", "上个月"),
    "next_month": ("下月", "下个月"),
    "this_quarter": ("本季度", "本季"),
    "last_quarter": ("上季度", "上个季度"),
    "next_quarter": ("下季度", "下个季度"),
    "this_year": ("今年", "本年"),
    "last_year": ("去年", "上年"),
    "next_year": ("明年", "下年"),
}
PERIOD_NAMES: frozenset[str] = frozenset(PERIODS_ZH)
SPOKEN_CALLS: dict[str, str] = {"今天": "today", "现在": "now", "停留时长": "in_stage_for"}
"""Chinese words that stand for a function without arguments and need no brackets."""
BARE_CALLS: frozenset[str] = frozenset(("in_stage_for",))
"""English ones."""

CHANGE_WORDS: dict[str, str] = {"from": "FROM", "从": "FROM", "由": "FROM", "to": "CHANGED_TO", "变为": "CHANGED_TO", "到": "CHANGED_TO"}
"""Words that are keywords only inside ``changed( … )``."""


CHANGED_ZH = "变更"
"""What ``changed( … )`` is called in Chinese."""
OLD_ZH = "原值"
"""What begins a path of the record before a change (``old.f``) in Chinese."""
SIGNS_ELSEWHERE: dict[str, str] = {"&": "and", "|": "or", "!": "not"}
"""Signs of other languages, with the words that stand for them here."""


def spelling(terminal: str, value: str, language: str) -> str:
    """The preferred spelling of a keyword in a language."""
    for word in WORDS:
        if word.terminal == terminal and word.value == value:
            return word.zh[0] if language == "zh" else word.en[0]
    raise KeyError(terminal, value)


def shown_character(character: str) -> str:
    """A character for people: as it is, or its code point where nothing would be seen."""
    return character if character.isprintable() and not character.isspace() else f"U+{ord(character):04X}"
