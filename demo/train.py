#!/usr/bin/env python3
"""Train the demo network, a small residual CNN for Fashion-MNIST, and export it.

    python train.py --data /usr/share/datasets/fashion-mnist --out .

Needs torch, numpy, onnx and onnxruntime. --data is a folder with the four
*-ubyte.gz files of Fashion-MNIST (Debian package dataset-fashion-mnist).
Nothing is downloaded. Written to --out:

    fashion-resnet.onnx      the trained network, BatchNormalization not fused
    test-images.npz          the first 2,000 test images, uint8 [2000,1,28,28]
    test-labels.npy          their labels, int64 [2000]
    calibration-images.npz   500 training images, 50 of each class
"""
import argparse
import gzip
import os
import time

import numpy as np
import onnx
import onnxruntime
import torch
import torch.nn as nn
import torch.nn.functional as F

# ------------------------------------------------------------------ data


def read_idx(path):
    """Read one gzipped IDX file (unsigned bytes) as a numpy array."""
    with gzip.open(path, "rb") as f:
        raw = f.read()
    dims = np.frombuffer(raw, ">i4", count=raw[3], offset=4)
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * raw[3]).reshape(dims)


def load(folder, part):
    images = read_idx(os.path.join(folder, part + "-images-idx3-ubyte.gz"))
    labels = read_idx(os.path.join(folder, part + "-labels-idx1-ubyte.gz"))
    return images[:, None].copy(), labels.astype(np.int64)


def augment(x, rng, reach=2):
    """Flip half of the images left-right; shift each by up to `reach` pixels."""
    n, _, h, w = x.shape
    flip = torch.rand(n, generator=rng) < 0.5
    x = torch.where(flip[:, None, None, None], x.flip(3), x)
    x = F.pad(x, (reach,) * 4)
    dy = torch.randint(0, 2 * reach + 1, (n, 1, 1), generator=rng)
    dx = torch.randint(0, 2 * reach + 1, (n, 1, 1), generator=rng)
    rows = dy + torch.arange(h)[None, :, None]
    cols = dx + torch.arange(w)[None, None, :]
    return x[torch.arange(n)[:, None, None], 0, rows, cols][:, None]


# --------------------------------------------------------------- network


class Normalize(nn.Module):
    """Raw pixels 0..255 to zero mean and unit variance (of the training set)."""

    def __init__(self, mean, std):
        super().__init__()
        self.register_buffer("mean", torch.tensor([mean]))
        self.register_buffer("std", torch.tensor([std]))

    def forward(self, x):
        return (x - self.mean) / self.std


