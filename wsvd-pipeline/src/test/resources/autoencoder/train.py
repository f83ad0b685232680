"""Trains autoencoder.onnx: python3 train.py FASHION-MNIST-FOLDER. Needs torch and onnx."""

import gzip
import sys

import numpy as np
import onnx
import torch
from torch import nn


def images(path):
    with gzip.open(path) as file:
        pixels = np.frombuffer(file.read(), np.uint8, offset=16)
    return torch.tensor(pixels.reshape(-1, 1, 28, 28), dtype=torch.float32)


class Autoencoder(nn.Module):
    """28 × 28 pixels as 12 × 7 × 7 numbers, and back: one transposed convolution for each way their taps can lie."""

    def __init__(self):
        super().__init__()
        self.narrow = nn.Conv2d(1, 16, 4, 2, 1)
        self.narrower = nn.Conv2d(16, 32, 4, 2, 1)
        self.code = nn.Conv2d(32, 12, 3, padding=1)
        self.spread = nn.ConvTranspose2d(12, 48, 3, padding=1)
        self.overlapping = nn.ConvTranspose2d(48, 32, 4, 2, 1)
        self.beside = nn.ConvTranspose2d(32, 16, 2, 2)
        self.fine = nn.ConvTranspose2d(16, 8, 3, padding=1)
        self.pixels = nn.Conv2d(8, 1, 3, padding=1)

    def forward(self, image):
        x = torch.relu(self.narrow(image / 255))
        x = self.code(torch.relu(self.narrower(x)))
        for layer in (self.spread, self.overlapping, self.beside, self.fine):
            x = torch.relu(layer(x))
        return 255 * torch.sigmoid(self.pixels(x))


STEPS = 2400
torch.manual_seed(1)
torch.set_num_threads(1)
folder = sys.argv[1]
train = images(folder + "/train-images-idx3-ubyte.gz")
test = images(folder + "/t10k-images-idx3-ubyte.gz")
network = Autoencoder()
optimizer = torch.optim.Adam(network.parameters(), 3e-3)
schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, STEPS)
for step in range(STEPS):
    batch = train[torch.randint(len(train), (32,))]
    loss = ((network(batch) - batch) / 255).square().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    schedule.step()
    if step % 500 == 0:
        print(step, -10 * float(torch.log10(loss.detach())), flush=True)
with torch.no_grad():
    error = torch.cat([(network(part) - part).square().flatten(1).mean(1) for part in test.split(500)])
print("PSNR of the test images", 10 * float(torch.log10(255**2 / error.mean())))
torch.onnx.export(
    network.eval(), (test[:2],), "autoencoder.onnx", input_names=["image"], output_names=["restored"],
    opset_version=17, dynamo=False, dynamic_axes={"image": {0: "N"}, "restored": {0: "N"}})
model = onnx.load("autoencoder.onnx")
for node in model.graph.node:
    del node.metadata_props[:]
del model.graph.value_info[:]
onnx.checker.check_model(model)
onnx.save(model, "autoencoder.onnx")
