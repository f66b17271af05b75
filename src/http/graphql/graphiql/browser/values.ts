/** What lies at a path of parsed JSON; undefined if nothing does. */
export function at(value: unknown, ...path: string[]): unknown {
  return path.reduce<unknown>(
    (inner, key) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, key) : undefined),
    value,
  );
}

export function textAt(value: unknown, ...path: string[]): string | undefined {
  const found = at(value, ...path);
  return typeof found === 'string' ? found : undefined;
}

/** What the page has stored under a name, in this visit or an earlier one; null if nothing. */
export function stored(name: string): unknown {
  try {
    return JSON.parse(localStorage.getItem(`pressrun:${name}`) ?? 'null');
  } catch {
    return null;
  }
}

export function store(name: string, value: unknown): void {
  localStorage.setItem(`pressrun:${name}`, JSON.stringify(value));
}
