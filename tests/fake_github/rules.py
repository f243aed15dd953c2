"""What an administrator and a check run leave with GitHub: rulesets of a repository and an organisation, check runs, members of teams."""

ENDPOINTS = {
    ("GET", "/rulesets"): "list_rulesets",
    ("POST", "/rulesets"): "create_ruleset",
    ("GET", "/rulesets/{ruleset_id}"): "get_ruleset",
    ("PUT", "/rulesets/{ruleset_id}"): "edit_ruleset",
    ("POST", "/check-runs"): "create_check_run",
    ("PATCH", "/check-runs/{check_run_id}"): "edit_check_run",
    ("GET", "/commits/{ref}/check-runs"): "list_check_runs",
    ("GET", "/actions/artifacts"): "list_all_artefacts",
    ("GET", ""): "get_repository",
    ("GET", "/orgs/{org}/rulesets"): "list_rulesets",
    ("POST", "/orgs/{org}/rulesets"): "create_ruleset",
    ("GET", "/orgs/{org}/rulesets/{ruleset_id}"): "get_ruleset",
    ("PUT", "/orgs/{org}/rulesets/{ruleset_id}"): "edit_ruleset",
    ("GET", "/orgs/{org}/teams/{team_slug}/members"): "list_members",
}
PATHS = tuple(path if path.startswith("/orgs/") else f"/repos/{{owner}}/{{repo}}{path}" for _, path in ENDPOINTS)
EXAMPLES = ("repository-ruleset", "org-ruleset", "check-run", "full-repository", "simple-user-items")


class Rules:
    """The part of the fake that administrators and reports write to."""

    def __init__(self):
        self.rulesets, self.check_runs, self.annotations, self.teams, self.base_artefacts = {}, {}, [], {}, {}
        self.ruleset_default = {"bypass_actors": [], "conditions": {"ref_name": {"include": [], "exclude": []}}, "rules": [], "target": "branch"}

    def _of(self, at, row):
        return (row["source_type"] == "Organization") == ("org" in at)

    def list_rulesets(self, at, query, user, body):
        brief = ("id", "name", "target", "source_type", "source", "enforcement", "node_id", "_links", "created_at", "updated_at")
        return 200, {}, [{key: row[key] for key in brief if key in row} for row in self.rulesets.values() if self._of(at, row)]

    def create_ruleset(self, at, query, user, body):
        if any(row["name"] == body["name"] and self._of(at, row) for row in self.rulesets.values()):
            return 422, {}, {"message": "Name must be unique", "documentation_url": "https://docs.github.com/rest"}
        self._next += 1
        example = self._here(self.example("repository-ruleset"))
        source = {"source_type": "Organization", "source": at["org"]} if "org" in at else {"source_type": "Repository", "source": self.repository}
        self.rulesets[self._next] = {**example, **self.ruleset_default, **source, **body, "id": self._next}
        return 201, {}, self.rulesets[self._next]

    def get_ruleset(self, at, query, user, body):
        found = self.rulesets.get(int(at["ruleset_id"]))
        return (200, {}, found) if found else (404, {}, {"message": "Not Found"})

    def edit_ruleset(self, at, query, user, body):
        found = self.rulesets.get(int(at["ruleset_id"]))
        if found is None:
            return 404, {}, {"message": "Not Found"}
        found.update(body)
        return 200, {}, found

    def create_check_run(self, at, query, user, body):
        return self._check_run({**body}, body, 201)

    def edit_check_run(self, at, query, user, body):
        found = self.check_runs.get(int(at["check_run_id"]))
        return self._check_run(found, body, 200) if found else (404, {}, {"message": "Not Found"})

    def _check_run(self, row, body, status):
        output = body.get("output", {})
        if len(output.get("annotations", [])) > 50 or len(output.get("summary", "").encode()) > 65535:
            return 422, {}, {"message": "Invalid request.", "documentation_url": "https://docs.github.com/rest"}
        if "id" not in row:
            self._next += 1
            row["id"] = self._next
        self.check_runs[row["id"]] = row
        self.annotations.append(output.get("annotations", []))
        return status, {}, self._shown(row)

    def _shown(self, row):
        answer = self._here(self.example("check-run"))
        own = {key: row[key] for key in ("id", "name", "head_sha", "external_id", "conclusion", "status") if key in row}
        return {**answer, **own}

    def list_check_runs(self, at, query, user, body):
        found = [self._shown(row) for row in self.check_runs.values() if row["head_sha"] == at["ref"]]
        return 200, {}, {"total_count": len(found), "check_runs": found}

    def list_all_artefacts(self, at, query, user, body):
        (example, *_) = self._here(self.example("artifact-paginated"))["artifacts"]
        rows = [
            {**example, "id": number, "name": "prodready", "size_in_bytes": len(packed), "expired": False, "workflow_run": {**example["workflow_run"], **run}}
            for number, (run, packed) in self.base_artefacts.items()
        ]
        return 200, {}, {"total_count": len(rows), "artifacts": rows}

    def at_base(self, packed, commit, branch="main", head_repository=1):
        """A run on a branch uploaded its report."""
        self._next += 1
        run = {"head_branch": branch, "head_sha": commit, "repository_id": 1, "head_repository_id": head_repository}
        self.base_artefacts[self._next] = (run, packed)
        self.artefacts[self._next] = (None, "prodready", packed, None)

    def get_repository(self, at, query, user, body):
        answer = self._here(self.example("full-repository"))
        return 200, {}, {**answer, "id": 1, "full_name": f"{at['owner']}/{at['repo']}", "default_branch": "main", "has_discussions": False}

    def list_members(self, at, query, user, body):
        members = self.teams.get(f"{at['org']}/{at['team_slug']}")
        if members is None or user.workflow:
            return 404, {}, {"message": "Not Found"}
        (example,) = self.example("simple-user-items")
        return 200, {}, [{**example, "id": number, "login": login} for login, number in members.items()]
