import type { ComponentType } from "preact";
import { useEffect } from "preact/hooks";
import { here, href } from "./lib/route";
import { Page } from "./pages/lazy";
import { ThemeButton } from "./parts/theme";

const SECTIONS: [string, string][] = [
  ["experiments", "Experiments"],
  ["models", "Models"],
  ["data", "Data"],
  ["pipelines", "Pipelines"],
  ["lineage", "Lineage"],
  ["server", "Server"],
];

export function App() {
  const [section = "experiments"] = here.value.path;
  const shown = section === "runs" || section === "compare" ? "experiments" : section;
  return (
    <>
      <a class="skip" href="#main" onClick={skip}>
        Skip to content
      </a>
      <header class="top">
        <a class="brand" href="#/" aria-label="padauk: all experiments">
          <img src="./flower.svg" alt="" width="22" height="22" />
          padauk
        </a>
        <nav aria-label="Sections">
          {SECTIONS.map(([name, title]) => (
            <a key={name} href={href([name])} aria-current={shown === name ? "page" : undefined}>
              {title}
            </a>
          ))}
        </nav>
        <ThemeButton />
      </header>
      <main id="main" tabIndex={-1}>
        <Routed />
      </main>
    </>
  );
}

function Routed() {
  const { path } = here.value;
  const [section = "experiments", id, kind, inner] = path;
  switch (section) {
    case "experiments":
      if (!id) return <Page key="experiments" load={experiments} />;
      if (kind === "runs" && inner) return <Page key={inner} load={run} id={inner} />;
      return <Page key={`runs ${id}`} load={runs} ids={id.split(",")} />;
    case "runs":
      return id ? <Page key={id} load={run} id={id} /> : <Missing />;
    case "compare":
      return <Page key="compare" load={compare} />;
    case "models":
      return id ? (
        <Page key={`model ${id}`} load={model} name={id} />
      ) : (
        <Page key="models" load={models} />
      );
    case "data":
      return <Page key="data" load={data} />;
    case "pipelines":
      return id ? (
        <Page key={id} load={pipeline} id={id} />
      ) : (
        <Page key="pipelines" load={pipelines} />
      );
    case "lineage":
      return <Page key="lineage" load={lineage} />;
    case "server":
      return <Page key="server" load={server} />;
    default:
      return <Missing />;
  }
}

type Loader<P> = () => Promise<ComponentType<P>>;
const experiments: Loader<object> = async () => (await import("./pages/experiments")).Experiments;
const runs: Loader<{ ids: string[] }> = async () => (await import("./pages/runs")).Runs;
const run: Loader<{ id: string }> = async () => (await import("./pages/run")).Run;
const compare: Loader<object> = async () => (await import("./pages/compare")).Compare;
const models: Loader<object> = async () => (await import("./pages/models")).Models;
const model: Loader<{ name: string }> = async () => (await import("./pages/model")).Model;
const data: Loader<object> = async () => (await import("./pages/data")).Data;
const pipelines: Loader<object> = async () => (await import("./pages/pipelines")).Pipelines;
const pipeline: Loader<{ id: string }> = async () => (await import("./pages/pipeline")).Pipeline;
const lineage: Loader<object> = async () => (await import("./pages/lineage")).Lineage;
const server: Loader<object> = async () => (await import("./pages/server")).Server;

function Missing() {
  useEffect(() => {
    document.title = "Not found · padauk";
  }, []);
  return (
    <div class="page">
      <h1>There is no such page</h1>
      <p>
        <a href="#/">All experiments</a>
      </p>
    </div>
  );
}

function skip(event: Event): void {
  event.preventDefault(); // the hash is where we are, not a place in the page
  document.getElementById("main")?.focus();
}
