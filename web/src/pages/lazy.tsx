// A page whose code is fetched when it is first shown.
import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Failure } from "../parts/states";

type Props<P> = { load: () => Promise<ComponentType<P>> } & P;

export function Page<P extends object>({ load, ...props }: Props<P>) {
  const [found, setFound] = useState<{ component: ComponentType<P> } | null>(null);
  const [error, setError] = useState<Error | null>(null);
  useEffect(() => {
    let here = true;
    load().then(
      (component) => here && setFound({ component }),
      (trouble: Error) => here && setError(trouble),
    );
    return () => {
      here = false;
    };
  }, [load]);
  if (error) return <Failure error={error} />;
  if (!found) return null;
  const Component = found.component;
  return <Component {...(props as unknown as P)} />;
}
