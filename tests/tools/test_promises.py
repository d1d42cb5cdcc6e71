"""Sentences in which somebody commits to do something, measured on labelled words."""

from pathlib import Path

import pytest

from withallo_sandbox import Sandbox
from withallo_tools.promises import promises_in


def test_promises_are_found_in_sentences_people_say() -> None:
    """Precision at least 95 %, recall at least 90 %, on sentences written by hand in both languages."""
    lines = (Path(__file__).parent / "promises.txt").read_text(encoding="utf-8").splitlines()
    labelled = [(line[0] == "+", line[2:]) for line in lines if not line.startswith("#")]
    found = [(wanted, bool(promises_in(sentence))) for wanted, sentence in labelled]
    true = sum(wanted and got for wanted, got in found)
    assert len(found) > 150
    assert true / sum(got for _, got in found) >= 0.95
    assert true / sum(wanted for wanted, _ in found) >= 0.90


@pytest.mark.parametrize(
    ("said", "promise"),
    [
        ("I'll call you at 5 p.m. tomorrow. Does that suit you?", "I'll call you at 5 p.m. tomorrow."),
        ("I'll send the quote tomorrow, Mr. Smith. Anything else?", "I'll send the quote tomorrow, Mr. Smith."),
        ("Je vous envoie le devis, M. Dupont. Autre chose ?", "Je vous envoie le devis, M. Dupont."),
        ("Well. " * 90 + "Ask for Dr. No. I'll call you back.", "I'll call you back."),
    ],
)
def test_the_dot_of_an_abbreviation_ends_no_sentence(said: str, promise: str) -> None:
    assert promises_in(said) == [promise]


@pytest.mark.parametrize(
    "said",
    [
        "Je vous envoie pas le devis.",
        "Je vous l'enverrai pas.",
        "Je vous enverrai rien du tout.",
        "Je m'en occupe pas.",
        "On vous livre toujours pas mardi.",
        "Vous aurez pas le contrat avant vendredi.",
        "Le technicien passera pas demain.",
        "Je vous promets rien.",
        "Si vous voulez, je vous envoie le devis.",
        "Je vous envoie le devis si vous voulez.",
        "Oui, si vous préférez, je vous livre mardi.",
        "Je vous rappelle demain si ça vous arrange.",
        "S'il reste de la place, on vous livre mardi.",
        "If you want, I'll send you the quote.",
        "I'll send you the quote if you like.",
        "Unless it rains, we'll deliver on Tuesday.",
    ],
)
def test_a_negation_without_ne_and_an_offer_under_a_condition_are_no_promises(said: str) -> None:
    assert promises_in(said) == []


@pytest.mark.parametrize(
    "said",
    [
        "Pas de souci, je vous envoie le devis demain.",
        "Je sais pas, mais je vous rappelle demain matin.",
        "Je vous rappelle pas plus tard que demain.",
        "Si si, je vous l'envoie ce soir.",
        "S'il vous plaît, un mot, je vous rappelle demain.",
        "Je regarde si c'est possible et je vous rappelle demain.",
        "I'll call you tomorrow to see if you want the bigger one.",
        "If not, I'll call you tomorrow.",
        "I'll send you the quote tomorrow, and if you like we can talk on Friday.",
        "Je vous envoie le devis demain, et si vous voulez on en parle vendredi.",
        "I'll send you the form tonight and you can call me if you need anything.",
    ],
)
def test_a_promise_beside_a_negation_or_a_condition_is_one(said: str) -> None:
    assert promises_in(said) == [said]


def test_a_long_sentence_is_kept_whole() -> None:
    said = f"Je vous fais un devis pour {'la table en chêne et ' * 30}une remise de 4512 euros."
    assert promises_in(said) == [said]


@pytest.mark.parametrize("seed", [2026, 3])
def test_promises_are_found_in_the_calls_of_the_embedded_account(seed: int) -> None:
    """Precision and recall at least 95 % against the account's own labels."""
    sandbox = Sandbox(seed=seed, calls=150)
    labels = {(key, one.source, one.sentence) for key, promises in sandbox.labels.items() for one in promises}
    found = {
        (spoken.id, turn.source, sentence)
        for spoken in sandbox.account.timeline.calls()
        for turn in spoken.speech().turns
        for sentence in promises_in(turn.text)
    }
    assert len(labels) > 20
    assert len(found & labels) / len(found) >= 0.95
    assert len(found & labels) / len(labels) >= 0.95


@pytest.mark.parametrize("words", ["my " * 5000, "I'll x and " * 2000, "je la le l'" * 2000, "someone " + "b " * 9000])
@pytest.mark.timeout(30)
def test_endless_words_are_searched_in_no_more_than_linear_time(words: str) -> None:
    promises_in(words * 20)
