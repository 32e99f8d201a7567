"""Parcels that customers announce to a company."""
