// The columns of a table of runs.
import type { RunRow } from "../api/client";
import { columnTitle, splitColumn } from "../lib/columns";
import { ago, cell, duration, when } from "../lib/format";
import { href } from "../lib/route";
import { Status } from "../parts/status";
import type { Column } from "./grid";

const SINGULAR: Record<string, string> = { metrics: "metric", params: "param", tags: "tag" };

/** Params are texts; long numbers among them are shown short, and whole when pointed at. */
function short(value: number | string | null | undefined, kind: string): string {
  const long = kind === "params" && typeof value === "string" && value.length > 9;
  return cell(long && Number.isFinite(Number(value)) ? Number(value) : value);
}

export function runColumns(
  columns: readonly string[],
  experiments: readonly { id: string; name: string }[],
  palette: ReadonlyMap<string, string>,
): Column<RunRow>[] {
  const fixed: Column<RunRow>[] = [
    {
      id: "name",
      title: "Run",
      width: 250,
      sort: "attributes.run_name",
      cell: (row) => (
        <span class="runname">
          <Status status={row.status} />
          {palette.has(row.id) && <i class="dot" style={{ background: palette.get(row.id) }} />}
          {row.parent && (
            <span class="nested" title="nested in another run">
              ↳
            </span>
          )}
          <a href={href(["experiments", row.experiment, "runs", row.id])} title={row.name}>
            {row.name || row.id.slice(0, 8)}
          </a>
        </span>
      ),
    },
    {
      id: "start",
      title: "Started",
      width: 112,
      sort: "attributes.start_time",
      cell: (row) => row.start && <time title={when(row.start)}>{ago(row.start)}</time>,
    },
    {
      id: "duration",
      title: "Duration",
      width: 104,
      numeric: true,
      cell: (row) =>
        row.start && (row.end || row.status === "RUNNING")
          ? duration((row.end ?? Date.now()) - row.start)
          : "",
    },
  ];
  if (experiments.length) {
    const names = new Map(experiments.map((one) => [one.id, one.name]));
    fixed.push({
      id: "experiment",
      title: "Experiment",
      width: 140,
      cell: (row) => names.get(row.experiment) ?? row.experiment,
    });
  }
  return [
    ...fixed,
    ...columns.map((id, place): Column<RunRow> => {
      const { kind } = splitColumn(id);
      const commit = id === "tags.mlflow.source.git.commit";
      return {
        id,
        title: columnTitle(id),
        group: SINGULAR[kind] ?? kind,
        width: Math.min(220, Math.max(104, columnTitle(id).length * 7.4 + 36)),
        numeric: kind === "metrics",
        sort: id,
        cell: (row) => {
          const value = row.cells?.[place];
          const text = commit ? String(value ?? "").slice(0, 8) : short(value, kind);
          return typeof value === "string" ? <span title={value}>{text}</span> : text;
        },
      };
    }),
  ];
}
