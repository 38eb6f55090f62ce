"""Writes the NumPy files that npy_test.go reads: python3 make.py (NumPy 1.24)."""
import numpy as np

values = np.arange(24).reshape(2, 3, 4)
for name in ["u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f2", "f4", "f8"]:
    v = values - 12 if name[0] in "if" else values
    v = v * 0.5 if name[0] == "f" else v
    for order in "<>":
        for fortran in [False, True]:
            a = np.asarray(v, dtype=order + name, order="F" if fortran else "C")
            np.save(f"{name}{'be' if order == '>' else 'le'}{'f' if fortran else 'c'}.npy", a)
np.save("b1.npy", values % 3 == 0)
np.save("scalar.npy", np.float64(2.5))
np.save("vector.npy", np.arange(5, dtype="i8"))
np.save("empty.npy", np.zeros((0, 7), dtype="f4"))
for v in [(2, 0), (3, 0)]:
    with open(f"version{v[0]}.npy", "wb") as f:
        np.lib.format.write_array(f, values.astype("<f4"), version=v)
np.savez_compressed("pair.npz", x=values.astype("u1"), y=np.array([3, 1], dtype="i8"))
np.save("complex.npy", np.zeros(3, dtype="c16"))
np.save("record.npy", np.zeros(3, dtype=[("a", "f4"), ("b", "i4")]))
np.save("object.npy", np.array([None, 1], dtype=object), allow_pickle=True)
