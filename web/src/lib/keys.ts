// Keys that act on a page, while nobody types into a field.
import { useEffect, useRef } from "preact/hooks";

export function useKeys(keys: Record<string, () => void>): void {
  const latest = useRef(keys);
  latest.current = keys;
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const target = event.target as HTMLElement;
      const typing = target.matches("input:not([type=checkbox]), textarea, select");
      if (event.ctrlKey || event.metaKey || event.altKey || typing) return;
      if (event.key === "Enter" && target.matches("a, button")) return;
      const act = latest.current[event.key];
      if (act) {
        act();
        event.preventDefault();
      }
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, []);
}

/** `/` puts the cursor into the field marked `data-focus`, wherever one is. */
export function watchSlash(): void {
  window.addEventListener("keydown", (event) => {
    const target = event.target as HTMLElement;
    if (event.key !== "/" || target.matches("input:not([type=checkbox]), textarea, select")) return;
    const field = document.querySelector<HTMLInputElement>("[data-focus]");
    if (field) {
      event.preventDefault();
      field.focus();
      field.select();
    }
  });
}
