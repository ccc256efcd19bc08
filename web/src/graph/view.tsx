// A graph from left to right, drawn by dagre's layout; dragging moves it, the wheel zooms.
import dagre from "@dagrejs/dagre";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { GraphEdge, GraphNode } from "./collapse";

interface Props {
  nodes: GraphNode[];
  edges: GraphEdge[];
  chosen: string | null;
  choose: (node: GraphNode) => void;
  label: string;
}

const W = 178;
const H = 50;

export function GraphView({ nodes, edges, chosen, choose, label }: Props) {
  const placed = useMemo(() => layout(nodes, edges), [nodes, edges]);
  const box = useRef<SVGSVGElement>(null);
  const [view, setView] = useState({ x: 0, y: 0, scale: 1 });
  const drag = useRef<{ x: number; y: number; moved: boolean } | null>(null);
  const fit = () => {
    const element = box.current;
    if (!element) return;
    const { clientWidth: width, clientHeight: height } = element;
    const scale = Math.max(
      width < 600 ? 0.6 : 0.4,
      Math.min(1, (width - 32) / placed.width, (height - 32) / placed.height),
    );
    const start = nodes.find((node) => node.start);
    const centre = start && placed.nodes.get(start.key);
    const whole = placed.width * scale <= width - 16;
    setView({
      scale,
      x:
        whole || !centre
          ? (width - placed.width * scale) / 2
          : Math.min(12, Math.max(width - placed.width * scale - 12, width / 2 - centre.x * scale)),
      y:
        placed.height * scale <= height - 16 || !centre
          ? Math.max(12, (height - placed.height * scale) / 2)
          : height / 2 - centre.y * scale,
    });
  };
  useEffect(fit, [placed]);
  const zoom = (factor: number, cx: number, cy: number) =>
    setView((old) => {
      const scale = Math.max(0.15, Math.min(2, old.scale * factor));
      const k = scale / old.scale;
      return { scale, x: cx - (cx - old.x) * k, y: cy - (cy - old.y) * k };
    });
  useEffect(() => {
    const element = box.current!;
    const wheel = (event: WheelEvent) => {
      event.preventDefault();
      const at = element.getBoundingClientRect();
      zoom(Math.exp(-event.deltaY / 500), event.clientX - at.left, event.clientY - at.top);
    };
    element.addEventListener("wheel", wheel, { passive: false });
    return () => element.removeEventListener("wheel", wheel);
  }, []);
  return (
    <div class="graph">
      <svg
        ref={box}
        role="group"
        aria-label={label}
        onPointerDown={(event) => {
          drag.current = { x: event.clientX - view.x, y: event.clientY - view.y, moved: false };
        }}
        onPointerMove={(event) => {
          const from = drag.current;
          if (!from || event.buttons === 0) return;
          const x = event.clientX - from.x;
          const y = event.clientY - from.y;
          if (Math.abs(x - view.x) + Math.abs(y - view.y) > 3) from.moved = true;
          if (from.moved) setView((old) => ({ ...old, x, y }));
        }}
      >
        <defs>
          <marker
            id="tip"
            viewBox="0 0 8 8"
            refX="7"
            refY="4"
            markerWidth="7"
            markerHeight="7"
            orient="auto"
          >
            <path d="M0 0 8 4 0 8Z" />
          </marker>
        </defs>
        <g transform={`translate(${view.x} ${view.y}) scale(${view.scale})`}>
          {placed.edges.map((edge) => (
            <path
              key={`${edge.source} ${edge.target}`}
              class={`edge${chosen && (edge.source === chosen || edge.target === chosen) ? " on" : ""}`}
              d={edge.path}
              marker-end="url(#tip)"
            >
              {edge.label && <title>{edge.label}</title>}
            </path>
          ))}
          {nodes.map((node) => {
            const at = placed.nodes.get(node.key);
            if (!at) return null;
            return (
              <g
                key={node.key}
                class={`gnode ${node.kind} ${node.state ?? ""}${node.start ? " start" : ""}${node.key === chosen ? " chosen" : ""}`}
                transform={`translate(${at.x - W / 2} ${at.y - H / 2})`}
                role="button"
                tabIndex={0}
                data-testid="node"
                onClick={() => drag.current?.moved || choose(node)}
                onKeyDown={(event) => event.key === "Enter" && choose(node)}
              >
                {node.members && <rect class="behind" x="5" y="5" width={W} height={H} rx="7" />}
                <rect width={W} height={H} rx="7" />
                <rect class="mark" width="4" height={H - 16} x="7" y="8" rx="2" />
                <text x="20" y="21">
                  {shorten(node.title, 22)}
                </text>
                <text class="small" x="20" y="38">
                  {shorten(node.detail, 26)}
                </text>
                <title>{`${node.title}\n${node.detail}`}</title>
              </g>
            );
          })}
        </g>
      </svg>
      <div class="zoom">
        <button type="button" aria-label="Zoom in" onClick={() => zoom(1.3, 300, 200)}>
          +
        </button>
        <button type="button" aria-label="Zoom out" onClick={() => zoom(1 / 1.3, 300, 200)}>
          −
        </button>
        <button type="button" aria-label="Show all" onClick={fit}>
          ◻
        </button>
      </div>
    </div>
  );
}

