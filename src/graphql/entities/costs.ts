import { defaultPageSize } from '../../store/lists/paging.ts';

/** The most entries of a list without size arguments: as counted for fields, and for characters of the answer. */
export type ListCost = { entries: number; entriesOfCharacters: number };

/** The cost of a paginated list. */
export const pageCost: ListCost = { entries: defaultPageSize, entriesOfCharacters: defaultPageSize };

/** The cost of sums of the ledger: few entries, but without a limit. */
const sums: ListCost = { entries: 1, entriesOfCharacters: 1_000 };

const about = (entries: number): ListCost => ({ entries, entriesOfCharacters: entries });

/** The costs of lists that belong to no entity, by field name. */
export const otherListCosts = {
  revisions: pageCost,
  imageCandidates: about(4),
  events: pageCost,
  /** Of all posts that a filter may match. Each says a sentence of ours, far shorter than other messages may be. */
  skipped: { entries: 1_000, entriesOfCharacters: 500 },
  /** The other posts of a plan item. */
  variants: pageCost,
  /** Most posts have none. */
  findings: { entries: 1, entriesOfCharacters: 50 },
  versions: pageCost,
  /** The most of them that a brand may have, and about as many as brands have. */
  clauses: { entries: 40, entriesOfCharacters: 400 },
  preferred: { entries: 5, entriesOfCharacters: 50 },
  disclaimers: { entries: 3, entriesOfCharacters: 20 },
  /** Users are members of few workspaces. */
  workspaces: about(10),
  byDay: sums,
  byCampaign: sums,
  /** Counted with their connection. */
  edges: about(1),
  /** Counted by the argument `ids`. */
  nodes: about(1),
  // Introspection lists, with their usual lengths in our schema. `types` lists the whole schema.
  types: about(200),
  /** Also `InvalidInputError.fields`. */
  fields: about(6),
  args: about(2),
  inputFields: about(4),
  enumValues: about(4),
  possibleTypes: about(4),
  directives: about(8),
  /** Only some types are lists or non-null. */
  ofType: about(0.5),
};
