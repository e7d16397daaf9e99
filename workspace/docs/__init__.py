"""Markdown documents: their contents, versions and how they are shown."""
