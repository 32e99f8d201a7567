"""Backups of an installation in one encrypted file: made, looked through and restored as streams, never in plain on a disk."""
