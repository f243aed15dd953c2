"""Deletes a pod of Kubernetes at once, as a node that dies would: its owner must bring another one. By kubectl, in the context it is set to."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from prodready.check import CannotTell
from prodready.engine.ground import Ground
from prodready.engine.guard import Undo
from prodready.engine.outage import Struck
from prodready.faults.locate import asked
from prodready.names import shown


@dataclass(slots=True, kw_only=True)
class Pod:
    """One of the pods that a selector finds."""

    ground: Ground
    namespace: str
    selector: str
    _victim: tuple[str, str] = field(default=("", ""), init=False)
    """Its name and its uid."""

    @property
    def renews(self) -> bool:
        """Who was deleted cannot answer again."""
        return True

    @property
    def about(self) -> str:
        """The command."""
        return f"kubectl delete pod {self._victim[0] or self.selector} of {self.namespace} at once"

    def prepare(self) -> Sequence[Undo]:
        """Finds the pod, in a context that drills may disturb. Raises CannotTell, ProdreadyError."""
        self.ground.permit.require(asked(self.ground, ("kubectl", "config", "current-context")).strip())
        if not (running := self._running()):
            raise CannotTell(f"no pod of {shown(self.namespace)} with {shown(self.selector)} runs", "mend the selector, or see why none does")
        self._victim = running[0]
        return ()  # nothing but its owner could bring it back

    def strike(self) -> Struck:
        """Deletes it. Raises CannotTell."""
        before = time.monotonic()
        asked(self.ground, ("kubectl", "delete", "pod", "--namespace", self.namespace, "--grace-period=0", "--force", "--wait=false", "--", self._victim[0]))
        return Struck(before=before, after=time.monotonic())

    def identity(self) -> str:
        """Who runs now, as Kubernetes tells."""
        try:
            return ", ".join(f"pod {name} ({uid})" for name, uid in self._running())
        except CannotTell:
            return ""

    def _running(self) -> list[tuple[str, str]]:
        told = asked(self.ground, ("kubectl", "get", "pods", "--namespace", self.namespace, "--selector", self.selector, "--output", "json"))
        try:
            pods, _ = json.JSONDecoder().raw_decode(told, told.index("{"))
            alive = [pod["metadata"] for pod in pods["items"] if pod["status"]["phase"] == "Running" and not pod["metadata"].get("deletionTimestamp")]
            return sorted((str(one["name"]), str(one["uid"])) for one in alive)
        except (ValueError, LookupError, TypeError):
            raise CannotTell("kubectl printed no list of pods", "see what 'kubectl get pods --output json' says") from None
