"""The source of truth: cables, answers and vectors in SQLite or PostgreSQL."""
