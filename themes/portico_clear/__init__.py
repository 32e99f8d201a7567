"""The theme Clear: calm and airy, navigation across the top. It is what the core's own templates draw."""
