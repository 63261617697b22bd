# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Where well-known libraries come from, and what mangled names mean."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence

#: The beginning of a library's name -> where to get it. The first that matches counts.
_PACKAGES = (
    ("libcudart", ("the CUDA runtime: pip install nvidia-cuda-runtime-cu12 (or the version in the "
                   "library's name), or a CUDA image")),
    ("libcuda.so", "NVIDIA's driver: start the container with --gpus all; no package has it"),
    ("libnvidia-ml", "NVIDIA's driver: start the container with --gpus all; no package has it"),
    ("libcudnn", ("cuDNN: pip install nvidia-cudnn-cu12 (the number in the library's name is cuDNN's "
                  "major version)")),
    ("libcublas", "cuBLAS: pip install nvidia-cublas-cu12"),
    ("libcufft", "cuFFT: pip install nvidia-cufft-cu12"),
    ("libcurand", "cuRAND: pip install nvidia-curand-cu12"),
    ("libcusparse", "cuSPARSE: pip install nvidia-cusparse-cu12"),
    ("libcusolver", "cuSOLVER: pip install nvidia-cusolver-cu12"),
    ("libnvrtc", "CUDA's run-time compiler: pip install nvidia-cuda-nvrtc-cu12"),
    ("libnccl", "NCCL: pip install nvidia-nccl-cu12"),
    ("libnvinfer", ("TensorRT: pip install tensorrt (the number in the library's name is TensorRT's "
                    "major version)")),
    ("libnvonnxparser", "TensorRT's ONNX parser: pip install tensorrt"),
    ("libonnxruntime", ("ONNX Runtime: pip install onnxruntime; its library lies in "
                        "onnxruntime/capi of site-packages")),
    ("libopenvino", "OpenVINO: pip install openvino; its libraries lie in openvino/libs"),
    ("libtensorflow", "TensorFlow: pip install tensorflow; its libraries lie in tensorflow"),
    ("libtorch", "PyTorch: pip install torch; its libraries lie in torch/lib of site-packages"),
    ("libc10", "PyTorch: pip install torch; its libraries lie in torch/lib of site-packages"),
    ("libpython3", ("Python as a shared library: apt-get install libpython3.x (the version must be "
                    "the one in the name), or a Python configured with --enable-shared")),
    ("libgomp", "GCC's OpenMP: apt-get install libgomp1"),
    ("libomp", "LLVM's OpenMP: apt-get install libomp5"),
    ("libiomp5", "Intel's OpenMP: pip install intel-openmp"),
    ("libmkl", "Intel MKL: pip install mkl"),
    ("libtbb", "oneTBB: apt-get install libtbb12, or pip install tbb"),
    ("libopenblas", "OpenBLAS: apt-get install libopenblas0"),
    ("libstdc++", "the C++ library: apt-get install libstdc++6"),
    ("libgcc_s", "GCC's run-time library: apt-get install libgcc-s1"),
    ("libgfortran", "GCC's Fortran library: apt-get install libgfortran5"),
    ("libc++", "LLVM's C++ library: apt-get install libc++1 libc++abi1"),
    ("libnuma", "libnuma: apt-get install libnuma1"),
    ("libb64", "libb64: apt-get install libb64-0d"),
    ("libre2", "RE2: apt-get install the libre2 package whose number is in the library's name"),
    ("libprotobuf", ("protobuf for C++: the version must be the one in the name; link it statically "
                     "to be rid of the matter")),
    ("libarchive", "libarchive: apt-get install libarchive13"),
    ("libdcgm", "NVIDIA DCGM: apt-get install datacenter-gpu-manager"),
    ("libssl", ("OpenSSL: apt-get install libssl3 (1.1 is no longer in current distributions: build "
                "against 3)")),
    ("libcrypto", ("OpenSSL: apt-get install libssl3 (1.1 is no longer in current distributions: "
                   "build against 3)")),
    ("libopencv", "OpenCV: apt-get install libopencv-dev, or the version that it was built with"),
    ("libc.musl", "musl: it was built on Alpine; build it on a distribution with glibc"),
    ("libc.so", "the C library"),
)  # fmt: skip



def package(library: str) -> str:
    """Where to get a library; "" for one that isn't known."""
    return next((text for begin, text in _PACKAGES if library.startswith(begin)), "")


def demangle(names: Sequence[str]) -> list[str]:
    """C++ names as the source has them, where c++filt is there; the others as they are."""
    program = shutil.which("c++filt")
    if program is None or not any(name.startswith("_Z") for name in names):
        return list(names)
    if any("\n" in name or not name.isascii() for name in names):
        return list(names)
    try:
        done = subprocess.run([program], input="\n".join(names), capture_output=True, text=True,
                              timeout=20, check=False)
    except (OSError, subprocess.SubprocessError):
        return list(names)
    lines = done.stdout.splitlines()
    return lines if len(lines) == len(names) else list(names)


def mangled_function(name: str, known: Sequence[str]) -> str:
    """The C function whose C++ name this is: ``_Z24TRITONBACKEND_InitializeP...``; or ""."""
    if not name.startswith("_Z"):
        return ""
    # The length precedes the name, so that one name is not found as the beginning of another.
    return next((k for k in known if f"{len(k)}{k}" in name), "")
