"""Printed reports: set by typst, read back by poppler; pages counted, text extractable, Hebrew readable, nothing foreign acts."""

import base64
import hashlib
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from msgspec.structs import replace

from prodready.check import CannotTell
from prodready.errors import ProdreadyError
from prodready.report import pdf
from prodready.report.pdf import company as companies
from prodready.report.pdf import soc2
from prodready.world.process import Processes
from reports import HEBREW, large, ready, sample

CACHE = Path(os.environ.get("PRODREADY_CACHE") or Path.home() / ".cache" / "prodready")
COMPANY = """\
organisation: Acme Trading
period: 2026-01-01 to 2026-06-30
people:
  - {name: Dana Levi, role: CEO}
  - {name: "דנה לוי", role: CTO, reports_to: Dana Levi}
  - {name: Sam Roe, role: Risk Officer, reports_to: Dana Levi}
risks:
  - {risk: A leaked broker key, likelihood: 2, impact: 5, owner: Sam Roe, treatment: rotated every 30 days by a drill}
  - {risk: "#import \\"x\\" [a] $x$", likelihood: 5, impact: 5, owner: x, treatment: x}
change_management: ["Every change is a pull request; two people approve; the gate decides."]
retention:
  - {what: Loki logs, kept: 30 days, where: loki.yml}
controls:
  - {id: CC6.1, title: Secrets are kept secret, items: [secrets.history]}
  - {id: CC7.2, title: Somebody watches, items: [none.such]}
  - {id: CC8.1, title: Changes are tested, items: [docs.recovery]}
pages:
  - {title: MLflow run of the release model, address: "https://mlflow.acme.example/runs/7"}
"""
pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def printer():
    if not shutil.which("pdftotext"):
        pytest.skip("poppler is not installed, and a PDF must be read back by a program that is not ours")
    processes = Processes(cache=CACHE)
    yield processes
    processes.kill_all()


def printed(document, printer, folder):
    """Pages and text, as poppler sees them, and as the typesetter counted."""
    target = folder / "report.pdf"
    try:
        pages = pdf.printed(document, printer, target)
    except CannotTell as unable:
        pytest.skip(f"typst cannot be had: {unable.reason}")
    info = subprocess.run(["pdfinfo", target], capture_output=True, text=True, check=True).stdout
    text = subprocess.run(["pdftotext", "-layout", target, "-"], capture_output=True, text=True, check=True).stdout
    assert pages == int(re.search(r"Pages:\s+(\d+)", info)[1])
    return pages, text


def flat(text):
    return re.sub(r"[\u202a-\u202e\u2066-\u2069]", "", " ".join(text.split()))


def test_the_release_report_says_what_every_other_format_says(printer, tmp_path):
    pages, text = printed(pdf.release(sample()), printer, tmp_path)
    words = flat(text)
    wanted = ["Not ready to merge: 3 items block", "No secret is in the files", "Dana Levi", "docs.licence switched off", "offline: no advisory service"]
    assert ([], True) == ([word for word in wanted if word not in words], pages <= 4)


def test_hebrew_is_readable(printer, tmp_path):
    _, text = printed(pdf.release(sample()), printer, tmp_path)
    words = flat(text)
    assert [] == [word for word in HEBREW.split() if word not in words]


def test_what_looks_like_markup_is_printed_as_it_stands(printer, tmp_path):
    _, text = printed(soc2.bundle(sample(), company(tmp_path), most=100), printer, tmp_path)
    assert '#import "x" [a] $x$' in flat(text)


def test_a_large_report_is_printed_whole_enough(printer, tmp_path):
    pages, text = printed(pdf.release(large()), printer, tmp_path)
    assert ("Rule 9 of the house holds" in flat(text), pages < 40) == (True, True)


def company(folder, text=COMPANY):
    (folder / "soc2.yml").write_text(text, "utf-8")
    return companies.read(folder / "soc2.yml")


def test_the_soc2_bundle_has_fewer_than_25_pages_even_of_a_large_report(printer, tmp_path):
    for report in (sample(), large(5_000, 200)):
        pages, text = printed(soc2.bundle(report, company(tmp_path), most=120), printer, tmp_path)
        words = flat(text)
        wanted = ["Organisation", "Risk matrix", "Change management", "Who signed what", "Retention", "Loki logs", "MLflow run", "Controls", "CC6.1", "לוי"]
        assert ([], True) == ([word for word in wanted if word not in words], pages < 25)


