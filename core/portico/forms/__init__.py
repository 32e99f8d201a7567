"""Forms: Colander schemas drawn by Deform through the tenant's theme, taken by one submission path."""
