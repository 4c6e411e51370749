"""What is searched, by meaning and by words: brought up to the store, and built anew from it."""
