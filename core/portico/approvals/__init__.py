"""Approvals: what somebody may not do alone because it costs too much, and who says yes or no. Knows no feature (TEN-5)."""
