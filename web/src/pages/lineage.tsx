// What something came from and what came of it, as a graph of data, runs and models.
import { useMemo, useState } from "preact/hooks";
import { call } from "../api/client";
import { useLoad } from "../api/load";
import { collapse, type GraphNode } from "../graph/collapse";
import { type Fact, type LineageNode, toGraph } from "../graph/lineage";
import { GraphView } from "../graph/view";
import { cell } from "../lib/format";
import { go, here, href, patch } from "../lib/route";
import { Empty, Failure, useTitle } from "../parts/states";

interface Answer {
  start: string;
  nodes: LineageNode[];
  edges: { source: string; target: string; kind: string; path: string }[];
  cut: string[];
}

export function Lineage() {
  const { query } = here.value;
  const ref = query.get("ref") ?? "";
  const depth = Number(query.get("depth") ?? 6) || 6;
  const direction = (query.get("direction") ?? "both") as "both" | "up" | "down";
  useTitle(ref ? `Lineage of ${ref}` : "Lineage");
  const found = useLoad(
    async (abort) =>
      ref
        ? ((await call("GET /lineage", {
            query: { ref, depth, direction },
            abort,
          })) as unknown as Answer)
        : null,
    [ref, depth, direction],
  );
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const [chosen, setChosen] = useState<string | null>(null);
  const answer = found.value;
  const graph = useMemo(
    () => (answer ? toGraph(answer.nodes, answer.edges, answer.start) : null),
    [answer],
  );
  const drawn = useMemo(() => graph && collapse(graph.nodes, graph.edges, open), [graph, open]);
  const node = answer?.nodes.find((one) => one.key === (chosen ?? answer.start));
  const choose = (one: GraphNode) => {
    if (one.members) setOpen(new Set([...open, one.key]));
    else setChosen(one.key);
  };
  return (
    <div class="page full">
      <div class="titlebar">
        <h1>Lineage</h1>
        <form
          class="grow"
          onSubmit={(event) => {
            event.preventDefault();
            const text = new FormData(event.currentTarget).get("ref");
            setChosen(null);
            go(href(["lineage"], { ref: String(text ?? "").trim() }));
          }}
        >
          <input
            key={ref}
            name="ref"
            data-focus
            type="search"
            class="wide mono"
            aria-label="What to look for"
            placeholder="a run, a hash, a data path, models:/name@alias"
            defaultValue={ref}
          />
        </form>
        <label>
          depth
          <select
            value={String(depth)}
            onChange={(event) => patch({ depth: event.currentTarget.value })}
          >
            {[1, 2, 4, 6, 10, 20].map((one) => (
              <option key={one} value={String(one)}>
                {one}
              </option>
            ))}
          </select>
        </label>
        <label>
          show
          <select
            value={direction}
            onChange={(event) =>
              patch({
                direction: event.currentTarget.value === "both" ? null : event.currentTarget.value,
              })
            }
          >
            <option value="both">both ways</option>
            <option value="up">what it came from</option>
            <option value="down">what came of it</option>
          </select>
        </label>
      </div>
      {!ref && (
        <Empty title="Where did this come from?">
          <p>
            Give a run's id, the hash of some data, a path that runs used, or a model such as{" "}
            <code>models:/digits@champion</code>. Data, runs and models are joined by what is in
            them; nothing has to be declared.
          </p>
          <p>
            In a terminal: <code>padauk lineage models:/digits@champion</code>
          </p>
        </Empty>
      )}
      {ref && found.error && <Failure error={found.error} />}
      {ref && drawn && !found.error && (
        <div class="graphsplit">
          <GraphView
            nodes={drawn.nodes}
            edges={drawn.edges}
            chosen={chosen ?? answer?.start ?? null}
            choose={choose}
            label={`Lineage of ${ref}`}
          />
          {node && <Side node={node} graph={graph?.facts.get(node.key) ?? []} />}
        </div>
      )}
      {answer && answer.cut.length > 0 && (
        <p class="quiet">There is more beyond {answer.cut.length} of these: ask for more depth.</p>
      )}
    </div>
  );
}

function Side({ node, graph }: { node: LineageNode; graph: Fact[] }) {
  const link =
    node.kind === "execution" && node.id
      ? href(["runs", node.id])
      : node.kind === "version"
        ? href(["models", node.name ?? ""])
        : node.kind === "data"
          ? href(["data"], { name: node.paths?.[0], digest: node.md5 })
          : null;
  const title = node.kind === "data" ? (node.paths?.[0] ?? node.md5) : node.name;
  return (
    <aside class="side card" aria-label="What was chosen">
      <header>
        <h2>{title}</h2>
        <span class="grow" />
        {link && (
          <a class="button" href={link}>
            Open
          </a>
        )}
        <a class="button" href={href(["lineage"], { ref: refOf(node) })}>
          Start from here
        </a>
      </header>
      <dl>
        {graph.map(([name, value]) => (
          <div key={`${name} ${value}`}>
            <dt>{name}</dt>
            <dd class={name === "md5" || name === "commit" ? "mono" : ""}>{cell(value)}</dd>
          </div>
        ))}
      </dl>
    </aside>
  );
}

function refOf(node: LineageNode): string {
  if (node.kind === "data") return node.md5 ?? "";
  if (node.kind === "version") return `models:/${node.name}/${node.version}`;
  return node.id ?? "";
}
