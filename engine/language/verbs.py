"""What a rule can do: one row per verb, with its words in both languages and the parameters it takes.

The table types actions; what they do is the rule engine's matter.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a verb.

    ``kind``: field (a stored field of the record), value (of that field's type), any, entity, people, text, name (of
    something declared elsewhere), condition, duration, moment, stage, tags. The first one may stand without a name.
    ``of``: the kind of definition that a name means (a key of ``DECLARED``).
    """

    name: str
    zh: str
    kind: str
    required: bool = False
    of: str = ""


@dataclass(frozen=True, slots=True)
class Verb:
    """One row: the verb's name, other English spellings, Chinese spellings (the preferred first), its parameters.

    ``open`` verbs also take the fields of the entity they name. ``said_as``: the parameter that a word beside the verb
    fills where the verb is said without brackets (``提醒负责人``); "" where none may stand there.
    """

    name: str
    zh: tuple[str, ...]
    params: tuple[Parameter, ...]
    said_as: str = ""
    en: tuple[str, ...] = ()
    open: bool = False


def _people(required: bool = True) -> Parameter:
    return Parameter("who", "谁", "people", required)


_TEXT = Parameter("text", "内容", "text")
_TEMPLATE = Parameter("template", "模板", "name", of="template")
_FLOW = Parameter("flow", "流程", "name", of="flow")

_ROWS: tuple[Verb, ...] = (
    Verb("set", ("设置", "设定"), (Parameter("field", "字段", "field", True), Parameter("value", "值", "value", True))),
    Verb("clear", ("清空",), (Parameter("field", "字段", "field", True),), "field"),
    Verb("create", ("创建", "新建", "建立", "生成", "建"), (Parameter("entity", "对象", "entity", True),), "entity", open=True),
    Verb("notify", ("提醒", "通知"), (_people(), _TEXT, _TEMPLATE), "who", ("remind",)),
    Verb("copy", ("抄送",), (_people(), _TEXT, _TEMPLATE), "who", ("cc",)),
    Verb("mail", ("发送", "发邮件", "发"), (_TEMPLATE, Parameter("to", "收件人", "any"), _TEXT), "template", ("send",)),
    Verb("assign", ("指派", "分配", "分派"), (_people(False), Parameter("how", "方式", "name", of="table")), "who"),
    Verb("tag", ("打标签", "加标签"), (Parameter("tags", "标签", "tags", True),), "tags"),
    Verb("untag", ("去标签", "删标签"), (Parameter("tags", "标签", "tags", True),), "tags"),
    Verb("warn", ("预警", "告警"), (_people(False), _TEXT), "who", ("alert",)),
    Verb("approve", ("审批", "提交审批"), (_people(False), _FLOW, _TEXT), "who"),
    Verb("countersign", ("会签",), (_people(), _FLOW), "who"),
    Verb("pass", ("自动通过", "通过"), ()),
    Verb("start", ("启动", "发起"), (Parameter("flow", "流程", "name", True, "flow"),), "flow"),
    Verb("advance", ("推进到", "推进至"), (Parameter("stage", "阶段", "stage", True),), "stage"),
    Verb(
        "webhook",
        ("调用接口", "回调"),
        (Parameter("operation", "操作", "name", True, "connector"), Parameter("body", "数据", "any")),
        "operation",
        open=True,
    ),
    Verb("block", ("阻止", "拦截"), (_TEXT,), "text"),
    Verb(
        "validate",
        ("校验", "要求"),
        (Parameter("that", "条件", "condition", True), Parameter("say", "提示", "text"), Parameter("field", "字段", "field")),
    ),
)

VERBS: dict[str, Verb] = {verb.name: verb for verb in _ROWS}

PEOPLE: dict[str, tuple[str, ...]] = {
    "role": ("角色",),
    "team": ("团队",),
    "manager": ("上级",),
}
"""Who a rule may name besides the user fields of a record: everybody with a role, in a team, the n-th manager of the owner."""

DECLARED: dict[str, tuple[str, str]] = {
    "template": ("message template", "消息模板"),
    "flow": ("flow", "流程"),
    "table": ("way to choose a person", "分派方式"),
    "connector": ("operation of a connector", "连接器操作"),
}
"""What the name of a parameter may mean, by kind of definition, with what people call it in English and in Chinese."""

WAYS: tuple[str, ...] = ("round_robin", "least_loaded")
"""How somebody may be chosen out of several, besides by a table."""

SPELLINGS: dict[str, str] = {text: verb.name for verb in _ROWS for text in (verb.name, *verb.en, *verb.zh)}
"""Every spelling of a verb, and which it is."""

PEOPLE_SPELLINGS: dict[str, str] = {text: name for name, spoken in PEOPLE.items() for text in (name, *spoken)}


def parameter_of(verb: Verb, spoken: str) -> Parameter | None:
    """The parameter that a name in either language means."""
    return next((param for param in verb.params if spoken in (param.name, param.zh)), None)
