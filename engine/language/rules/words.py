"""The words that only rules have, in both languages: read by the rule lexer, written by the rule printer."""

from __future__ import annotations

import re
from dataclasses import dataclass

from engine.language.verbs import SPELLINGS


@dataclass(frozen=True, slots=True)
class RuleWord:
    """One word: its terminal, its value, its spellings with the preferred one first."""

    terminal: str
    value: str
    en: tuple[str, ...]
    zh: tuple[str, ...]


CLAUSES: tuple[RuleWord, ...] = (
    RuleWord("WHEN", "when", ("when",), ("当",)),
    RuleWord("WHEN", "for", ("for",), ("对",)),
    RuleWord("IF", "if", ("if",), ("如果", "若", "假如")),
    RuleWord("THEN", "then", ("then", "->", "=>", "→"), ("就", "则", "那么")),
    RuleWord("ELSE", "else", ("else", "otherwise"), ("否则",)),
)
"""The words that part a rule; they count outside brackets only."""

BEGINNINGS: tuple[RuleWord, ...] = (
    RuleWord("ENTERED", "entered", ("enters", "entered"), ("进入",)),
    RuleWord("LEFT", "left", ("leaves", "left"), ("离开",)),
    RuleWord("EVERY", "every", ("every",), ("每隔", "每")),
    RuleWord("ON_EVENT", "on_event", ("on event",), ("收到事件",)),
    RuleWord("ON_BUTTON", "on_button", ("on button",), ("点击按钮",)),
    RuleWord("LACK", "lack", ("no",), ("没有", "未有", "无")),
    RuleWord("AFTER", "after", ("after",), ()),
    RuleWord("EVENT", "created", ("is created",), ("被创建", "创建时", "创建后", "新建时", "新增时", "创建")),
    RuleWord("EVENT", "updated", ("is updated",), ("被更新", "更新时", "更新后", "修改时", "更新")),
    RuleWord("EVENT", "deleted", ("is deleted",), ("被删除", "删除时", "删除后", "删除")),
    RuleWord("EVENT", "saved", ("is saved",), ("被保存", "保存时", "保存后", "保存")),
)
"""The words that a trigger may begin with."""

EVENTS: tuple[RuleWord, ...] = (
    RuleWord("EVENT", "created", ("created",), ("新建", "新增")),
    RuleWord("EVENT", "updated", ("updated",), ("修改",)),
    RuleWord("EVENT", "deleted", ("deleted",), ()),
    RuleWord("EVENT", "saved", ("saved",), ()),
)
"""Events said in a word, where no name stands."""

MIDDLES: tuple[RuleWord, ...] = (
    RuleWord("CHANGES", "changes", ("changes", "is changed"), ("发生变化", "有变化", "变化", "变更", "改变")),
    RuleWord("FROM", "from", ("from",), ("从", "由")),
    RuleWord("CHANGED_TO", "to", ("to",), ("到", "变为", "变成", "改为")),
    RuleWord("STAGE", "stage", ("stage",), ("阶段",)),
    RuleWord("BEFORE", "before", ("before",), ()),
    RuleWord("AFTER", "after", ("after",), ()),
    RuleWord("ZBEFORE", "before", (), ("之前", "以前", "前")),
    RuleWord("ZAFTER", "after", (), ("之后", "以后", "后")),
    RuleWord("LACK", "lack", (), ("没有", "未有", "无")),
    RuleWord("FOR", "for", ("for",), ("达", "已满")),
    RuleWord("SINCE", "since", ("since",), ("自",)),
    RuleWord("WHILE", "while", ("while",), ("只要",)),
    RuleWord("EVENT", "created", ("is created",), ("被创建", "创建时", "创建后", "新建时", "创建")),
    RuleWord("EVENT", "updated", ("is updated",), ("被更新", "更新时", "更新后", "修改时", "更新")),
    RuleWord("EVENT", "deleted", ("is deleted",), ("被删除", "删除时", "删除后", "删除")),
    RuleWord("EVENT", "saved", ("is saved",), ("被保存", "保存时", "保存后", "保存")),
)
"""The words that may follow a value in a trigger."""

JOINS: tuple[str, ...] = ("并且", "并", "and")
"""Words between actions, where a verb follows."""

TOGETHER: tuple[str, ...] = ("和", "与", "及", "and")
"""Words between people."""

_ALL = (*CLAUSES, *BEGINNINGS, *MIDDLES, *EVENTS)
WORDS: frozenset[str] = frozenset(
    (*(part for word in _ALL for text in (*word.en, *word.zh) for part in text.split()), *SPELLINGS, *JOINS, *TOGETHER, "时", "or", "或")
)
"""Every word that a name in a rule must be quoted for."""


def spelling(terminal: str, value: str, chinese: bool) -> str:
    """The preferred spelling of a word."""
    row = next(word for word in _ALL if word.terminal == terminal and word.value == value and (word.zh if chinese else word.en))
    return row.zh[0] if chinese else row.en[0]


