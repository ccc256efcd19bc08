// What stands where something is not (yet): empty, failed, loading.
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";

export function Failure({ error, again }: { error: Error; again?: () => void }) {
  return (
    <div class="failure" role="alert">
      <p>{error.message}</p>
      {again && (
        <button type="button" onClick={again}>
          Try again
        </button>
      )}
    </div>
  );
}

export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <h2>{title}</h2>
      {children}
    </div>
  );
}

/** A command or code to copy. */
export function Code({ text, label }: { text: string; label?: string }) {
  return (
    <div class="code">
      <pre>
        <code>{text}</code>
      </pre>
      <Copy text={text} label={label ?? "Copy"} />
    </div>
  );
}

export function Copy({ text, label }: { text: string; label: string }) {
  const copy = (event: Event) => {
    const button = event.currentTarget as HTMLButtonElement;
    navigator.clipboard?.writeText(text).then(() => {
      button.dataset["done"] = "yes";
      setTimeout(() => delete button.dataset["done"], 1200);
    });
  };
  return (
    <button type="button" class="copy" onClick={copy} title={label} aria-label={label}>
      <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
        <g fill="none" stroke="currentColor" stroke-width="1.4">
          <rect x="5.5" y="5.5" width="8" height="8" rx="1.5" />
          <path d="M10.5 3.2A1.2 1.2 0 0 0 9.3 2.5H3.7A1.2 1.2 0 0 0 2.5 3.7v5.6c0 .5.3 1 .7 1.2" />
        </g>
      </svg>
    </button>
  );
}

export function useTitle(title: string): void {
  useEffect(() => {
    document.title = title ? `${title} · padauk` : "padauk";
  }, [title]);
}
