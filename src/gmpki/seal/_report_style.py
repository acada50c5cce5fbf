"""How the page of a report looks: on a screen of any width, and on paper."""

from __future__ import annotations

from typing import Final

__all__ = ["STYLE"]

STYLE: Final = """
:root {
  --ink: #1d2430; --soft: #5d6675; --line: #dfe3e8; --paper: #ffffff; --ground: #f3f4f6;
  --good: #1c6b43; --good-ground: #eaf4ee; --open: #8a5a00; --open-ground: #fbf3e0;
  --bad: #a51d1d; --bad-ground: #fbecec;
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0; background: var(--ground); color: var(--ink);
  font: 15px/1.6 "Source Han Sans SC", "Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", system-ui, sans-serif;
}
main { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1, h2, h3, p, dl, dd, ol, ul, figure { margin: 0; padding: 0; }
ol, ul { list-style: none; }
h1 { font-size: 1.6rem; line-height: 1.3; font-weight: 600; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; font-weight: 600; overflow-wrap: anywhere; }
h3 { font-size: .95rem; font-weight: 600; margin: 1.5rem 0 .5rem; }
h3 .en, dt .en, .words .en { color: var(--soft); font-weight: 400; }
.en { font-size: .9em; }
header, section {
  background: var(--paper); border: 1px solid var(--line); border-radius: 6px;
  padding: 1.5rem 1.75rem; margin-bottom: 1.25rem;
}
header { border-top: 5px solid var(--tone); }
.eyebrow { color: var(--soft); letter-spacing: .04em; margin-bottom: .35rem; }
.verdict {
  display: flex; flex-wrap: wrap; align-items: baseline; column-gap: 1rem;
  margin: 1rem 0 1.25rem; padding: .75rem 1rem; border-radius: 4px; background: var(--tone-ground);
}
.verdict strong { font-size: 1.35rem; color: var(--tone); }
.valid { --tone: var(--good); --tone-ground: var(--good-ground); }
.incomplete { --tone: var(--open); --tone-ground: var(--open-ground); }
.invalid { --tone: var(--bad); --tone-ground: var(--bad-ground); }
.title { display: flex; gap: .75rem; align-items: baseline; justify-content: space-between; margin-bottom: 1rem; }
.pill {
  flex: none; padding: .1rem .7rem; border-radius: 1rem; font-size: .85rem; font-weight: 600;
  color: var(--tone); background: var(--tone-ground);
}
.about { display: flex; gap: 1.75rem; align-items: flex-start; }
.about dl { flex: 1; min-width: 0; }
.seal { flex: none; text-align: center; }
.seal img {
  display: block; margin: 0 auto .4rem; border: 1px solid var(--line); border-radius: 4px; padding: 6px;
  object-fit: contain; max-width: 14rem; max-height: 14rem;
}
figcaption { font-size: .82rem; color: var(--soft); overflow-wrap: anywhere; }
dl.facts { display: grid; grid-template-columns: minmax(7rem, 11rem) minmax(0, 1fr); gap: .3rem 1.25rem; }
dl.facts dt .en { display: block; line-height: 1.2; font-size: .8rem; }
dl.facts dd { overflow-wrap: anywhere; }
.code { font-family: ui-monospace, "SFMono-Regular", Menlo, Consolas, monospace; font-size: .85em; }
.checks { border-top: 1px solid var(--line); }
.checks li {
  display: grid; grid-template-columns: 1.5rem minmax(0, 14rem) minmax(0, 1fr); column-gap: .5rem;
  padding: .4rem 0; border-bottom: 1px solid var(--line); break-inside: avoid;
}
.checks .mark { color: var(--tone); font-weight: 700; text-align: center; }
.checks .words .en { display: block; line-height: 1.25; font-size: .8rem; }
.checks .found { overflow-wrap: anywhere; }
.checks .found b { color: var(--tone); font-weight: 600; }
.checks .why { display: block; color: var(--soft); font-size: .88rem; line-height: 1.45; }
.passed { --tone: var(--good); }
.failed { --tone: var(--bad); background: var(--bad-ground); }
.not-checked { --tone: var(--open); }
.chains { display: grid; grid-template-columns: repeat(auto-fit, minmax(19rem, 1fr)); gap: 0 2rem; }
.chain { margin-left: 5px; }
.chain li { border-left: 2px solid var(--line); padding: 0 0 .7rem 1rem; overflow-wrap: anywhere; position: relative; }
.chain li::before {
  content: ""; position: absolute; left: -5px; top: .55em; width: 8px; height: 8px; border-radius: 50%;
  background: var(--paper); border: 2px solid var(--soft);
}
.chain li:last-child { border-left-color: transparent; }
.chain .small, .small { display: block; color: var(--soft); font-size: .82rem; }
.notes li { padding-left: 1rem; text-indent: -1rem; overflow-wrap: anywhere; }
.notes li::before { content: "· "; color: var(--soft); padding-right: .4rem; }
.pages { display: grid; grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)); gap: 1.25rem; }
.pages figure { break-inside: avoid; }
.pages svg { display: block; width: 100%; height: auto; max-height: 30rem; border: 1px solid var(--line); }
.pages figcaption { padding-top: .4rem; }
.pages .empty {
  border: 1px dashed var(--line); padding: 2rem 1rem; color: var(--soft); text-align: center; font-size: .85rem;
  overflow-wrap: anywhere;
}
.place { fill: none; stroke: var(--tone); stroke-width: 2px; stroke-dasharray: 6 4; vector-effect: non-scaling-stroke; }
.tag { fill: var(--tone); }
.tag-text { fill: #fff; font: 600 5px system-ui, sans-serif; text-anchor: middle; dominant-baseline: central; }
footer { color: var(--soft); font-size: .82rem; padding: 0 .25rem 2rem; }
footer p + p { margin-top: .4rem; }
@media (max-width: 40rem) {
  main { margin: 0 auto; padding: 0; }
  header, section { border-radius: 0; border-left: 0; border-right: 0; padding: 1.25rem 1rem; margin-bottom: .6rem; }
  .about { flex-direction: column; align-items: stretch; gap: 1rem; }
  dl.facts { grid-template-columns: 1fr; gap: 0; }
  dl.facts dt .en { display: inline; padding-left: .4rem; }
  dl.facts dt { color: var(--soft); font-size: .85rem; }
  dl.facts dd { margin-bottom: .5rem; }
  .checks li { grid-template-columns: 1.5rem minmax(0, 1fr); }
  .checks .found { grid-column: 2; }
  .checks .words .en { display: inline; padding-left: .4rem; }
  .chains { grid-template-columns: 1fr; }
  footer { padding: 0 1rem 2rem; }
}
@media print {
  @page { margin: 15mm 14mm; }
  body { background: none; font-size: 10pt; -webkit-print-color-adjust: exact; print-color-adjust: exact; }
  main { max-width: none; margin: 0; padding: 0; }
  header, section { border: 0; border-top: 1px solid var(--line); border-radius: 0; padding: 5mm 0; margin: 0; }
  header { border-top: 4px solid var(--tone); }
  h2, h3, .title { break-after: avoid; }
  .about, .chain li, dl.facts { break-inside: avoid; }
  .pages { grid-template-columns: repeat(3, 1fr); }
  .pages svg { max-height: 80mm; }
}
"""
