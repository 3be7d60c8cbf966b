"""Small packages for tests of the model, given as texts."""

from collections.abc import Mapping

from engine.model import App, Compilation, Package, compile_packages

MANIFEST = "app: notes\nversion: 1.0.0\n"


def package(files: Mapping[str, str], label: str = "notes") -> Package:
    """A package of these files; a manifest is added where there is none."""
    every = {"app.yaml": MANIFEST, **files}
    return Package(label, {path: text.encode() for path, text in every.items()})


def compiled(*packages: Package) -> Compilation:
    """The outcome for these packages."""
    return compile_packages(packages)


def app_of(files: Mapping[str, str]) -> App:
    """The App of one package that has to be right."""
    outcome = compiled(package(files))
    assert outcome.app is not None, outcome.diagnostics
    return outcome.app


def entity(fields: str, more: str = "") -> dict[str, str]:
    """One entity ``note`` with these field lines."""
    lines = "".join(f"  {line}\n" for line in fields.strip().splitlines())
    return {"entities/note.yaml": f"entity: note\n{more}properties:\n{lines}"}


def codes(outcome: Compilation) -> list[str]:
    """The codes of what was found, in order."""
    return [one.code for one in outcome.diagnostics]
