"""The theme Ledger: dense and sharp, navigation down the side, figures in a fixed width."""
