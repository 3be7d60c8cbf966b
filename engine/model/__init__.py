"""An app as said in files: packages, documents, and the pipeline that compiles them into one frozen App."""

from engine.model.app import App, Defaults, MenuItem, OpaqueDocument, PackageInfo, Setting
from engine.model.compile import Compilation, Compiler, compile, compile_packages, read_packages, system_package
from engine.model.package import Package, read_package, read_zip

__all__ = [
    "App",
    "Compilation",
    "Compiler",
    "Defaults",
    "MenuItem",
    "OpaqueDocument",
    "Package",
    "PackageInfo",
    "Setting",
    "compile",
    "compile_packages",
    "read_package",
    "read_packages",
    "read_zip",
    "system_package",
]
