# SPDX-FileCopyrightText: Copyright (c) 2026 the triton-py authors
# SPDX-License-Identifier: BSD-3-Clause
"""The look of the HTML report: light and dark, on paper and on a narrow screen."""

STYLE = """
:root {
  color-scheme: light dark;
  --page: #f5f6f8; --card: #fff; --line: #dfe3e8; --soft: #eef1f4;
  --text: #1b2430; --dim: #5a6675; --link: #1f5fbf;
  --pass: #1a7f4b; --fail: #c62f2f; --tolerated: #b07400; --advice: #b0581a;
  --error: #8b3fb5; --blocked: #2f7fa8; --not-run: #98a2af;
  --fail-soft: #fdeeee; --warn-soft: #fff6e0; --warn-line: #e3c061;
  --mono: ui-monospace, "SF Mono", "Cascadia Mono", "DejaVu Sans Mono", Menlo, Consolas, monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #11151b; --card: #181e26; --line: #2c3541; --soft: #202833;
    --text: #e3e8ee; --dim: #97a3b2; --link: #7db0ff;
    --pass: #3fbf7f; --fail: #ff6b6b; --tolerated: #e0a83a; --advice: #e58f4e;
    --error: #c78be8; --blocked: #62b5dc; --not-run: #66717f;
    --fail-soft: #35191c; --warn-soft: #2e2713; --warn-line: #6d5a1e;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--page); color: var(--text);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
}
main { max-width: 1120px; margin: 0 auto; padding: 28px 20px 64px; }
h1 { font-size: 26px; line-height: 1.2; margin: 2px 0 4px; overflow-wrap: anywhere; }
h2 { font-size: 18px; margin: 36px 0 12px; }
h3 { font-size: 15px; margin: 0; overflow-wrap: anywhere; }
h4 { font-size: 12px; margin: 18px 0 6px; color: var(--dim); text-transform: uppercase;
     letter-spacing: .06em; }
p { margin: 6px 0; overflow-wrap: anywhere; }
a { color: var(--link); text-decoration: none; }
a:hover { text-decoration: underline; }
code, pre, .mono { font-family: var(--mono); font-size: 12.5px; }
.dim { color: var(--dim); }
.small { font-size: 13px; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
.kicker { font-size: 12px; letter-spacing: .08em; text-transform: uppercase; color: var(--dim); }
.head { padding: 22px 24px; display: flex; gap: 20px; justify-content: space-between;
        align-items: flex-start; flex-wrap: wrap; border-top: 4px solid var(--hue); }
.head > div:first-child { flex: 1 1 420px; min-width: 0; }
.verdict { border-radius: 999px; padding: 7px 18px; font-weight: 650; font-size: 16px;
           color: var(--card); background: var(--hue); white-space: nowrap; }
.v-conformant { --hue: var(--pass); } .v-violations { --hue: var(--fail); }
.v-incomplete { --hue: var(--error); }
.pass { --hue: var(--pass); } .fail { --hue: var(--fail); } .tolerated { --hue: var(--tolerated); }
.advice { --hue: var(--advice); } .error { --hue: var(--error); }
.blocked { --hue: var(--blocked); } .not-run { --hue: var(--not-run); }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(92px, 1fr)); gap: 10px;
         margin: 14px 0; }
.tile { padding: 12px 14px; }
.tile b { display: block; font-size: 24px; line-height: 1.2; color: var(--hue, inherit); }
.tile span { color: var(--dim); font-size: 13px; }
.note { padding: 10px 16px; margin: 10px 0; background: var(--warn-soft);
        border: 1px solid var(--warn-line); border-radius: 10px; }
.note ul { margin: 4px 0; padding-left: 20px; overflow-wrap: anywhere; }
.map { padding: 8px 20px 14px; }
.map table, .facts, .clauses { width: 100%; border-collapse: collapse; }
.map td, .map th { padding: 6px 8px 6px 0; vertical-align: middle; text-align: left;
                   font-weight: 400; }
.map th { width: 190px; font-weight: 600; }
.map td:last-child { width: 250px; color: var(--dim); font-size: 13px; text-align: right;
                     padding-right: 0; }
.cells { display: flex; flex-wrap: wrap; gap: 3px; }
.cell { width: 15px; height: 15px; border-radius: 3px; background: var(--hue); display: block; }
.cell.not-run, .cell.blocked { background: transparent; border: 2px solid var(--hue); }
.cell.fail { outline: 2px solid var(--fail); outline-offset: 1px; }
.legend { display: flex; flex-wrap: wrap; gap: 6px 18px; border-top: 1px solid var(--line);
          padding-top: 10px; margin-top: 8px; font-size: 13px; color: var(--dim); }
.legend span { display: inline-flex; align-items: center; gap: 6px; }
.clauses { table-layout: fixed; }
.clauses td { border-top: 1px solid var(--line); padding: 9px 12px; vertical-align: top;
              overflow-wrap: anywhere; }
.clauses tr:first-child td { border-top: 0; }
.clauses td:nth-child(1) { width: 112px; padding-left: 20px; }
.clauses td:nth-child(3) { width: 84px; color: var(--dim); font-size: 12.5px; }
.clauses td:nth-child(4) { width: 96px; text-align: right; padding-right: 20px; color: var(--dim);
                           font-size: 13px; white-space: nowrap; }
.pill { display: inline-block; border: 1px solid var(--hue); color: var(--hue); border-radius: 999px;
        padding: 0 9px; font-size: 12px; font-weight: 600; line-height: 20px; white-space: nowrap; }
.pill.fail { background: var(--fail); color: var(--card); }
.profile { display: flex; justify-content: space-between; gap: 12px; align-items: baseline;
           flex-wrap: wrap; padding: 12px 20px; border-bottom: 1px solid var(--line);
           background: var(--soft); border-radius: 10px 10px 0 0; }
.group { margin: 14px 0; }
.found { padding: 20px 24px; margin: 16px 0; border-left: 4px solid var(--hue); }
.found header { display: flex; gap: 10px; align-items: center; flex-wrap: wrap; }
.observed { border-left: 3px solid var(--hue); background: var(--soft); padding: 8px 14px;
            margin: 12px 0; border-radius: 0 6px 6px 0; }
.example + .example { border-top: 1px dashed var(--line); margin-top: 18px; padding-top: 8px; }
.chips { display: flex; flex-wrap: wrap; gap: 6px; margin: 6px 0; }
.chip { background: var(--soft); border-radius: 5px; padding: 1px 7px; }
.events { list-style: none; margin: 0; padding: 8px 0; border: 1px solid var(--line);
          border-radius: 8px; overflow-x: auto; }
.events li { display: grid; grid-template-columns: 40px 22px auto; gap: 8px; padding: 2px 12px 2px 0;
             font-family: var(--mono); font-size: 12.5px; min-width: 0; }
.events.threads li { grid-template-columns: 40px 30px 22px auto; }
.events .no { text-align: right; color: var(--dim); user-select: none; }
.events .way { color: var(--dim); text-align: center; user-select: none; }
.events .what { overflow-wrap: anywhere; white-space: pre-wrap; }
.events .thread { color: var(--dim); }
.events .enter, .events .leave { background: var(--soft); }
.events .call .what, .events .request .what, .events .found-note .what { padding-left: 18px; }
.events .return .what { padding-left: 36px; color: var(--dim); }
.events li.last { background: var(--fail-soft); box-shadow: inset 4px 0 var(--fail);
                  font-weight: 600; }
.events li.last .no, .events li.last .way, .events li.last .what { color: var(--fail); }
.obj { border-radius: 4px; padding: 0 4px; background: hsl(var(--h) 70% 50% / .18);
       box-shadow: inset 0 -2px hsl(var(--h) 70% 50% / .55); white-space: nowrap; }
details { margin: 12px 0; }
summary { cursor: pointer; color: var(--link); }
pre { background: var(--soft); border: 1px solid var(--line); border-radius: 8px; padding: 12px 14px;
      margin: 8px 0; overflow: auto; max-height: 460px; white-space: pre-wrap;
      overflow-wrap: anywhere; }
.facts { table-layout: fixed; }
.facts th { text-align: left; width: 190px; font-weight: 500; color: var(--dim);
            padding: 6px 12px 6px 20px; vertical-align: top; }
.facts td { padding: 6px 20px 6px 0; overflow-wrap: anywhere; }
.facts tr + tr > * { border-top: 1px solid var(--line); }
.inner { padding: 6px 20px 10px; border-top: 1px solid var(--line); }
footer { margin-top: 36px; color: var(--dim); font-size: 13px; }
@media (max-width: 680px) {
  .clauses td:nth-child(3) { display: none; }
  .map td:last-child { display: none; }
  .map th, .facts th { width: 120px; }
}
@media print {
  main { max-width: none; padding: 0; }
  .card, .events { break-inside: auto; }
  pre { max-height: none; }
  .found, .clauses tr { break-inside: avoid-page; }
}
"""
