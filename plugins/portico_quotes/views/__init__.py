"""Pages of quotes: read or call one service, hand values to a template; no queries here."""
