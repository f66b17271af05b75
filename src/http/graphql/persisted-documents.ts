import { readFile } from 'node:fs/promises';
import { GraphQLError, parse, print, type DocumentNode } from 'graphql';
import { z } from 'zod';

/** The documents of our own clients, by SHA-256 hash. */
export type PersistedDocuments = {
  /** @returns the document with the hash in `extensions.persistedQuery`; undefined if there is none. */
  resolve(request: { query?: string | null | undefined; extensions?: unknown }): string | undefined;
  /** @returns the error if the document is not allowed. */
  check(document: DocumentNode): GraphQLError | undefined;
};

const fileSchema = z.record(z.string(), z.string());
const extensionsSchema = z.object({ persistedQuery: z.object({ sha256Hash: z.string() }) });

/** The file in `PERSISTED_DOCUMENTS` cannot be read. The message says what to do. */
export class PersistedDocumentsError extends Error {
  override readonly name = 'PersistedDocumentsError';
}

/**
 * Reads the persisted documents.
 *
 * @param settings.persistedOnly whether only these documents may run. Clients may send them by hash or in full.
 * @throws PersistedDocumentsError if the file is needed and cannot be read.
 */
export async function openPersistedDocuments(settings: {
  persistedOnly: boolean;
  persistedDocuments: string;
}): Promise<PersistedDocuments> {
  if (!settings.persistedOnly) return { resolve: () => undefined, check: () => undefined };
  const byHash = await read(settings.persistedDocuments);
  const allowed = new Set([...byHash.values()].map((text) => normalise(parse(text))));
  return {
    resolve({ query, extensions }) {
      const named = extensionsSchema.safeParse(extensions).data?.persistedQuery.sha256Hash;
      return query == null || query === '' ? byHash.get(named ?? '') : undefined;
    },
    check: (document) =>
      allowed.has(normalise(document))
        ? undefined
        : new GraphQLError('Only the documents of the allow-list run here.', {
            extensions: { code: 'DOCUMENT_NOT_ALLOWED', http: { status: 400 } },
          }),
  };
}

async function read(file: string): Promise<Map<string, string>> {
  try {
    return new Map(Object.entries(fileSchema.parse(JSON.parse(await readFile(file, 'utf8')))));
  } catch (cause) {
    throw new PersistedDocumentsError(
      'PERSISTED_ONLY is set, and the file of documents cannot be read. Check PERSISTED_DOCUMENTS, or write the file with: npm run generate',
      { cause },
    );
  }
}

/** @returns the text without white space, comments and the order of definitions, which have no meaning. */
function normalise(document: DocumentNode): string {
  return document.definitions
    .map((definition) => print(definition))
    .toSorted()
    .join('\n');
}
