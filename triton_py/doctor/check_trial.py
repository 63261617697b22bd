# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""What the real load says, as findings."""

from __future__ import annotations

import re

from .finding import ERROR, NOTE, WARNING, DoctorError, Finding
from .hints import demangle
from .trial import Trial

#: In the loader's sentence -> the way out.
_REASONS = (
    ("undefined symbol", ("link it with what defines the symbol; the static checks did not see it "
                          "because a library of that name was already in the process")),
    ("static TLS block", ("start the server with GLIBC_TUNABLES=glibc.rtld.optional_static_tls=16384, "
                          "or compile without -ftls-model=initial-exec")),
    ("executable stack", "link with -Wl,-z,noexecstack"),
    ("cannot open shared object", "name the folder of that library in LD_LIBRARY_PATH"),
    ("version `", "build it on the distribution that serves it, or serve in a newer image"),
    ("failed to map segment", "copy it to a file system that is not mounted noexec"),
    ("file too short", "copy the file again: it breaks off"),
    ("cannot restore segment prot", ("compile every object with -fPIC: a policy (SELinux) forbids "
                                     "changes of code")),
)  # fmt: skip
_SYMBOL = re.compile(r"undefined symbol: (\w+)")


def find_trial(trial: Trial, limit_s: float) -> Finding:
    """One finding: how far it got. Raises DoctorError where the fault is not the library's."""
    said = tuple(f"it printed: {line}" for line in trial.output)
    if trial.step in ("", "start"):
        raise DoctorError("the core could not be loaded in the process for the trial: "
                          + (trial.output[-1] if trial.output else trial.ended or "no reason given"))
    if trial.step == "done":
        # Whatever ends the process afterwards is not the load.
        return Finding("loaded", NOTE, "it was loaded as a server loads it, in "
                       f"{trial.seconds:.1f} s", said)
    if trial.step == "finalize":
        how = trial.error or _how(trial, limit_s)
        return Finding("finalize-failed", WARNING,
                       "it loads, but TRITONBACKEND_Finalize, or unloading it, fails", (how, *said),
                       (("return NULL from TRITONBACKEND_Finalize, and free there only what Initialize "
                         "made"),))
    if trial.error:
        return _refused(trial, said)
    stage = "load" if trial.step == "load" else "initialize"
    where = ("while it was loaded: a constructor, or the constructor of a static object, of it or of a "
             "library that it needs" if stage == "load" else
             "in TRITONBACKEND_Initialize (or GetBackendAttribute)")
    debug = "; gdb --args python3 -c \"import ctypes; ctypes.CDLL('<library>')\" shows where"
    if trial.ended == "hung":
        return Finding(f"{stage}-hung", ERROR, f"it did not come to an end within {limit_s:g} s, {where}",
                       said, ("wait for nothing and start nothing that has to be waited for there"
                              + debug, "or give it longer: --time-limit SECONDS"))
    if trial.ended == "ended":
        return Finding(f"{stage}-ended", ERROR,
                       f"it ended the process with status {trial.status}, {where}", said,
                       ("return an error instead of calling exit()",))
    illegal = ("SIGILL: it was built for a newer processor (-march)" if trial.ended == "SIGILL"
               else "")
    return Finding(f"{stage}-crashed", ERROR, f"the process died of {trial.ended}, {where}", said,
                   tuple(f for f in (illegal, "run the constructor or function under a debugger or "
                                     "the address sanitizer" + debug) if f))


def _how(trial: Trial, limit_s: float) -> str:
    if trial.ended == "hung":
        return f"it did not come to an end within {limit_s:g} s"
    if trial.ended == "ended":
        return f"it ended the process with status {trial.status}"
    return f"the process died of {trial.ended}"


def _refused(trial: Trial, said: tuple[str, ...]) -> Finding:
    if trial.step == "load":
        fix = next((way for words, way in _REASONS if words in trial.error),
                   "the loader's sentence above is all that it says; LD_DEBUG=all shows its steps")
        match = _SYMBOL.search(trial.error)
        names = demangle([match[1]]) if match and match[1].startswith("_Z") else []
        return Finding("load-refused", ERROR, f"the loader refuses it: {trial.error}",
                       (*(f"that is {name}" for name in names), *said), (fix,))
    version = ".".join(map(str, trial.api_version))
    fixes = [("look at what it asks for there: a setting (--backend-config), a file beside the library, "
              "a device")]
    if "version" in trial.error.lower():
        fixes.insert(0, f"build it against a backend API of version {version} or older (r<yy.mm> of "
                        "Triton's repositories), or have it ask for no more than it needs")
    return Finding("initialize-failed", ERROR, f"it refuses to start: {trial.error}",
                   (f"this server offers version {version} of the backend API", *said), tuple(fixes))
