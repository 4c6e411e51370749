"""Backups of a data directory, and bringing one back."""
