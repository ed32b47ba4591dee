"""A small PyTorch network as torchvision's are: mean and std outside, scores and auxiliary scores. Writes ONNX.

venv-torch/bin/python docs/examples/pytorch_network.py runs/own/scenes.npz runs/own/pytorch_net.onnx
"""

import sys
import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

SECONDS = 100
MEAN, STD = (torch.tensor(v).view(3, 1, 1) for v in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))


def block(channels: int, out: int, stride: int = 1, dilation: int = 1) -> nn.Sequential:
    conv = nn.Conv2d(channels, out, 3, stride, dilation, dilation, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(out), nn.ReLU())


class Network(nn.Module):
    def __init__(self, classes: int = 11):
        super().__init__()
        self.trunk = nn.Sequential(block(3, 16, 2), block(16, 32, 2), block(32, 32), block(32, 32, dilation=2))
        self.context = nn.Sequential(block(32, 32, dilation=4), block(32, 32, dilation=8))
        self.head, self.auxiliary = nn.Conv2d(32, classes, 1), nn.Conv2d(32, classes, 1)

    def forward(self, images):
        near = self.trunk(images)
        scores = self.head(self.context(near)), self.auxiliary(near)
        return [F.interpolate(s, images.shape[-2:], mode="bilinear") for s in scores]


def main() -> None:
    torch.manual_seed(0)
    data = np.load(sys.argv[1])
    images, labels = (torch.from_numpy(data[key]) for key in ("images", "labels"))
    network = Network()
    optimizer = torch.optim.Adam(network.parameters(), 3e-3)
    start = time.monotonic()
    while (passed := (time.monotonic() - start) / SECONDS) < 1:
        optimizer.param_groups[0]["lr"] = 3e-3 * (1 - passed)
        chosen = torch.randint(len(images), (4,))
        scores, auxiliary = network((images[chosen].permute(0, 3, 1, 2) / 255 - MEAN) / STD)
        truth = labels[chosen].long()
        loss = sum(w * F.cross_entropy(s, truth, ignore_index=255) for w, s in ((1, scores), (0.4, auxiliary)))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(f"loss {float(loss.detach()):.2f}")
    torch.save(network.state_dict(), sys.argv[2].replace(".onnx", ".pt"))
    shape = (1, 3, *images.shape[1:3])
    torch.onnx.export(
        network.eval(),
        torch.zeros(shape),
        sys.argv[2],
        dynamo=False,
        input_names=["images"],
        output_names=["out", "aux"],
        dynamic_axes={"images": {0: "batch"}},
    )


if __name__ == "__main__":
    main()
