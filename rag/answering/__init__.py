"""From paragraphs to an answer: drafted, checked, composed, or refused."""
