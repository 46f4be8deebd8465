"""What rules and dashboards ask Prometheus."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from app.metrics.metrics import Metrics

DEPLOY = Path(__file__).parents[2] / "deploy"
RULES = DEPLOY / "rules.yml"
DASHBOARDS = sorted((DEPLOY / "grafana" / "dashboards").glob("*.json"))

NO_METRICS = frozenset(["and", "or", "unless", "offset", "bool", "inf", "nan"])
ALWAYS_THERE = frozenset({"up", "ALERTS"})
"""Prometheus makes these itself."""
SERIES = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum"), "gauge": ("",)}


@dataclass(frozen=True)
class Target:
    """One query of a panel."""

    panel: str
    query: str
    legend: str


def rules() -> list[dict[str, Any]]:
    """All of them, alarms too."""
    return [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]


def recorded() -> list[str]:
    """The series that rules record."""
    return [rule["record"] for rule in rules() if "record" in rule]


def alarms() -> list[str]:
    """Their names."""
    return [rule["alert"] for rule in rules() if "alert" in rule]


def panels(dashboard: Path) -> list[dict[str, Any]]:
    """Those of a dashboard that draw something."""
    return [panel for panel in json.loads(dashboard.read_text())["panels"] if panel["type"] != "row"]


def targets() -> list[Target]:
    """The queries of all dashboards, with Grafana's variable filled in."""
    return [
        Target(panel["title"], target["expr"].replace("$__rate_interval", "1m"), target["legendFormat"])
        for dashboard in DASHBOARDS
        for panel in panels(dashboard)
        for target in panel["targets"]
    ]


def series_of(query: str) -> set[str]:
    """The series that a query reads: its words but for functions, labels, strings and operators."""
    plain = re.sub(r'"[^"]*"|\{[^}]*\}|\[[^\]]*\]', " ", re.sub(r'\{[^}"]*("[^"]*"[^}"]*)*\}', " ", query))
    plain = re.sub(r"\b(by|without|on|ignoring|group_left|group_right)\b\s*(\([^)]*\))?", " ", plain)
    words = re.findall(r"(?<![\w.:])([A-Za-z_:][\w:]*)\b(?!\s*\()", plain)
    return {word for word in words if word.lower() not in NO_METRICS}


def known_series() -> set[str]:
    """Those that the service tells, that rules record, and that Prometheus makes."""
    told = {f"{family.name}{end}" for family in Metrics().registry.collect() for end in SERIES[family.type]}
    return told | set(recorded()) | ALWAYS_THERE
