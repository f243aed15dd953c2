"""Mixed content of real pages: read over HTTP, and opened in a real browser."""

from __future__ import annotations

import functools
import shutil
import ssl
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodready.checks.mixed_content import chromium, page
from prodready.model import Found, Status
from tls import worlds
from tls.servers import Authority

EVERY = """<!doctype html><title>every kind</title>
<script src="http://cdn.test/x.js"></script><link rel=stylesheet href="http://cdn.test/x.css">
<img src="http://cdn.test/x.png"><img srcset="http://cdn.test/y.png 1x"><iframe src="http://frame.test/"></iframe>
<object data="http://cdn.test/x.swf"></object><form action="http://form.test/login"><button>x</button></form>
<script>fetch("http://api.test/").catch(() => 0); try { new WebSocket("ws://api.test/") } catch (error) { }; new Image().src = "http://cdn.test/z.png"</script>
"""


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture
def site(tmp_path):
    """Serves a folder, with TLS when a pair is given; gives its address."""
    servers = []

    def start(files, pair=None, name="localhost"):
        folder = tmp_path / f"site{len(servers)}"
        for path, text in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text)
        server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
        server.handle_error = lambda *args: None
        if pair:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(pair.chain, pair.key_file)
            server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        servers.append(server)
        return f"http{'s' if pair else ''}://{name}:{server.server_port}/"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def seen(**params):
    return worlds.seen("mixed_content", **params)


def rules(outcome):
    assert isinstance(outcome.observation, Found), outcome
    return sorted(finding.rule for finding in outcome.observation.findings)


def test_links_of_the_same_origin_are_followed_as_deep_as_asked(site):
    url = site({
        "index.html": '<a href="one.html">1</a> <a href="http://elsewhere.test/">x</a> <link rel=stylesheet href="/style.css">',
        "one.html": '<a href="/two.html">2</a> <img src="http://cdn.test/x.png">',
        "two.html": '<script src="http://cdn.test/x.js"></script>',
        "style.css": "body { background: url(/bg.png) }",
    })  # fmt: skip
    assert ["mixed-upgraded"] == rules(seen(url=url))
    assert ["mixed-blocked", "mixed-upgraded"] == rules(seen(url=url, depth=2))
    assert [] == rules(seen(url=url, most=1))


def test_a_sitemap_names_the_pages(site, tmp_path):
    files = {"a.html": '<script src="http://cdn.test/x.js"></script>', "index.html": "nothing"}
    url = site(files)
    listed = f"<urlset><url><loc>{url}a.html</loc></url></urlset>"
    (tmp_path / "site0" / "map.xml").write_text(listed)
    assert ["mixed-blocked"] == rules(seen(url=url, sitemap="/map.xml"))
    of_another = site({**files, "map.xml": listed})
    assert Status.UNKNOWN is seen(url=of_another, sitemap="/map.xml").status
    assert Status.UNKNOWN is seen(url=url, sitemap="/nothing.xml").status


def test_a_page_that_is_gone_leaves_the_item_open(site):
    outcome = seen(url=site({"index.html": '<a href="gone.html">1</a>'}))
    assert (Status.UNKNOWN, True) == (outcome.status, "gone.html answered HTTP 404" in outcome.summary)


@pytest.mark.integration
def test_a_browser_names_every_kind_and_the_upgrades_that_failed(site, tmp_path_factory):
    if not any(map(shutil.which, chromium.PROGRAMS)):
        pytest.skip("there is no Chromium here")
    authority = Authority(tmp_path_factory.mktemp("authority"))
    pair = authority.leaf("localhost")
    url = site({"index.html": EVERY}, pair)
    folder = tmp_path_factory.mktemp("service")
    shutil.copy(authority.ca_file, folder / "ca.pem")
    outcome = seen(service=folder, url={"url": url, "ca_file": "ca.pem"}, browser="chromium", ignore_certificate=True)
    found = [finding for finding in outcome.observation.findings if finding.rule.startswith("browser-")]
    said = "\n".join(finding.message for finding in found)
    assert Status.FAILED is outcome.status
    for words in ("Script http://cdn.test/x.js was blocked", "Stylesheet http://cdn.test/x.css was blocked", "http://frame.test/ was blocked",
                  "http://api.test/ was blocked", "ws://api.test/ was blocked", "http://cdn.test/x.png was upgraded", "http://cdn.test/z.png was upgraded",
                  "http://form.test/login was warned", "https://cdn.test/x.png was asked for in the place of http:, and did not come"):  # fmt: skip
        assert words in said, said


@pytest.mark.integration
def test_a_clean_site_passes_in_a_browser(site, tmp_path_factory):
    if not any(map(shutil.which, chromium.PROGRAMS)):
        pytest.skip("there is no Chromium here")
    authority = Authority(tmp_path_factory.mktemp("authority"))
    folder = tmp_path_factory.mktemp("service")
    shutil.copy(authority.ca_file, folder / "ca.pem")
    url = site({"index.html": "<!doctype html><link rel=icon href='data:,'><img src=x.svg>", "x.svg": "<svg/>"}, authority.leaf("localhost"))
    outcome = seen(service=folder, url={"url": url, "ca_file": "ca.pem"}, browser="chromium", ignore_certificate=True)
    assert (Status.PASSED, []) == (outcome.status, rules(outcome)), outcome
    untrusted = seen(service=folder, url={"url": url, "ca_file": "ca.pem"}, browser="chromium")
    assert (Status.UNKNOWN, True) == (untrusted.status, "ERR_CERT_AUTHORITY_INVALID" in untrusted.summary), untrusted


def test_without_a_browser_that_level_is_unknown(site, monkeypatch, tmp_path_factory):
    monkeypatch.setattr(chromium, "PROGRAMS", ())
    authority = Authority(tmp_path_factory.mktemp("authority"))
    folder = tmp_path_factory.mktemp("service")
    shutil.copy(authority.ca_file, folder / "ca.pem")
    url = site({"index.html": "clean"}, authority.leaf("localhost"))
    outcome = seen(service=folder, url={"url": url, "ca_file": "ca.pem"}, browser="chromium")
    assert (Status.UNKNOWN, True) == (outcome.status, "there is no Chromium on this machine" in outcome.summary)


@given(st.text(alphabet="<>/=\"'ahimgscrpthttp:. \n-!&;", max_size=300))
def test_no_page_breaks_the_reader(text):
    found = page.read(text, "https://site.invalid/")
    assert all(page.insecure(reference.url) for reference in found.references)
    assert all(page.insecure(reference.url) for reference in page.sheet(text, "https://site.invalid/"))
