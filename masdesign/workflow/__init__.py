"""The design language: what a design is, whether it is well-formed, how it runs."""

from masdesign.workflow.block import Block, block
from masdesign.workflow.check import Checked, call_bound, check, check_in_thread
from masdesign.workflow.design import Design
from masdesign.workflow.graph import Features
from masdesign.workflow.helpers import (
    agreement,
    first,
    lead_confidence,
    majority,
    mean,
    normalise,
    weighted_majority,
)
from masdesign.workflow.item import ItemOutcome, item_run, run_item, unreadable
from masdesign.workflow.limits import ItemFailed, Limits, ToolError
from masdesign.workflow.run import ItemRun, gather, running
from masdesign.workflow.runtime import Executor, Runtime
from masdesign.workflow.sandbox import MontySandbox, Sandbox
from masdesign.workflow.trace import Node, Trace

__all__ = [
    "Block",
    "Checked",
    "Design",
    "Executor",
    "Features",
    "ItemFailed",
    "ItemOutcome",
    "ItemRun",
    "Limits",
    "MontySandbox",
    "Node",
    "Runtime",
    "Sandbox",
    "ToolError",
    "Trace",
    "agreement",
    "block",
    "call_bound",
    "check",
    "check_in_thread",
    "first",
    "gather",
    "item_run",
    "lead_confidence",
    "majority",
    "mean",
    "normalise",
    "run_item",
    "running",
    "unreadable",
    "weighted_majority",
]
