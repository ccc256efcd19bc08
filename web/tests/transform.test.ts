import { describe, expect, test } from "vitest";
import { decode, type Series } from "../src/charts/decode";
import { align, append, grouped, smooth, spread, union } from "../src/charts/transform";

const f = (...values: number[]) => Float64Array.from(values);
const series = (run: string, x: number[], y: number[]): Series => ({
  run,
  points: x.length,
  firstTime: 0,
  x: f(...x),
  y: f(...y),
  low: null,
  high: null,
});

describe("smooth", () => {
  test("keeps a constant as it is from the first point on", () => {
    expect([...smooth([3, 3, 3], 0.9)]).toEqual([3, 3, 3].map((one) => expect.closeTo(one)));
  });
  test("weighs by the definition, without the bias of the start", () => {
    const [a, b, c] = smooth([1, 2, 4], 0.5);
    expect(a).toBeCloseTo(1);
    expect(b).toBeCloseTo((0.5 * 1 + 1 * 2) / 1.5);
    expect(c).toBeCloseTo((0.25 * 1 + 0.5 * 2 + 1 * 4) / 1.75);
  });
  test("passes over NaN", () => {
    const [a, b, c] = smooth([1, Number.NaN, 1], 0.5);
    expect([a, b, c]).toEqual([1, Number.NaN, 1]);
  });
  test("does nothing at weight 0", () => {
    expect([...smooth([1, 5, 2], 0)]).toEqual([1, 5, 2]);
  });
});

describe("union and align", () => {
  test("all x once, in order", () => {
    expect([...union([f(1, 3, 3), f(0, 3, 4)])]).toEqual([0, 1, 3, 4]);
    expect([...union([f(1, 1, 2)])]).toEqual([1, 2]);
  });
  test("no point is undefined, NaN is a gap, of several the last", () => {
    const xs = f(0, 1, 2, 3);
    expect(align(xs, f(1, 2, 3, 3), f(5, Number.NaN, 6, 7))).toEqual([undefined, 5, null, 7]);
  });
});

test("spread gives mean and deviation where there are points", () => {
  const band = spread([series("a", [0, 1], [1, 2]), series("b", [0, 2], [3, 8])]);
  expect([...band.x]).toEqual([0, 1, 2]);
  expect([...band.mean]).toEqual([2, 2, 8]);
  expect([...band.low]).toEqual([1, 2, 8]);
  expect([...band.high]).toEqual([3, 2, 8]);
});

test("append takes the newer of what both have", () => {
  const joined = append(series("a", [0, 1, 2], [5, 6, 7]), series("a", [2, 3], [70, 80]));
  expect([...joined.x]).toEqual([0, 1, 2, 3]);
  expect([...joined.y]).toEqual([5, 6, 70, 80]);
  expect(joined.points).toBe(4);
  expect(append(joined, series("a", [], []))).toBe(joined);
});

test("grouped by what stands before the last slash", () => {
  expect([...grouped(["loss", "train/a/x", "train/a/y"])]).toEqual([
    ["", ["loss"]],
    ["train/a", ["train/a/x", "train/a/y"]],
  ]);
});

test("decode reads what the server packs", () => {
  const heads = JSON.stringify([
    { run: "a", points: 2, first_time: 7, rows: 2, columns: ["x", "y"] },
    { run: "b", points: 900, first_time: 9, rows: 1, columns: ["x", "low", "high", "mean"] },
  ]);
  const head = new TextEncoder().encode(heads + " ".repeat((8 - ((heads.length + 4) % 8)) % 8));
  const body = new Uint8Array(4 + head.length + 8 * 8);
  new DataView(body.buffer).setUint32(0, head.length, true);
  body.set(head, 4);
  new Float64Array(body.buffer, 4 + head.length).set([0, 1, 10, Number.NaN, 5, -1, 1, 0.25]);
  const [a, b] = decode(body.buffer);
  expect([...a!.x, ...a!.y]).toEqual([0, 1, 10, Number.NaN]);
  expect(a!.low).toBeNull();
  expect([b!.x[0], b!.low![0], b!.high![0], b!.y[0]]).toEqual([5, -1, 1, 0.25]);
  expect(b!.points).toBe(900);
});
