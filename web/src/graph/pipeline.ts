// The graph of an invocation: its stages, joined by the content that one wrote and another read.
import type { StageRun } from "../api/schema";
import { duration } from "../lib/format";
import type { GraphEdge, GraphNode } from "./collapse";

export function contents(json: string | undefined): [string, string][] {
  if (!json) return [];
  try {
    return Object.entries(JSON.parse(json) as Record<string, string>);
  } catch {
    return [];
  }
}

export function pipelineGraph(
  stages: readonly StageRun[],
  skipped: readonly string[],
): { nodes: GraphNode[]; edges: GraphEdge[] } {
  const nodes: GraphNode[] = stages.map((stage) => ({
    key: stage.stage,
    kind: "stage",
    title: stage.stage.replace(/^dvc\.yaml:/, ""),
    detail: stage.skipped
      ? "unchanged"
      : [
          stage.run.status.toLowerCase(),
          stage.run.start && stage.run.end ? duration(stage.run.end - stage.run.start) : "",
        ]
          .filter(Boolean)
          .join(" · "),
    state: stage.skipped ? "skipped" : stage.run.status.toLowerCase(),
  }));
  const known = new Set(stages.map((stage) => stage.stage));
  for (const name of skipped.filter((one) => !known.has(one)))
    nodes.push({
      key: name,
      kind: "stage",
      title: name.replace(/^dvc\.yaml:/, ""),
      detail: "unchanged",
      state: "skipped",
    });
  const maker = new Map<string, string>();
  for (const stage of stages)
    for (const [path] of contents(stage.outs)) maker.set(path, stage.stage);
  const edges: GraphEdge[] = [];
  const data = new Map<string, GraphNode>();
  const use = (path: string, md5: string) => {
    const key = `data:${path}`;
    if (!data.has(key)) data.set(key, { key, kind: "data", title: path, detail: md5.slice(0, 8) });
    return key;
  };
  for (const stage of stages) {
    for (const [path, md5] of contents(stage.deps)) {
      // a stage may read a file inside of what another made
      const from = maker.get(path) ?? [...maker].find(([made]) => path.startsWith(`${made}/`))?.[1];
      edges.push({
        source: from && from !== stage.stage ? from : use(path, md5),
        target: stage.stage,
        label: path,
      });
    }
    const read = new Set(stages.flatMap((other) => contents(other.deps).map(([path]) => path)));
    for (const [path, md5] of contents(stage.outs))
      if (!read.has(path) && ![...read].some((one) => one.startsWith(`${path}/`)))
        edges.push({ source: stage.stage, target: use(path, md5), label: path });
  }
  const once = new Map(edges.map((edge) => [`${edge.source} ${edge.target}`, edge]));
  return { nodes: [...nodes, ...data.values()], edges: [...once.values()] };
}
