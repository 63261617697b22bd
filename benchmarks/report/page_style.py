# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""What the page of a benchmark adds to the look of the other reports; light and dark."""

from __future__ import annotations

STYLE = """
:root { --s0: #2563c9; --s1: #d0561c; --s2: #7a8694; --s3: #1a7f4b; --s4: #8b3fb5; --s5: #b07400;
        --slower: #c62f2f; --inconclusive: #b07400; --same: #1a7f4b; --band: #1a7f4b; }
@media (prefers-color-scheme: dark) {
  :root { --s0: #6ea8ff; --s1: #ff9460; --s2: #94a1b0; --s3: #3fbf7f; --s4: #c78be8; --s5: #e0a83a;
          --slower: #ff6b6b; --inconclusive: #e0a83a; --same: #3fbf7f; --band: #3fbf7f; }
}
.v-slower { --hue: var(--slower); } .v-inconclusive { --hue: var(--inconclusive); }
.v-same { --hue: var(--same); } .v-none { --hue: var(--s0); }
.slower { --hue: var(--slower); } .inconclusive { --hue: var(--inconclusive); }
.same { --hue: var(--same); }
.s0 { --hue: var(--s0); } .s1 { --hue: var(--s1); } .s2 { --hue: var(--s2); }
.s3 { --hue: var(--s3); } .s4 { --hue: var(--s4); } .s5 { --hue: var(--s5); }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(440px, 100%), 1fr));
         gap: 14px; }
.plots .card, .wide { padding: 12px 14px; }
.plots h3, .wide h3 { margin-bottom: 4px; }
.plot { width: 100%; height: auto; display: block; }
.plot text { font: 11px system-ui, sans-serif; fill: var(--dim); }
.plot text.title { fill: var(--text); }
.plot text.v-slower, .plot text.v-inconclusive { fill: var(--hue); font-weight: 600; }
.grid { stroke: var(--line); } .axis { stroke: var(--dim); }
.curve { fill: none; stroke: var(--hue); stroke-width: 1.8; stroke-linejoin: round; }
.dashed { stroke-dasharray: 5 4; }
.dot, .mark { fill: var(--hue); }
.whisker { stroke: var(--hue); stroke-width: 2; }
.margin { fill: var(--band); opacity: .10; } .noise { fill: var(--dim); opacity: .35; }
.keys { display: flex; flex-wrap: wrap; gap: 4px 18px; margin: 6px 0 10px; font-size: 13px;
        color: var(--dim); }
.keys i { display: inline-block; width: 12px; height: 12px; border-radius: 3px; margin-right: 6px;
          background: var(--hue, var(--band)); vertical-align: -1px; }
.scroll { overflow-x: auto; }
.numbers { width: 100%; border-collapse: collapse; font-size: 13px; }
.numbers th { text-align: left; font-weight: 600; padding: 8px 10px; background: var(--soft);
              white-space: nowrap; }
.numbers td { border-top: 1px solid var(--line); padding: 6px 10px; vertical-align: top; }
.numbers td:first-child, .numbers td:nth-child(2) { white-space: nowrap; }
.numbers.reasons td:last-child { min-width: 240px; }
.numbers .n { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
"""
