"""Customer organisations: who belongs to one, as what, seeing what; run by their owners (TEN-5)."""
