// uPlot as a component: lines with bands, its own tooltip, one cursor over all plots of a group.
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { number } from "../lib/format";

export interface Line {
  label: string;
  colour: string;
  /** Drawn thin and pale, without a place in the tooltip. */
  faint?: boolean;
  dash?: boolean;
  values: (number | null | undefined)[];
  /** An envelope around the line. */
  low?: (number | null | undefined)[] | undefined;
  high?: (number | null | undefined)[] | undefined;
}

export interface Props {
  x: Float64Array;
  lines: Line[];
  xKind: "step" | "time" | "relative";
  logX: boolean;
  logY: boolean;
  height: number;
  group: string;
  range: [number, number] | null;
  zoom: (range: [number, number] | null) => void;
  label: string;
}

export function Plot(props: Props) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const shape = JSON.stringify([
    props.lines.map((one) => [one.label, one.colour, one.faint, one.dash, !!one.low]),
    props.xKind,
    props.logX,
    props.logY,
  ]);

  useEffect(() => {
    let made: uPlot | null = null;
    const build = () => {
      made?.destroy();
      const element = box.current!;
      made = new uPlot(options(latest, element), data(latest.current), element);
      plot.current = made;
    };
    build();
    const observer = new ResizeObserver(() => {
      const width = box.current?.clientWidth ?? 0;
      if (made && width && width !== made.width)
        made.setSize({ width, height: latest.current.height });
    });
    observer.observe(box.current!);
    window.addEventListener("themechange", build);
    return () => {
      observer.disconnect();
      window.removeEventListener("themechange", build);
      made?.destroy();
      plot.current = null;
    };
  }, [shape]);

  useEffect(() => {
    const one = plot.current;
    if (!one) return;
    one.setData(data(props), false);
    one.setScale("x", bounds(props));
  }, [props.x, props.lines, props.range?.[0], props.range?.[1]]);

  return <div class="plot" ref={box} role="img" aria-label={props.label} />;
}

function bounds({ x, range }: Props): { min: number; max: number } {
  const min = range?.[0] ?? x[0] ?? 0;
  const max = range?.[1] ?? x[x.length - 1] ?? 1;
  return min === max ? { min: min - 0.5, max: max + 0.5 } : { min, max };
}

function data(props: Props): uPlot.AlignedData {
  const columns: (number | null | undefined)[][] = [];
  for (const line of props.lines) {
    columns.push(line.values);
    if (line.low && line.high) columns.push(line.high, line.low);
  }
  return [props.x as unknown as number[], ...columns] as uPlot.AlignedData;
}

function options(latest: { current: Props }, element: HTMLElement): uPlot.Options {
  const props = latest.current;
  const style = getComputedStyle(element);
  const ink = style.getPropertyValue("--muted").trim();
  const grid = { stroke: style.getPropertyValue("--grid").trim(), width: 1 };
  const series: uPlot.Series[] = [{}];
  const bands: uPlot.Band[] = [];
  for (const line of props.lines) {
    series.push({
      label: line.label,
      stroke: line.faint ? `${line.colour}4d` : line.colour,
      width: line.faint ? 1 : 1.7,
      spanGaps: false,
      points: { show: line.values.length < 2, size: 5 },
      ...(line.dash ? { dash: [5, 4] } : {}),
    });
    if (line.low && line.high) {
      const edge = { stroke: "transparent", width: 0, points: { show: false } };
      series.push(edge, edge);
      bands.push({ series: [series.length - 2, series.length - 1], fill: `${line.colour}2e` });
    }
  }
  const font = `11px ${style.fontFamily}`;
  const axis = { stroke: ink, font, grid, ticks: { ...grid, size: 4 } };
  const cursor: uPlot.Cursor = {
    sync: { key: props.group, setSeries: false },
    drag: { x: true, y: false, setScale: false },
    points: { size: 6 },
  };
  return {
    width: Math.max(120, element.clientWidth),
    height: props.height,
    padding: [8, 12, 0, 0],
    legend: { show: false },
    cursor,
    bands,
    series,
    scales: {
      x: { time: props.xKind === "time", distr: props.logX ? 3 : 1, ...bounds(props) },
      y: { distr: props.logY ? 3 : 1 },
    },
    axes: [
      {
        ...axis,
        size: 28,
        values: props.xKind === "relative" ? seconds : props.xKind === "step" ? steps : null!,
      },
      {
        ...axis,
        size: 52,
        values: (_, ticks) => ticks.map((tick) => (tick === null ? "" : number(tick, 4))),
      },
    ],
    hooks: {
      setSelect: [
        (one) => {
          if (one.select.width < 4) return;
          const from = one.posToVal(one.select.left, "x");
          const to = one.posToVal(one.select.left + one.select.width, "x");
          one.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          latest.current.zoom([from, to]);
        },
      ],
      ready: [(one) => one.over.addEventListener("dblclick", () => latest.current.zoom(null))],
      setCursor: [(one) => tip(one, latest.current, element)],
    },
  };
}

