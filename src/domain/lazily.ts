/**
 * Loads something on first use, once for all callers. If the load fails, the next call tries again.
 *
 * @returns a function that resolves with what was loaded.
 */
export function lazily<Loaded>(load: () => Promise<Loaded>): () => Promise<Loaded> {
  let loading: Promise<Loaded> | undefined;
  async function loadAnew(): Promise<Loaded> {
    try {
      return await load();
    } catch (error) {
      loading = undefined;
      throw error;
    }
  }
  return () => (loading ??= loadAnew());
}
