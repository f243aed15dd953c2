"""What programs that are not ours read from the formats in a folder, as JSON. Runs in the environment of ``readers.lock``."""

import base64
import json
import sys
from pathlib import Path

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from google.protobuf.json_format import ParseDict
from in_toto_attestation.predicates.test_result.v0 import test_result_pb2
from in_toto_attestation.v1.statement import Statement
from junitparser import JUnitXml
from sarif import loader
from securesystemslib.dsse import Envelope
from securesystemslib.signer import SSlibKey
from trestle.oscal.assessment_results import Model


def sarif(path):
    log = loader.load_sarif_file(str(path))
    return {"tools": log.get_distinct_tool_names(), "count": log.get_result_count()}


def junit(path):
    suites = JUnitXml.fromfile(str(path))
    results = [type(result).__name__ for suite in suites for case in suite for result in (case.result or [None])]
    return {"tests": sum(suite.tests for suite in suites), "kinds": {name: results.count(name) for name in sorted(set(results))}}


def oscal(path):
    found = Model.model_validate_json(path.read_text("utf-8")).assessment_results
    (result,) = found.results
    states = [finding.target.status.state.value for finding in result.findings or ()]
    return {"title": found.metadata.title, "observations": len(result.observations), "states": {state: states.count(state) for state in sorted(set(states))}}


def intoto(path):
    data = json.loads(path.read_text("utf-8"))
    return _statement(data)


def _statement(data):
    predicate = test_result_pb2.TestResult()
    ParseDict({**data["predicate"], "configuration": []}, predicate)
    statement = Statement(subjects=[], predicate_type=data["predicateType"], predicate=data["predicate"])
    ParseDict(data, statement.pb)
    statement.validate()
    return {"result": predicate.result, "passed": len(predicate.passed_tests), "failed": len(predicate.failed_tests), "subjects": len(statement.pb.subject)}


def cyclonedx(path):
    return {"error": str(JsonStrictValidator(SchemaVersion.V1_6).validate_str(path.read_text("utf-8")))}


def dsse(path):
    """The envelope, verified with the key beside it."""
    data = json.loads(path.read_text("utf-8"))
    envelope = Envelope.from_dict(json.loads(path.read_text("utf-8")))
    public = (path.parent / "key.pub.pem").read_text("utf-8")
    key = SSlibKey(data["signatures"][0]["keyid"], "ed25519", "ed25519", {"public": _raw(public)})
    signers = envelope.verify([key], 1)
    return {"signers": len(signers), **_statement(json.loads(base64.b64decode(data["payload"])))}


def _raw(pem):
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

    return load_pem_public_key(pem.encode()).public_bytes(Encoding.Raw, PublicFormat.Raw).hex()


READERS = {
    "report.sarif": sarif, "report.junit.xml": junit, "report.oscal.json": oscal, "report.intoto.json": intoto, "report.cdx.json": cyclonedx,
    "statement.dsse.json": dsse,
}  # fmt: skip

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    print(json.dumps({name: reader(folder / name) for name, reader in READERS.items() if (folder / name).is_file()}))
