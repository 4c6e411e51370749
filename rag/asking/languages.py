"""Whether a question is in another language than English: told by its small words, or by its letters.

An English question must never be taken for another: where it is not plain, none is told.
"""

from __future__ import annotations

import re
import unicodedata

from rag.text.lexicon import stopwords

# Words that tell a language, of which none is also English, part of a common name or an abbreviation ("era",
# "han", "est"). Behind the bar stand those that are ("de", "over", "sans").
_WORDS = {
    "German": """wer wem wessen wann warum wieso weshalb wie wohin woher welche welcher welches welchen ist
        sind waren wurde wurden wird werden haben hatte hatten gibt sagte sagten über für nicht auch viele
        kein keine nach zwischen gegen durch | was wen wo war hat gab und oder der die das den dem des ein
        eine einen einem einer im in am an auf aus bei mit von vom zu zum zur es sich so also her will man""",
    "French": """qui que qu quoi quel quelle quels quelles quand pourquoi où combien sont était étaient avait
        avaient dans avec selon fut cette leur leurs | comment est a ont sur pour sans pas ne entre ces dit
        il elle ils le la les l de du des d un une en au aux et à par se s t sa ses y on or me eu""",
    "Spanish": """quién quien quiénes qué que cuál cuáles cuándo cuando cuánto cuánta cuántos cuántas cómo
        dónde donde eran fue fueron está había hubo tuvo sobre según hasta desde porque muy pero dijo | es era
        ha han sin entre por el la los las lo de del un una unos a y o en al con para su sus se no me he""",
    "Portuguese": """quem que qual quais quando quanto quantos quantas onde eram foram têm havia houve sobre
        até não porque muito disse | como foi são era está tem segundo mas por a o os as e de do da dos das
        um uma em no na nos nas ao à é com para seu sua se me""",
    "Italian": """quale quali quando quanto quanti quante perché sono è erano furono hanno aveva sulla
        secondo anche disse | chi ha dove era fu sul sui circa tra fra non ma cosa cos il lo la gli e i a le
        l di del della dei delle degli un uno una in nel nella al alla con per da dal dalla si su stato me""",
    "Dutch": """wie wanneer waarom waar welke welk hoeveel zijn waren werd werden wordt worden heeft hebben
        hadden zei niet geen tussen tegen volgens naar voor ook | wat hoe over de het een van der den en of in
        op aan met bij uit door te tot is was had er we me per""",
}  # fmt: skip
_KNOWN = {
    language: tuple(frozenset(part.split()) for part in words.split("|"))
    for language, words in _WORDS.items()
}
_WORD = re.compile(r"[^\W\d_]+")
_LATIN = "LATIN"
# What Unicode calls otherwise than people do.
_SCRIPTS = {"CJK": "Chinese", "HANGUL": "Korean", "HIRAGANA": "Japanese", "KATAKANA": "Japanese"}


def another_language(text: str) -> str | None:
    """In what a text seems to be written where that is not English: "German", "Cyrillic letters"; or None."""
    found = _WORD.findall(unicodedata.normalize("NFKC", text))
    words = [word.lower() for word in found]
    # What is left of "l'accord" or "Banda's" is of any language.
    english = {word for word in words if word in stopwords() and len(word) > 1}
    scripts = [unicodedata.name(sign, _LATIN).split()[0] for word in words for sign in word]
    foreign = [script for script in scripts if script != _LATIN]
    # One alone is a sign: "5 µ".
    if len(foreign) > max(len(scripts) / 2, 1) and not english:
        script = max(sorted(set(foreign)), key=foreign.count)
        return f"{_SCRIPTS.get(script, script.capitalize())} letters"
    # A capital within the text is a name's: "Que Son", "Noon EST".
    small = [word for at, word in enumerate(words) if not at or found[at].islower()]
    scores: dict[str, int] = {}
    for language, (telling, particles) in _KNOWN.items():
        if english - telling - particles:
            continue
        told = sum(word in telling for word in small)
        beside = sum(word in particles and word not in stopwords() for word in small)
        known = sum(word in telling or word in particles or not word.isascii() for word in small)
        # The less tells of a language, the more of the text must be its words: a title of that language may
        # stand in a longer question of English names.
        if told and told + beside > 1 and known * (told + 1) >= len(words):
            # What only particles share counts less than what tells.
            scores[language] = 2 * told + beside
    return max(scores, key=scores.__getitem__) if scores else None
