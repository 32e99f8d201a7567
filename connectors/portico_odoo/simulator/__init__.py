"""An Odoo that is none: what the connector's contract is played on where no real one runs."""
