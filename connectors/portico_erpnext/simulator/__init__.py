"""An ERPNext that is none: what the connector's contract is played on, as no real one could be had."""