interface Placed {
  width: number;
  height: number;
  nodes: Map<string, { x: number; y: number }>;
  edges: { source: string; target: string; path: string; label: string | undefined }[];
}

function layout(nodes: GraphNode[], edges: GraphEdge[]): Placed {
  const graph = new dagre.graphlib.Graph();
  graph.setGraph({ rankdir: "LR", nodesep: 14, ranksep: 44, marginx: 8, marginy: 8 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const node of nodes) graph.setNode(node.key, { width: W, height: H });
  const known = new Set(nodes.map((node) => node.key));
  for (const edge of edges)
    if (known.has(edge.source) && known.has(edge.target))
      graph.setEdge(edge.source, edge.target, {});
  dagre.layout(graph);
  const { width = 100, height = 100 } = graph.graph();
  const labels = new Map(edges.map((edge) => [`${edge.source} ${edge.target}`, edge.label]));
  return {
    width,
    height,
    nodes: new Map(
      nodes.map((node) => [node.key, graph.node(node.key) as { x: number; y: number }]),
    ),
    edges: graph.edges().map((edge) => ({
      source: edge.v,
      target: edge.w,
      path: curve(
        between(graph.node(edge.v) as Point, graph.node(edge.w) as Point, graph.edge(edge).points),
      ),
      label: labels.get(`${edge.v} ${edge.w}`),
    })),
  };
}

interface Point {
  x: number;
  y: number;
}

/** From the middle of one's right side to the middle of the other's left, by the way that dagre found. */
function between(from: Point, to: Point, points: Point[]): Point[] {
  return [
    { x: from.x + W / 2, y: from.y },
    ...points.slice(1, -1),
    { x: to.x - W / 2 - 1, y: to.y },
  ];
}

function curve(points: Point[]): string {
  const [first, ...rest] = points;
  if (!first) return "";
  const last = rest[rest.length - 1] ?? first;
  if (points.length <= 3) {
    const middle = (first.x + last.x) / 2;
    return `M${first.x} ${first.y}C${middle} ${first.y} ${middle} ${last.y} ${last.x} ${last.y}`;
  }
  let path = `M${first.x} ${first.y}`;
  for (let i = 1; i < points.length - 1; i += 1) {
    const here = points[i]!;
    const next = points[i + 1]!;
    const end =
      i === points.length - 2 ? next : { x: (here.x + next.x) / 2, y: (here.y + next.y) / 2 };
    path += `Q${here.x} ${here.y} ${end.x} ${end.y}`;
  }
  return path;
}

function shorten(text: string, limit: number): string {
  return text.length <= limit ? text : `${text.slice(0, limit - 1)}…`;
}
