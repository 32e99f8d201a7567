"""Contracts: what is agreed with customers for longer than one order, to be read, agreed to and kept in sight."""
