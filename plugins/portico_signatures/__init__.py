"""Electronic signatures on whatever customers agree to: who signed what, when, from where, and the proof of it."""
