"""Staff look at the portal as a customer sees it: for a reason, for a quarter of an hour, changing nothing."""
