"""Where a person is signed in, from which browsers, and what is said when a new one appears (SEC-3, SEC-7, ACC-8)."""
