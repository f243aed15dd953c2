"""Markdown that looks like a checklist gone wrong, and GitHub's own word on which boxes it shows."""

import random
import re

from cmarkgfm import cmark
from hypothesis import strategies as st

PARTS = (
    "- [ ] a", "- [x] b", "* [X] c", "+ [ ] d", "1. [ ] e", "12) [x] f", "-   [ ] wide", "- [ ]", "- [ ] ", "- [x]g", "- [\t] tab", "- [] none", "[ ] bare",
    "  - [ ] in", "    - [x] deeper", "      - [ ] deepest", "\t- [x] tabbed", "> - [ ] quoted", "> > * [x] twice", "- - [ ] double", "- 1. [x] mixed",
    "# Heading", "## 1.1 Two", "Under\n---", "**Score:** ____/7 (100% required)", "text", "  continued", "", "", "```", "~~~", "    code",
    "<div>", "</div>", "<!-- - [ ] -->", '<input type="checkbox" checked>', "<li><input type=checkbox>",
    "| [ ] | a |", "|---|---|", "| - [x] b | ☑ |", "***", "---",
    "- [ ] **bold** `code` [link](http://x)", "- [ ] two\\\n  lines", "- \\[ ] escaped", "- [ ]\u00a0nbsp", "- [ ] עברית 🚀", "\u200f- [ ] rtl",
    "[^1]: - [ ] note", "[x]: /url", "- text\n\n  - [ ] after a gap", "- [ ] a\n  - [x] b\n- [ ] c", "1. one\n   1. [ ] two", "-\n  [ ] next line",
    "- [x] ~~gone~~", "\0", "&#91; ] - [ ]", "- &#91;x] no",
)  # fmt: skip
SIGNS = "-*+ []xX#>|1.)\t\nab`<"
ENDS = ("\n", "\r\n", "\r")
LINES = st.lists(st.sampled_from(PARTS) | st.text(alphabet=SIGNS, max_size=12), max_size=12)
TEXTS = st.builds(lambda lines, end, mark: mark + end.join(lines), LINES, st.sampled_from(ENDS), st.sampled_from(("", "\ufeff")))


def tidy(items) -> str:
    """A list nested by four spaces, each item at most one level below the one before."""
    lines, deepest = [], 0
    for depth, marker, state, words in items:
        level = min(depth, deepest)
        deepest = level + 1
        lines.append(f"{'    ' * level}{marker} {'' if state is None else f'[{state}] '}{words}\n")
    return "".join(lines)


ITEM = st.tuples(st.integers(0, 2), st.sampled_from(("-", "*", "1.")), st.sampled_from((None, " ", "x", "X")), st.sampled_from(("a **b**", "`c`", "עברית 🚀")))
TIDY = st.lists(st.lists(ITEM, min_size=1, max_size=6), max_size=4).map(lambda lists: "\n# Next\n\n".join(map(tidy, lists)))
"""Lists as people write them. In wild ones the parser lets a later line that looks like a box decide on the state of an earlier one."""


def shown(text: str) -> list[bool]:
    """The boxes that GitHub's parser shows, ticked or not, in their order."""
    html = cmark.github_flavored_markdown_to_html(text.removeprefix("\ufeff").replace("\0", "\ufffd"))
    return ["checked" in box for box in re.findall(r'<input type="checkbox"([^>]*)>', html)]


def random_text(dice: random.Random) -> str:
    """The same by plain chance, for long runs."""
    parts = (dice.choice(PARTS) if dice.random() < 0.7 else "".join(dice.choices(SIGNS, k=dice.randrange(12))) for _ in range(dice.randrange(12)))
    return dice.choice(("", "", "", "\ufeff")) + dice.choice(ENDS).join(parts)
