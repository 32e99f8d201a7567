"""The first page after sign-in: a welcome, shortcuts, and cards that plugins bring."""
