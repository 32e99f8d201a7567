"""The permissions that plugin.toml declares."""

VIEW, EDIT, SUBMIT, DECIDE, MANAGE = (
    "quotes:view",
    "quotes:edit",
    "quotes:submit",
    "quotes:decide",
    "quotes:manage",
)
