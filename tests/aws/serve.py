"""Starts moto's server, with the few answers that it lacks: ``serve.py PORT``. Rights are held against policies once ``/moto-api/reset-auth`` says so."""

import json
import sys

from moto.budgets.responses import BudgetsResponse
from moto.ce.responses import CostExplorerResponse
from moto.core.responses import ActionResult
from moto.ec2.responses.elastic_block_store import ElasticBlockStore
from moto.iam.models import AccountSummary
from moto.server import main


def describe_subscribers_for_notification(self):
    """Who is told; moto keeps them and has no way to ask."""
    budget = self.backend.budgets[self._get_param("AccountId")][self._get_param("BudgetName")]
    asked = self._get_param("Notification")["Threshold"]
    told = [each for each in budget.notifications if each.details["Threshold"] == asked]
    return json.dumps({"Subscribers": told[0].subscribers if told else []})


def get_anomaly_monitors(self):
    """A monitor wherever there is a cost category, which moto has."""
    return json.dumps({"AnomalyMonitors": [{"MonitorName": name} for name in self.ce_backend.cost_categories]})


BudgetsResponse.describe_subscribers_for_notification = describe_subscribers_for_notification
CostExplorerResponse.get_anomaly_monitors = get_anomaly_monitors
summary = AccountSummary.summary_map
AccountSummary.summary_map = property(lambda self: {**summary.fget(self), "AccountMFAEnabled": int(bool(self._iam_backend.virtual_mfa_devices))})


def describe_snapshots(self):
    """The account's own, and of them those that anybody may restore where that is asked."""
    found = [each for each in self.ec2_backend.snapshots.values() if each.owner_id == self.current_account]
    if self._get_param("RestorableByUserIds"):
        found = [each for each in found if "all" in each.create_volume_permission_groups]
    return ActionResult({"Snapshots": found})


ElasticBlockStore.describe_snapshots = describe_snapshots
main(["-H", "127.0.0.1", "-p", sys.argv[1]])
