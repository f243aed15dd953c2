"""A real PostgreSQL is lost and restored, fails over, and its backups come back: what is lost the client's own log tells."""

import json
import os
import re
import shutil
import subprocess

import pytest

import clusters
import supervised
from drilled import drilled
from prodready.errors import Exit
from programs import PROGRAM

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def whole():
    """A server, its archive and its base backup, as they are before anything is lost."""
    made = clusters.archived()
    yield made
    made.stop()


@pytest.fixture
def database(whole):
    yield whole
    revive(whole)


def revive(made):
    """The same one again, whatever a drill has left of it."""
    made.die()
    (made.folder / "restored").unlink(missing_ok=True)
    for name in ("data", "archive"):
        shutil.rmtree(made.folder / name, ignore_errors=name == "data")
    supervised.as_user(clusters.USER, "mkdir", str(made.folder / "archive"))
    supervised.as_user(clusters.USER, "cp", "-a", str(made.folder / "base"), str(made.data))
    made.start()


def asked(made, program, *words, **more):
    """A step that runs a program of PostgreSQL on that server."""
    return {"run": [supervised.find(program), "-h", "127.0.0.1", "-p", str(made.port), "-U", "postgres", *words], "timeout": 60, **more}


def runbook(made):
    destroy = made.script("destroy.sh", made.kill(), f"rm -rf {made.data}")
    lines = [
        f"{clusters.as_user()} cp -a {made.folder}/base {made.data}",
        f"echo \"restore_command = 'cp {made.folder}/archive/%f %p'\" >> {made.data}/postgresql.auto.conf",
        f"{clusters.as_user()} touch {made.data}/recovery.signal",
        made.start_words,
        f"touch {made.folder}/restored",
    ]
    return {"destroy": [{"run": [destroy], "timeout": 30}], "restore": [{"run": [made.script("restore.sh", *lines)], "timeout": 60}]}


def archives(made):
    """The disaster waits until some of the rows are in the archive: how long that takes is the machine's affair."""
    rows = f"{' '.join(asked(made, 'psql')['run'])} -Atc"
    wait = [
        f"until [ $({rows} 'select count(*) from prodready_ledger' postgres) -gt 9 ]; do sleep 0.1; done",
        f"wal=$({rows} 'select pg_walfile_name(pg_switch_wal())' postgres)",
        f"until [ -e {made.folder}/archive/$wal ]; do sleep 0.1; done",
    ]
    return {"run": [made.script("archived.sh", *wait)], "timeout": 60}


def lose(made, folder, **params):
    given = {"target": made.target, **runbook(made), "limit": 60, "rpo": 20, "load": 2, "interval": 0.2, **params}
    return drilled("restore", folder, **given)


def test_what_was_lost_is_counted_by_the_client(database, tmp_path):
    destroy = [archives(database), *runbook(database)["destroy"]]
    ended, record = lose(database, tmp_path, destroy=destroy, verify=[asked(database, "psql", "-Atc", "select 6*7", "postgres", matches="42")])
    assert Exit.READY == ended.code, ended.everything
    facts = record["facts"]
    assert 0 < record["measured"] == facts["recovery_seconds"][1] <= 60
    assert 0 <= facts["lost"] < facts["acknowledged"]
    assert facts["lost_seconds"] <= 20
    assert "" == database.sql("select tablename from pg_tables where tablename like 'prodready%'")


@pytest.mark.parametrize(("rpo", "code", "words"), [(1, Exit.NOT_READY, "did not come back"), (20, Exit.UNKNOWN, "not one of")])
def test_with_the_archiver_stopped_too_much_is_lost(database, tmp_path, rpo, code, words):
    database.sql("alter system set archive_command = '/bin/false'")
    database.sql("select pg_reload_conf()")
    ended, record = lose(database, tmp_path, rpo=rpo)
    assert (code, True) == (ended.code, words in record["summary"]), ended.everything


def test_a_disaster_that_was_none_proves_nothing(database, tmp_path):
    ended, record = lose(database, tmp_path, destroy=[{"run": ["true"]}], load=1, limit=3)
    assert (Exit.UNKNOWN, True) == (ended.code, "still answers" in record["reason"]), ended.everything


def test_what_does_not_hold_of_the_restored_one_fails(database, tmp_path):
    ended, record = lose(database, tmp_path, destroy=[archives(database), *runbook(database)["destroy"]], verify=[{"run": ["false"]}])
    assert (Exit.NOT_READY, "Infinity") == (ended.code, record.get("measured")), ended.everything
    assert "afterwards false" in record["findings"][0]["message"]


