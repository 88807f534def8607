"""The nets of src-main/models in PyTorch, with the same sizes, losses and optimiser (Adam, clipping by global norm, moving
average of the weights). Argument: threads. Reads a line FAMILY, answers the milliseconds of one training step, of the
processor where there is one thread; the line PARAMETERS FAMILY answers how many parameters the net has."""
import math, sys, time
import torch, torch.nn as nn, torch.nn.functional as F

torch.set_num_threads(int(sys.argv[1]))
clock = time.process_time if sys.argv[1] == "1" else time.perf_counter
torch.manual_seed(1)
BATCH, SIZE, LEAK = 8, 64, 0.1


def leaky(x):
    return F.leaky_relu(x, LEAK)


def conv(i, o, kernel=3, stride=1):
    return nn.Conv2d(i, o, kernel, stride, 0 if kernel == stride and kernel > 1 else (kernel - 1) // 2)


def double(x):
    return F.interpolate(x, scale_factor=2, mode="nearest")


class Plain(nn.Module):
    def __init__(self, latent=32, patch=16, hidden=256):
        super().__init__()
        self.e_lin, self.e_hid = conv(1, latent, patch, patch), conv(1, hidden, patch, patch)
        self.e_fold, self.d_hid = conv(hidden, latent, 1), conv(latent, hidden, 1)
        self.d_lin = nn.ConvTranspose2d(latent, 1, patch, patch)
        self.d_fold = nn.ConvTranspose2d(hidden, 1, patch, patch)

    def loss(self, x, y):
        z = self.e_lin(x) + self.e_fold(leaky(self.e_hid(x)))
        return F.mse_loss(self.d_lin(z) + self.d_fold(leaky(self.d_hid(z))), y)


class Stack(nn.Module):
    def __init__(self, latent, levels, merge=1, base=16, heads=1):
        super().__init__()
        width = lambda level: base * min(8, 2 ** level)
        top = width(levels)
        self.start = conv(1, base)
        self.down = nn.ModuleList(conv(width(l - 1), width(l), 3, 2) for l in range(1, levels + 1))
        self.low, self.high = conv(top, top), conv(top, top)
        self.heads = nn.ModuleList(conv(top, latent, merge, merge) for _ in range(heads))
        self.unmerge = nn.ConvTranspose2d(latent, top, merge, merge)
        self.up = nn.ModuleList(conv(width(l), width(l - 1)) for l in range(levels, 0, -1))
        self.out = conv(base, 1)

    def encode(self, x):
        x = leaky(self.start(x))
        for layer in self.down:
            x = leaky(layer(x))
        return leaky(self.low(x))

    def decode(self, z):
        x = leaky(self.high(leaky(self.unmerge(z))))
        for layer in self.up:
            x = leaky(layer(double(x)))
        return self.out(x)


class Convolutional(Stack):
    def __init__(self):
        super().__init__(8, 3)
        self.lin, self.back = conv(1, 8, 8, 8), nn.ConvTranspose2d(8, 1, 8, 8)

    def loss(self, x, y):
        z = self.heads[0](self.encode(x)) + self.lin(x)
        return F.mse_loss(self.decode(z) + self.back(z), y)


class Sparse(Stack):
    def __init__(self, rate=0.05):
        super().__init__(64, 2)
        self.rate = rate
        self.lin, self.back = conv(1, 64, 4, 4), nn.ConvTranspose2d(64, 1, 4, 4)

    def loss(self, x, y):
        r = self.rate
        z = torch.sigmoid(self.heads[0](self.encode(x)) + self.lin(x) - math.log((1 - r) / r))
        rates = z.mean((0, 2, 3)).clamp(1e-6, 1 - 1e-6)
        kl = (r * torch.log(r / rates) + (1 - r) * torch.log((1 - r) / (1 - rates))).mean()
        code = (z - r) / math.sqrt(r)
        return F.mse_loss(self.decode(code) + self.back(code), y) + 0.1 * kl


class Contractive(nn.Module):
    def __init__(self, latent=64, patch=16):
        super().__init__()
        self.patch = patch
        self.w = nn.Parameter(torch.randn(latent, 1, patch, patch) / patch)
        self.b, self.c = nn.Parameter(torch.zeros(latent)), nn.Parameter(torch.zeros(1))

    def loss(self, x, y):
        z = torch.sigmoid(F.conv2d(x, self.w, self.b, self.patch))
        norms = (self.w ** 2).sum((1, 2, 3))
        jacobian = ((z * (1 - z)) ** 2 * norms[None, :, None, None]).sum(1).mean()
        return F.mse_loss(F.conv_transpose2d(z, self.w, self.c, self.patch), y) + 0.1 / self.patch ** 2 * jacobian


class ContractiveConv(Stack):
    def __init__(self):
        super().__init__(8, 3)

    def loss(self, x, y):
        z = self.heads[0](self.encode(x))
        moved = self.heads[0](self.encode(x + 1e-2 * torch.randn_like(x)))
        jacobian = (((moved - z) / 1e-2) ** 2).sum(1).mean()
        return F.mse_loss(self.decode(z), y) + 0.1 / 64 * jacobian


class UNet(nn.Module):
    def __init__(self, channels=1, base=16, levels=3, residual=True):
        super().__init__()
        width = lambda level: base * 2 ** level
        self.residual, self.levels = residual, levels
        self.a = nn.ModuleList(conv(channels if l == 0 else width(l - 1), width(l)) for l in range(levels))
        self.b = nn.ModuleList(conv(width(l), width(l)) for l in range(levels))
        self.c = nn.ModuleList(conv(width(l + 1), width(l)) for l in range(levels - 1))
        self.d = nn.ModuleList(conv(2 * width(l), width(l)) for l in range(levels - 1))
        self.out = conv(base, 1)

    def forward(self, x):
        image, skips = x, []
        for level in range(self.levels):
            x = leaky(self.b[level](leaky(self.a[level](F.avg_pool2d(x, 2) if level else x))))
            skips.append(x)
        for level in range(self.levels - 2, -1, -1):
            x = leaky(self.d[level](torch.cat([leaky(self.c[level](double(x))), skips[level]], 1)))
        return self.out(x) + (image if self.residual else 0)

    def loss(self, x, y):
        return F.mse_loss(self(x), y)


class Video(UNet):
    channels = 5

    def __init__(self):
        super().__init__(4, residual=False)
        self.weights = nn.Parameter(torch.zeros(4))

    def loss(self, x, y):
        others = torch.cat([x[:, :2], x[:, 3:]], 1)
        base = (others * (self.weights + 0.25)[None, :, None, None]).sum(1, keepdim=True)
        return F.mse_loss(self(others) + base, y)


class Variational(Stack):
    def __init__(self):
        super().__init__(32, 3, merge=8, heads=2)
        self.lin, self.back = conv(1, 32, SIZE, SIZE), nn.ConvTranspose2d(33, 1, SIZE, SIZE)

    def loss(self, x, y):
        features = self.encode(x)
        mean, log = self.heads[0](features) + self.lin(x), self.heads[1](features).clamp(-12, 6)
        z = mean + torch.exp(0.5 * log) * torch.randn_like(mean)
        kl = (0.5 * (mean ** 2 + torch.exp(log) - log - 1)).mean((0, 2, 3)).sum()
        rebuilt = self.decode(z) + self.back(torch.cat([z, torch.ones_like(z[:, :1])], 1))
        return F.mse_loss(rebuilt, y) + 0.02 / SIZE ** 2 * kl


class VectorQuantised(Stack):
    def __init__(self, codes=256, latent=16):
        super().__init__(latent, 2)
        self.register_buffer("book", torch.randn(codes, latent))
        self.register_buffer("uses", torch.ones(codes))
        self.register_buffer("sums", torch.randn(codes, latent))

    def loss(self, x, y):
        z = self.heads[0](self.encode(x))
        flat = z.permute(0, 2, 3, 1).reshape(-1, z.shape[1])
        with torch.no_grad():
            index = ((self.book ** 2).sum(1) - 2 * flat @ self.book.t()).argmin(1)
            picks = F.one_hot(index, len(self.book)).float()
            self.uses.mul_(0.98).add_(picks.sum(0), alpha=0.02)
            self.sums.mul_(0.98).add_(picks.t() @ flat, alpha=0.02)
            dead = (self.uses < 0.05 * len(flat) / len(self.book)).float()
            fresh = flat[torch.randint(len(flat), (len(self.book),))]
            self.uses.copy_(self.uses * (1 - dead) + dead * len(flat) / len(self.book))
            self.sums.copy_(self.sums * (1 - dead)[:, None] + fresh * (dead * len(flat) / len(self.book))[:, None])
            quantised = self.book[index].reshape(z.permute(0, 2, 3, 1).shape).permute(0, 3, 1, 2)
            self.book.copy_(self.sums / (self.uses + 1e-6)[:, None])
        straight = z + (quantised - z).detach()
        return F.mse_loss(self.decode(straight), y) + 0.25 * F.mse_loss(z, quantised)


class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.before, self.between = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.mix = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.widen, self.narrow = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x):
        n, count, width = x.shape
        q, k, v = self.qkv(self.before(x)).reshape(n, count, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(n, count, width)
        x = x + self.mix(mixed)
        return x + self.narrow(F.gelu(self.widen(self.between(x))))


class Masked(nn.Module):
    def __init__(self, patch=8, width=96, depth=4, heads=4, decoder=64, hidden=0.75):
        super().__init__()
        self.patch, self.grid = patch, SIZE // patch
        self.visible = round(self.grid ** 2 * (1 - hidden))
        self.embed = conv(1, width, patch, patch)
        self.encoder = nn.ModuleList(Block(width, heads) for _ in range(depth))
        self.norm, self.enter = nn.LayerNorm(width), nn.Linear(width, decoder)
        self.missing = nn.Parameter(torch.zeros(decoder))
        self.decoder, self.last = Block(decoder, heads), nn.LayerNorm(decoder)
        self.paint = nn.ConvTranspose2d(decoder, 1, patch, patch)
        places = torch.arange(self.grid ** 2)
        row, column = places // self.grid, places % self.grid
        self.register_buffer("apart", torch.hypot((row[:, None] - row).float(), (column[:, None] - column).float()))
        self.register_buffer("place", torch.randn(1, self.grid ** 2, width))
        self.register_buffer("place2", torch.randn(1, self.grid ** 2, decoder))

    def loss(self, x, y):
        n, all = x.shape[0], self.grid ** 2
        shown = torch.rand(n, all).argsort(1)[:, : self.visible]
        pick = lambda t: torch.gather(t, 1, shown[:, :, None].expand(-1, -1, t.shape[2]))
        tokens = pick(self.embed(x).flatten(2).transpose(1, 2) + self.place)
        for block in self.encoder:
            tokens = block(tokens)
        entered = self.enter(self.norm(tokens))
        weights = F.softmax(-2 * pick(self.apart.expand(n, -1, -1)).transpose(1, 2), 2)
        full = (weights @ entered + self.missing).scatter(1, shown[:, :, None].expand(-1, -1, entered.shape[2]), entered)
        squares = self.last(self.decoder(full + self.place2)).transpose(1, 2).reshape(n, -1, self.grid, self.grid)
        means = pick(F.avg_pool2d(x, self.patch).flatten(1)[:, :, None])
        coarse = (weights @ means).reshape(n, 1, self.grid, self.grid)
        rebuilt = self.paint(squares) + F.interpolate(coarse, scale_factor=self.patch, mode="bilinear")
        seen = torch.zeros(n, all).scatter(1, shown, 1.0).reshape(n, 1, self.grid, self.grid)
        seen = F.interpolate(seen, scale_factor=self.patch, mode="nearest")
        return F.mse_loss(seen * x + (1 - seen) * rebuilt, y)


NETS = {
    "plain": Plain, "convolutional": Convolutional, "sparse": Sparse, "contractive": Contractive,
    "contractive-convolutional": ContractiveConv, "denoising": UNet, "variational": Variational,
    "vector-quantised": VectorQuantised, "video": Video, "masked": Masked,
}
made = {}


def make(name):
    net = NETS[name]()
    average = [p.detach().clone() for p in net.parameters()]
    adam = torch.optim.Adam(net.parameters(), 2e-3, betas=(0.9, 0.99))
    x = torch.rand(BATCH, getattr(net, "channels", 1), SIZE, SIZE)
    y = torch.rand(BATCH, 1, SIZE, SIZE)

    def step():
        adam.zero_grad()
        net.loss(x, y).backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 10.0)
        adam.step()
        with torch.no_grad():
            torch._foreach_lerp_(average, [p.detach() for p in net.parameters()], 0.005)

    return net, step


for line in sys.stdin:
    words = line.split()
    name = words[-1]
    if name not in made:
        made[name] = make(name)
    net, step = made[name]
    if words[0] == "PARAMETERS":
        print(sum(p.numel() for p in net.parameters()), flush=True)
        continue
    start = clock()
    step()
    print((clock() - start) * 1e3, flush=True)
