#!/usr/bin/env python3
"""The tabular peer: Ebb's network.MLP for rows of numbers, in PyTorch, trained on noise prediction.

  h = in(x)                                                      Linear D -> H
  e = silu(time2(silu(time1(sinusoid(t)))))                      128 -> H -> 128
  each block:  h = h + fc2(silu(fc1(norm(h)) + time(e)))         LayerNorm, Linear H -> H twice; time without bias
  eps = out(norm(h))                                             LayerNorm, Linear H -> D

  mlp_torch.py --batch 1024,4096 --steps 30 --threads 2      one JSON line per batch and task

With --weights FILE the weights are those of a safetensors file; if it also holds check.x, check.t and check.y, the
model must answer check.y to the others within 1e-4.
"""
import argparse
import json
import math
import sys

import torch
import torch.nn as nn
import torch.nn.functional as F

from unet_torch import about, clock, read_safetensors, set_threads

TIME = 128


class Block(nn.Module):
    def __init__(self, h):
        super().__init__()
        self.norm = nn.LayerNorm(h)
        self.fc1 = nn.Linear(h, h)
        self.time = nn.Linear(TIME, h, bias=False)
        self.fc2 = nn.Linear(h, h)

    def forward(self, h, e):
        return h + self.fc2(F.silu(self.fc1(self.norm(h)) + self.time(e)))


class Denoiser(nn.Module):
    def __init__(self, d, h, blocks):
        super().__init__()
        rate = torch.exp(-math.log(10000.0) * torch.arange(TIME // 2) / (TIME // 2))
        self.register_buffer("rate", rate, persistent=False)
        self.add_module("in", nn.Linear(d, h))
        self.time1 = nn.Linear(TIME, h)
        self.time2 = nn.Linear(h, TIME)
        self.blocks = nn.ModuleList(Block(h) for _ in range(blocks))
        self.norm = nn.LayerNorm(h)
        self.out = nn.Linear(h, d)

    def forward(self, x, t):
        angle = t[:, None].float() * self.rate[None]
        e = F.silu(self.time2(F.silu(self.time1(torch.cat([angle.sin(), angle.cos()], 1)))))
        h = getattr(self, "in")(x)
        for b in self.blocks:
            h = b(h, e)
        return self.out(self.norm(h))


def read_weights(model, path):
    """Sets the weights and checks them on the example in the file, if there is one."""
    tensors = {k: torch.from_numpy(v) for k, v in read_safetensors(path).items()}
    example = {k: tensors.pop("check." + k) for k in "xty" if "check." + k in tensors}
    model.load_state_dict(tensors)
    if len(example) == 3:
        with torch.no_grad():
            diff = float((model(example["x"], example["t"]) - example["y"]).abs().max())
        if not diff <= 1e-4:
            sys.exit(f"{path}: the output differs by {diff} from the one in the file")


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--dim", type=int, default=128)
    p.add_argument("--hidden", type=int, default=512)
    p.add_argument("--blocks", type=int, default=4)
    p.add_argument("--batch", default="1024,4096")
    p.add_argument("--steps", type=int, default=30)
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--what", default="train,infer")
    p.add_argument("--weights", help="safetensors file (default: random weights)")
    args = p.parse_args()
    set_threads(args.threads)
    abar = torch.cumprod(1 - torch.linspace(1e-4, 0.02, 1000), 0)
    for batch in map(int, args.batch.split(",")):
        torch.manual_seed(0)
        model = Denoiser(args.dim, args.hidden, args.blocks)
        if args.weights:
            read_weights(model, args.weights)
        params = sum(q.numel() for q in model.parameters())
        # every weight matrix is used once per row: 2 FLOP per weight
        flops = 2 * sum(q.numel() for q in model.parameters() if q.dim() == 2)
        opt = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=1e-2)
        x0 = torch.randn(batch, args.dim)
        t0 = torch.randint(0, 1000, (batch,))

        def train():
            t = torch.randint(0, 1000, (batch,))
            eps = torch.randn_like(x0)
            a = abar[t][:, None]
            loss = F.mse_loss(model(a.sqrt() * x0 + (1 - a).sqrt() * eps, t), eps)
            opt.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            opt.step()
            return float(loss)

        def infer():
            with torch.no_grad():
                return model(x0, t0)

        for what, f, factor in (("train", train, 3), ("infer", infer, 1)):
            if what not in args.what.split(","):
                continue
            s = clock(f, args.steps, 4)
            line = {"peer": "torch", "what": what, "model": "mlp", "batch": batch, "threads": args.threads,
                    "seconds_per_step": round(s, 6), "rows_per_s": round(batch / s, 1),
                    "gflops": round(factor * flops * batch / s / 1e9, 2),
                    "forward_mflop_per_row": round(flops / 1e6, 4), "params": params}
            line.update(about())
            print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
