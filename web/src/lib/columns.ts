// Columns of the table of runs, as the address names them.
import type { Keys } from "../api/schema";
import { quoted } from "./filter";

const USUAL = 4;

/** `metrics.val/loss` as a clause to order by. */
export function orderBy(sort: string): string[] {
  if (!sort) return [];
  const descending = sort.startsWith("-");
  const id = descending ? sort.slice(1) : sort;
  const at = id.indexOf(".");
  const kind = id.slice(0, at);
  const key = id.slice(at + 1);
  return [`${kind}.${kind === "attributes" ? key : quoted(key)} ${descending ? "DESC" : "ASC"}`];
}

/** What a click on a column's head sorts by next: best first, then the other way, then as before. */
export function nextSort(now: string, key: string, numeric: boolean): string {
  const first = numeric ? `-${key}` : key;
  const second = numeric ? key : `-${key}`;
  if (now === first) return second;
  return now === second ? "" : first;
}

/** The columns that are shown when nobody has chosen any: what most runs have. */
export function usualColumns(keys: Keys): string[] {
  const most = (kind: string, some: { name: string; runs: number }[]) =>
    some
      .filter((one) => !one.name.startsWith("system/"))
      .toSorted((a, b) => b.runs - a.runs || a.name.localeCompare(b.name))
      .slice(0, USUAL)
      .map((one) => `${kind}.${one.name}`);
  return [...most("metrics", keys.metrics), ...most("params", keys.params)];
}

export function splitColumn(id: string): { kind: string; key: string } {
  const at = id.indexOf(".");
  return { kind: id.slice(0, at), key: id.slice(at + 1) };
}

const MARKS: Record<string, string> = {
  "mlflow.source.git.commit": "commit",
  "mlflow.source.git.branch": "branch",
  "mlflow.source.name": "source",
  "mlflow.user": "user",
  "padauk.stage": "stage",
};

export function columnTitle(id: string): string {
  const { kind, key } = splitColumn(id);
  return kind === "tags" ? (MARKS[key] ?? key) : key;
}
