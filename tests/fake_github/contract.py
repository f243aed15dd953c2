"""GitHub's own description of its API, held against every request and every answer of the fake."""

import json
import re
from functools import cache
from urllib.parse import parse_qsl, unquote, urlsplit

from jsonschema import Draft202012Validator, FormatChecker

from fake_github import rules
from fake_github.packages import OPENAPI, member

PATHS = (
    "/repos/{owner}/{repo}/pulls/{pull_number}",
    "/repos/{owner}/{repo}/pulls/{pull_number}/reviews",
    "/repos/{owner}/{repo}/pulls/{pull_number}/commits",
    "/repos/{owner}/{repo}/issues/{issue_number}/comments",
    "/repos/{owner}/{repo}/issues/comments/{comment_id}",
    "/repos/{owner}/{repo}/statuses/{sha}",
    "/repos/{owner}/{repo}/git/ref/{ref}",
    "/repos/{owner}/{repo}/contents/{path}",
    "/repos/{owner}/{repo}/pulls",
    "/repos/{owner}/{repo}/actions/runs/{run_id}/artifacts",
    "/repos/{owner}/{repo}/actions/runs/{run_id}/approvals",
    "/repos/{owner}/{repo}/actions/artifacts/{artifact_id}/{archive_format}",
    "/repos/{owner}/{repo}/rules/branches/{branch}",
    "/repos/{owner}/{repo}/branches/{branch}",
    "/repos/{owner}/{repo}/actions/runs",
    "/repos/{owner}/{repo}/actions/workflows/{workflow_id}/runs",
    "/repos/{owner}/{repo}/git/matching-refs/{ref}",
    "/repos/{owner}/{repo}/git/tags/{tag_sha}",
    "/repos/{owner}/{repo}/releases",
    "/repos/{owner}/{repo}/deployments",
    "/repos/{owner}/{repo}/deployments/{deployment_id}/statuses",
    "/repos/{owner}/{repo}/environments/{environment_name}",
    "/repos/{owner}/{repo}/commits/{commit_sha}/pulls",
    *rules.PATHS,
    "/user",
)
EXAMPLES = (
    "pull-request", "pull-request-simple-items", "artifact-paginated", "commit-items", "environment-approvals-items", "issue-comment",
    "status", "git-ref", "content-file-response-if-content-is-a-file", "branch-get", "workflow-run-paginated", "git-tag",
    "pull-request-review-items", "release-items", "deployment-items", "deployment-status-items", "environment", *rules.EXAMPLES,
)  # fmt: skip
WHOLE = frozenset(("path", "ref"))
"""Path parameters that may hold slashes."""
ANYWHERE = frozenset((401, 403, 404, 422, 429, 500, 502, 503))
"""Refusals any endpoint can give though the description lists them for few."""


def excerpt(document):
    """The endpoints we use with all they refer to, as JSON Schema 2020-12."""
    found = {"paths": {path: document["paths"][path] for path in PATHS}, "components": {}}
    components = document["components"]
    found["components"]["examples"] = {name: components["examples"][name] for name in EXAMPLES if name in components["examples"]}
    wanted, done = _references(found["paths"]) | {("schemas", "basic-error")}, set()
    while wanted - done:
        kind, name = min(wanted - done)
        done.add((kind, name))
        part = components[kind][name]
        if kind != "examples":
            found["components"].setdefault(kind, {})[name] = part
            wanted |= _references(part)
    return _modern(found)


excerpt.version = f"1 {PATHS} {EXAMPLES}"


def _references(part):
    text = json.dumps(part)
    return {tuple(reference.split("/")) for reference in re.findall(r'"\$ref": "#/components/([^"]+)"', text)}


def _modern(part):
    """OpenAPI 3.0 says ``nullable`` where JSON Schema says a type of null."""
    if isinstance(part, list):
        return [_modern(one) for one in part]
    if not isinstance(part, dict):
        return part
    kept = {key: _modern(one) for key, one in part.items() if key not in ("nullable", "discriminator", "x-github")}
    if part.get("nullable") is True:
        return {"anyOf": [kept, {"type": "null"}]}
    return kept


@cache
def description():
    return member(OPENAPI, "generated/api.github.com.json", keep=excerpt)


def example(name):
    """A body from GitHub's own documentation, to be changed at will."""
    return json.loads(json.dumps(description()["components"]["examples"][name]["value"]))


@cache
def _routes():
    rows = []
    for template, operations in description()["paths"].items():
        pattern = re.sub(r"\{(\w+)\}", lambda found: f"(?P<{found[1]}>{'.+' if found[1] in WHOLE else '[^/]+'})", template)
        rows.append((len(template.split("/")), "{path}" in template or "{ref}" in template, re.compile(pattern), template, operations))
    return sorted(rows, key=lambda row: (row[1], -row[0]))


def route(method, path):
    """The documented endpoint: template, parameters of the path, operation. None where GitHub documents none."""
    for _, _, pattern, template, operations in _routes():
        found = pattern.fullmatch(path)
        if found and method.lower() in operations:
            return template, {name: unquote(text) for name, text in found.groupdict().items()}, operations[method.lower()]
    return None


def violations(method, url, body, status, answer):
    """What in a request or its answer is not as GitHub documents it."""
    parts = urlsplit(url)
    found = route(method, parts.path)
    if found is None:
        return [f"{method} {parts.path} is no endpoint of GitHub's"]
    template, in_path, operation = found
    wrong = [*_parameters(operation, in_path, dict(parse_qsl(parts.query))), *_request(operation, body), *_answer(operation, status, answer)]
    return [f"{method} {template}: {line}" for line in wrong]


def _parameters(operation, in_path, in_query):
    declared = [_resolved(parameter) for parameter in operation.get("parameters", [])]
    known = {parameter["name"] for parameter in declared if parameter["in"] == "query"}
    yield from (f"{name} is no parameter of it" for name in in_query if name not in known)
    for parameter in declared:
        given = (in_path if parameter["in"] == "path" else in_query).get(parameter["name"])
        if given is not None:
            number = parameter["schema"].get("type") == "integer" and given.isdigit()
            yield from _errors(parameter["schema"], int(given) if number else given, f"parameter {parameter['name']}")


def _request(operation, body):
    declared = operation.get("requestBody")
    if declared is None:
        return [] if body is None else ["it takes no body"]
    if body is None:
        return ["it needs a body"] if declared.get("required") else []
    schema = declared["content"]["application/json"]["schema"]
    unknown = [f"{key} is no field of the request" for key in body if key not in schema.get("properties", {key: 1})]
    return [*unknown, *_errors(schema, body, "request")]


def _answer(operation, status, answer):
    declared = operation["responses"].get(str(status))
    if declared is None:
        return _errors({"$ref": "#/components/schemas/basic-error"}, answer, "answer") if status in ANYWHERE else [f"it never answers {status}"]
    content = _resolved(declared).get("content", {})
    if "application/json" not in content:
        return [] if answer is None else ["its answer has no body"]
    return _errors(content["application/json"]["schema"], answer, "answer")


def _resolved(part):
    while "$ref" in part:
        _, _, kind, name = part["$ref"].split("/")
        part = description()["components"][kind][name]
    return part


def _errors(schema, data, where):
    return [f"{where}{error.json_path[1:]}: {error.message[:200]}" for error in _validator(json.dumps(schema)).iter_errors(data)]


@cache
def _validator(schema):
    return Draft202012Validator({**json.loads(schema), "components": description()["components"]}, format_checker=FormatChecker())
