"""Two questions that ask the same, or not: QQP.

Questions on one topic differ in what they ask (when, how, whether) or in what they ask it of.
"""

from random import Random

from .phrases import phrases

_TOPICS = phrases("duplicates")["topics"]


def qqp(r: Random, label: int) -> dict[str, str]:
    """1 is the same question in other words, 0 is another question."""
    topic = r.choice(_TOPICS)
    asked, another = r.sample(topic["questions"], 2)
    word, other_word = r.sample(topic["fillers"], 2)
    first, second = r.sample(asked, 2)
    told = second.format(word)
    if not label:
        told = r.choice((r.choice(another).format(word), second.format(other_word)))
    return {"question1": first.format(word), "question2": told}