def test_a_control_is_as_good_as_the_worst_of_what_backs_it_and_nothing_backs_nothing(tmp_path):
    (controls,) = [section for section in soc2.bundle(sample(), company(tmp_path), most=10).sections if section.title == "Controls"]
    assert [("CC6.1", "failed"), ("CC7.2", "unknown"), ("CC8.1", "passed")] == [(row.cells[1], row.cells[0]) for row in controls.rows]


def test_a_mistake_in_the_companys_file_is_named(tmp_path):
    with pytest.raises(ProdreadyError, match="organisaton"):
        company(tmp_path, COMPANY.replace("organisation", "organisaton"))


def test_a_circle_in_the_chart_ends(tmp_path):
    circle = COMPANY.replace("{name: Dana Levi, role: CEO}", "{name: Dana Levi, role: CEO, reports_to: Sam Roe}")
    (chart,) = [section for section in soc2.bundle(sample(), company(tmp_path, circle), most=10).sections if section.title == "Organisation"]
    assert [("Dana Levi", "Sam Roe"), ("→ דנה לוי", "Dana Levi"), ("→ Sam Roe", "Dana Levi")] == [(row.cells[0], row.cells[2]) for row in chart.rows]


def test_a_risk_stands_in_the_matrix_by_its_number(tmp_path):
    (matrix,) = [section for section in soc2.bundle(sample(), company(tmp_path), most=10).sections if section.title == "Risk matrix"]
    placed = {cell.cells[0]: (row[0].cells[0], at) for row in matrix.grid[1:] for at, cell in enumerate(row) if at and cell.cells[0]}
    assert {"1": ("5 almost certain", 5), "2": ("2", 5)} == placed


def test_a_screenshot_is_printed_with_its_hash(printer, tmp_path):
    pixel = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==")
    (tmp_path / "mlflow.png").write_bytes(pixel)
    known = company(tmp_path, COMPANY + "  - {title: Run 7 as it stood, file: mlflow.png}\n")
    kept = companies.pictures(known, tmp_path)
    document = soc2.bundle(sample(), known, most=20, kept=kept)
    target = tmp_path / "soc2.pdf"
    pdf.printed(document, printer, target, kept)
    listed = subprocess.run(["pdfimages", "-list", target], capture_output=True, text=True, check=True).stdout
    text = flat(subprocess.run(["pdftotext", "-layout", target, "-"], capture_output=True, text=True, check=True).stdout)
    assert (True, True) == (" 1     1 " in listed, "Run 7 as it stood" in text)
    assert hashlib.sha256(pixel).hexdigest() in {cell for section in document.sections for row in section.rows for cell in row.cells}


MAGIC = b"\x89PNG\r\n\x1a\n"


@pytest.mark.parametrize(("name", "content"), [("../out.png", MAGIC), ("gone.png", None), ("page.png", b"<svg/>"), ("big.png", MAGIC * 2**20)])
def test_what_is_no_picture_of_ours_is_not_printed(tmp_path, name, content):
    folder = tmp_path / "soc2"
    folder.mkdir()
    if content is not None:
        (folder / name).write_bytes(content)
    known = company(folder, COMPANY + f"  - {{title: x, file: {name}}}\n")
    with pytest.raises(ProdreadyError, match="pages: "):
        companies.pictures(known, folder)


def test_sign_offs_are_printed_with_who_gave_them_and_what_is_missing(printer, tmp_path):
    for document in (pdf.release(sample()), soc2.bundle(sample(), company(tmp_path), most=20)):
        _, text = printed(document, printer, tmp_path)
        assert ("noa-levi, review, for 3f2a91c00000" in flat(text), "nobody of acme/cto has signed this commit" in flat(text)) == (True, True)


def test_a_tls_report_without_an_item_says_that_it_proves_nothing():
    (section,) = pdf.tls(ready()).sections
    assert "proves nothing" in section.paragraphs[0]


def test_a_tls_report_holds_the_items_about_tls():
    report = ready()
    item = replace(report.outcomes[0].item, check="tls_grade", title="The grade is A")
    document = pdf.tls(replace(report, outcomes=(replace(report.outcomes[0], item=item),)))
    assert ("1 of 1 item about TLS passed", "The grade is A (docs.readme)") == (document.title, document.sections[0].rows[0].cells[1])
