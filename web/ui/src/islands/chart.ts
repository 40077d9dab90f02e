/**
 * A chart drawn from the table beside it: each row a place on the axis, each column with `data-series` a row of bars or a
 * line. The table says the same to whoever cannot see or point, so the drawing is hidden from screen readers.
 */
import { BarChart, LineChart } from "echarts/charts";
import { GridComponent, LegendComponent, MarkLineComponent, TooltipComponent } from "echarts/components";
import { init, use, type ECharts } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import { colour } from "./colour";

use([BarChart, LineChart, GridComponent, LegendComponent, MarkLineComponent, TooltipComponent, SVGRenderer]);

const TONES = ["--accent", "--blue", "--yellow"];
const DASHES = ["solid", "dashed", "dotted"] as const;
const SHAPES = ["circle", "rect", "triangle"];

/** One cell as it is drawn; null is a hole, never a nought. */
interface Point {
  value: number | null;
  text: string;
  href: string;
}
interface Series {
  name: string;
  line: boolean;
  points: Point[];
}
interface Content {
  places: string[];
  series: Series[];
}

function said(element: Element | undefined): string {
  return element?.textContent?.trim().replace(/\s+/g, " ") ?? "";
}

function point(cell: HTMLTableCellElement | undefined): Point {
  const value = cell?.dataset["value"] ?? "";
  return { value: value === "" ? null : Number(value), text: said(cell), href: cell?.querySelector("a")?.href ?? "" };
}

/** A row with `data-not-drawn` (a sum, say) and a column without `data-series` stand in the table only. */
function read(table: HTMLTableElement, kind: string): Content {
  const rows = [...table.tBodies[0]!.rows].filter((row) => !("notDrawn" in row.dataset));
  const heads = [...table.tHead!.rows[0]!.cells];
  const drawn = heads.map((head, at) => ({ head, at })).filter(({ head }) => "series" in head.dataset);
  return {
    places: rows.map((row) => said(row.cells[0])),
    series: drawn.map(({ head, at }) => ({
      name: said(head),
      line: (head.dataset["series"] || kind) === "line",
      points: rows.map((row) => point(row.cells[at])),
    })),
  };
}

function drawnSeries(one: Series, at: number, marks: { value: number; text: string } | null) {
  const tone = colour(TONES[at % TONES.length]!);
  const target = marks && at === 0 ? { silent: true, symbol: "none", data: [{ yAxis: marks.value }], lineStyle: { color: colour("--ink"), type: "dashed" as const }, label: { formatter: marks.text, position: "insideEndTop" as const, color: colour("--ink"), textBorderColor: colour("--surface"), textBorderWidth: 3 } } : undefined;
  const common = { name: one.name, data: one.points.map(({ value }) => value), itemStyle: { color: tone }, markLine: target };
  if (!one.line) return { ...common, type: "bar" as const, barMaxWidth: 36 };
  return { ...common, type: "line" as const, symbol: SHAPES[at % SHAPES.length]!, symbolSize: 7, connectNulls: false, lineStyle: { color: tone, width: 2, type: DASHES[at % DASHES.length]! } };
}

function option(root: HTMLElement, content: Content) {
  const { target, targetText = "", unit = "", min, max, chart: kind } = root.dataset;
  const ink = { color: colour("--muted"), fontSize: 12 };
  const marks = target ? { value: Number(target), text: targetText } : null;
  const line = { lineStyle: { color: colour("--line") } };
  return {
    animation: false,
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
    grid: { left: 8, right: 16, top: content.series.length > 1 ? 36 : 20, bottom: 4, outerBoundsMode: "same" as const, outerBoundsContain: "axisLabel" as const },
    legend: content.series.length > 1 ? { top: 0, textStyle: ink } : undefined,
    xAxis: { type: "category" as const, data: content.places, axisLabel: { ...ink, hideOverlap: true, width: 120, overflow: "truncate" as const }, axisLine: line, axisTick: { show: false }, boundaryGap: kind !== "line" },
    yAxis: { type: "value" as const, min: min ? Number(min) : undefined, max: max ? Number(max) : undefined, axisLabel: { ...ink, formatter: `{value}${unit}` }, splitLine: line },
    tooltip: {
      trigger: "axis" as const,
      renderMode: "richText" as const, // drawn as text: what a customer has typed is never read as HTML
      backgroundColor: colour("--surface"),
      borderColor: colour("--line-strong"),
      textStyle: { color: colour("--ink"), fontSize: 13 },
      formatter: (hits: { dataIndex: number }[]) => told(content, hits[0]?.dataIndex ?? 0),
    },
    series: content.series.map((one, at) => drawnSeries(one, at, marks)),
  };
}

/** The place and what its cells say, in the table's own words. */
function told(content: Content, at: number): string {
  return [content.places[at] ?? "", ...content.series.map(({ name, points }) => `${name}: ${points[at]?.text ?? ""}`)].join("\n");
}

function follow(plot: ECharts, content: Content): void {
  plot.on("click", (hit) => {
    const href = content.series[hit.seriesIndex ?? 0]?.points[hit.dataIndex]?.href;
    if (href) location.assign(href);
  });
}

export function mount(root: HTMLElement): void {
  const table = root.querySelector("table");
  const view = root.querySelector<HTMLElement>(".plot");
  if (!table || !view) return;
  const content = read(table, root.dataset["chart"]!);
  if (!content.series.some(({ points }) => points.some(({ value }) => value !== null))) return;
  view.hidden = false;
  const plot = init(view, undefined, { renderer: "svg" });
  const draw = () => plot.setOption(option(root, content), true);
  draw();
  follow(plot, content);
  new ResizeObserver(() => plot.resize()).observe(view);
  new MutationObserver(draw).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
}
