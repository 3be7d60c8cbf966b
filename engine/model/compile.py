"""The pipeline from files to the App. Read this first: files -> documents -> checked syntax -> names, types -> App.

Every stage tells all that it finds. Nothing here needs a database or raises for what an author wrote.
"""

from __future__ import annotations

import gc
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from engine import resources
from engine.diagnostics import Diagnostic, Span, error, has_errors, in_order
from engine.model.app import App
from engine.model.build import build
from engine.model.drafts import SYSTEM, AppDraft
from engine.model.expressions import ExpressionCache
from engine.model.memory import Memory
from engine.model.package import Package, read_package
from engine.model.requires import check_requires, in_load_order, requirements
from engine.model.syntax import Document, Reading, read_document

_MANIFESTS = ("app.yaml", "app.yml", "app.json")
RESERVED_APPS = (SYSTEM, "dg", "api", "pg", "sqlite", "dashboard")
"""Names that no app may have: their tables and addresses would be taken for the engine's own."""


@dataclass(frozen=True)
class Compilation:
    """What compiling came to: the App unless an error was found, all findings in order, what was read.

    ``sources`` are the texts of the definition files by the path that places name: give them to the renderers.
    """

    app: App | None
    diagnostics: tuple[Diagnostic, ...]
    packages: tuple[Package, ...]
    sources: Mapping[str, str] = field(repr=False)

    @property
    def ok(self) -> bool:
        """Whether there is an App to run."""
        return self.app is not None


class Compiler:
    """Compiles packages and remembers parsed files and expressions, so that compiling again after an edit is quick."""

    def __init__(self) -> None:
        self._readings: dict[tuple[str, bytes], Reading] = {}
        self._expressions = ExpressionCache()
        self._memory = Memory()

    def compile(self, packages: Iterable[Package], *, system: Package | None = None) -> Compilation:
        """The App of these packages and the system package; what they require has to be among them.

        ``system`` is the system package of an earlier version of the engine, as a release keeps it.
        """
        # Compiling makes hundreds of thousands of small values that all stay: looking for garbage among them
        # over and over would take a third of the time.
        collecting = gc.isenabled()
        gc.disable()
        try:
            return self._compile(packages, system or system_package())
        finally:
            if collecting:
                gc.enable()

    def _compile(self, packages: Iterable[Package], system: Package) -> Compilation:
        every = (system, *(each for each in packages if each.label != SYSTEM))
        found = [problem for package in every for problem in package.problems]
        sources: dict[str, str] = {}
        apps: dict[str, AppDraft] = {}
        readings: dict[tuple[str, bytes], Reading] = {}
        for package in every:
            draft = self._read(package, found, sources, readings)
            if draft is not None and draft.name in apps:
                other = apps[draft.name].package.label
                found.append(error("app-twice", draft.manifest.name_node.span, name=draft.name, other=other))
            elif draft is not None:
                apps[draft.name] = draft
        self._readings = readings
        found += check_requires(apps)
        lost = {name for reading in readings.values() for name in reading.lost}
        built = build(in_load_order(apps, found), sources, self._expressions, self._memory, lost)
        diagnostics = in_order([*found, *built.found])
        return Compilation(None if has_errors(diagnostics) else built.app, diagnostics, every, sources)

    def _read(
        self, package: Package, found: list[Diagnostic], sources: dict[str, str], readings: dict[tuple[str, bytes], Reading]
    ) -> AppDraft | None:
        documents = []
        for path in package.definitions():
            key = (package.place(path), package.files[path])
            reading = self._readings.get(key) or read_document(*key)
            readings[key] = reading
            found += reading.found
            sources[key[0]] = reading.text
            if reading.document is not None:
                documents.append(reading.document)
        return _draft(package, documents, found)


def _draft(package: Package, documents: list[Document], found: list[Diagnostic]) -> AppDraft | None:
    manifests = [each for each in documents if each.kind == "app"]
    for extra in manifests[1:]:
        found.append(error("manifest-twice", extra.name_node.span, path=manifests[0].path))
    if not manifests or not manifests[0].name:
        if not manifests and not package.problems and not any(name in package.files for name in _MANIFESTS):
            found.append(error("manifest-missing", Span.whole(package.label)))
        return None
    manifest = manifests[0]
    if manifest.name in RESERVED_APPS and package.label != SYSTEM:
        found.append(error("reserved-name", manifest.name_node.span, name=manifest.name))
        return None
    rest = tuple(each for each in documents if each.kind != "app")
    return AppDraft(manifest.name, package, manifest, rest, requirements(manifest.node))


@cache
def system_package() -> Package:
    """The package that every App begins with: users, departments, teams, roles."""
    return read_package(resources.system_package(), SYSTEM)


def compile_packages(packages: Iterable[Package]) -> Compilation:
    """Compile packages that are at hand (a release out of the database, an upload)."""
    return Compiler().compile(packages)


def compile(paths: Iterable[Path | str]) -> Compilation:
    """Compile the packages in these folders or zip files, with what they require, which is looked for beside them."""
    return Compiler().compile(read_packages(paths))


def read_packages(paths: Iterable[Path | str]) -> tuple[Package, ...]:
    """Packages by path, and those they require: from the same folders, else from the apps that ship with the product."""
    # An empty text is no path, though Path would take it for the folder at hand.
    given = [read_package(path, _label(path)) for path in dict.fromkeys(Path(each) if str(each) else "" for each in paths)]
    names = {name for package in given if (name := _app_name(package))}
    waiting = [(package, name) for package in given for name in _required(package)]
    while waiting:
        package, name = waiting.pop(0)
        if name in names or name == SYSTEM:
            continue
        found = _look_for(name, package)
        if found is not None:
            names.add(name)
            given.append(found)
            waiting += [(found, each) for each in _required(found)]
    return tuple(given)


def _label(path: Path | str) -> str | None:
    """How places in a package are named where not by its path as given: that must not read like the engine's own package."""
    return f"./{SYSTEM}" if str(path) == SYSTEM else None


def _manifest(package: Package) -> Document | None:
    for name in _MANIFESTS:
        if name in package.files:
            document = read_document(package.place(name), package.files[name]).document
            return document if document is not None and document.kind == "app" else None
    return None


def _app_name(package: Package) -> str | None:
    document = _manifest(package)
    return document.name if document else None


def _required(package: Package) -> tuple[str, ...]:
    document = _manifest(package)
    return requirements(document.node) if document else ()


def _look_for(name: str, near: Package) -> Package | None:
    """A package of this name beside another, or among those that ship; names are checked, so none leads elsewhere."""
    if not name.isidentifier():
        return None
    folders = [near.origin.parent] if near.origin is not None else []
    for folder in (*folders, resources.apps()):
        for path in (folder / name, folder / f"{name}.zip"):
            if path.is_dir() or path.is_file():
                return read_package(path)
    return None
