"""Asks every question and prints success, calls and tokens: python -m tests.evals [--command '...'] [--only 1,2].

The command is any MCP-capable model's: `{question}` becomes the question and `{config}` the path of a file with
`mcpServers`, for example

    claude -p {question} --mcp-config {config} --strict-mcp-config --allowedTools mcp__allo

Without a command the tool calls written beside each question are carried out instead, which shows that the tools alone
bring up every fact. Sending needs no human here (ALLO_CONSENT=allow): each question has an account of its own.
"""

import argparse
import json
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table
from tests.evals.questions import QUESTIONS
from tests.evals.running import Outcome, run


def main() -> int:
    """Run the questions; the exit status says whether all were answered."""
    words = argparse.ArgumentParser(prog="python -m tests.evals")
    words.add_argument("--command", help="command line of a model, with {question} and {config} in it")
    words.add_argument("--only", help="numbers of questions, separated by commas")
    words.add_argument("--out", type=Path, help="file for answers and figures, JSON")
    chosen = words.parse_args()
    wanted = [int(place) for place in chosen.only.split(",")] if chosen.only else range(1, len(QUESTIONS) + 1)
    outcomes = []
    for place in wanted:
        outcomes.append(run(QUESTIONS[place - 1], chosen.command))
        Console(stderr=True).print(f"{place}. {outcomes[-1].question.ask}", "ok" if outcomes[-1].right else "wrong")
    show(outcomes, chosen.command or "the plans beside the questions")
    if chosen.out:
        chosen.out.write_text(json.dumps([_row(outcome) for outcome in outcomes], indent=2, ensure_ascii=False))
    return 0 if all(outcome.right for outcome in outcomes) else 1


def show(outcomes: list[Outcome], who: str) -> None:
    """Print a table of what came of each question."""
    table = Table(title=f"Questions answered by {who}")
    for column in ("question", "right", "calls", "tokens", "seconds", "missing"):
        table.add_column(column)
    for one in outcomes:
        table.add_row(
            one.question.ask,
            "yes" if one.right else "NO",
            str(len(one.calls)),
            str(one.tokens),
            f"{one.seconds:.0f}",
            ", ".join(one.missing),
        )
    right = sum(one.right for one in outcomes)
    calls, tokens = (sum(len(one.calls) for one in outcomes), sum(one.tokens for one in outcomes))
    size = max(1, len(outcomes))
    table.add_row("all", f"{right} of {len(outcomes)}", f"{calls / size:.1f} each", f"{tokens // size} each", "", "")
    Console(width=160).print(table)


def _row(outcome: Outcome) -> dict[str, object]:
    return {
        "question": outcome.question.ask,
        "answer": outcome.answer,
        "right": outcome.right,
        "missing": outcome.missing,
        "calls": outcome.calls,
        "tokens": outcome.tokens,
        "seconds": round(outcome.seconds, 1),
    }


if __name__ == "__main__":
    sys.exit(main())
