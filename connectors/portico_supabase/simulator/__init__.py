"""What stands before and behind the connector when its contract is played: a gateway, and the real PostgREST."""