class Block(nn.Module):
    """relu(bn(conv(relu(bn(conv(x))))) + shortcut(x))"""

    def __init__(self, cin, cout, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(cin, cout, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(cout)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(cout, cout, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(cout)
        self.relu2 = nn.ReLU()
        self.shortcut = None
        if stride != 1 or cin != cout:
            self.shortcut = nn.Sequential()
            self.shortcut.add_module("conv", nn.Conv2d(cin, cout, 1, stride, bias=False))
            self.shortcut.add_module("bn", nn.BatchNorm2d(cout))

    def forward(self, x):
        y = self.relu1(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        return self.relu2(y + (x if self.shortcut is None else self.shortcut(x)))


class FashionResNet(nn.Module):
    def __init__(self, mean, std):
        super().__init__()
        self.normalize = Normalize(mean, std)
        self.stem = nn.Sequential()                                    # 28 x 28 -> 14 x 14
        self.stem.add_module("conv", nn.Conv2d(1, 32, 5, 2, 2, bias=False))
        self.stem.add_module("bn", nn.BatchNorm2d(32))
        self.stem.add_module("relu", nn.ReLU())
        self.stage1 = nn.Sequential(Block(32, 32, 1))                    # 14 x 14
        self.stage2 = nn.Sequential(Block(32, 64, 2), Block(64, 64, 1))  # 7 x 7
        self.stage3 = nn.Sequential(Block(64, 96, 2))                    # 4 x 4
        self.flatten = nn.Flatten(1)
        self.fc1 = nn.Linear(96 * 4 * 4, 128)
        self.relu = nn.ReLU()
        self.fc2 = nn.Linear(128, 10)
        for m in self.modules():
            if isinstance(m, nn.Conv2d):
                nn.init.kaiming_normal_(m.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, image):
        x = self.stem(self.normalize(image))
        x = self.stage3(self.stage2(self.stage1(x)))
        return self.fc2(self.relu(self.fc1(self.flatten(x))))


def layer_table(model):
    """Print each convolution and linear layer with its shape, output size and MACs."""
    rows = []

    def hook(name):
        def record(m, _, out):
            hw = tuple(out.shape[2:])
            rows.append((name, tuple(m.weight.shape), hw or (1, 1),
                         m.weight.numel() * int(np.prod(hw or (1,)))))
        return record

    handles = [m.register_forward_hook(hook(n)) for n, m in model.named_modules()
               if isinstance(m, (nn.Conv2d, nn.Linear))]
    model.eval()
    with torch.no_grad():
        model(torch.zeros(1, 1, 28, 28))
    for h in handles:
        h.remove()
    for name, shape, hw, macs in rows:
        print(f"{name:24s} {'x'.join(map(str, shape)):>12s} {hw[0]:3d}x{hw[1]:<3d} {macs:>10,d}")
    params = sum(p.numel() for p in model.parameters())
    print(f"{params:,} parameters, {sum(r[3] for r in rows):,} MACs per image", flush=True)


# -------------------------------------------------------------- training


def train(model, images, labels, epochs, batch, rng):
    model.to(memory_format=torch.channels_last)
    steps = epochs * (len(images) // batch)
    decay = [p for p in model.parameters() if p.ndim > 1]
    plain = [p for p in model.parameters() if p.ndim <= 1]       # BatchNorm and biases
    opt = torch.optim.SGD([{"params": decay, "weight_decay": 5e-4},
                           {"params": plain, "weight_decay": 0.0}],
                          lr=0.1, momentum=0.9, nesterov=True)
    sched = torch.optim.lr_scheduler.OneCycleLR(opt, max_lr=0.15, total_steps=steps, pct_start=0.2,
                                                cycle_momentum=False, final_div_factor=1e3)
    for epoch in range(1, epochs + 1):
        start, total, hits, seen = time.time(), 0.0, 0, 0
        model.train()
        order = torch.randperm(len(images), generator=rng)
        for i in range(len(images) // batch):
            pick = order[i * batch:(i + 1) * batch]
            x = augment(images[pick], rng).float().contiguous(memory_format=torch.channels_last)
            y = labels[pick]
            out = model(x)
            loss = F.cross_entropy(out, y, label_smoothing=0.05)
            opt.zero_grad(set_to_none=True)
            loss.backward()
            opt.step()
            sched.step()
            total += loss.item() * len(y)
            hits += (out.argmax(1) == y).sum().item()
            seen += len(y)
        print(f"epoch {epoch}/{epochs}: loss {total / seen:.4f}, "
              f"training accuracy {hits / seen:.4f}, {time.time() - start:.0f} s", flush=True)
    model.eval()
    return model.to(memory_format=torch.contiguous_format)


# ---------------------------------------------------------------- export


def module_path(scope):
    """'/stage1/stage1.0/conv1/Conv' -> 'stage1.0.conv1'"""
    path = ""
    for part in scope.strip("/").split("/")[:-1]:
        path = part if not path or part.startswith(path + ".") else path + "." + part
    return path


def export(model, path):
    model.eval()
    torch.onnx.export(model, (torch.zeros(2, 1, 28, 28),), path, dynamo=False, opset_version=17,
                      training=torch.onnx.TrainingMode.PRESERVE, do_constant_folding=False,
                      input_names=["image"], output_names=["logits"],
                      dynamic_axes={"image": {0: "batch"}, "logits": {0: "batch"}})
    proto = onnx.load(path)
    g = proto.graph

    # Two branches that are added train equal BatchNorm biases; the exporter stores such a pair
    # once, behind an Identity node. Give each its own initializer again.
    weights = {t.name: t for t in g.initializer}
    for node in [n for n in g.node if n.op_type == "Identity" and n.input[0] in weights]:
        copy = g.initializer.add()
        copy.CopyFrom(weights[node.input[0]])
        copy.name = node.output[0]
        g.node.remove(node)

    # Node names are what users type: make them the module paths.
    used = set()
    for node in g.node:
        node.name = module_path(node.name) + {"Add": ".add", "Sub": ".sub", "Div": ".div"}.get(node.op_type, "")
        assert node.name and node.name not in used, node.name
        used.add(node.name)
    rename = {o: n.name + ".out" for n in g.node for o in n.output if o != "logits"}
    for node in g.node:
        node.input[:] = [rename.get(i, i) for i in node.input]
        node.output[:] = [rename.get(o, o) for o in node.output]
    del g.value_info[:]
    g.name = "fashion-resnet"
    proto.doc_string = "Fashion-MNIST classifier; input: raw pixels 0..255"
    proto = onnx.shape_inference.infer_shapes(proto, strict_mode=True)

    onnx.checker.check_model(proto, full_check=True)
    for node in proto.graph.node:
        if node.op_type == "BatchNormalization":
            mode = [a.i for a in node.attribute if a.name == "training_mode"]
            assert mode in ([], [0]) and len(node.output) == 1, node.name
    onnx.save(proto, path)


def evaluate(path, images, labels, threads):
    """Accuracy and seconds of the ONNX file in ONNX Runtime."""
    opt = onnxruntime.SessionOptions()
    opt.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(path, opt, providers=["CPUExecutionProvider"])
    session.run(None, {"image": images[:100].astype(np.float32)})
    hits, start = 0, time.time()
    for i in range(0, len(images), 100):
        out = session.run(["logits"], {"image": images[i:i + 100].astype(np.float32)})[0]
        hits += int((out.argmax(1) == labels[i:i + 100]).sum())
    return hits / len(images), time.time() - start


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--data", default="/usr/share/datasets/fashion-mnist", help="folder of the *-ubyte.gz files")
    ap.add_argument("--out", default=".", help="folder to write to")
    ap.add_argument("--epochs", type=int, default=10)
    ap.add_argument("--batch", type=int, default=128)
    ap.add_argument("--seed", type=int, default=1)
    ap.add_argument("--threads", type=int, default=2)
    args = ap.parse_args()

    os.makedirs(args.out, exist_ok=True)
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    rng = torch.Generator().manual_seed(args.seed)

    train_x, train_y = load(args.data, "train")
    test_x, test_y = load(args.data, "t10k")

    np.savez_compressed(os.path.join(args.out, "test-images.npz"), image=test_x[:2000])
    np.save(os.path.join(args.out, "test-labels.npy"), test_y[:2000])
    chooser = np.random.default_rng(args.seed)
    chosen = np.concatenate([chooser.choice(np.flatnonzero(train_y == c), 50, replace=False) for c in range(10)])
    chooser.shuffle(chosen)
    np.savez_compressed(os.path.join(args.out, "calibration-images.npz"), image=train_x[chosen])

    model = FashionResNet(float(train_x.mean()), float(train_x.std()))
    layer_table(model)
    train(model, torch.from_numpy(train_x), torch.from_numpy(train_y), args.epochs, args.batch, rng)

    path = os.path.join(args.out, "fashion-resnet.onnx")
    export(model, path)
    for n in (len(test_x), 2000):
        accuracy, seconds = evaluate(path, test_x[:n], test_y[:n], args.threads)
        print(f"ONNX Runtime, first {n:,} test images: accuracy {accuracy:.4f}, {seconds:.2f} s")


if __name__ == "__main__":
    main()
