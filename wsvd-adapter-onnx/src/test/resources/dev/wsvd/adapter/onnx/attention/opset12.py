"""Writes opset12.onnx: a layer of BERT with the nodes that exporters wrote up to opset 12, which ONNX Runtime fuses into Attention."""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

VOCABULARY, WIDTH, HEADS, HIDDEN = 20, 8, 2, 16

random = np.random.RandomState(0)
nodes, stored = [], []


def store(name, values):
    stored.append(numpy_helper.from_array(np.asarray(values), name))
    return name


def constant(values):
    return store(f"constant{len(stored)}", values)


def weight(name, *dims):
    return store(name, (random.randn(*dims) * 0.3).astype(np.float32))


def node(op, *inputs, **attributes):
    name = f"{op}_{len(nodes)}"
    nodes.append(helper.make_node(op, inputs, [f"{name}_output"], name=name, **attributes))
    return f"{name}_output"


def number(value):
    return constant(np.float32(value))


def linear(x, name, width, to):
    # The order of the addends counts: where the bias comes first, nothing is fused.
    return node("Add", node("MatMul", x, weight(f"{name}.weight", width, to)), weight(f"{name}.bias", to))


def norm(x, name):
    centred = node("Sub", x, node("ReduceMean", x, axes=[-1]))
    variance = node("ReduceMean", node("Pow", centred, number(2)), axes=[-1])
    scaled = node("Div", centred, node("Sqrt", node("Add", variance, number(1e-12))))
    return node("Add", node("Mul", scaled, store(f"{name}.weight", np.ones(WIDTH, np.float32))), weight(f"{name}.bias", WIDTH))


def sizes(x, *rest):
    known = [node("Unsqueeze", node("Gather", node("Shape", x), constant(axis)), axes=[0]) for axis in (0, 1)]
    return node("Concat", *known, *(constant([size]) for size in rest), axis=0)


def heads(x, perm):
    return node("Transpose", node("Reshape", x, sizes(x, HEADS, WIDTH // HEADS)), perm=perm)


def attention(x, mask):
    query = heads(linear(x, "query", WIDTH, WIDTH), [0, 2, 1, 3])
    key = heads(linear(x, "key", WIDTH, WIDTH), [0, 2, 3, 1])
    value = heads(linear(x, "value", WIDTH, WIDTH), [0, 2, 1, 3])
    scores = node("Add", node("Div", node("MatMul", query, key), number(np.sqrt(WIDTH // HEADS))), mask)
    mixed = node("Transpose", node("MatMul", node("Softmax", scores, axis=3), value), perm=[0, 2, 1, 3])
    return linear(node("Reshape", mixed, sizes(mixed, WIDTH)), "output", WIDTH, WIDTH)


def gelu(x):
    erf = node("Erf", node("Div", x, number(np.sqrt(2))))
    return node("Mul", node("Mul", x, node("Add", erf, number(1))), number(0.5))


mask = node("Cast", node("Unsqueeze", node("Unsqueeze", "mask", axes=[1]), axes=[2]), to=TensorProto.FLOAT)
mask = node("Mul", node("Sub", number(1), mask), number(-10000))
x = norm(node("Gather", weight("words", VOCABULARY, WIDTH), "ids"), "embedding")
x = norm(node("Add", attention(x, mask), x), "attention")
x = norm(node("Add", linear(gelu(linear(x, "up", WIDTH, HIDDEN)), "down", HIDDEN, WIDTH), x), "hidden")

inputs = [helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "length"]) for name in ("ids", "mask")]
outputs = [helper.make_tensor_value_info(x, TensorProto.FLOAT, ["batch", "length", WIDTH])]
model = helper.make_model(
    helper.make_graph(nodes, "bert", inputs, outputs, stored),
    opset_imports=[helper.make_opsetid("", 12)],
    ir_version=7,
)
onnx.checker.check_model(model)
onnx.save(model, Path(__file__).parent / "opset12.onnx")
