"""Public question and claim sets, read as they are published; nothing of them is kept in this project.

squad     SQuAD 1 and 2: articles with paragraphs, questions, unanswerable ones
clapnq    CLAPNQ: one passage a question, long answers, unanswerable ones
mtrag     MTRAG-UN: conversations, unanswerable and underspecified turns
nomiracl  NoMIRACL: ten passages a question, answerable or not
beir      BEIR folders: corpus.jsonl, queries.jsonl, qrels/
claims    WiCE, SummEdits, Factcheck-GPT: claims against evidence
attacks   BIPIA: instructions hidden in text
"""
