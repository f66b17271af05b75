import { defaultPageSize } from '../../store/lists/paging.ts';

/** How many entries a list has at most where its arguments do not say: counted as fields, and as characters of the answer. */
export type ListCost = { entries: number; entriesOfCharacters: number };

/** A list in pages. */
export const pageCost: ListCost = { entries: defaultPageSize, entriesOfCharacters: defaultPageSize };

/** Sums of the ledger: few entries, but nothing bounds them. */
const sums: ListCost = { entries: 1, entriesOfCharacters: 1_000 };

const about = (entries: number): ListCost => ({ entries, entriesOfCharacters: entries });

/** Lists that are no entities', by the names of their fields. */
export const otherListCosts = {
  revisions: pageCost,
  /** Nobody is a member of many. */
  workspaces: about(10),
  byDay: sums,
  byCampaign: sums,
  /** Counted where their connection is. */
  edges: about(1),
  /** Counted by their argument `ids`. */
  nodes: about(1),
  // Lists of introspection with their usual lengths in our schema; that of its types is all of them.
  types: about(200),
  /** Also of a failure: the fields at fault. */
  fields: about(6),
  args: about(2),
  inputFields: about(4),
  enumValues: about(4),
  possibleTypes: about(4),
  directives: about(8),
  /** Not all types are lists or not null. */
  ofType: about(0.5),
};
