import { ago } from "../lib/format";

const WORDS: Record<string, string> = {
  RUNNING: "running",
  SCHEDULED: "scheduled",
  FINISHED: "finished",
  FAILED: "failed",
  KILLED: "killed",
};

export function Status({ status, word = false }: { status: string; word?: boolean }) {
  const text = WORDS[status] ?? status.toLowerCase();
  return (
    <span class={`status ${text}`} title={text}>
      <svg viewBox="0 0 12 12" width="12" height="12" role="img" aria-label={text}>
        {status === "FINISHED" && <path d="M2.5 6.3 5 8.8l4.6-5.4" />}
        {status === "FAILED" && <path d="m3 3 6 6m0-6-6 6" />}
        {status === "KILLED" && <path d="M3 6h6" />}
        {(status === "RUNNING" || status === "SCHEDULED") && <circle cx="6" cy="6" r="3.2" />}
      </svg>
      {word && <span>{text}</span>}
    </span>
  );
}

/** Whether a running run still speaks: when its last point came. */
export function Heartbeat({ time, now }: { time: number | null | undefined; now: number }) {
  if (!time) return null;
  const silent = now - time > 120_000;
  return (
    <span class={silent ? "beat silent" : "beat"}>
      {silent ? `silent since ${ago(time, now)}` : "live"}
    </span>
  );
}
