// What htmx puts on the window, as far as it is used here.
interface Htmx {
  process(element: Element): void;
  trigger(element: Element, name: string, detail?: unknown): void;
  ajax(
    verb: string,
    path: string,
    options: {
      source?: Element | string;
      target?: Element | string;
      swap?: string;
      values?: Record<string, unknown>;
    },
  ): Promise<void>;
}

interface Idiomorph {
  defaults: { callbacks: { beforeNodeMorphed: (old: Node, fresh: Node) => boolean | void } };
}

interface Window {
  htmx: Htmx;
  Idiomorph: Idiomorph;
}
