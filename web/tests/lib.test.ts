import { describe, expect, test } from "vitest";
import { collapse, type GraphNode } from "../src/graph/collapse";
import { pipelineGraph } from "../src/graph/pipeline";
import { columnTitle, nextSort, orderBy, usualColumns } from "../src/lib/columns";
import { complete, trouble } from "../src/lib/filter";
import { ago, bytes, duration, number } from "../src/lib/format";
import { colours } from "../src/lib/palette";
import { changed, href, parse } from "../src/lib/route";
import { parseTable } from "../src/lib/table";

describe("places", () => {
  test("MLflow's links are understood", () => {
    expect(parse("#/experiments/3/runs/abc").path).toEqual(["experiments", "3", "runs", "abc"]);
  });
  test("names with slashes and marks survive the way there and back", () => {
    const hash = href(["models", "a/b c?"], { filter: "metrics.`x y` > 1 & more", none: "" });
    const place = parse(hash);
    expect(place.path).toEqual(["models", "a/b c?"]);
    expect(place.query.get("filter")).toBe("metrics.`x y` > 1 & more");
    expect(place.query.has("none")).toBe(false);
  });
  test("a change keeps the rest", () => {
    expect(changed(parse("#/a?x=1&y=2"), { x: null, z: "3" })).toBe("#/a?y=2&z=3");
  });
  test("a broken escape is taken as it is", () => {
    expect(parse("#/models/100%").path).toEqual(["models", "100%"]);
  });
});

test.each([
  [0, "0"],
  [0.1 + 0.2, "0.3"],
  [123456, "123456"],
  [-1.5, "−1.5"],
  [1e-7, "1.00e−7"],
  [12345678.9, "1.23e7"],
  [1.7976931348623157e308, "∞"],
  [Number.NaN, "NaN"],
])("number %s is shown as %s", (value, text) => expect(number(value)).toBe(text));

test("sizes and times", () => {
  expect([bytes(0), bytes(999), bytes(65_536), bytes(2e9)]).toEqual([
    "0 B",
    "999 B",
    "65.5 kB",
    "2.00 GB",
  ]);
  expect([duration(20), duration(61_000), duration(7_260_000), duration(3 * 86_400_000)]).toEqual([
    "20 ms",
    "1 min 1 s",
    "2 h 1 min",
    "3 d 0 h",
  ]);
  expect(ago(1_000_000, 1_000_000 + 3 * 60_000)).toBe("3 min ago");
});

describe("columns", () => {
  test("order by quotes what needs it", () => {
    expect(orderBy("-metrics.val/loss")).toEqual(["metrics.`val/loss` DESC"]);
    expect(orderBy("attributes.start_time")).toEqual(["attributes.start_time ASC"]);
    expect(orderBy("")).toEqual([]);
  });
  test("a click sorts, turns, and lets go", () => {
    expect(nextSort("", "metrics.a", true)).toBe("-metrics.a");
    expect(nextSort("-metrics.a", "metrics.a", true)).toBe("metrics.a");
    expect(nextSort("metrics.a", "metrics.a", true)).toBe("");
  });
  test("without a choice, what most runs have", () => {
    const keys = {
      metrics: [
        { name: "rare", runs: 1 },
        { name: "loss", runs: 9 },
        { name: "system/cpu", runs: 9 },
      ],
      params: [{ name: "lr", runs: 9 }],
      tags: [{ name: "x", runs: 9 }],
    };
    expect(usualColumns(keys)).toEqual(["metrics.loss", "metrics.rare", "params.lr"]);
    expect(columnTitle("tags.mlflow.source.git.commit")).toBe("commit");
  });
});

describe("the filter line", () => {
  const known = { metrics: ["val/loss", "accuracy"], params: ["lr"], tags: ["team"] };
  test("an error's place is found in the server's message", () => {
    const message =
      "Invalid filter: Expected a number, found '>' at character 13\n  metrics.x > > 3\n";
    expect(trouble(message)).toEqual({ message: "Expected a number, found '>'", at: 12 });
    expect(trouble("the server does not answer").at).toBeNull();
  });
  test("keys are completed, quoted where they must be", () => {
    expect(complete("los", 3, known)).toEqual({ from: 0, options: ["metrics.`val/loss`"] });
    expect(complete("metrics.accuracy > 0.5 and l", 28, known).options).toContain("params.lr");
    expect(complete("metrics.accuracy", 16, known).options).toEqual([]);
  });
  test("states are offered after status", () => {
    expect(complete("status = ", 9, known).options).toContain("'RUNNING'");
  });
});

test("colours differ as long as there are enough, and stay with their run", () => {
  const ids = Array.from({ length: 10 }, (_, at) => `run${at}`);
  expect(new Set(colours(ids).values()).size).toBe(10);
  expect(colours(["b", "a"]).get("b")).toBe(colours(["b"]).get("b"));
});

test("tables with quotes, and without the half of a last row", () => {
  expect(parseTable('a,b\r\n"x, ""y""",2\n3', ",", true)).toEqual([
    ["a", "b"],
    ['x, "y"', "2"],
    ["3"],
  ]);
  expect(parseTable("a,b\n1,2\n3", ",", false)).toEqual([
    ["a", "b"],
    ["1", "2"],
  ]);
});

describe("graphs", () => {
  const node = (key: string, kind = "data"): GraphNode => ({ key, kind, title: key, detail: "" });
  test("more than four of a kind in one place become one, until opened", () => {
    const nodes = [...["1", "2", "3", "4", "5"].map((key) => node(key)), node("run", "execution")];
    const edges = ["1", "2", "3", "4", "5"].map((source) => ({ source, target: "run" }));
    const drawn = collapse(nodes, edges, new Set());
    expect(drawn.nodes.map((one) => one.title).sort()).toEqual(["5 files", "run"]);
    expect(drawn.edges).toHaveLength(1);
    const one = drawn.nodes.find((each) => each.members)!;
    expect(one.members).toEqual(["1", "2", "3", "4", "5"]);
    expect(collapse(nodes, edges, new Set([one.key])).nodes).toHaveLength(6);
  });
  test("stages are joined by what one wrote and another read, also inside of a folder", () => {
    const run = { id: "r", name: "", experiment: "1", status: "FINISHED", user: "" };
    const { nodes, edges } = pipelineGraph(
      [
        { run, stage: "prepare", deps: '{"raw": "1"}', outs: '{"work": "2"}' },
        { run, stage: "train", deps: '{"work/x.npz": "3"}', outs: '{"model": "4"}' },
      ],
      ["old"],
    );
    expect(edges.map((edge) => `${edge.source}>${edge.target}`)).toEqual([
      "data:raw>prepare",
      "prepare>train",
      "train>data:model",
    ]);
    expect(nodes.find((one) => one.key === "old")?.state).toBe("skipped");
  });
});
