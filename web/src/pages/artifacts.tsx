// A run's files: a tree, and a preview that reads only the beginning of what it shows.
import { useEffect, useState } from "preact/hooks";
import { address, type FileEntry, head, list } from "../api/files";
import { useLoad } from "../api/load";
import { bytes } from "../lib/format";
import { here, patch } from "../lib/route";
import { parseTable } from "../lib/table";
import { Code, Empty, Failure } from "../parts/states";
import { Markdown } from "./runparts";

const HEAD = 65_536;
const IMAGES = new Set(["png", "jpg", "jpeg", "gif", "webp", "bmp", "avif"]);
const TABLES = new Set(["csv", "tsv"]);
const MAX_IMAGE = 20_000_000;

export function Artifacts({ run }: { run: string }) {
  const root = useLoad((abort) => list(run, "", abort), [run]);
  const asked = here.value.query.get("path");
  const path = asked ?? root.value?.find((one) => !one.is_dir)?.path ?? "";
  if (root.error) return <Failure error={root.error} again={root.reload} />;
  if (!root.value) return null;
  if (root.value.length === 0)
    return (
      <Empty title="No files">
        <p>Files that a run logs appear here:</p>
        <Code
          text={
            'mlflow.log_artifact("confusion.png")\nmlflow.log_dict({"labels": [0, 1]}, "labels.json")'
          }
        />
      </Empty>
    );
  return (
    <div class="files">
      <nav aria-label="Files" class="card tree">
        <Folder run={run} entries={root.value} chosen={path} />
      </nav>
      <div class="card preview">
        {path ? <Preview key={path} run={run} path={path} /> : <Hint />}
      </div>
    </div>
  );
}

function Hint() {
  return <p class="quiet">Choose a file to look at its beginning.</p>;
}

function Folder({ run, entries, chosen }: { run: string; entries: FileEntry[]; chosen: string }) {
  const sorted = entries.toSorted(
    (a, b) => Number(b.is_dir) - Number(a.is_dir) || a.path.localeCompare(b.path),
  );
  return (
    <ul>
      {sorted.slice(0, 1000).map((entry) =>
        entry.is_dir ? (
          <Sub key={entry.path} run={run} entry={entry} chosen={chosen} />
        ) : (
          <li key={entry.path}>
            <button
              type="button"
              aria-current={entry.path === chosen}
              onClick={() => patch({ path: entry.path, tab: "artifacts" })}
            >
              <span>{name(entry.path)}</span>
              <small>{entry.file_size ? bytes(entry.file_size) : ""}</small>
            </button>
          </li>
        ),
      )}
      {sorted.length > 1000 && <li class="quiet">{sorted.length - 1000} more</li>}
    </ul>
  );
}

function Sub({ run, entry, chosen }: { run: string; entry: FileEntry; chosen: string }) {
  const [open, setOpen] = useState(chosen.startsWith(`${entry.path}/`));
  const inner = useLoad(
    (abort) => (open ? list(run, entry.path, abort) : Promise.resolve(null)),
    [run, entry.path, open],
  );
  return (
    <li>
      <button type="button" class="folder" aria-expanded={open} onClick={() => setOpen(!open)}>
        <span>
          <i aria-hidden="true">{open ? "▾" : "▸"}</i>
          {name(entry.path)}
        </span>
      </button>
      {open && inner.value && <Folder run={run} entries={inner.value} chosen={chosen} />}
    </li>
  );
}

function Preview({ run, path }: { run: string; path: string }) {
  const kind = path.slice(path.lastIndexOf(".") + 1).toLowerCase();
  return (
    <>
      <header>
        <h2 class="mono">{path}</h2>
        <span class="grow" />
        <a class="button" href={address(run, path)} download={name(path)}>
          Download
        </a>
      </header>
      {IMAGES.has(kind) ? (
        <Picture run={run} path={path} />
      ) : (
        <Beginning run={run} path={path} kind={kind} />
      )}
    </>
  );
}

function Picture({ run, path }: { run: string; path: string }) {
  const folder = path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : "";
  const entries = useLoad((abort) => list(run, folder, abort), [run, folder]);
  const size = entries.value?.find((one) => one.path === path)?.file_size ?? 0;
  if (!entries.value) return null;
  if (size > MAX_IMAGE)
    return <p class="quiet">A picture of {bytes(size)}: download it to look at it.</p>;
  return <img class="picture" src={address(run, path)} alt={path} />;
}

function Beginning({ run, path, kind }: { run: string; path: string; kind: string }) {
  const found = useLoad((abort) => head(run, path, HEAD, abort), [run, path]);
  const [text, setText] = useState<string | null>(null);
  useEffect(() => {
    if (!found.value) return;
    const { bytes: body, whole } = found.value;
    const binary = body.subarray(0, 4096).includes(0);
    // the last character may be cut in two by the range
    const shown = binary
      ? null
      : new TextDecoder("utf-8", { fatal: false }).decode(body, { stream: !whole });
    setText(shown);
  }, [found.value]);
  if (found.error) return <Failure error={found.error} again={found.reload} />;
  if (!found.value) return null;
  const rest = found.value.whole ? null : (
    <p class="quiet">The first {bytes(found.value.bytes.length)} of a longer file.</p>
  );
  if (text === null) return <Hex bytes={found.value.bytes} />;
  if (kind === "md") return <Markdown text={text} />;
  if (kind === "json" && found.value.whole) return <pre class="text">{pretty(text)}</pre>;
  if (TABLES.has(kind)) {
    const rows = parseTable(text, kind === "tsv" ? "\t" : ",", found.value.whole).slice(0, 200);
    return (
      <div class="scroll">
        <table class="rows">
          <thead>
            <tr>
              {rows[0]?.map((one, place) => (
                <th key={String(place)}>{one}</th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.slice(1).map((row, line) => (
              <tr key={String(line)}>
                {row.map((one, place) => (
                  <td key={String(place)}>{one}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
        {rest}
      </div>
    );
  }
  if (kind === "patch" || kind === "diff") return <Patch text={text} rest={rest} />;
  return (
    <>
      <pre class="text">{text}</pre>
      {rest}
    </>
  );
}

export function Patch({ text, rest = null }: { text: string; rest?: preact.ComponentChildren }) {
  const kind = (line: string) => {
    if (/^(diff |index |--- |\+\+\+ )/.test(line)) return "file";
    if (line.startsWith("@@")) return "hunk";
    return line.startsWith("+") ? "plus" : line.startsWith("-") ? "minus" : "";
  };
  return (
    <>
      <pre class="text patch">
        {text.split("\n").map((line, place) => (
          <span key={String(place)} class={kind(line)}>{`${line}\n`}</span>
        ))}
      </pre>
      {rest}
    </>
  );
}

function Hex({ bytes: body }: { bytes: Uint8Array }) {
  const lines: string[] = [];
  for (let at = 0; at < Math.min(512, body.length); at += 16) {
    const row = body.subarray(at, at + 16);
    const hex = [...row].map((one) => one.toString(16).padStart(2, "0")).join(" ");
    const text = [...row]
      .map((one) => (one >= 32 && one < 127 ? String.fromCharCode(one) : "·"))
      .join("");
    lines.push(`${at.toString(16).padStart(6, "0")}  ${hex.padEnd(47)}  ${text}`);
  }
  return (
    <>
      <p class="quiet">No text. Its first bytes:</p>
      <pre class="text">{lines.join("\n")}</pre>
    </>
  );
}

function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function name(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
