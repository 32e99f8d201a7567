"""Links in mails that open one record to whoever they were sent to, without signing in (docs/decisions/0037)."""
