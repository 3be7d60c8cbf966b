"""Begin an app: a small package that works, with comments, in a new folder."""

from __future__ import annotations

import argparse
import errno
import os
import re
import shlex
import sys
from pathlib import Path

from engine import limits, resources
from engine.cli.speech import language_of, say_number
from engine.diagnostics import printable
from engine.model.compile import RESERVED_APPS

NAME = "new"
_MADE = {
    "en": "{folder}: a working app. Next:\n  dougong check {quoted}\n  dougong apply {quoted}\n  dougong serve {quoted}\n",
    "zh": "{folder}：已生成可运行的应用。接下来：\n  dougong check {quoted}\n  dougong apply {quoted}\n  dougong serve {quoted}\n",
}
_THERE = {"en": "{folder} is there already and not empty", "zh": "{folder} 已存在且不为空"}
_NO_NAME = {"en": "say the folder to make", "zh": "请写明要创建的文件夹"}
_NOT_MADE = {"en": "{folder} cannot be made: {problem}", "zh": "无法创建 {folder}：{problem}"}
_FILES = {
    "app.yaml": """\
{modeline:app}
# The manifest: what the app is called and what people may set.
app: {name}
title: {{en: {title}, zh: {title}}}
version: 0.1.0
defaults: {{language: en, currency: CNY, time_zone: Asia/Shanghai}}
settings:
  # Expressions say settings.due_within; an administrator may change it.
  due_within: {{kind: duration, default: 3 days, title: {{en: Due within, zh: 完成期限}}}}
""",
    "entities/item.yaml": """\
{modeline:entity}
# One sort of record. Its form, list and menu entry are generated until you say otherwise.
entity: item
title: {{en: Item, zh: 事项}}
icon: checklist
display: "{{number}} {{subject}}"
required: [subject, status]
properties:
  number:  {{kind: sequence, template: "I-{{yyyy}}-{{####}}", restart: year, title: {{en: Number, zh: 编号}}}}
  subject: {{type: string, maxLength: 200, title: {{en: Subject, zh: 主题}}}}
  status:
    title: {{en: Status, zh: 状态}}
    default: open
    options:
      open: {{en: Open, zh: 未完成, color: blue}}
      done: {{en: Done, zh: 已完成, color: green}}
  owner:   {{kind: user, initial: user, title: {{en: Owner, zh: 负责人}}}}
  cost:    {{kind: money, minimum: 0, title: {{en: Cost, zh: 费用}}}}
  # Worked out by an expression, in English or Chinese, with names or labels.
  due:     {{type: string, format: date-time, compute: "created_at + settings.due_within", title: {{en: Due, zh: 截止}}}}
checks:
  done_has_owner:
    that: "status = 'open' or owner is not blank"
    say: {{en: Say who did it, zh: 请填写负责人}}
    field: owner
""",
    "views/open.yaml": """\
{modeline:view}
view: open
of: item
title: {{en: Open items, zh: 未完成事项}}
default: true
where: "status = 'open'"
columns: [number, subject, owner, due, cost]
sort: [-created_at]
totals: {{cost: sum}}
""",
    "roles/member.yaml": """\
{modeline:role}
# What is not said is not allowed.
role: member
title: {{en: Member, zh: 成员}}
may:
  item: {{read: department, create: all, update: own}}
""",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """DIR --lang."""
    parser.add_argument("folder", metavar="DIR", help="the folder to make; its name becomes the app's name")


def run(args: argparse.Namespace) -> int:
    """0, or 1 where the folder is in use or cannot be made, 2 where none is named."""
    language = language_of(args)
    if not args.folder.strip():
        sys.stderr.write(_NO_NAME[language] + "\n")
        return 2
    shown = printable(args.folder)
    try:
        made = _make(Path(args.folder))
    except (OSError, ValueError, RuntimeError) as error:
        # ValueError: a name with a zero character; RuntimeError: links that lead in a circle.
        number = error.errno if isinstance(error, OSError) and error.errno is not None else errno.EINVAL
        problem = say_number(number, language) or os.strerror(number)
        sys.stderr.write(_NOT_MADE[language].format(folder=shown, problem=problem) + "\n")
        return 1
    if not made:
        sys.stderr.write(_THERE[language].format(folder=shown) + "\n")
        return 1
    sys.stdout.write(_MADE[language].format(folder=shown, quoted=shlex.quote(args.folder)))
    return 0


def _make(folder: Path) -> bool:
    """Write the app; False where the folder is in use. Raises what the system says where it cannot be written."""
    name = app_name(folder.resolve().name)
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        return False
    for path, template in _FILES.items():
        target = folder / path
        target.parent.mkdir(exist_ok=True)
        target.write_text(_fill(template, name), encoding="utf-8")
    return True


def app_name(folder: str) -> str:
    """A folder's name as the name of an app: small letters, digits and single '_'."""
    name = re.sub(r"[^a-z0-9]+", "_", folder.lower()).strip("_")
    name = name if name[:1].isalpha() else f"app_{name}".rstrip("_")
    name = f"{name}_app" if name in RESERVED_APPS else name
    return name[: limits.name_length_max // 2].rstrip("_")


def _fill(template: str, name: str) -> str:
    def modeline(match: re.Match[str]) -> str:
        return f"# yaml-language-server: $schema={(resources.schemas() / match[1]).as_uri()}.json"

    filled = re.sub(r"\{modeline:(\w+)\}", modeline, template)
    return filled.replace("{{", "{").replace("}}", "}").replace("{name}", name).replace("{title}", name.replace("_", " ").capitalize())
