"""Trains two stacked bidirectional LSTMs on Fashion-MNIST and writes them as an ONNX file.

An image is a sequence of seven steps, each of four of its rows. The file is the one that the tests use.

    python train.py FOLDER-OF-FASHION-MNIST
"""

import gzip
import sys

import numpy as np
import torch
from torch import nn

HIDDEN = 40
STEPS = 7


def images(folder, name):
    data = np.frombuffer(gzip.open(f"{folder}/{name}-images-idx3-ubyte.gz").read(), np.uint8, offset=16)
    return torch.from_numpy(data.astype(np.float32).reshape(-1, 1, 28, 28))


def labels(folder, name):
    data = np.frombuffer(gzip.open(f"{folder}/{name}-labels-idx1-ubyte.gz").read(), np.uint8, offset=8)
    return torch.from_numpy(data.astype(np.int64))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.cells = nn.LSTM(28 * 28 // STEPS, HIDDEN, num_layers=2, bidirectional=True, batch_first=True)
        self.fc = nn.Linear(2 * HIDDEN, 10)

    def forward(self, image):
        seen, _ = self.cells((image / 255).reshape(-1, STEPS, 28 * 28 // STEPS))
        return self.fc(seen.mean(1))


def train(folder, file):
    torch.manual_seed(1)
    model = Net()
    x, y = images(folder, "train"), labels(folder, "train")
    epochs, batch = 8, 256
    optimizer = torch.optim.AdamW(model.parameters(), 3e-3, weight_decay=1e-2)
    steps = epochs * (len(x) // batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, total_steps=steps)
    for _ in range(epochs):
        order = torch.randperm(len(x))
        for i in range(len(x) // batch):
            some = order[i * batch : (i + 1) * batch]
            loss = nn.functional.cross_entropy(model(x[some]), y[some], label_smoothing=0.05)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    model.eval()
    with torch.no_grad():
        right = model(images(folder, "t10k")).argmax(1) == labels(folder, "t10k")
    print(file, right.float().mean().item())
    torch.onnx.export(
        model,
        (x[:2],),
        file,
        input_names=["image"],
        output_names=["logits"],
        dynamic_axes={"image": {0: "batch"}, "logits": {0: "batch"}},
        opset_version=17,
        dynamo=False,
    )


if __name__ == "__main__":
    train(sys.argv[1], "fashion-lstm.onnx")
