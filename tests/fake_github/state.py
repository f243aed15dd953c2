"""What GitHub knows beside pull requests: rules of branches, runs, tags, releases, deployments. Filled by tests, served as GitHub documents it."""

from fake_github import contract

ENDPOINTS = {
    ("GET", "/rules/branches/{branch}"): "list_rules",
    ("GET", "/branches/{branch}"): "get_branch",
    ("GET", "/actions/runs"): "list_runs",
    ("GET", "/actions/workflows/{workflow_id}/runs"): "list_runs",
    ("GET", "/git/matching-refs/{ref}"): "list_refs",
    ("GET", "/git/tags/{tag_sha}"): "get_tag",
    ("GET", "/releases"): "list_releases",
    ("GET", "/deployments"): "list_deployments",
    ("GET", "/deployments/{deployment_id}/statuses"): "list_deployment_statuses",
    ("GET", "/environments/{environment_name}"): "get_environment",
    ("GET", "/commits/{commit_sha}/pulls"): "list_pulls_of_commit",
}


class State:
    """The part of the fake that is only read."""

    def __init__(self):
        self.rules, self.protected = {}, {}
        self.runs, self.releases, self.deployments, self.brought = [], [], [], {}
        self.tags, self.tag_objects, self.reviewers = {}, {}, {}

    def run(self, conclusion, workflow="ci.yml", *, number=1, **rest):
        """A finished run, the newest so far."""
        row = self._here(contract.example("workflow-run-paginated")["workflow_runs"][0])
        here = {**row["repository"], "full_name": self.repository}
        own = {"conclusion": conclusion, "status": "completed", "name": workflow, "path": f".github/workflows/{workflow}", "run_number": number,
               "repository": here, "head_repository": here, "event": "push", "head_branch": "main", "workflow_id": len(workflow)}  # fmt: skip
        self.runs.insert(0, {**row, **own, **rest})

    def list_rules(self, at, query, user, body):
        return 200, {}, self.rules.get(at["branch"], [])

    def get_branch(self, at, query, user, body):
        if at["branch"] not in self.branches:
            return 404, {}, {"message": "Branch not found"}
        answer = self._here(contract.example("branch-get"))
        contexts = self.protected.get(at["branch"])
        inner = {**answer["protection"]["required_status_checks"], "contexts": contexts or [], "checks": []}
        return 200, {}, {**answer, "name": at["branch"], "protected": contexts is not None, "protection": {"enabled": True, "required_status_checks": inner}}

    def list_runs(self, at, query, user, body):
        wanted = {"head_branch": query.get("branch", [None])[0], "path": f".github/workflows/{at['workflow_id']}" if "workflow_id" in at else None}
        found = [run for run in self.runs if all(value is None or run[key] == value for key, value in wanted.items())]
        return 200, {}, {"total_count": len(found), "workflow_runs": found[: int(query["per_page"][0])]}

    def list_refs(self, at, query, user, body):
        name = at["ref"].removeprefix("tags/")
        refs = [self._ref(tag, there) for tag, there in self.tags.items() if tag.startswith(name)]
        return 200, {}, refs

    def _ref(self, tag, there):
        answer = self._here(contract.example("git-ref"))
        return {**answer, "ref": f"refs/tags/{tag}", "object": {**answer["object"], "type": "tag" if there in self.tag_objects else "commit", "sha": there}}

    def get_tag(self, at, query, user, body):
        commit, verified = self.tag_objects[at["tag_sha"]]
        answer = self._here(contract.example("git-tag"))
        verification = {**answer["verification"], "verified": verified}
        return 200, {}, {**answer, "sha": at["tag_sha"], "object": {**answer["object"], "sha": commit}, "verification": verification}

    def list_releases(self, at, query, user, body):
        (row,) = self._here(contract.example("release-items"))
        asset = row["assets"][0]
        return 200, {}, [{**row, "tag_name": tag, "assets": [{**asset, "name": name} for name in files]} for tag, files in self.releases]

    def list_deployments(self, at, query, user, body):
        (row,) = self._here(contract.example("deployment-items"))
        found = [one for one in self.deployments if one[0] == query["environment"][0]]
        return 200, {}, [{**row, "id": number, "environment": name, "sha": sha} for number, (name, sha, _) in enumerate(found, 1)]

    def list_deployment_statuses(self, at, query, user, body):
        (row,) = self._here(contract.example("deployment-status-items"))
        return 200, {}, [{**row, "state": self.deployments[int(at["deployment_id"]) - 1][2]}]

    def get_environment(self, at, query, user, body):
        answer = self._here(contract.example("environment"))
        rules = [rule for rule in answer["protection_rules"] if rule["type"] == "required_reviewers"]
        asked = self.reviewers.get(at["environment_name"])
        if asked is None:
            return 404, {}, {"message": "Not Found"}
        kept = [{**rules[0], "prevent_self_review": True, "reviewers": rules[0]["reviewers"][:1] * asked}] if asked else []
        return 200, {}, {**answer, "name": at["environment_name"], "protection_rules": kept}

    def list_pulls_of_commit(self, at, query, user, body):
        number = self.brought.get(at["commit_sha"])
        (row,) = self._here(contract.example("pull-request-simple-items"))
        return 200, {}, [] if number is None else [{**row, "number": number, "merged_at": "2026-11-20T10:00:00Z", "requested_teams": []}]
