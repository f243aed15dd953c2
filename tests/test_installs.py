"""Commands that install something: which take whatever is newest, and which say what they take."""

import pytest

from prodready.checks.installs import RULES
from prodready.checks.installs.named import unpinned

NEWEST = {
    "pip install flask": "pip install flask",
    "python -m pip install --no-cache-dir --upgrade flask gunicorn==23.0.0": "pip install flask",
    "pip install -r requirements.txt flask": "pip install flask",
    "pip install flask==3.1.0 gunicorn": "pip install gunicorn",
    "pip install --target lib 'flask>=3'": "pip install flask>=3",
    "pip install git+https://example.org/desk/flask": "pip install git+https://example.org/desk/flask",
    "cd app && uv pip install --system flask": "pip install flask",
    "uv tool install ruff": "uv tool install ruff",
    "uvx --with numpy ruff check .": "uvx ruff",
    "pipx run black .": "pipx run black",
    "npm install --save-dev jest": "npm install jest",
    "sudo npm i -g yarn": "npm i yarn",
    "npm install @desk/ui@latest": "npm install @desk/ui@latest",
    "npx --yes cowsay": "npx --yes cowsay",
    "yarn add left-pad": "yarn add left-pad",
    "pnpm add left-pad@^1.3.0": "pnpm add left-pad@^1.3.0",
    "gem install rails": "gem install rails",
    "conda install -c conda-forge numpy": "conda install numpy",
}
PINNED = (
    "pip install -r requirements.txt", "pip install --require-hashes -r requirements.txt", "pip install -e .", "pip install '.[dev]'",
    "pip install ./dist/desk.whl",
    "pip install flask==3.1.0", "pip install git+https://example.org/desk/flask@0123456789abcdef0123456789abcdef01234567", "pip install $PACKAGES",
    "pip install -c constraints.txt -r requirements.txt", "uv tool install ruff==0.9.1", "uvx ruff@0.9.1 check flask", "pipx install black==24.1.0", "npm ci",
    "npm install -g yarn@1.22.22", "npm install @desk/ui@2.0.1", "npm install ./ui", "npx cowsay", "yarn add left-pad@1.3.0", "gem install rails -v 8.0.1",
    "conda install numpy=2.1.0", "echo pip install flask", "- name: pip install flask", "pip install 'flask==3.1.0' # and not flask",
)  # fmt: skip


@pytest.mark.parametrize("line", NEWEST)
def test_a_name_without_a_version_is_whatever_is_newest(line):
    assert [NEWEST[line]] == [words for words, _ in unpinned(line)]


@pytest.mark.parametrize("line", PINNED)
def test_a_version_a_lock_a_commit_or_a_path_says_what_is_installed(line):
    assert [] == list(unpinned(line))


PIPED = (
    "curl -sSf https://example.org/i | sh", "curl https://example.org/i | sudo -E bash -", "wget -O- https://example.org/i | tee i | bash -s -- -y",
    "curl https://example.org/i.py | python3 -", "bash <(curl -s https://example.org/i)", 'sh -c "$(curl -fsSL https://example.org/i)"',
    "source <(curl -s https://example.org/i)", 'eval "$(wget -qO- https://example.org/i)"',
)  # fmt: skip
NOT_PIPED = (
    "curl -fsSLO https://example.org/i.sh", "curl https://example.org/i.json | python3 -c 'import json'", "curl https://example.org/i.json | jq .name",
    "curl https://example.org/i.json | python3 -m json.tool", 'VERSION="$(curl -s https://example.org/version)"',
)  # fmt: skip


@pytest.mark.parametrize(("line", "found"), [*((line, True) for line in PIPED), *((line, False) for line in NOT_PIPED)])
def test_what_a_server_sends_is_run_however_it_is_written(line, found):
    (rule,) = (rule for rule in RULES if rule.id == "piped-into-a-shell")
    assert found == bool(rule.pattern.search(line))
