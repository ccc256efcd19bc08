import { useState } from "preact/hooks";

type Theme = "light" | "dark" | "";

export function ThemeButton() {
  const [theme, setTheme] = useState<Theme>(
    (document.documentElement.dataset["theme"] ?? "") as Theme,
  );
  const dark = theme ? theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  const turn = () => {
    const next: Theme = dark ? "light" : "dark";
    document.documentElement.dataset["theme"] = next;
    try {
      localStorage.setItem("theme", next);
    } catch {
      // a browser that keeps nothing shows the system's theme next time
    }
    setTheme(next);
    window.dispatchEvent(new Event("themechange"));
  };
  const label = dark ? "Light theme" : "Dark theme";
  return (
    <button type="button" class="icon theme" onClick={turn} title={label} aria-label={label}>
      <svg viewBox="0 0 20 20" width="18" height="18" aria-hidden="true">
        {dark ? (
          <g stroke="currentColor" stroke-width="1.6" stroke-linecap="round" fill="none">
            <circle cx="10" cy="10" r="3.4" />
            <path d="M10 2v1.8M10 16.2V18M2 10h1.8M16.2 10H18M4.3 4.3l1.3 1.3M14.4 14.4l1.3 1.3M4.3 15.7l1.3-1.3M14.4 5.6l1.3-1.3" />
          </g>
        ) : (
          <path d="M16.5 12.2A7 7 0 0 1 7.8 3.5a7 7 0 1 0 8.7 8.7Z" fill="currentColor" />
        )}
      </svg>
    </button>
  );
}
