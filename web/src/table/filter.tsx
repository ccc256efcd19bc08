// One line to filter runs: completion as one types, and a caret under the token that is wrong.
import { useEffect, useRef, useState } from "preact/hooks";
import type { Keys } from "../api/client";
import { complete, trouble } from "../lib/filter";

interface Props {
  value: string;
  keys: Keys;
  error: Error | null;
  set: (text: string) => void;
}

export function FilterLine({ value, keys, error, set }: Props) {
  const [text, setText] = useState(value);
  const [options, setOptions] = useState<string[]>([]);
  const [place, setPlace] = useState(-1);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => setText(value), [value]);
  const names = (some: { name: string }[]) => some.map((one) => one.name);
  const known = {
    metrics: names(keys.metrics),
    params: names(keys.params),
    tags: names(keys.tags),
  };
  const suggest = () => {
    const input = field.current!;
    setOptions(complete(input.value, input.selectionStart ?? input.value.length, known).options);
    setPlace(-1);
  };
  const take = (option: string) => {
    const input = field.current!;
    const caret = input.selectionStart ?? input.value.length;
    const { from } = complete(input.value, caret, known);
    const next = `${input.value.slice(0, from)}${option} ${input.value.slice(caret).trimStart()}`;
    setText(next);
    setOptions([]);
    requestAnimationFrame(() => {
      input.focus();
      input.setSelectionRange(from + option.length + 1, from + option.length + 1);
    });
  };
  const apply = () => {
    setOptions([]);
    set(text.trim());
  };
  const press = (event: KeyboardEvent) => {
    if (event.key === "ArrowDown" && options.length) setPlace((place + 1) % options.length);
    else if (event.key === "ArrowUp" && options.length)
      setPlace((place - 1 + options.length) % options.length);
    else if ((event.key === "Enter" || event.key === "Tab") && place >= 0 && options[place])
      take(options[place]);
    else if (event.key === "Enter") apply();
    else if (event.key === "Escape") {
      setOptions([]);
      field.current?.blur();
    } else return;
    event.preventDefault();
  };
  const wrong = error && text.trim() === value ? trouble(error.message) : null;
  return (
    <div class={`filter${wrong ? " wrong" : ""}`}>
      <input
        ref={field}
        data-focus
        type="text"
        role="combobox"
        aria-expanded={options.length > 0}
        aria-controls="filter-options"
        aria-label="Filter runs"
        aria-invalid={wrong !== null}
        spellcheck={false}
        autocomplete="off"
        placeholder="Filter: metrics.loss < 0.3 and params.lr = '0.01'"
        value={text}
        onInput={(event) => {
          setText(event.currentTarget.value);
          suggest();
        }}
        onKeyDown={press}
        onBlur={() => setTimeout(() => setOptions([]), 150)}
        data-testid="filter"
      />
      {text && (
        <button
          type="button"
          class="icon"
          aria-label="Clear the filter"
          onClick={() => {
            setText("");
            set("");
          }}
        >
          ×
        </button>
      )}
      {options.length > 0 && (
        <ul class="options" id="filter-options" role="listbox">
          {options.map((option, index) => (
            <li
              key={option}
              role="option"
              aria-selected={index === place}
              onPointerDown={(event) => {
                event.preventDefault();
                take(option);
              }}
            >
              {option}
            </li>
          ))}
        </ul>
      )}
      {wrong && (
        <div class="pointer" role="alert" data-testid="filter-error">
          {wrong.at !== null && <span aria-hidden="true">{`${" ".repeat(wrong.at)}^`}</span>}
          {wrong.message}
        </div>
      )}
    </div>
  );
}
