"""Personal API tokens: read-only, with scopes and an end, made by a person for a program of theirs (ACC-9, SEC-4)."""
