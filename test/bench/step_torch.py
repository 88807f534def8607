"""The U-Net of test/graph/unet.ts in PyTorch: reads 'step' or 'infer' a line, answers the milliseconds it took."""
import sys, time, torch, torch.nn as nn, torch.nn.functional as F

torch.set_num_threads(int(sys.argv[1]))


def conv(i, o, s=1):
    return nn.Conv2d(i, o, 3, padding=1, stride=s)


class UNet(nn.Module):
    def __init__(self, b=32):
        super().__init__()
        sizes = [(1, b, 1), (b, b, 1), (b, 2 * b, 2), (2 * b, 2 * b, 1), (2 * b, 4 * b, 2), (4 * b, 4 * b, 1),
                 (4 * b, 2 * b, 1), (4 * b, 2 * b, 1), (2 * b, b, 1), (2 * b, b, 1), (b, 1, 1)]
        self.c = nn.ModuleList(conv(*size) for size in sizes)

    def forward(self, x):
        layer = lambda x, i: F.relu(self.c[i](x))
        a = layer(layer(x, 0), 1)
        m = layer(layer(a, 2), 3)
        z = layer(layer(m, 4), 5)
        u = layer(torch.cat([layer(F.interpolate(z, scale_factor=2), 6), m], 1), 7)
        v = layer(torch.cat([layer(F.interpolate(u, scale_factor=2), 8), a], 1), 9)
        return self.c[10](v)


net = UNet()
adam = torch.optim.Adam(net.parameters(), 1e-3)
x, y, image = torch.randn(16, 1, 64, 64), torch.randn(16, 1, 64, 64), torch.randn(1, 1, 256, 256)


def step():
    adam.zero_grad()
    loss = torch.mean(torch.sqrt((net(x) - y) ** 2 + 1e-6))
    loss.backward()
    torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
    adam.step()


def infer():
    with torch.no_grad():
        net(image)


for line in sys.stdin:
    start = time.perf_counter()
    {"step": step, "infer": infer}[line.strip()]()
    print((time.perf_counter() - start) * 1e3, flush=True)
