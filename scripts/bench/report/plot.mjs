// One table as a picture: a row for each way, a dot for each sample, a line at
// the median, and a mark at what is owed.
import { median, show } from "../statistics.mjs";

const WIDTH = 860;
const LABELS = 290;
const RIGHT = 90;
const ROW = 34;
const TOP = 52;
const BOTTOM = 48;
const PLOT = WIDTH - LABELS - RIGHT;

const STYLE = `
  .paper { fill: #fff; stroke: #d0d7de }
  text { font: 13px system-ui, "Segoe UI", "Helvetica Neue", Arial, sans-serif; fill: #1f2328 }
  .title { font-size: 15px; font-weight: 600 }
  .axis, .owed-word { font-size: 12px; fill: #59636e }
  .grid { stroke: #e4e8ec }
  .band { fill: #f6f8fa }
  .dot { fill: #6e7781; fill-opacity: .45 }
  .median { stroke: #424a53; stroke-width: 3 }
  .ours .dot { fill: #0969da; fill-opacity: .4 }
  .ours .median { stroke: #0550ae }
  .ours text { font-weight: 600 }
  .owed { stroke: #bc4c00; stroke-width: 2; stroke-dasharray: 3 2 }
  .none { font-style: italic; fill: #59636e }
  @media (prefers-color-scheme: dark) {
    .paper { fill: #0d1117; stroke: #30363d }
    text { fill: #e6edf3 }
    .axis, .owed-word, .none { fill: #9198a1 }
    .grid { stroke: #262c34 }
    .band { fill: #151b23 }
    .dot { fill: #9198a1 }
    .median { stroke: #d1d7e0 }
    .ours .dot { fill: #4493f8 }
    .ours .median { stroke: #79c0ff }
    .owed { stroke: #f0883e }
  }
`;

/** The SVG of a table, or nothing when none of its rows can be drawn. */
export function plot(table) {
  const rows = table.rows.filter(({ unit }) => unit === undefined);
  const owedOf = ({ owed = [] }) => owed.find(([of]) => of === "median" || of === "max")?.[2];
  const values = rows.flatMap((row) => [...row.samples, ...[owedOf(row)].filter((limit) => limit !== undefined)]);
  if (!rows.some(({ samples }) => samples.length)) return undefined;
  const axis = table.scale === "log" ? logAxis(values) : linearAxis(values);
  const height = TOP + rows.length * ROW + BOTTOM;
  const bottom = TOP + rows.length * ROW;
  const owed = rows.some((row) => owedOf(row) !== undefined);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escape(table.title)}">`,
    `<style>${STYLE}</style>`,
    `<rect class="paper" x=".5" y=".5" width="${WIDTH - 1}" height="${height - 1}" rx="6"/>`,
    `<text class="title" x="16" y="30">${escape(table.title)}</text>`,
    ...(owed ? legend() : []),
    ...rows.flatMap((_, i) => (i % 2 ? [] : [`<rect class="band" x="1" y="${TOP + i * ROW}" width="${WIDTH - 2}" height="${ROW}"/>`])),
    ...axis.ticks.flatMap((tick) => {
      const x = round(LABELS + axis.at(tick) * PLOT);
      return [
        `<line class="grid" x1="${x}" x2="${x}" y1="${TOP}" y2="${bottom}"/>`,
        `<text class="axis" x="${x}" y="${bottom + 17}" text-anchor="middle">${show(tick)}</text>`,
      ];
    }),
    `<text class="axis" x="${LABELS + PLOT / 2}" y="${bottom + 36}" text-anchor="middle">${escape(axisTitle(table))}</text>`,
    ...rows.map((row, i) => drawRow(row, TOP + i * ROW, axis, owedOf(row))),
    "</svg>\n",
  ].join("\n");
}

const axisTitle = ({ unit, scale, better }) =>
  [unit, scale === "log" ? "logarithmic" : "", better ? `${better} is better` : ""].filter(Boolean).join(", ");

function legend() {
  const x = WIDTH - 52;
  return [
    `<line class="owed" x1="${x}" x2="${x}" y1="17" y2="35"/>`,
    `<text class="owed-word" x="${x + 8}" y="30">owed</text>`,
  ];
}

function drawRow({ what, ours, part, samples, missing }, top, axis, owed) {
  const middle = top + ROW / 2;
  const x = (value) => round(LABELS + axis.at(value) * PLOT);
  const label = `<text x="${part ? 32 : 16}" y="${middle + 4.5}">${escape(what)}</text>`;
  const parts = [`<g class="${ours ? "ours" : "other"}">`, label];
  if (samples.length === 0) {
    parts.push(`<text class="none" x="${LABELS + 8}" y="${middle + 4.5}">${escape(missing ?? "not measured")}</text>`);
  }
  // Spread a little, so that equal samples are seen to be many.
  samples.forEach((sample, i) => {
    const y = middle + (samples.length > 1 ? ((i * 7) % 11) - 5 : 0);
    parts.push(`<circle class="dot" cx="${x(sample)}" cy="${y}" r="2.6"/>`);
  });
  if (owed !== undefined) parts.push(`<line class="owed" x1="${x(owed)}" x2="${x(owed)}" y1="${top + 3}" y2="${top + ROW - 3}"/>`);
  if (samples.length) {
    const at = x(median(samples));
    parts.push(`<line class="median" x1="${at}" x2="${at}" y1="${middle - 10}" y2="${middle + 10}"/>`);
    parts.push(`<text x="${WIDTH - 16}" y="${middle + 4.5}" text-anchor="end">${show(median(samples))}</text>`);
  }
  return [...parts, "</g>"].join("");
}

/** From zero to a round number past the largest; what is counted has no halves. */
function linearAxis(values) {
  const finest = values.every(Number.isInteger) ? 1 : 0;
  const step = Math.max(finest, niceStep(Math.max(...values, 1e-9) / 5));
  const least = Math.min(0, Math.floor(Math.min(...values) / step));
  const most = Math.max(1, Math.ceil(Math.max(...values) / step));
  const ticks = Array.from({ length: most - least + 1 }, (_, i) => Number(((least + i) * step).toPrecision(6)));
  return { ticks, at: (value) => (value / step - least) / (most - least) };
}

const niceStep = (step) => {
  const power = 10 ** Math.floor(Math.log10(step));
  return power * [1, 2, 5, 10].find((digit) => digit * power >= step);
};

/** Whole decades; what is nothing, or less, stands at the left edge. */
function logAxis(values) {
  const positive = values.filter((value) => value > 0);
  const low = Math.floor(Math.log10(Math.min(...positive, 1e6)));
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...positive, 10 ** low))));
  const ticks = Array.from({ length: high - low + 1 }, (_, i) => Number((10 ** (low + i)).toPrecision(1)));
  return { ticks, at: (value) => (value > 0 ? Math.max(0, (Math.log10(value) - low) / (high - low)) : 0) };
}

const round = (number) => Math.round(number * 10) / 10;

const escape = (text) => text.replace(/[&<>"]/g, (sign) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[sign]);
