"""From the host where somebody is signed in to a company that has another, by a code that is good once (TEN-3)."""
