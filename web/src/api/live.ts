// What moves, as the server tells it.
import { useEffect, useRef } from "preact/hooks";
import { search } from "./client";

export interface Beat {
  run: string;
  status: string;
  end?: number | null;
  step?: number | null;
  time?: number | null;
}

export interface Listener {
  run?: (beat: Beat) => void;
  runs?: () => void;
}

/** Listen to some experiments and runs while the page shows them. */
export function useLive(
  experiments: readonly string[],
  runs: readonly string[],
  on: Listener,
): void {
  const latest = useRef(on);
  latest.current = on;
  const query = search({ experiment: experiments, run: runs.slice(0, 200) });
  useEffect(() => {
    if (!query || typeof EventSource === "undefined") return;
    const source = new EventSource(`api/v1/events${query}`);
    source.addEventListener("run", (event) => latest.current.run?.(JSON.parse(event.data)));
    source.addEventListener("runs", () => latest.current.runs?.());
    return () => source.close();
  }, [query]);
}