def test_a_restoration_that_does_nothing_never_gets_there(database, tmp_path):
    ended, record = lose(database, tmp_path, restore=[{"run": ["true"]}], limit=3)
    assert (Exit.NOT_READY, "Infinity") == (ended.code, record.get("measured")), ended.everything


def test_when_the_harness_is_killed_after_the_disaster_the_database_is_restored_within_ten_seconds(database, tmp_path):
    told = runbook(database)
    marker = tmp_path / "destroyed"
    told["destroy"].append({"run": ["sh", "-c", f"touch {marker}; sleep 60"], "timeout": 90})
    (tmp_path / "drill.yml").write_text(json.dumps({"drill": "restore", "params": {"target": database.target, **told, "load": 1}}))
    harness = subprocess.Popen([*PROGRAM, "drill", "drill.yml"], cwd=tmp_path, stderr=subprocess.DEVNULL, start_new_session=True)
    supervised.eventually(marker.exists, 60, "the disaster")
    harness.kill()
    harness.wait()
    supervised.eventually((database.folder / "restored").exists, 10, "restoration")
    assert supervised.answers(database.port)


@pytest.fixture
def pair():
    made = clusters.pair(synchronous_standby_names="*")
    yield made
    for one in made:
        one.stop()


def fail_over(made, folder, **params):
    primary, standby = made
    follow = [
        f"echo \"primary_conninfo = 'host=127.0.0.1 port={standby.port} user=postgres'\" >> {primary.data}/postgresql.auto.conf",
        f"{clusters.as_user()} touch {primary.data}/standby.signal",
        primary.start_words,
    ]
    promote = f"{clusters.as_user()} {supervised.find('pg_ctl')} promote -w -D {standby.data} >/dev/null"
    given = {
        "primary": primary.target, "standby": standby.target, "act": [{"run": [primary.script("die.sh", primary.kill())]}],
        "promote": [{"run": [standby.script("promote.sh", promote)], "timeout": 60}],
        "revive": [{"run": [primary.script("revive.sh", *follow)], "timeout": 60}],
        "settle": 3, "limit": 30, "load": 1, **params,
    }  # fmt: skip
    return drilled("failover", folder, **given)


def test_the_standby_takes_over_and_the_old_primary_takes_no_writes(pair, tmp_path):
    ended, record = fail_over(pair, tmp_path)
    assert Exit.READY == ended.code, ended.everything
    assert (0, True) == (record["facts"]["lost"], 0 < record["measured"] <= 30)
    assert "read-only" in str(record["journal"])


def test_two_primaries_fail(pair, tmp_path):
    """The old one comes back as what it was: nobody has fenced it."""
    primary, _ = pair
    primary.sql("alter system set synchronous_standby_names = ''")
    ended, record = fail_over(pair, tmp_path, revive=[{"run": [primary.script("unfenced.sh", primary.start_words)], "timeout": 60}])
    assert (Exit.NOT_READY, "Infinity") == (ended.code, record.get("measured")), ended.everything
    assert "two primaries" in record["findings"][0]["message"]


def test_acknowledged_rows_that_the_standby_never_got_fail(pair, tmp_path):
    primary, standby = pair
    primary.sql("alter system set synchronous_standby_names = ''")
    primary.sql("select pg_reload_conf()")
    receiver = standby.sql("select pid from pg_stat_wal_receiver")
    lines = [f"kill -STOP {receiver}", "sleep 1", primary.kill(), f"kill -9 {receiver}"]
    ended, record = fail_over(pair, tmp_path, act=[{"run": [primary.script("die-late.sh", *lines)]}])
    assert (Exit.NOT_READY, True) == (ended.code, record["facts"]["lost"] > 0), ended.everything
    assert "are not on the new primary" in record["findings"][0]["message"]


def test_a_standby_that_nobody_promotes_never_takes_over(pair, tmp_path):
    ended, record = fail_over(pair, tmp_path, promote=[], limit=3)
    assert (Exit.NOT_READY, "Infinity") == (ended.code, record.get("measured")), ended.everything


def test_a_primary_that_lives_on_proves_nothing(pair, tmp_path):
    ended, record = fail_over(pair, tmp_path, act=[{"run": ["true"]}], limit=3)
    assert (Exit.UNKNOWN, True) == (ended.code, "still takes writes" in record["reason"]), ended.everything


