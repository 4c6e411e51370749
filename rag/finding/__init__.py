"""Which paragraphs a question finds, and in which order."""
