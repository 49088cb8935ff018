"""OpenVINO as an engine: a net's graph compiled for each size that it is given.

Bound to its size, a graph of many small operators takes two thirds of the time that one for all
sizes takes, and less than half of torch's. It is compiled in a quarter of a second and holds some
30 MiB.
"""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from functools import partial

import torch
from torch import Tensor, nn

from kernels.threads import used
from models.beside import Beside
from models.engine import Found, Given, Shapes
from models.frozen import frozen
from models.untold import untold

with untold():
    import openvino as ov
    from openvino.frontend import FrontEndManager
    from openvino.frontend.pytorch.ts_decoder import TorchScriptPythonDecoder

_MOST = 12
"""Graphs that are kept; a subject that moves needs one for each of a few aspects, and live each of
them for one thread and for two. With 8, it compiled without end."""
_TYPES = {torch.uint8: ov.Type.u8, torch.float32: ov.Type.f32}
_PRECISIONS = {torch.float32: "f32", torch.bfloat16: "bf16"}


class SizedEngine:
    """See models.engine.Engine. Uses as many threads as kernels launched by the caller do."""

    def __init__(self, net: nn.Module, example: Sequence[Tensor], dtype: torch.dtype) -> None:
        """See models.engine.open_engine; RuntimeError when the net cannot be converted."""
        # Not by ov.convert_model, which reports its use to the makers of OpenVINO.
        frontend = FrontEndManager().load_by_framework("pytorch")
        # It must outlive the model, which shares its weights.
        self._decoder = TorchScriptPythonDecoder(frozen(net, tuple(example)))
        self._model = frontend.convert(frontend.load(self._decoder))
        for taken, each in zip(self._model.inputs, example, strict=True):
            taken.get_node().set_element_type(_TYPES[each.dtype])
        self._model.validate_nodes_and_infer_types()
        self._core, self._precision = ov.Core(), _PRECISIONS[dtype]
        self._graphs: OrderedDict[tuple[Shapes, int], _Graph] = OrderedDict()
        self._keeping, self._compiling = threading.Lock(), threading.Lock()
        self._beside: Beside[_Graph] | None = None

    def __call__(self, *given: Given) -> list[Found]:
        """See Engine."""
        shapes = tuple(each.shape for each in given)
        return self._graph(shapes, used())(given)

    def prepare(self, shapes: Shapes) -> None:
        """See Engine."""
        self._compiled(shapes, used())

    def is_prepared(self, shapes: Shapes) -> bool:
        """See Engine."""
        with self._keeping:  # asked of many sizes, which does not make them used of late
            return any(kept == shapes for kept, _ in self._graphs)

    def _graph(self, shapes: Shapes, threads: int) -> "_Graph":
        """Of `threads`; of another number of them while that is compiled."""
        graph = self._kept(shapes, threads)
        if graph is not None:
            return graph
        other = self._kept(shapes)
        if other is None:
            return self._compiled(shapes, threads)
        if self._beside is None or not self._beside.is_alive():
            self._beside = Beside("compile", partial(self._compiled, shapes, threads), True)
        return other

    def _kept(self, shapes: Shapes, threads: int | None = None) -> "_Graph | None":
        """A graph for `shapes`; threads: None for any number of them."""
        with self._keeping:
            for key, graph in self._graphs.items():
                if key[0] == shapes and threads in (None, key[1]):
                    self._graphs.move_to_end(key)
                    return graph
        return None

    def _compiled(self, shapes: Shapes, threads: int) -> "_Graph":
        with self._compiling:
            graph = self._kept(shapes, threads)  # whoever compiled before may have done it
            if graph is not None:
                return graph
            # In a thread that ends with it: OpenVINO gives the one that compiles a stack of its own
            # for signals and frees that later, so that Ctrl-C would crash the program.
            graph = Beside("graph", partial(self._compile, shapes, threads)).result()
            with self._keeping:
                self._graphs[shapes, threads] = graph
                while len(self._graphs) > _MOST:
                    self._graphs.popitem(last=False)
            return graph

    def _compile(self, shapes: Shapes, threads: int) -> "_Graph":
        model = self._model.clone()
        model.reshape({n: ov.PartialShape(list(each)) for n, each in enumerate(shapes)})
        settings = {
            "INFERENCE_PRECISION_HINT": self._precision, "INFERENCE_NUM_THREADS": threads,
            "NUM_STREAMS": 1, "ENABLE_CPU_PINNING": False, "ENABLE_HYPER_THREADING": True,
        }  # fmt: skip
        return _Graph(self._core.compile_model(model, "CPU", settings))


class _Graph:
    """A compiled graph; one caller at a time."""

    def __init__(self, compiled: ov.CompiledModel) -> None:
        self._request = compiled.create_infer_request()
        self._running = threading.Lock()

    def __call__(self, given: Sequence[Given]) -> list[Found]:
        with self._running:
            self._request.infer(list(given), share_inputs=True)
            return [each.data.copy() for each in self._request.output_tensors]
