"""Dougong: business applications said in files, kept in tables, done by engines, shown over HTTP."""

__version__ = "0.1.0"
