"""Files that must not be in a repository: of sixty kinds planted at least 95 in a hundred are found, and what only looks like them is left alone."""

import pytest

import planted
from prodready.checks.secrets.plain import passwords, plain
from prodready.checks.secrets.sensitive import holds, sensitive
from prodready.model import Severity
from prodready.world.repo import open_repo
from programs import repository


def ours(root):
    """What our own rules find, without any scanner."""
    repo = open_repo(root)
    return {finding.path for finding in (*plain(repo), *sensitive(repo)) if finding.severity >= Severity.MEDIUM}


def test_planted_files_of_sixty_kinds_are_found_by_our_own_rules_alone(tmp_path):
    files = planted.files()
    found = ours(repository(tmp_path / "planted", files))
    assert len(files) >= 60
    assert len(found) >= 0.95 * len(files), sorted(set(files) - found)


def test_what_only_looks_like_one_is_left_alone(tmp_path):
    assert set() == ours(repository(tmp_path / "clean", planted.CLEAN))


def weight(line, path="settings.yml", **more):
    return [finding.severity for finding in passwords(line, path, **more)]


@pytest.mark.parametrize(
    "line",
    [
        "password: hunter2!", "DB_PASSWORD=hunter2!", "export DB_PASS='hunter2!'", '"password": "hunter2!"', "<password>hunter2!</password>",
        'key="Password" value="hunter2!"', '"Server=a;Password=hunter2!;"', "url: redis://:x@a\nurl: amqp://desk:hunter2!@mq.desk.io", "password => 'hunter2!'",
    ],
)  # fmt: skip
def test_a_password_in_plain_words_counts(line):
    assert [Severity.MEDIUM] == weight(line)


@pytest.mark.parametrize(
    "line",
    [
        "password:", "password: null", "password: ${DB_PASSWORD}", "password: {{ vault.db }}", "password: <your-password>", "password: changeme",
        "password: /run/secrets/db", "password: !vault |", "password: os.environ['X']", "# password: hunter2!", "password: Enter your password",
        "password_file: hunter2!", "forgot password: yes", "hasPassword: true", "pbkdf2-password: ^1.2.1", "password = password", "passwords: [a, b]",
    ],
)  # fmt: skip
def test_a_reference_a_template_or_a_question_is_none(line):
    assert [] == weight(line)


@pytest.mark.parametrize("line", ["password: postgres", "url: postgresql://desk:hunter2!@localhost/db", "url: https://a:hunter2!@example.org/"])
def test_the_password_of_nobody_weighs_little(line):
    assert [Severity.LOW] == weight(line)


def test_in_dotfiles_a_blank_stands_between_name_and_value():
    assert ([], [Severity.MEDIUM]) == (weight("password hunter2!"), weight("password hunter2!", spoken=True))


def test_a_long_hostile_line_takes_no_time():
    assert [] == weight("pass" + "-password." * 40_000)


@pytest.mark.parametrize(("path", "told"), [("a/.vault-token", True), ("a/.env.vault", False), ("application_default_credentials.json", True), (".env", True)])
def test_a_word_of_the_pattern_itself_makes_no_template(path, told):
    assert told is bool(holds(path))
