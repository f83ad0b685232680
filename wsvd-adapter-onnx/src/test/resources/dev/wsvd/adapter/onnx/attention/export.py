"""Writes the models of this folder. Weights are random."""

import onnx
import torch
import transformers as tf
from torch import nn
from torch.export import Dim

BATCH, LENGTH = Dim("batch", min=1, max=64), Dim("length", min=1, max=16)
WIDTH, HEADS, INNER, TOKENS = 8, 2, 12, 16


class Fused(nn.Module):
    """As timm writes attention."""

    def __init__(self):
        super().__init__()
        self.norm = nn.LayerNorm(WIDTH)
        self.qkv = nn.Linear(WIDTH, 3 * WIDTH)
        self.proj = nn.Linear(WIDTH, WIDTH)

    def forward(self, x):
        batch, length, width = x.shape
        qkv = self.qkv(self.norm(x)).reshape(batch, length, 3, HEADS, width // HEADS)
        q, k, v = qkv.permute(2, 0, 3, 1, 4).unbind(0)
        weights = (q * (width // HEADS) ** -0.5 @ k.transpose(-2, -1)).softmax(-1)
        return x + self.proj((weights @ v).transpose(1, 2).reshape(batch, length, width))


class MultiHead(nn.Module):
    def __init__(self):
        super().__init__()
        self.attention = nn.MultiheadAttention(WIDTH, HEADS, batch_first=True)
        self.after = nn.Linear(WIDTH, WIDTH)

    def forward(self, x):
        return self.after(self.attention(x, x, x, need_weights=True)[0])


class Tokens(nn.Module):
    def __init__(self, model, **options):
        super().__init__()
        self.model = model
        self.options = options

    def forward(self, ids, mask):
        return self.model(input_ids=ids, attention_mask=mask, **self.options).last_hidden_state


class Image(nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, image):
        return self.model(pixel_values=image).last_hidden_state


def bert(attention):
    return Tokens(
        tf.BertModel(
            tf.BertConfig(
                vocab_size=TOKENS,
                hidden_size=WIDTH,
                num_hidden_layers=1,
                num_attention_heads=HEADS,
                intermediate_size=INNER,
                max_position_embeddings=16,
                attn_implementation=attention,
            ),
            add_pooling_layer=False,
        )
    )


def gpt2():
    config = tf.GPT2Config(vocab_size=TOKENS, n_embd=WIDTH, n_layer=1, n_head=HEADS, n_inner=INNER, n_positions=16)
    return Tokens(tf.GPT2Model(config), use_cache=False)


def llama():
    config = tf.LlamaConfig(
        vocab_size=TOKENS,
        hidden_size=2 * WIDTH,
        num_hidden_layers=1,
        num_attention_heads=2 * HEADS,
        num_key_value_heads=HEADS,
        intermediate_size=INNER,
        max_position_embeddings=16,
    )
    return Tokens(tf.LlamaModel(config), use_cache=False)


def t5():
    config = tf.T5Config(
        vocab_size=TOKENS, d_model=WIDTH, d_kv=WIDTH // HEADS, d_ff=INNER, num_layers=1, num_heads=HEADS
    )
    return Tokens(tf.T5EncoderModel(config))


def vit():
    config = tf.ViTConfig(
        image_size=8,
        patch_size=4,
        num_channels=3,
        hidden_size=WIDTH,
        num_hidden_layers=1,
        num_attention_heads=HEADS,
        intermediate_size=INNER,
    )
    return Image(tf.ViTModel(config, add_pooling_layer=False))


def stripped(path):
    """Leaves out what the exporter tells of the program and of tensors."""
    model = onnx.load(path)
    model.graph.ClearField("value_info")
    del model.metadata_props[:]
    for part in [model.graph, *model.graph.node, *model.graph.initializer, *model.graph.input, *model.graph.output]:
        part.ClearField("doc_string")
        part.ClearField("metadata_props")
    onnx.save(model, path)


def export(name, model, arguments, names, axes, dynamo):
    torch.manual_seed(1)
    model.eval()
    for parameter in model.parameters():
        nn.init.normal_(parameter, 0.0, 0.3)
    path = name + ".onnx"
    if dynamo:
        shapes = tuple({i: {"batch": BATCH, "length": LENGTH}[a] for i, a in axes.items()} for _ in names)
        torch.onnx.export(
            model, arguments, path, input_names=names, output_names=["y"], dynamic_shapes=shapes, opset_version=18,
            dynamo=True, external_data=False, verbose=False,
        )
    else:
        torch.onnx.export(
            model, arguments, path, input_names=names, output_names=["y"],
            dynamic_axes={name: axes for name in names}, opset_version=14, dynamo=False,
        )
    stripped(path)


torch.manual_seed(0)
torch.backends.mha.set_fastpath_enabled(False)
ids = torch.randint(0, TOKENS, (2, 9))
tokens = ((ids, torch.ones_like(ids)), ["ids", "mask"], {0: "batch", 1: "length"})
sequence = ((torch.randn(2, 9, WIDTH),), ["x"], {0: "batch", 1: "length"})
image = ((torch.randn(2, 3, 8, 8),), ["image"], {0: "batch"})

export("bert-script", bert("eager"), *tokens, dynamo=False)
export("bert-sdpa-script", bert("sdpa"), *tokens, dynamo=False)
export("bert-dynamo", bert("sdpa"), *tokens, dynamo=True)
export("gpt2-script", gpt2(), *tokens, dynamo=False)
export("gpt2-dynamo", gpt2(), *tokens, dynamo=True)
export("llama-dynamo", llama(), *tokens, dynamo=True)
export("t5-script", t5(), *tokens, dynamo=False)
export("vit-script", vit(), *image, dynamo=False)
export("fused-script", Fused(), *sequence, dynamo=False)
export("fused-dynamo", Fused(), *sequence, dynamo=True)
export("multihead-dynamo", MultiHead(), *sequence, dynamo=True)
