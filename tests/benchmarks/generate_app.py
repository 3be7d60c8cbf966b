"""Writes an app of a given size into a folder, the same one every time: the input of the benchmark of ``check``.

``python -m tests.benchmarks.generate_app FOLDER [ENTITIES]``; every entity has 20 fields and three expressions.
"""

import sys
from pathlib import Path

_WORDS = ["Order", "Batch", "Site", "Shift", "Asset", "Visit", "Route", "Sample", "Permit", "Vessel"]
_WORDS_ZH = ["订单", "批次", "站点", "班次", "资产", "巡检", "路线", "样品", "许可", "船舶"]


def generate(folder: Path, entities: int = 500) -> int:
    """Write the app; the number of files."""
    (folder / "entities").mkdir(parents=True, exist_ok=True)
    (folder / "views").mkdir(exist_ok=True)
    (folder / "app.yaml").write_text(
        "app: bench\nversion: 1.0.0\ntitle: {en: Bench, zh: 基准}\ndefaults: {currency: CNY, time_zone: Asia/Shanghai}\n", encoding="utf-8"
    )
    for number in range(entities):
        (folder / "entities" / f"e{number}.yaml").write_text(_entity(number, entities), encoding="utf-8")
        (folder / "views" / f"v{number}.yaml").write_text(_view(number), encoding="utf-8")
    return 1 + 2 * entities


def _entity(number: int, entities: int) -> str:
    word, word_zh = _WORDS[number % 10], _WORDS_ZH[number % 10]
    lines = [
        f"entity: e{number}",
        f"title: {{en: {word} {number}, zh: {word_zh}{number}}}",
        'display: "{number} {subject}"',
        "required: [subject]",
        "properties:",
        f'  number: {{kind: sequence, template: "E{number}-{{yyyy}}-{{####}}", restart: year, title: {{en: Number, zh: 编号}}}}',
        "  subject: {type: string, maxLength: 200, title: {en: Subject, zh: 主题}}",
        "  status: {enum: [fresh, working, closed], default: fresh, title: {en: Status, zh: 状态},"
        " labels: {fresh: {en: New, zh: 新建}, working: {en: Working, zh: 处理中}, closed: {en: Closed, zh: 已关闭}}}",
        "  owner: {kind: user, initial: user, title: {en: Owner, zh: 负责人}}",
        f"  link: {{kind: ref, to: e{(number * 7 + 1) % entities}, inverse: back_{number}, title: {{en: Link, zh: 关联}}}}",
        "  price: {kind: money, minimum: 0, title: {en: Price, zh: 单价}}",
        "  qty: {type: integer, minimum: 1, default: 1, title: {en: Quantity, zh: 数量}}",
        '  amount: {kind: money, compute: "qty * price", title: {en: Amount, zh: 金额}}',
        "  rate: {kind: percent, title: {en: Rate, zh: 比率}}",
        "  due: {type: string, format: date, title: {en: Due, zh: 截止}}",
        "  done: {type: boolean, default: false, title: {en: Done, zh: 完成}}",
    ]
    kinds = (
        "{type: string, maxLength: 80",
        "{kind: long_text",
        "{type: integer",
        "{kind: decimal, scale: 3",
        "{type: string, format: email",
    )
    lines += [f"  extra{at}: {kinds[at % 5]}, title: {{en: Extra {at}, zh: 附加{at}}}}}" for at in range(9)]
    lines += ["checks:", "  enough: {that: \"金额 >= 0 且 状态 不等于 '已关闭' 或 负责人 不为空\", say: {en: Not enough, zh: 不足}}", ""]
    return "\n".join(lines)


def _view(number: int) -> str:
    where = "status != 'closed' and amount > 1000" if number % 2 else "状态 = '处理中' 且 数量 大于 3"
    return f'view: open\nof: e{number}\nwhere: "{where}"\ncolumns: [number, subject, status, owner, amount]\nsort: [-due]\n'


if __name__ == "__main__":
    print(generate(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 500), "files")
