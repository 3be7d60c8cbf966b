"""How types are called when speaking to people."""

from __future__ import annotations

from engine.language import types as t

_WORDS: dict[type[t.Type], tuple[str, str]] = {
    t.Text: ("text", "文本"),
    t.Integer: ("whole number", "整数"),
    t.Float: ("float", "浮点数"),
    t.Decimal: ("decimal", "小数"),
    t.Money: ("money", "金额"),
    t.Boolean: ("yes/no", "是否"),
    t.Date: ("date", "日期"),
    t.Time: ("time", "时间"),
    t.DateTime: ("date and time", "日期时间"),
    t.Workdays: ("workdays", "工作日数"),
    t.Choice: ("choice", "选项"),
    t.MultiChoice: ("several choices", "多选"),
    t.Json: ("JSON", "JSON"),
    t.Blank: ("blank", "空"),
}


def type_words(type_: t.Type) -> tuple[str, str]:
    """The name of a type in English and Chinese."""
    match type_:
        case t.Duration(calendar=True):
            return "months", "月数时长"
        case t.Duration():
            return "duration", "时长"
        case t.Ref(entity=entity):
            return f"reference to {entity}" if entity else "reference", f"对 {entity} 的引用" if entity else "引用"
        case t.ListOf(item=item):
            en, zh = type_words(item)
            return f"list of {en}", f"{zh}列表"
    return _WORDS.get(type(type_), ("value", "值"))
