import { Buffer } from 'node:buffer';
import { Kind, OperationTypeNode, visit, type DocumentNode, type OperationDefinitionNode } from 'graphql';
import { z } from 'zod';
import { canonicalId, toGlobalId } from '../../domain/ids.ts';
import type { Viewer } from '../../domain/viewer.ts';

/** What the log says about an operation. Holds names and ids, never other values of the client. */
export type OperationNote = {
  /** Its name; without one, its first top-level field. */
  operation?: string | undefined;
  kind: OperationTypeNode;
  /** The ids that it names. */
  ids: readonly string[];
};

/** Parses a note that was stored as JSON. */
export const operationNoteSchema = z.object({
  operation: z.string().optional(),
  kind: z.enum(OperationTypeNode),
  ids: z.array(z.string()),
});

/** How a request ended: `left` if the client went before its answer was complete. */
export type Outcome = 'ok' | 'refused' | 'failed' | 'left';

const maxNameCharacters = 100;
/** The most ids of one line. */
const maxIds = 10;
/** Larger inputs are not searched to their end. */
const maxValues = 1_000;

/** Codes of failures on our side. */
const failures: ReadonlySet<string> = new Set(['INTERNAL', 'SERVICE_UNAVAILABLE']);

const codeSchema = z.object({ code: z.string() });

/** What the log says about one request; filled while the request is answered. */
export class RequestRecord {
  readonly requestId: string;
  readonly #startedAt = performance.now();
  readonly #connection: { closeCode?: number | undefined };
  #workspaceId: string | undefined;
  #note: OperationNote | undefined;
  #ids: readonly string[] = [];
  #code: string | undefined;

  /** @param connection a WebSocket's connection, with the code that it is closed with. */
  constructor(requestId: string, connection: { closeCode?: number | undefined } = {}) {
    this.requestId = requestId;
    this.#connection = connection;
  }

  /** Notes the workspace that the request is made in. */
  sees(viewer: Viewer | Error | undefined): void {
    if (viewer !== undefined && 'workspaceId' in viewer) this.#workspaceId = viewer.workspaceId;
  }

  /** Notes the operation that runs. */
  runs(note: OperationNote): void {
    this.#note = note;
    this.#ids = note.ids;
  }

  get note(): OperationNote | undefined {
    return this.#note;
  }

  /** Notes the code of a refusal or failure. The first one counts. */
  refuses(code: string): void {
    this.#code ??= code;
  }

  /** Notes the code of the first error of an answer, and the ids in the answer to a mutation. */
  answers(result: object): void {
    const { errors, data }: { errors?: unknown; data?: unknown } = result;
    if (Array.isArray(errors)) {
      this.refuses(codeSchema.safeParse(Object(errors[0]).extensions).data?.code ?? 'BAD_REQUEST');
    }
    if (this.#note?.kind === OperationTypeNode.MUTATION) this.#ids = idsIn([this.#ids, data]);
  }

  /** @returns the outcome by the noted code; undefined if there is none. */
  get refusal(): Outcome | undefined {
    if (this.#code === undefined) return undefined;
    return failures.has(this.#code) ? 'failed' : 'refused';
  }

  /** @returns the fields of a log line. @param outcome undefined while it runs. */
  fields(outcome: Outcome | undefined) {
    return {
      operation: this.#note?.operation,
      kind: this.#note?.kind,
      workspace: this.#workspaceId && toGlobalId('Workspace', this.#workspaceId),
      ids: this.#ids.length === 0 ? undefined : this.#ids,
      outcome,
      code: this.#code,
      closeCode: this.#connection.closeCode,
      ms: Math.round(performance.now() - this.#startedAt),
    };
  }
}

/** Describes an operation of a document, with the ids that the document itself names. */
export function noteOf(document: DocumentNode, operation: OperationDefinitionNode): OperationNote {
  const texts: string[] = [];
  visit(document, { StringValue: ({ value }) => void texts.push(value) });
  const field = operation.selectionSet.selections.find((selection) => selection.kind === Kind.FIELD);
  const name = (operation.name ?? field?.name)?.value.slice(0, maxNameCharacters);
  return {
    // Copied, because V8 would keep the document's text with a part of it, and cached answers keep notes.
    operation: name && Buffer.from(name).toString(),
    kind: operation.operation,
    ids: idsIn(texts),
  };
}

/** Finds the first 10 different ids in a value, as the API writes them. Ids are told by their content, so no other text is among them. */
export function idsIn(value: unknown): readonly string[] {
  const found = new Set<string>();
  collect(value, found, { left: maxValues });
  return [...found];
}

function collect(value: unknown, found: Set<string>, visits: { left: number }): void {
  visits.left -= 1;
  if (found.size >= maxIds || visits.left < 0) return;
  if (typeof value === 'string') {
    const id = canonicalId(value);
    if (id !== undefined) found.add(id);
  } else if (typeof value === 'object' && value !== null) {
    for (const inner of Object.values(value)) collect(inner, found, visits);
  }
}
