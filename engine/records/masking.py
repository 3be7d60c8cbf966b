"""What someone sees of a value they may not see whole."""

from __future__ import annotations

from typing import Any

from engine.model.kinds.entity import Field


def masked(field: Field, value: Any) -> Any:
    """A value with its middle hidden: 138****0000, j***@example.com; anything that is not text shows nothing of itself."""
    if value is None:
        return None
    if not isinstance(value, str) or field.targets:
        return "****"
    if field.kind == "email" and "@" in value:
        name, _, domain = value.partition("@")
        return f"{name[:1]}***@{domain}"
    if field.kind == "phone" and len(value) >= 8:
        return f"{value[:3]}****{value[-4:]}"
    return f"{value[:1]}***"
