"""Whether a question is in another language than English: told by its small words, or by its letters."""

from __future__ import annotations

import re
import unicodedata

from rag.text.lexicon import stopwords

# Words that ask or bind a sentence: one of them must be there. Left out is what also is an English word or a
# common name ("che", "come"). Behind the bar stand particles, which names have too ("Rio de la Plata").
_WORDS = {
    "German": """wer wen wem wessen wann warum wieso weshalb wie wo wohin woher welche welcher welches
        welchen ist sind wurde wurden wird werden hat haben hatte hatten sagte sagten gab über für nicht
        und oder auch viele kein keine nach zwischen gegen durch | was der die das den dem des ein eine
        einen einem einer im in am an auf aus bei mit von vom zu zum zur es sich""",
    "French": """qui que qu dit quoi quel quelle quels quelles quand pourquoi comment où combien est sont
        était étaient ont avait avaient sur dans avec pour sans pas ne entre selon fut cette ces leur
        leurs | il elle ils le la les l de du des d un une en au aux et à a par se s sa ses son""",
    "Spanish": """quién quien quiénes qué que cuál cuáles cuándo cuando cuánto cuánta cuántos cuántas cómo
        dónde donde es son era eran fue fueron está ha han había hubo sobre según entre hasta desde porque
        sin muy pero dijo | por el la los las lo de del un una unos y o en al a con para su sus se no""",
    "Portuguese": """quem que qual quais quando quanto quantos quantas como onde é são era eram foi foram
        está tem têm havia houve sobre segundo até não porque mas muito disse | por o a os as de do da dos
        das um uma e em no na nos nas ao à com para seu sua se""",
    "Italian": """chi quale quali quando quanto quanti quante perché dove è sono era erano fu furono ha
        hanno aveva sulla sul sui circa secondo tra fra non anche ma disse | cosa cos il lo la i gli le di
        del della dei delle degli un uno una e in nel nella al alla con per da dal dalla si su""",
    "Dutch": """wie wat wanneer waarom hoe waar welke welk hoeveel zijn werd werden wordt worden heeft
        hebben hadden zei over niet geen tussen tegen volgens naar voor ook | de het een van der den en of
        in op aan met bij uit door te tot is was""",
}  # fmt: skip
_KNOWN = {
    language: tuple(frozenset(part.split()) for part in words.split("|"))
    for language, words in _WORDS.items()
}
# How what a reader is told of it begins.
IN_ENGLISH = "Questions are read in English"
_WORD = re.compile(r"[^\W\d_]+")
# In fewer words a single one tells too little: it may be a name.
_FEW = 3
_LATIN = "LATIN"
# What Unicode calls otherwise than people do.
_SCRIPTS = {"CJK": "Chinese", "HANGUL": "Korean", "HIRAGANA": "Japanese", "KATAKANA": "Japanese"}


def another_language(text: str) -> str | None:
    """In what a text seems to be written where that is not English: "German", "Cyrillic letters"; or None."""
    words = _WORD.findall(unicodedata.normalize("NFC", text.lower()))
    scripts = [unicodedata.name(sign, _LATIN).split()[0] for word in words for sign in word]
    foreign = [script for script in scripts if script != _LATIN]
    if len(foreign) > len(scripts) / 2:
        script = max(sorted(set(foreign)), key=foreign.count)
        return f"{_SCRIPTS.get(script, script.capitalize())} letters"
    scores: dict[str, int] = {}
    for language, (telling, particles) in _KNOWN.items():
        told = sum(word in telling for word in words)
        # A word of both languages tells for neither.
        here = told + sum(word in particles and word not in stopwords() for word in words)
        english = sum(word in stopwords() and word not in telling | particles for word in words)
        if told and here > english and (here > 1 or len(words) >= _FEW):
            # What only particles share counts less than what tells.
            scores[language] = here + told
    return max(scores, key=scores.__getitem__) if scores else None
