// Many things of one kind in the same place of a graph become one, until somebody opens it.

export interface GraphNode {
  key: string;
  kind: string;
  title: string;
  detail: string;
  /** How it stands, for its colour: finished, failed, running, skipped. */
  state?: string;
  start?: boolean;
  /** What it stands for when it stands for several. */
  members?: string[];
}

export interface GraphEdge {
  source: string;
  target: string;
  label?: string;
}

const ALIKE = 4;

/** Nodes with the same neighbours on both sides, more than four of a kind, as one node. */
export function collapse(
  nodes: GraphNode[],
  edges: GraphEdge[],
  open: ReadonlySet<string>,
): { nodes: GraphNode[]; edges: GraphEdge[] } {
  const into = new Map<string, string[]>();
  const out = new Map<string, string[]>();
  for (const edge of edges) {
    into.set(edge.target, [...(into.get(edge.target) ?? []), edge.source]);
    out.set(edge.source, [...(out.get(edge.source) ?? []), edge.target]);
  }
  const places = new Map<string, GraphNode[]>();
  for (const node of nodes) {
    if (node.start) continue;
    const place = [
      node.kind,
      [...new Set(into.get(node.key))].sort().join(),
      [...new Set(out.get(node.key))].sort().join(),
    ].join("|");
    places.set(place, [...(places.get(place) ?? []), node]);
  }
  const replaced = new Map<string, GraphNode>();
  for (const [place, some] of places) {
    if (some.length <= ALIKE || open.has(place)) continue;
    const one: GraphNode = {
      key: place,
      kind: some[0]!.kind,
      title: `${some.length} ${plural(some[0]!.kind)}`,
      detail: "click to show each",
      members: some.map((node) => node.key),
    };
    for (const node of some) replaced.set(node.key, one);
  }
  if (!replaced.size) return { nodes, edges };
  const kept = nodes.filter((node) => !replaced.has(node.key));
  const seen = new Set<string>();
  const lines: GraphEdge[] = [];
  for (const edge of edges) {
    const source = replaced.get(edge.source)?.key ?? edge.source;
    const target = replaced.get(edge.target)?.key ?? edge.target;
    if (source === target || seen.has(`${source} ${target}`)) continue;
    seen.add(`${source} ${target}`);
    lines.push({ ...edge, source, target });
  }
  return { nodes: [...kept, ...new Set(replaced.values())], edges: lines };
}

function plural(kind: string): string {
  return (
    { data: "files", execution: "runs", model: "models", version: "versions" }[kind] ?? `${kind}s`
  );
}
