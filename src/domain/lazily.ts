/**
 * Loads something with its first use, for all who use it. A load that failed is tried anew by the next one.
 *
 * @returns what waits for it.
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
