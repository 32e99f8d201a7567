"""What a connector is to the portal: a description of its settings and a function that opens a client."""

from __future__ import annotations

from portico.connections.connector import (
    CapabilityReport,
    CapabilityWords,
    Check,
    Connector,
    Egress,
    PinnedAddress,
    Rate,
)

__all__ = ["CapabilityReport", "CapabilityWords", "Check", "Connector", "Egress", "PinnedAddress", "Rate"]