def test_a_standby_that_is_none_proves_nothing(pair, tmp_path):
    primary, _ = pair
    ended, record = fail_over(pair, tmp_path, standby=primary.target)
    assert (Exit.UNKNOWN, True) == (ended.code, "it is no standby" in record["reason"]), ended.everything


@pytest.fixture
def orders(whole, tmp_path):
    """A database with orders, and its backup of just now. Nothing here destroys it."""
    database = whole
    database.sql("drop table if exists orders")
    database.sql("create table orders as select n, now() - interval '1 hour' as at from generate_series(1, 500) n")
    (tmp_path / "backups").mkdir()
    dump(database, tmp_path)
    return database


def dump(made, folder):
    argv = asked(made, "pg_dump", "-Fc", "postgres")["run"]
    (folder / "backups" / "orders.dump").write_bytes(subprocess.run(argv, capture_output=True, check=True).stdout)


def come_back(made, folder, **params):
    def run(program, *words, **more):
        return asked(made, program, *words, **more)

    given = {
        "target": "orders", "files": ["backups/*.dump"], "restore": [run("createdb", "${DRILL}"), run("pg_restore", "-d", "${DRILL}", "${BACKUP}")],
        "verify": [run("psql", "-Atc", "select count(*) from orders", "${DRILL}", matches="^500$")],
        "dated": run("psql", "-Atc", "select extract(epoch from max(at)) from orders", "${DRILL}"),
        "post": [run("dropdb", "--if-exists", "${DRILL}")], **params,
    }  # fmt: skip
    return drilled("backup", folder, **given)


def test_a_backup_is_as_old_as_the_newest_of_its_data(orders, tmp_path):
    ended, record = come_back(orders, tmp_path)
    assert Exit.READY == ended.code, ended.everything
    assert 3600 <= record["measured"] <= 3600 + 600
    assert [] == re.findall(r"prodready-\w+", orders.sql("select datname from pg_database"))


def test_a_backup_of_old_data_fails_however_new_its_file_is(orders, tmp_path):
    orders.sql("update orders set at = now() - interval '3 days'")
    dump(orders, tmp_path)
    ended, record = come_back(orders, tmp_path)
    assert (Exit.NOT_READY, True) == (ended.code, record["measured"] > 3 * 86400 - 600), ended.everything


@pytest.mark.parametrize(("spoil", "words"), [
    (lambda file: file.write_bytes(file.read_bytes()[:-200]), "the act itself failed"),
    (lambda file: file.write_bytes(b""), "has 0 bytes"),
    (lambda file: file.with_name("orders.dump.sha256").write_text(f"{'0' * 64}  orders.dump\n"), "does not match its checksum"),
])  # fmt: skip
def test_a_backup_that_does_not_come_back_fails(orders, tmp_path, spoil, words):
    spoil(tmp_path / "backups" / "orders.dump")
    ended, record = come_back(orders, tmp_path)
    assert (Exit.NOT_READY, "Infinity") == (ended.code, record.get("measured")), ended.everything
    assert words in record["findings"][0]["message"]


def test_a_backup_without_the_rows_fails(orders, tmp_path):
    orders.sql("delete from orders where n > 400")
    dump(orders, tmp_path)
    ended, record = come_back(orders, tmp_path)
    assert (Exit.NOT_READY, True) == (ended.code, "afterwards" in record["findings"][0]["message"]), ended.everything


def test_looking_at_the_original_proves_nothing(orders, tmp_path):
    original = asked(orders, "psql", "-Atc", "select count(*) from orders", "postgres", matches="^500$")
    ended, record = come_back(orders, tmp_path, verify=[original])
    assert (Exit.UNKNOWN, True) == (ended.code, "held before anything was restored" in record["reason"]), ended.everything


def test_no_backup_and_one_from_the_future_are_unknown(orders, tmp_path):
    ended, record = come_back(orders, tmp_path, files=["elsewhere/*.dump"])
    assert (Exit.UNKNOWN, True) == (ended.code, "nothing matches" in record["reason"]), ended.everything
    os.utime(tmp_path / "backups" / "orders.dump", (4e9, 4e9))
    ended, record = come_back(orders, tmp_path, dated=None)
    assert (Exit.UNKNOWN, True) == (ended.code, "from the future" in record["reason"]), ended.everything
