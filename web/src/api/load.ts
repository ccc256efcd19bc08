// Load something when what it depends on changes; the last answer stays until the next is there.
import { useCallback, useEffect, useRef, useState } from "preact/hooks";

export interface Loaded<T> {
  value: T | null;
  error: Error | null;
  loading: boolean;
  reload: () => void;
}

export function useLoad<T>(
  load: (abort: AbortSignal) => Promise<T>,
  depends: unknown[],
): Loaded<T> {
  const [state, setState] = useState<Omit<Loaded<T>, "reload">>({
    value: null,
    error: null,
    loading: true,
  });
  const [turn, setTurn] = useState(0);
  const latest = useRef(load);
  latest.current = load;
  useEffect(() => {
    const abort = new AbortController();
    setState((old) => ({ ...old, loading: true }));
    latest.current(abort.signal).then(
      (value) => {
        if (!abort.signal.aborted) setState({ value, error: null, loading: false });
      },
      (error: Error) => {
        if (!abort.signal.aborted) setState((old) => ({ ...old, error, loading: false }));
      },
    );
    return () => abort.abort();
  }, [...depends, turn]);
  return { ...state, reload: useCallback(() => setTurn((old) => old + 1), []) };
}
