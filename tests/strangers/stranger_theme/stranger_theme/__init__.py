"""A theme: another frame, navigation, form field and mail."""
