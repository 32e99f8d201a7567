"""Why a backup cannot be made or used, in a sentence for whoever types the command."""

from __future__ import annotations


class BackupError(RuntimeError):
    """The text is for people, and says what to do."""
