// The server's lineage as nodes to draw, with the facts of each.
import { bytes, duration, when } from "../lib/format";
import type { GraphEdge, GraphNode } from "./collapse";

export type Fact = [string, string | number];

export interface LineageNode {
  key: string;
  kind: "data" | "execution" | "model" | "version";
  id?: string | null;
  name?: string;
  md5?: string;
  size?: number | null;
  nfiles?: number | null;
  paths?: string[];
  status?: string;
  started?: number | null;
  ended?: number | null;
  user?: string;
  cmd?: string;
  commit?: string | null;
  branch?: string | null;
  dirty?: boolean;
  params?: Record<string, string>;
  metrics?: Record<string, number | string>;
  version?: string;
  aliases?: string[];
  time?: number | null;
  tracked?: { file: string; commit?: { sha: string; subject: string } | null }[];
}

export function toGraph(
  nodes: readonly LineageNode[],
  edges: readonly { source: string; target: string; kind: string; path: string }[],
  start: string,
): { nodes: GraphNode[]; edges: GraphEdge[]; facts: Map<string, Fact[]> } {
  return {
    nodes: nodes.map((node) => ({
      key: node.key,
      kind: node.kind,
      title: titleOf(node),
      detail: detailOf(node),
      ...(node.kind === "execution" && node.status ? { state: node.status.toLowerCase() } : {}),
      start: node.key === start,
    })),
    edges: edges.map((edge) => ({
      source: edge.source,
      target: edge.target,
      label: edge.path ? `${edge.kind} ${edge.path}` : edge.kind,
    })),
    facts: new Map(nodes.map((node) => [node.key, factsOf(node)])),
  };
}

function titleOf(node: LineageNode): string {
  if (node.kind === "data") return node.paths?.[0] ?? node.md5?.slice(0, 10) ?? "";
  if (node.kind === "version") return `${node.name} v${node.version}`;
  return node.name || node.id?.slice(0, 8) || "";
}

function detailOf(node: LineageNode): string {
  switch (node.kind) {
    case "data": {
      const files = node.nfiles ? `${node.nfiles.toLocaleString("en")} files` : "";
      const size = node.size ? bytes(node.size) : "";
      return [node.md5?.slice(0, 8), files || size].filter(Boolean).join(" · ");
    }
    case "execution": {
      const took = node.started && node.ended ? duration(node.ended - node.started) : "";
      return [node.status?.toLowerCase(), took].filter(Boolean).join(" · ") || "stage";
    }
    case "version":
      return node.aliases?.length ? `@${node.aliases.join(" @")}` : "model version";
    default:
      return "logged model";
  }
}

function factsOf(node: LineageNode): Fact[] {
  const facts: [string, string | number | null | undefined][] = [];
  if (node.kind === "data") {
    facts.push(
      ["md5", node.md5],
      ["size", node.size ? bytes(node.size) : null],
      ["files", node.nfiles],
    );
    for (const path of node.paths?.slice(1, 6) ?? []) facts.push(["also", path]);
    for (const one of node.tracked?.slice(0, 4) ?? [])
      facts.push([
        "tracked in",
        `${one.file}${one.commit ? ` at ${one.commit.sha.slice(0, 8)} ${one.commit.subject}` : ""}`,
      ]);
  } else if (node.kind === "execution") {
    facts.push(
      ["status", node.status?.toLowerCase()],
      ["started", node.started ? when(node.started) : null],
      ["took", node.started && node.ended ? duration(node.ended - node.started) : null],
      ["by", node.user],
      ["command", node.cmd],
      [
        "commit",
        node.commit ? `${node.commit.slice(0, 10)}${node.dirty ? " with changes" : ""}` : null,
      ],
      ["branch", node.branch],
    );
    facts.push(...Object.entries(node.params ?? {}).slice(0, 12));
    facts.push(...Object.entries(node.metrics ?? {}).slice(0, 12));
  } else {
    facts.push(
      ["version", node.version],
      ["aliases", node.aliases?.join(", ")],
      ["made", node.time ? when(node.time) : null],
      ["by", node.user],
    );
  }
  return facts.filter(
    (one): one is Fact => one[1] !== null && one[1] !== undefined && one[1] !== "",
  );
}
