"""The checks that the deterministic verifier is made of: pure functions over a sentence and cited text."""
