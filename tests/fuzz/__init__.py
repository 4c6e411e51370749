"""Fuzzing: what is fed (`corpus/`, of own writing), how it is changed, and what takes it in."""
