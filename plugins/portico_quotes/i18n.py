"""Marks this plugin's messages."""

from __future__ import annotations

from translationstring import TranslationStringFactory

_ = TranslationStringFactory("portico_quotes")
