// Artifacts of a run, listed and read through MLflow's own addresses.
import { fetched, search } from "./client";

export interface FileEntry {
  path: string;
  is_dir: boolean;
  file_size?: number | null;
}

export async function list(run: string, path: string, abort?: AbortSignal): Promise<FileEntry[]> {
  const query = search({ run_id: run, path: path || undefined });
  const answer = await fetched(`ajax-api/2.0/mlflow/artifacts/list${query}`, {
    signal: abort ?? null,
  });
  const found = await answer.json();
  return (found.files ?? []).map((file: FileEntry) => ({
    ...file,
    file_size: file.file_size === undefined ? undefined : Number(file.file_size),
  }));
}

export function address(run: string, path: string): string {
  return `get-artifact${search({ run_id: run, path })}`;
}

/** The first bytes of a file, and whether that is all of it. */
export async function head(
  run: string,
  path: string,
  bytes: number,
  abort?: AbortSignal,
): Promise<{ bytes: Uint8Array; whole: boolean }> {
  const answer = await fetched(address(run, path), {
    headers: { range: `bytes=0-${bytes - 1}` },
    signal: abort ?? null,
  });
  const body = new Uint8Array(await answer.arrayBuffer());
  const range = answer.headers.get("content-range");
  const total = range ? Number(range.split("/")[1]) : body.length;
  return { bytes: body, whole: body.length >= total };
}
