"""Syntax tree to canonical text, in English or Chinese; reading the text back gives the same tree."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from engine.i18n import Language
from engine.language import ast, lexicon
from engine.language.functions import canonical_name, chinese_name
from engine.language.keywords import is_keyword
from engine.language.names import index_of
from engine.language.numerals import is_quantity
from engine.language.phrases import PLACE
from engine.language.resolve import UNNAMED
from engine.language.scope import EntityInfo

_OR, _AND, _NOT, _COMPARE, _SUM, _TERM, _UNARY, _ATOM = range(8)
_LEVELS = {"+": _SUM, "-": _SUM, "*": _TERM, "/": _TERM, "%": _TERM}
Entities = Mapping[str, EntityInfo]


def _is_chinese(text: str) -> bool:
    return any("\u3400" <= character <= "\u9fff" for character in text)


class Printer:
    """Writes one text; ``reserved`` are further words that a name must be quoted for, ``entity_words`` what entities are called."""

    def __init__(self, language: Language, entities: Entities | None) -> None:
        self.chinese = language == "zh"
        self.entities = entities or {}
        self.reserved: frozenset[str] = frozenset()
        self.entity_words: frozenset[str] = frozenset()

    def operand(self, node: Any, *, tight: bool = False) -> str:
        """A value between words: in brackets where it is a condition (or, if ``tight``, anything with a sign of its own)."""
        return self.text(node, _UNARY if tight else _SUM)

    def word(self, terminal: str, value: str) -> str:
        return lexicon.spelling(terminal, value, "zh" if self.chinese else "en")

    def text(self, node: Any, level: int = _OR) -> str:
        """The text of a node, in brackets where it binds less than its place needs."""
        made, own = _PRINT[type(node)](self, node)
        return f"({made})" if own < level else made

    def number(self, node: ast.Number) -> tuple[str, int]:
        return node.digits, _UNARY if node.digits.startswith("-") else _ATOM

    def literal(self, node: ast.TextLiteral) -> tuple[str, int]:
        value = node.value
        if self.chinese and node.of is not None:
            value = self.choice_label(*node.of, value)
        escaped = value.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n").replace("\t", "\\t")
        return f"'{escaped}'", _ATOM

    def choice_label(self, entity: str, name: str, code: str) -> str:
        """The Chinese label of a code, unless it would be read as another code."""
        info = self.entities.get(entity)
        field = info.fields.get(name) if info is not None else None
        if field is None:
            return code
        codes = set(field.options.values())
        for label, of in field.options.items():
            if of == code and _is_chinese(label) and label not in codes - {code}:
                return label
        return code

    def constant(self, node: ast.Constant) -> tuple[str, int]:
        value = node.value
        if value is None:
            return self.word("BLANK", "blank"), _ATOM
        if isinstance(value, bool):
            return self.word("TRUE" if value else "FALSE", "true" if value else "false"), _ATOM
        if isinstance(value, datetime):
            return "@" + value.isoformat(), _ATOM
        assert isinstance(value, date)
        return "@" + value.isoformat(), _ATOM

    def length(self, node: ast.Length) -> tuple[str, int]:
        if self.chinese:
            return node.digits + lexicon.UNIT_ZH[node.unit], _ATOM
        return f"{node.digits} {node.unit}{'' if node.digits == '1' else 's'}", _ATOM

    def period(self, node: ast.Period) -> tuple[str, int]:
        if not self.chinese:
            return node.name.replace("_", " "), _ATOM
        if node.name in lexicon.PERIODS_ZH:
            return lexicon.PERIODS_ZH[node.name][0], _ATOM
        way, count, unit = node.name.split("_")
        return {"last": "最近", "next": "未来"}[way] + count + {"days": "天", "weeks": "周", "months": "个月"}[unit], _ATOM

    def name(self, name: str, owner: str | None) -> str:
        """A member's name, or its Chinese label where that reads back as the same member."""
        info = self.entities.get(owner or "")
        if self.chinese and info is not None:
            member = info.fields.get(name) or info.collections.get(name)
            for label in member.labels if member is not None else ():
                if _is_chinese(label) and index_of(info).members.get(label) is member and self._unambiguous(label):
                    return label
        return name if self._plain(name) else f"`{name}`"

    def _plain(self, name: str) -> bool:
        free = not is_keyword(name) and name != "changed" and name.lower() not in self.reserved and name not in self.entity_words
        return name.isascii() and name.isidentifier() and free

    def _unambiguous(self, label: str) -> bool:
        free = (
            not is_keyword(label)
            and not is_quantity(label)
            and label not in UNNAMED
            and label not in self.reserved
            and label not in self.entity_words
        )
        return free and all(character.isalnum() or character == "_" for character in label)

    def path(self, node: ast.Path) -> tuple[str, int]:
        owners = node.owners or (None,) * len(node.names)
        names = [self.name(name, owner) for name, owner in zip(node.names, owners, strict=True)]
        if self.chinese and node.names[0] == "old" and len(names) > 1 and owners[0] is None:
            names[0] = lexicon.OLD_ZH
        return ("的" if self.chinese and all(map(_is_chinese, names)) else ".").join(names), _ATOM

    def list_(self, node: ast.ListLiteral) -> tuple[str, int]:
        return "[" + ", ".join(self.text(item) for item in node.items) + "]", _ATOM

    def function(self, name: str) -> str:
        """What to call a function so that it reads back as the same."""
        spoken = chinese_name(name) if self.chinese else name
        return spoken if canonical_name(spoken) == name else name

    def call(self, node: ast.Call) -> tuple[str, int]:
        name = self.function(node.name)
        args = [self.text(arg) for arg in node.args]
        if node.where is not None:
            args[0] += f" {self.word('WHERE', 'where')} {self.text(node.where)}"
        return f"{name}({', '.join(args)})", _ATOM

    def changed(self, node: ast.Changed) -> tuple[str, int]:
        name, before, after = (lexicon.CHANGED_ZH, "从", "变为") if self.chinese else ("changed", "from", "to")
        made = self.text(node.path)
        if node.before is not None:
            made += f" {before} {self.text(node.before, _SUM)}"
        if node.after is not None:
            made += f" {after} {self.text(node.after, _SUM)}"
        return f"{name}({made})", _ATOM

    def phrase(self, node: ast.Phrase) -> tuple[str, int]:
        spoken = dict(node.words)
        words = spoken.get("zh" if self.chinese else "en") or next(iter(spoken.values()))
        args = {name: self.text(arg, _UNARY) for name, arg in node.args}
        return PLACE.sub(lambda place: args.get(place[1], place[0]), words), _ATOM

    def parameter(self, node: ast.Parameter) -> tuple[str, int]:
        return "{" + node.name + "}", _ATOM

    def unary(self, node: ast.Unary) -> tuple[str, int]:
        if node.op == "not":
            return f"{self.word('NOT', 'not')} {self.text(node.item, _NOT)}", _NOT
        inner = self.text(node.item, _UNARY)
        # A bare number after the sign would read back as a negative number.
        return f"-({inner})" if isinstance(node.item, ast.Number) else f"-{inner}", _UNARY

    def binary(self, node: ast.Binary) -> tuple[str, int]:
        level = _LEVELS.get(node.op)
        if level is not None:
            return f"{self.text(node.left, level)} {node.op} {self.text(node.right, level + 1)}", level
        return f"{self.text(node.left, _SUM)} {self.word('OP', node.op)} {self.text(node.right, _SUM)}", _COMPARE

    def between(self, node: ast.Between) -> tuple[str, int]:
        low, high = self.text(node.low, _SUM), self.text(node.high, _SUM)
        return f"{self.text(node.item, _SUM)} {self.word('BETWEEN', 'between')} {low} {self.word('TO', 'to')} {high}", _COMPARE

    def blankness(self, node: ast.BlankTest) -> tuple[str, int]:
        return f"{self.text(node.item, _SUM)} {self.word('BLANKNESS', 'is_not' if node.negated else 'is')}", _COMPARE

    def logic(self, node: ast.Logic) -> tuple[str, int]:
        level = _OR if node.op == "or" else _AND
        word = self.word(node.op.upper(), node.op)
        return f" {word} ".join(self.text(item, level + 1) for item in node.items), level


_PRINT: dict[type[Any], Callable[[Printer, Any], tuple[str, int]]] = {
    ast.Number: Printer.number,
    ast.TextLiteral: Printer.literal,
    ast.Constant: Printer.constant,
    ast.Length: Printer.length,
    ast.Period: Printer.period,
    ast.Path: Printer.path,
    ast.ListLiteral: Printer.list_,
    ast.Call: Printer.call,
    ast.Changed: Printer.changed,
    ast.Phrase: Printer.phrase,
    ast.Parameter: Printer.parameter,
    ast.Unary: Printer.unary,
    ast.Binary: Printer.binary,
    ast.Between: Printer.between,
    ast.BlankTest: Printer.blankness,
    ast.Logic: Printer.logic,
}


def format_tree(tree: Any, language: Language = "en", entities: Entities | None = None) -> str:
    """The canonical text of a syntax tree; ``entities`` give Chinese labels."""
    return Printer(language, entities).text(tree)
