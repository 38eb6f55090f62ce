#!/bin/bash
# Training steps of bench_small by PyTorch at its best settings and by Ebb, in turns, on 2
# threads; prints seconds a step of each and the ratio of the medians (above 1: Ebb is faster).
# Needs: apt-get install python3-torch python3-numpy libopenblas0-openmp
set -e
cd "$(dirname "$0")"
rounds=${1:-3} work=$(mktemp -d)
python=${PYTHON:-/usr/bin/python3}
trap 'rm -rf "$work"' EXIT
(cd ../.. && CGO_ENABLED=0 go test -c -o "$work/model.test" ./model)
(. ./peer_env.sh; $python unet_torch.py init bench_small.json "$work/small" >/dev/null)
for _ in $(seq "$rounds"); do
	(. ./peer_env.sh; $python unet_torch.py train "$work/small" --batch 64 --steps 6 --threads 2) |
		$python -c 'import json,sys; print(json.loads(sys.stdin.read())["seconds_per_step"])' | tee -a "$work/torch"
	(cd ../../model && "$work/model.test" -test.run '^$' -test.bench TrainBenchSmall -test.benchtime 8x) |
		awk '/s\/step/ {for (i = 1; i < NF; i++) if ($(i+1) == "s/step") print $i}' | tee -a "$work/ebb"
done
$python - "$work" <<'P'
import statistics, sys
t, e = (statistics.median(map(float, open(f"{sys.argv[1]}/{n}"))) for n in ("torch", "ebb"))
print(f"torch {t:.3f} s/step, ebb {e:.3f} s/step, ratio {t / e:.2f}")
P
