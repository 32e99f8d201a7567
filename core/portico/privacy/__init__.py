"""What the portal holds about a person: told to them as an archive, and erased when they ask for it (SEC-11, ACC-10)."""
