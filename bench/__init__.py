"""Measurements: what pages cost beside a bare floor, what slow clients do to others, and how fast all of it starts."""
