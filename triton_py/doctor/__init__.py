# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""Why a backend's library would not load, and what to do about it.

The parts, each importing only those before it:

    finding        what is found, as data; the list of all that can be
    elf            an ELF file's header, segments and dynamic section
    elf_symbols    its symbols, and the versions that it needs and defines
    machine        what this machine's loader takes
    search         where the loader looks for a library, and all that a library brings with it
    scope          which library defines a symbol
    scene          the library in the company that it has in a server's process
    api_names      the functions that backends and servers have
    hints          where well-known libraries come from, what C++ names mean
    subject        the file itself: what it is, where it is no shared object
    placement      its name and folder
    check_*        findings, one file a subject
    trial_child    the real load, in a process of its own
    trial          starts that process and says what became of it
    examine        all of it, in order
    report         the result as text and as JSON

A library is read, never loaded, in the process that examines it: its constructors may crash.
"""
