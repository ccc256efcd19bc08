// Pure steps between series and what is drawn.
import type { Series } from "./decode";

/**
 * Exponential moving average without the bias of its start: the weights that have been given out so far are
 * divided out. NaN is passed over.
 */
export function smooth(y: ArrayLike<number>, weight: number): Float64Array {
  const out = new Float64Array(y.length);
  let sum = 0;
  let given = 0;
  for (let i = 0; i < y.length; i += 1) {
    const value = y[i]!;
    if (Number.isNaN(value)) {
      out[i] = Number.NaN;
      continue;
    }
    sum = sum * weight + value * (1 - weight);
    given = given * weight + (1 - weight);
    out[i] = sum / given;
  }
  return out;
}

/** All x of some series, sorted, each once. */
export function union(columns: readonly Float64Array[]): Float64Array {
  if (columns.length === 1) return distinct(columns[0]!);
  let size = 0;
  for (const column of columns) size += column.length;
  const all = new Float64Array(size);
  let at = 0;
  for (const column of columns) {
    all.set(column, at);
    at += column.length;
  }
  return distinct(all.sort());
}

function distinct(sorted: Float64Array): Float64Array {
  let kept = 0;
  const out = new Float64Array(sorted.length);
  for (let i = 0; i < sorted.length; i += 1) {
    if (i === 0 || sorted[i] !== sorted[i - 1]) out[kept++] = sorted[i]!;
  }
  return out.subarray(0, kept);
}

/** `y` on the grid `xs`: null where the series has no point, the last one where it has several. */
export function align(
  xs: Float64Array,
  x: Float64Array,
  y: ArrayLike<number>,
): (number | null | undefined)[] {
  const out: (number | null | undefined)[] = new Array(xs.length).fill(undefined);
  let at = 0;
  for (let i = 0; i < xs.length && at < x.length; i += 1) {
    while (at < x.length && x[at] === xs[i]) {
      const value = y[at]!;
      // undefined joins neighbours over it, null is a gap: NaN was logged here
      out[i] = Number.isNaN(value) ? null : value;
      at += 1;
    }
  }
  return out;
}

export interface Band {
  x: Float64Array;
  mean: Float64Array;
  low: Float64Array;
  high: Float64Array;
}

/** Mean of several series with the range of one standard deviation, where at least one has a point. */
export function spread(series: readonly Series[]): Band {
  const x = union(series.map((one) => one.x));
  const columns = series.map((one) => align(x, one.x, one.y));
  const mean = new Float64Array(x.length);
  const low = new Float64Array(x.length);
  const high = new Float64Array(x.length);
  for (let i = 0; i < x.length; i += 1) {
    let n = 0;
    let sum = 0;
    let squares = 0;
    for (const column of columns) {
      const value = column[i];
      if (value === null || value === undefined) continue;
      n += 1;
      sum += value;
      squares += value * value;
    }
    const m = n ? sum / n : Number.NaN;
    const sd = n > 1 ? Math.sqrt(Math.max(0, squares / n - m * m)) : 0;
    mean[i] = m;
    low[i] = m - sd;
    high[i] = m + sd;
  }
  return { x, mean, low, high };
}

/** `old` with the newer points of `tail` behind it; what both have is the tail's. */
export function append(old: Series, tail: Series): Series {
  const first = tail.x[0];
  if (first === undefined) return old;
  let keep = old.x.length;
  while (keep > 0 && old.x[keep - 1]! >= first) keep -= 1;
  const join = (a: Float64Array, b: Float64Array): Float64Array => {
    const out = new Float64Array(keep + b.length);
    out.set(a.subarray(0, keep));
    out.set(b, keep);
    return out;
  };
  return {
    ...old,
    points: old.points - (old.x.length - keep) + tail.points,
    x: join(old.x, tail.x),
    y: join(old.y, tail.y),
    low: old.low && join(old.low, tail.low ?? tail.y),
    high: old.high && join(old.high, tail.high ?? tail.y),
  };
}

/** Metric names by what stands before the last slash. */
export function grouped(names: readonly string[]): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const name of names) {
    const at = name.lastIndexOf("/");
    const group = at > 0 ? name.slice(0, at) : "";
    groups.set(group, [...(groups.get(group) ?? []), name]);
  }
  return groups;
}
