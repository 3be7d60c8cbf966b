"""Whole rules: when something happens, if a condition holds, then actions, else others. ``compiling`` is the way in."""
