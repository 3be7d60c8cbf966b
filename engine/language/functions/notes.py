"""The functions that the checker types itself, as the reference tells of them."""

from __future__ import annotations

from engine.language.functions.rows import Note, examples

_ROWS = "rows[.field] [where …]"
_FIELD = "rows.field [where …]"

NOTES: tuple[tuple[str, tuple[str, ...], str, str, str, str, tuple[str, ...]], ...] = (
    (
        "count",
        (_ROWS,),
        "integer",
        "rows",
        "How many related records, or values that are not blank.",
        "相关记录（或非空值）的个数。",
        ("count(parts where 1 > 2) → 0",),
    ),
    ("sum", (_FIELD,), "number", "rows", "The sum; 0 of none.", "合计；没有则为 0。", ("sum(parts.qty where 1 > 2) → 0",)),
    ("avg", (_FIELD,), "number", "rows", "The mean; blank of none.", "平均；没有则为空。", ("avg(parts.qty where 1 > 2) → blank",)),
    (
        "any",
        ("rows where …",),
        "boolean",
        "rows",
        "Whether some related record satisfies the condition.",
        "是否有满足条件的相关记录。",
        ("any(parts where 1 > 2) → false",),
    ),
    (
        "all",
        ("rows where …",),
        "boolean",
        "rows",
        "Whether every related record does; true of none.",
        "是否全部满足；没有则为真。",
        ("all(parts where 1 > 2) → true",),
    ),
    (
        "distinct_count",
        (_FIELD,),
        "integer",
        "rows",
        "How many different values.",
        "不同值的个数。",
        ("distinct_count(parts.qty where 1 > 2) → 0",),
    ),
    (
        "first",
        (_FIELD,),
        "any",
        "rows",
        "The value of the first record, by position or creation.",
        "首条记录的值，按行号或创建先后。",
        ("first(parts.qty where 1 > 2) → blank",),
    ),
    ("last", (_FIELD,), "any", "rows", "The value of the last record.", "末条记录的值。", ("last(parts.qty where 1 > 2) → blank",)),
    (
        "list",
        (_FIELD,),
        "list",
        "rows",
        "The values, for in, contains and join.",
        "各条的值，用于 属于、包含、连接。",
        ("3 in list(parts.qty where 1 > 2) → false",),
    ),
    (
        "join",
        ("list", "text?"),
        "text",
        "text",
        "Values as one text, blanks left out; ', ' stands between them if nothing else is said.",
        "把多个值连成一段文本，空的不计；缺省用“, ”隔开。",
        ("join(['a', blank, 'b'], '+') → 'a+b'", "join([1, 2]) → '1, 2'", "join(list(parts.qty where 1 > 2), '+') → blank"),
    ),
    ("has", ("choices", "text"), "boolean", "logic", "Whether a multi-choice holds an option.", "多选是否含有某项。", ()),
    ("has_any", ("choices", "text…"), "boolean", "logic", "Whether it holds one of several.", "是否含有其中任一项。", ()),
    ("has_all", ("choices", "text…"), "boolean", "logic", "Whether it holds all of several.", "是否含有其中全部。", ()),
    (
        "in_period",
        ("day", "period"),
        "boolean",
        "date",
        "Whether a day lies in a period such as 'this_month' or 'last_7_days'; also written: due in this month.",
        "日期是否在某期间内，如 'this_month'、'last_7_days'；也可写作：到期日 属于 本月。",
        ("in_period(today(), 'this_month') → true", "in_period(today() + 1 day, 'last_7_days') → false"),
    ),
    (
        "changed",
        ("field [from a] [to b]",),
        "boolean",
        "record",
        "Whether the change at hand moved a field; old.f is its value before. Only where something changes.",
        "本次修改是否改变了字段；old.f 为修改前的值。只用于修改之时。",
        (),
    ),
    ("has_role", ("text",), "boolean", "record", "Whether whoever asks has a role.", "当前用户是否具有某角色。", ()),
    (
        "in_team",
        ("user", "text"),
        "boolean",
        "record",
        "Whether a person whom the record names is a member of the team of that name.",
        "记录中的人员是否属于该名称的团队。",
        (),
    ),
    (
        "reports_to",
        ("user", "integer?"),
        "boolean",
        "record",
        "Whether a person reports to whoever asks, at any distance or within so many levels.",
        "某人是否（在若干级内）汇报给当前用户。",
        (),
    ),
    (
        "entered",
        ("stage",),
        "–",
        "record",
        "Told by the “when” of a rule, not in an expression.",
        "写在规则的“当……”中，不能用于表达式。",
        (),
    ),
    ("metric", ("text",), "–", "record", "Told by the “when” of a rule, not in an expression.", "写在规则的“当……”中，不能用于表达式。", ()),
)


def noted(names: dict[str, tuple[str, ...]]) -> tuple[Note, ...]:
    """The notes, with the Chinese names of their functions."""
    return tuple(
        Note(name, names[name], params, gives, topic, en, zh, examples(*shown))
        for name, params, gives, topic, en, zh, shown in NOTES
        if name in names
    )
