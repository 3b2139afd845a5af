"""A round of secure aggregation among a hundred sites, twenty neighbours, five dropouts.

Flower's own client mod and server workflow run in this process; a grid of ours hands messages from
one to the other, as a network would, and costs neither side anything.
"""

import copy
import logging
import time
from types import SimpleNamespace

import numpy as np
from flwr.app import ArrayRecord, ConfigRecord, Context, Error, Message, RecordDict
from flwr.client.mod import secaggplus_mod
from flwr.common import Code, FitIns, FitRes, Status, ndarrays_to_parameters
from flwr.common.secure_aggregation.secaggplus_constants import RECORD_KEY_CONFIGS, Key, Stage
from flwr.compat.common import recorddict_compat as compat
from flwr.server.workflow import SecAggPlusWorkflow
from flwr.server.workflow.constant import MAIN_CONFIGS_RECORD, MAIN_PARAMS_RECORD, Key as FlowKey
from flwr.server.workflow.secure_aggregation.secaggplus_workflow import WorkflowState
from flwr.supercore.task_identity import TaskIdentity

import rivals

SITES = 100
DROPOUTS = 5
NEIGHBOURS = 20
THRESHOLD = 13  # of 21 shares, as Florin's
WEIGHT = 1000

THREATS = """\
  Both hide a vector from the coordinator while fewer than the threshold of its neighbours collude.
  Flower: keys are not signed and who is in the sum is not agreed upon, so the coordinator must be
  honest; a mask is drawn from NumPy's RandomState, seeded with 32 bits.
  Florin: keys, vectors and the list of who is in the sum are signed and checked, a mask is AES-128
  in counter mode. Signatures and digests are in its times."""


class Grid:
    """Hands messages to the clients and back. `dropouts` never answer with a vector."""

    def __init__(self, vectors: np.ndarray, dropouts: int) -> None:
        self.dropouts = dropouts
        self.parameters = ndarrays_to_parameters([vectors])
        self.contexts: dict[int, Context] = {}
        self.stages: dict[str, float] = {}  # CPU of all clients
        self.outside = 0.0                  # CPU of this class, clients included
        self.bytes = 0

    def fit(self, message: Message, _context: Context) -> Message:
        result = FitRes(Status(Code.OK, ""), self.parameters, WEIGHT, {})
        return Message(compat.fitres_to_recorddict(result, keep_input=True), reply_to=message)

    def send_and_receive(self, messages, *, timeout=None):
        del timeout
        start = time.process_time()
        replies = [self.answer(message) for message in messages]
        self.outside += time.process_time() - start
        return replies

    def answer(self, message: Message) -> Message:
        node = message.metadata.dst_node_id
        config = message.content.config_records[RECORD_KEY_CONFIGS]
        stage = config[Key.STAGE]
        if stage == Stage.COLLECT_MASKED_VECTORS and node <= self.dropouts:
            return Message(Error(code=0, reason="gone"), reply_to=message)
        content = RecordDict({name: copy.copy(record)
                              for name, record in message.content.items()})
        content.config_records[RECORD_KEY_CONFIGS] = ConfigRecord(dict(config))
        arrived = Message(content, dst_node_id=node, message_type="train", group_id="1")
        context = self.contexts.setdefault(node, Context(1, node, {}, RecordDict(), {}))
        start = time.process_time()
        reply = secaggplus_mod(arrived, context, self.fit)
        self.stages[stage] = self.stages.get(stage, 0.0) + time.process_time() - start
        if stage == Stage.COLLECT_MASKED_VECTORS:
            masked = reply.content.config_records[RECORD_KEY_CONFIGS][Key.MASKED_PARAMETERS]
            self.bytes = sum(len(array) for array in masked)
        reply.metadata._src_node_id = node  # noqa: SLF001  (what a network would fill in)
        return reply


class Strategy:
    """Everybody takes part; keeps the average."""

    def __init__(self, entries: int) -> None:
        self.parameters = ndarrays_to_parameters([np.zeros(entries, dtype=np.float32)])
        self.average = None

    def configure_fit(self, _round, _parameters, _manager):
        return [(SimpleNamespace(node_id=node), FitIns(self.parameters, {}))
                for node in range(1, SITES + 1)]

    def aggregate_fit(self, _round, results, _failures):
        self.average = results[0][1].parameters
        return None, {}


def play(entries: int) -> tuple[Grid, float]:
    """The clients' grid, and the server's CPU seconds."""
    logging.getLogger("flwr").setLevel(logging.ERROR)
    vector = np.linspace(-1, 1, entries, dtype=np.float32)
    grid = Grid(vector, DROPOUTS)
    strategy = Strategy(entries)
    state = RecordDict({MAIN_CONFIGS_RECORD: ConfigRecord({FlowKey.CURRENT_ROUND: 1}),
                        MAIN_PARAMS_RECORD: ArrayRecord([np.zeros(1, dtype=np.float32)])})
    context = SimpleNamespace(state=state, strategy=strategy, history=None,
                              client_manager=SimpleNamespace(num_available=lambda: SITES))
    TaskIdentity.run_id, TaskIdentity.task_id, TaskIdentity.node_id = 1, 1, 1
    workflow = SecAggPlusWorkflow(NEIGHBOURS + 1, THRESHOLD, max_weight=float(WEIGHT))
    progress = WorkflowState()
    start = time.process_time()
    for stage in (workflow.setup_stage, workflow.share_keys_stage,
                  workflow.collect_masked_vectors_stage, workflow.unmask_stage):
        assert stage(grid, context, progress), f"Flower's {stage.__name__} failed"
    server = time.process_time() - start - grid.outside
    average = np.frombuffer(strategy.average.tensors[0][-4 * entries:], dtype=np.float32)
    if len(strategy.average.tensors[0]) > 8 * entries:
        average = np.frombuffer(strategy.average.tensors[0][-8 * entries:], dtype=np.float64)
    error = float(np.abs(average - vector).max())
    print(f"Flower: largest error of the average {error:.2e}")
    assert error < 1e-4, "Flower gave a wrong average"
    return grid, server


def main() -> None:
    options = rivals.arguments(__doc__)
    print(rivals.machine())
    ours = rivals.florin_figures(options.florin)
    grid, server = play(options.entries)
    table = rivals.Table(f"Flower's SecAgg+: {SITES} sites, {NEIGHBOURS} neighbours, "
                         f"{DROPOUTS} dropouts, d = {options.entries}", THREATS)
    of = "privacy.secagg_sparse."
    vector = grid.stages[Stage.COLLECT_MASKED_VECTORS] / (SITES - DROPOUTS)
    shares = (grid.stages[Stage.SETUP] + grid.stages[Stage.SHARE_KEYS]) / SITES
    client = vector + shares + grid.stages[Stage.UNMASK] / (SITES - DROPOUTS)
    table.row("a client, all stages", 1e3 * client, ours[of + "client"], "ms")
    table.row("a client: keys and shares", 1e3 * shares,
              ours[of + "client.advertise"] + ours[of + "client.shares"], "ms")
    table.row("a client: its masked vector", 1e3 * vector, ours[of + "client.masked_input"], "ms")
    table.row("coordinator, all stages", 1e3 * server, ours[of + "coordinator"], "ms")
    table.row("bytes of a value", grid.bytes / options.entries, ours[of + "bytes_per_value"], "B")


if __name__ == "__main__":
    main()