/** The values under the cursor, the nearest to it first; only in the plot that the pointer is over. */
function tip(one: uPlot, props: Props, element: HTMLElement): void {
  let box = element.querySelector<HTMLElement>(".tip");
  const { left = -1, top = -1, idx } = one.cursor;
  const over = one.over.matches(":hover");
  if (left < 0 || idx === null || idx === undefined || !over) {
    box?.remove();
    return;
  }
  if (!box) {
    box = document.createElement("div");
    box.className = "tip";
    element.append(box);
  }
  const lines = props.lines.filter((line) => !line.faint);
  const rows = lines
    .map((line) => ({ line, value: nearest(line.values, idx) }))
    .filter((row): row is { line: Line; value: number } => row.value !== null)
    .map((row) => ({ ...row, away: Math.abs(one.valToPos(row.value, "y") - top) }))
    .sort((a, b) => a.away - b.away)
    .slice(0, 8)
    .sort((a, b) => b.value - a.value);
  const x = props.x[idx] ?? 0;
  const closest = rows.reduce(
    (best, row) => (row.away < best ? row.away : best),
    Number.POSITIVE_INFINITY,
  );
  const head = document.createElement("b");
  head.textContent = xText(x, props.xKind);
  const body = rows.map((row) => {
    const line = document.createElement("div");
    if (row.away === closest) line.className = "near";
    const dot = document.createElement("i");
    dot.style.background = row.line.colour;
    const name = document.createElement("span");
    name.textContent = row.line.label;
    const value = document.createElement("em");
    value.textContent = number(row.value);
    line.append(dot, name, value);
    return line;
  });
  box.replaceChildren(head, ...body);
  const right = left > one.over.clientWidth / 2;
  box.style.left = right ? "" : `${left + one.over.offsetLeft + 14}px`;
  box.style.right = right ? `${element.clientWidth - left - one.over.offsetLeft + 14}px` : "";
}

function nearest(values: (number | null | undefined)[], at: number): number | null {
  for (let away = 0; away < 40; away += 1) {
    const before = values[at - away];
    if (before !== undefined) return before;
    const after = values[at + away];
    if (after !== undefined) return after;
  }
  return null;
}

function xText(x: number, kind: Props["xKind"]): string {
  if (kind === "step") return `step ${Math.round(x).toLocaleString("en")}`;
  if (kind === "relative") return secondsText(x);
  return new Date(x * 1000).toLocaleString();
}

function steps(_: uPlot, ticks: (number | null)[]): string[] {
  return ticks.map((tick) => {
    if (tick === null || !Number.isInteger(tick)) return "";
    if (Math.abs(tick) >= 1e6) return `${number(tick / 1e6, 4)}M`;
    return Math.abs(tick) >= 1e4 ? `${number(tick / 1e3, 4)}k` : String(tick);
  });
}

function seconds(_: uPlot, ticks: (number | null)[]): string[] {
  return ticks.map((tick) => (tick === null ? "" : secondsText(tick)));
}

function secondsText(s: number): string {
  if (s < 60) return `${number(s, 3)} s`;
  if (s < 3600) return `${number(s / 60, 3)} min`;
  return `${number(s / 3600, 3)} h`;
}