_WEEKDAYS_EN = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_WEEKDAYS_ZH = "一二三四五六日"
_TIME_EN = r"(?:\s+at\s+(?P<hour>[0-9]{1,2})(?::(?P<minute>[0-9]{2}))?)?"
_CLOCK_EN = re.compile(
    rf"every\s+(?:(?P<weekday>{'|'.join(_WEEKDAYS_EN)})|(?P<unit>hour|day|workday)|month\s+on\s+day\s+(?P<day>[0-9]{{1,2}})"
    rf"|year\s+on\s+(?P<yearly>[0-9]{{1,2}}-[0-9]{{1,2}})){_TIME_EN}(?![A-Za-z0-9_])",
    re.IGNORECASE,
)
_MINUTES_ZH = r"(?:[:：](?P<minute>[0-9０-９]{2})|[点時时](?:(?P<minutes>[0-9０-９]{1,2})分?|(?P<thirty>半))?)"
_TIME_ZH = rf"(?:[ \u3000]*(?P<half>凌晨|清晨|早上|早晨|上午|中午|下午|傍晚|晚上|夜里|半夜)?(?P<hour>[0-9０-９]{{1,2}}){_MINUTES_ZH})?"
_CLOCK_ZH = re.compile(
    rf"每(?:(?:周|星期)(?P<weekday>[一二三四五六日天])|(?P<unit>小时|天|日|个?工作日)|个?月(?P<day>[0-9０-９]{{1,2}})[日号]"
    rf"|年(?P<month>[0-9０-９]{{1,2}})月(?P<date>[0-9０-９]{{1,2}})[日号]){_TIME_ZH}"
)
_UNITS_ZH = {"小时": "hour", "天": "day", "日": "day", "工作日": "workday", "个工作日": "workday"}
_FORENOON = ("凌晨", "清晨", "早上", "早晨", "上午")
_NIGHT = ("晚上", "夜里", "半夜")


def clock_at(source: str, at: int) -> tuple[str, int] | None:
    """A time of the calendar that stands at an offset, as ``unit|days|HH:MM``, and where it ends; None where none does."""
    for pattern in (_CLOCK_EN, _CLOCK_ZH):
        matched = pattern.match(source, at)
        if matched is not None:
            unit, days = _day_of(matched)
            if _ends_the_day(matched):
                # 每周一晚上12点 is when Tuesday begins. The day after the last of a month or of a working week can't be said.
                if unit not in ("day", "week"):
                    return None
                days = tuple(day % 7 + 1 for day in days)
            return f"{unit}|{','.join(map(str, days))}|{_time_of(matched)}", matched.end()
    return None


def _day_of(matched: re.Match[str]) -> tuple[str, tuple[int, ...]]:
    said = matched.groupdict()
    if said["weekday"]:
        word = said["weekday"].lower().replace("天", "日")
        return "week", ((_WEEKDAYS_EN.index(word) if word in _WEEKDAYS_EN else _WEEKDAYS_ZH.index(word)) + 1,)
    if said["day"]:
        return "month", (int(said["day"]),)
    if said["unit"]:
        return _UNITS_ZH.get(said["unit"], said["unit"].lower()), ()
    yearly = said.get("yearly") or f"{said['month']}-{said['date']}"
    return "year", tuple(int(part) for part in yearly.split("-"))


def _ends_the_day(matched: re.Match[str]) -> bool:
    said = matched.groupdict()
    return said.get("half") in _NIGHT and said["hour"] is not None and int(said["hour"]) == 12


def _time_of(matched: re.Match[str]) -> str:
    said = matched.groupdict()
    if said["hour"] is None:
        return ""
    hour = _hour_of(int(said["hour"]), said.get("half"))
    minute = 30 if said.get("thirty") else int(said["minute"] or said.get("minutes") or 0)
    return f"{hour:02}:{minute:02}"


def _hour_of(hour: int, half: str | None) -> int:
    """The hour of 24 that a part of the day and an hour of 12 say together (中午1点, 晚上12点, 半夜2点, 下午3点)."""
    if half is None or hour > 12:
        return hour
    if half in _FORENOON:
        return hour % 12 if half in ("凌晨", "清晨") else hour
    if half in _NIGHT:
        # From five in the evening on; 夜里2点 lies after midnight.
        return 0 if hour == 12 else hour + 12 if hour >= 5 else hour
    if half == "中午":
        return hour if hour > 9 else hour + 12
    return hour if hour == 12 else hour + 12


def clock_text(unit: str, days: tuple[int, ...], at: str, chinese: bool) -> str:
    """A time of the calendar as text that reads back as the same."""
    if chinese:
        units = {"hour": "每小时", "day": "每天", "workday": "每个工作日"}
        made = (
            units.get(unit)
            or {
                "week": lambda: f"每周{_WEEKDAYS_ZH[days[0] - 1]}",
                "month": lambda: f"每月{days[0]}日",
                "year": lambda: f"每年{days[0]}月{days[1]}日",
            }[unit]()
        )
        return made + at
    if unit == "week":
        made = f"every {_WEEKDAYS_EN[days[0] - 1]}"
    elif unit == "month":
        made = f"every month on day {days[0]}"
    else:
        made = f"every year on {days[0]}-{days[1]}" if unit == "year" else f"every {unit}"
    return f"{made} at {at}" if at else made
