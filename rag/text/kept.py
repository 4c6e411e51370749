"""How much of what was worked out of texts is kept: what an answer or two ask for again, and no more.

A server meets ever new texts. What is kept of a paragraph for its checks takes some hundred times its length,
so that thousands of them were a tenth of a server's memory, and it grew by them for hours.
"""

# Paragraphs, sentences and phrases alike.
KEPT_TEXTS = 512
# Paragraphs as they are checked against; an answer cites at most 50.
KEPT_CITED = 128
# Single words: of those that come again, most of a language.
KEPT_WORDS = 16_384
