// The parts of a run's overview.
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { mlflow, type Pair, type RunDetail } from "../api/client";
import { base } from "../lib/base";
import { ago, bytes, cell, duration } from "../lib/format";
import { changed, here, href } from "../lib/route";
import { Code, Copy } from "../parts/states";
import { Status } from "../parts/status";

type Tags = ReadonlyMap<string, string>;

interface Fact {
  key: string;
  value: number | string;
  extra?: string;
}

export function Facts(props: {
  title: string;
  rows: readonly Fact[];
  hint: ComponentChildren;
  link?: (key: string) => string;
}) {
  const [wanted, setWanted] = useState("");
  const shown = props.rows.filter((row) => row.key.toLowerCase().includes(wanted.toLowerCase()));
  return (
    <section class="card">
      <header>
        <h2>{props.title}</h2>
        <span class="grow" />
        {props.rows.length > 12 && (
          <input
            type="search"
            placeholder="Find"
            aria-label={`Find in ${props.title}`}
            value={wanted}
            onInput={(event) => setWanted(event.currentTarget.value)}
          />
        )}
        <small>{props.rows.length}</small>
      </header>
      {props.rows.length === 0 && <p class="quiet">None. {props.hint} logs some.</p>}
      <table class="facts">
        <tbody>
          {shown.slice(0, 500).map((row) => (
            <tr key={row.key}>
              <th scope="row">
                {props.link ? <a href={props.link(row.key)}>{row.key}</a> : row.key}
              </th>
              <td class={typeof row.value === "number" ? "num" : ""} title={String(row.value)}>
                {cell(row.value)}
              </td>
              {props.link && <td class="quiet">{row.extra}</td>}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** Data, then the run, then the models it made: the whole story in a line. */
export function LineageStrip({ detail, tags }: { detail: RunDetail; tags: Tags }) {
  const inputs = detail.inputs.slice(0, 6);
  const outs = parsed(tags.get("padauk.outs"));
  const models = detail.registered.length
    ? detail.registered
    : detail.models.map((one) => one.name);
  if (!inputs.length && !models.length && !outs.length) return null;
  return (
    <section class="strip" aria-label="Lineage" data-testid="lineage-strip">
      <div>
        {inputs.map((one) => (
          <a
            key={one.name + one.digest}
            class="node data"
            href={href(["data"], { name: one.name, digest: one.digest })}
          >
            <small>{one.context || "data"}</small>
            {one.name}
            <code>{one.digest.slice(0, 8)}</code>
          </a>
        ))}
        {detail.inputs.length > 6 && <span class="quiet">{detail.inputs.length - 6} more</span>}
        {inputs.length === 0 && <span class="quiet">no recorded data</span>}
      </div>
      <i class="arrow" aria-hidden="true" />
      <div>
        <span class="node here">
          <small>{tags.get("padauk.stage") ? "stage" : "this run"}</small>
          {detail.run.name}
        </span>
      </div>
      <i class="arrow" aria-hidden="true" />
      <div>
        {outs.slice(0, 4).map(([path, md5]) => (
          <a key={path} class="node data" href={href(["lineage"], { ref: md5 })}>
            <small>made</small>
            {path}
            <code>{md5.slice(0, 8)}</code>
          </a>
        ))}
        {detail.registered.map((name) => (
          <a
            key={name}
            class="node model"
            href={href(["models", name.slice(0, name.lastIndexOf("/"))])}
          >
            <small>model version</small>
            {name}
          </a>
        ))}
        {detail.registered.length === 0 &&
          detail.models.map((one) => (
            <span key={one.id} class="node model">
              <small>logged model</small>
              {one.name}
            </span>
          ))}
        {models.length === 0 && outs.length === 0 && <span class="quiet">no models</span>}
      </div>
      <a class="more" href={href(["lineage"], { ref: detail.run.id })}>
        Lineage
      </a>
    </section>
  );
}

export function parsed(json: string | undefined): [string, string][] {
  if (!json) return [];
  try {
    return Object.entries(JSON.parse(json) as Record<string, string>);
  } catch {
    return [];
  }
}

export function Note({ run, text, saved }: { run: string; text: string; saved: () => void }) {
  const [editing, setEditing] = useState(false);
  const [draft, setDraft] = useState(text);
  const [error, setError] = useState("");
  useEffect(() => setDraft(text), [text]);
  const save = () =>
    mlflow("runs/set-tag", { run_id: run, key: "mlflow.note.content", value: draft }).then(
      () => {
        setEditing(false);
        saved();
      },
      (trouble: Error) => setError(trouble.message),
    );
  if (!editing)
    return (
      <section class="note">
        {text ? <Markdown text={text} /> : null}
        <button type="button" class="link" onClick={() => setEditing(true)}>
          {text ? "Edit note" : "Add a note"}
        </button>
      </section>
    );
  return (
    <section class="note">
      <textarea
        aria-label="Note, in Markdown"
        value={draft}
        rows={6}
        onInput={(event) => setDraft(event.currentTarget.value)}
      />
      {error && <p class="bad">{error}</p>}
      <div class="row">
        <button type="button" class="main" onClick={save}>
          Save
        </button>
        <button type="button" onClick={() => setEditing(false)}>
          Leave it
        </button>
        <span class="quiet">Markdown</span>
      </div>
    </section>
  );
}

export function Markdown({ text }: { text: string }) {
  const [html, setHtml] = useState<string | null>(null);
  useEffect(() => {
    let here = true;
    import("../lib/markdown").then(({ render }) => here && setHtml(render(text)));
    return () => {
      here = false;
    };
  }, [text]);
  if (html === null) return <p class="markdown">{text}</p>;
  // sanitised by lib/markdown
  return <div class="markdown" dangerouslySetInnerHTML={{ __html: html }} />;
}

export function CodeBox({ detail, tags }: { detail: RunDetail; tags: Tags }) {
  const commit = tags.get("mlflow.source.git.commit");
  const repository = tags.get("mlflow.source.git.repoURL") ?? tags.get("padauk.repository");
  const source = tags.get("mlflow.source.name");
  const dirty = tags.get("padauk.dirty") === "true";
  const patchOwner = detail.parent?.id ?? detail.run.id;
  return (
    <section class="card">
      <header>
        <h2>Code</h2>
      </header>
      {!commit && !source && (
        <p class="quiet">Not recorded: the run was not started in a git repository.</p>
      )}
      <dl>
        {commit && (
          <>
            <dt>commit</dt>
            <dd class="mono">
              {commit.slice(0, 12)} <Copy text={commit} label="Copy the commit" />
              {dirty && (
                <a
                  class="tag warn"
                  href={href(["runs", patchOwner], {
                    tab: "artifacts",
                    path: "padauk/dirty.patch",
                  })}
                >
                  with changes
                </a>
              )}
            </dd>
          </>
        )}
        {tags.get("mlflow.source.git.branch") && (
          <>
            <dt>branch</dt>
            <dd>{tags.get("mlflow.source.git.branch")}</dd>
          </>
        )}
        {repository && (
          <>
            <dt>repository</dt>
            <dd>{repository}</dd>
          </>
        )}
        {source && (
          <>
            <dt>command</dt>
            <dd class="mono">{source}</dd>
          </>
        )}
      </dl>
    </section>
  );
}

export function Reproduce({ detail, tags }: { detail: RunDetail; tags: Tags }) {
  const commit = tags.get("mlflow.source.git.commit");
  const stage = tags.get("padauk.stage");
  if (!commit) return null;
  const command =
    stage || tags.has("padauk.record")
      ? `padauk repro ${stage ?? ""}`.trim()
      : tags.get("mlflow.source.name");
  const lines = [`git checkout ${commit.slice(0, 12)}`];
  if (tags.get("padauk.dirty") === "true") {
    const owner = detail.parent?.id ?? detail.run.id;
    lines.push(
      `curl -s "${base}/get-artifact?run_id=${owner}&path=padauk/dirty.patch" | git apply`,
    );
  }
  if (stage || tags.has("padauk.record")) lines.push("padauk pull");
  if (command) lines.push(command);
  return (
    <section class="card">
      <header>
        <h2>Do it again</h2>
      </header>
      <Code text={lines.join("\n")} label="Copy the commands" />
    </section>
  );
}

export function Tags({
  run,
  tags,
  saved,
}: {
  run: string;
  tags: readonly Pair[];
  saved: () => void;
}) {
  const own = tags.filter(
    (tag) => !tag.key.startsWith("mlflow.") && !tag.key.startsWith("padauk."),
  );
  const [key, setKey] = useState("");
  const [value, setValue] = useState("");
  const add = (event: Event) => {
    event.preventDefault();
    if (!key) return;
    mlflow("runs/set-tag", { run_id: run, key, value }).then(() => {
      setKey("");
      setValue("");
      saved();
    }, saved);
  };
  return (
    <section class="card">
      <header>
        <h2>Tags</h2>
      </header>
      <div class="tags">
        {own.map((tag) => (
          <span key={tag.key} class="tag">
            {tag.key}
            {tag.value && <b>{tag.value}</b>}
            <button
              type="button"
              aria-label={`Remove the tag ${tag.key}`}
              onClick={() =>
                mlflow("runs/delete-tag", { run_id: run, key: tag.key }).then(saved, saved)
              }
            >
              ×
            </button>
          </span>
        ))}
        <form onSubmit={add}>
          <input
            aria-label="Key of a new tag"
            placeholder="key"
            size={8}
            value={key}
            onInput={(event) => setKey(event.currentTarget.value)}
          />
          <input
            aria-label="Value of a new tag"
            placeholder="value"
            size={8}
            value={value}
            onInput={(event) => setValue(event.currentTarget.value)}
          />
          <button type="submit" disabled={!key}>
            Add
          </button>
        </form>
      </div>
    </section>
  );
}

export function Children({ detail }: { detail: RunDetail }) {
  const ids = detail.children.map((child) => child.id);
  return (
    <section class="card">
      <header>
        <h2>Nested runs</h2>
        <span class="grow" />
        {ids.length > 1 && (
          <a href={href(["compare"], { runs: ids.slice(0, 8).join(",") })}>Compare</a>
        )}
      </header>
      <table class="rows">
        <tbody>
          {detail.children.map((child) => (
            <tr key={child.id}>
              <td>
                <Status status={child.status} />{" "}
                <a href={href(["experiments", child.experiment, "runs", child.id])}>{child.name}</a>
              </td>
              <td>{child.start && ago(child.start)}</td>
              <td class="num">
                {child.start && child.end ? duration(child.end - child.start) : ""}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

export function sizeOf(profile: string | null | undefined): string {
  try {
    const { size, nfiles } = JSON.parse(profile ?? "{}");
    const files = nfiles ? `${Number(nfiles).toLocaleString("en")} files, ` : "";
    return size ? `${files}${bytes(Number(size))}` : "";
  } catch {
    return "";
  }
}

export function linkHere(changes: Record<string, string | null>): string {
  return changed(here.value, changes);
}
