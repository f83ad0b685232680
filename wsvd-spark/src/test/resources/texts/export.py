"""Writes encoder.onnx, a classifier of texts with random weights, and its tokenizer.json, by which a word is a token."""

import json

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

WORDS = ["red", "blue", "a", "small", "large", "house", "stands", "on", "the", "hill", "by", "river"]
SPECIAL = ["[PAD]", "[CLS]", "[SEP]", "[UNK]"]
WIDTH, HIDDEN, CLASSES = 16, 48, 3

random = np.random.default_rng(7)


def weight(name, rows, columns):
    return numpy_helper.from_array((random.standard_normal((rows, columns)) / np.sqrt(rows)).astype(np.float32), name)


graph = helper.make_graph(
    [
        helper.make_node("Gather", ["embeddings.weight", "input_ids"], ["embedded"], "embeddings", axis=0),
        helper.make_node("MatMul", ["embedded", "up.weight"], ["up"], "up"),
        helper.make_node("Relu", ["up"], ["active"], "relu"),
        helper.make_node("MatMul", ["active", "down.weight"], ["down"], "down"),
        helper.make_node("Cast", ["attention_mask"], ["mask"], "cast", to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["mask", "last"], ["kept"], "unsqueeze"),
        helper.make_node("Mul", ["down", "kept"], ["shown"], "hide"),
        helper.make_node("ReduceSum", ["shown", "tokens"], ["pooled"], "pool", keepdims=0),
        helper.make_node("MatMul", ["pooled", "classifier.weight"], ["logits"], "classifier"),
    ],
    "texts",
    [helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "length"]) for name in ("input_ids", "attention_mask")],
    [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", CLASSES])],
    [
        weight("embeddings.weight", len(SPECIAL) + len(WORDS), WIDTH),
        weight("up.weight", WIDTH, HIDDEN),
        weight("down.weight", HIDDEN, WIDTH),
        weight("classifier.weight", WIDTH, CLASSES),
        numpy_helper.from_array(np.array([2]), "last"),
        numpy_helper.from_array(np.array([1]), "tokens"),
    ],
)
model = helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 17)])
onnx.checker.check_model(model)
onnx.save(model, "encoder.onnx")

special = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
tokenizer = {
    "version": "1.0",
    "added_tokens": [{"id": 0, "content": SPECIAL[0], **special}],
    "pre_tokenizer": {"type": "Whitespace"},
    "post_processor": {"type": "BertProcessing", "sep": [SPECIAL[2], 2], "cls": [SPECIAL[1], 1]},
    "model": {"type": "WordLevel", "vocab": {word: i for i, word in enumerate(SPECIAL + WORDS)}, "unk_token": SPECIAL[3]},
}
with open("tokenizer.json", "w") as file:
    json.dump(tokenizer, file, indent=2)
    file.write("\n")
