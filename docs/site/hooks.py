"""mkdocs hooks: pages that are written from the code while the site is built, so that none of them can be old."""

import importlib.util
import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

HERE = Path(__file__).parent


def _load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"withallo_docs_{name}", HERE / f"{name}.py")
    if spec is None or spec.loader is None:
        raise ImportError(name)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """List the pages that other rooms write, as far as they are there."""
    pages = {"Webhooks, end to end": "webhooks.md", "Security model": "SECURITY-MODEL.md"}
    written = [{title: page} for title, page in pages.items() if (HERE.parent / page).exists()]
    config.nav = [*(config.nav or []), *written]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the generated pages."""
    for path, text in _load("tool_pages").pages(_load("examples").EXAMPLES).items():
        files.append(File.generated(config, path, content=text))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Put generated parts where a page asks for them: `<!-- generated: client tabs -->`."""
    writers: dict[str, Callable[[], str]] = {
        "client tabs": lambda: str(_load("reference_pages").client_tabs()),
        "coverage": lambda: str(_load("coverage").table()),
        "install links": lambda: (HERE.parent / "includes" / "install-links.md").read_text(encoding="utf-8"),
        "settings": lambda: str(_load("reference_pages").settings_table()),
    }
    return re.sub(r"<!-- generated: ([a-z ]+) -->", lambda match: writers[match[1]](), markdown)
