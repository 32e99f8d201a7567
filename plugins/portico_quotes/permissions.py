"""The permissions that plugin.toml declares."""

VIEW, EDIT, SUBMIT, DECIDE, MANAGE, SHARE = (
    "quotes:view",
    "quotes:edit",
    "quotes:submit",
    "quotes:decide",
    "quotes:manage",
    "quotes:share",
)
